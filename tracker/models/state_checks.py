"""Weights that no training can begin with: damaged, rounded or empty numbers, found before any is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from tracker.errors import ModelError

_FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)
_COUNTER, _VARIANCE, _WEIGHT = "num_batches_tracked", ".running_var", "weight"
# Fewer than these could be whole numbers by chance.
_ENOUGH_VALUES = 16
_SHOWN = 6


def check_values(state: Mapping[str, Tensor], module: nn.Module, path: Path) -> None:
    """Accept weights that are finite floats of 16, 32 or 64 bits; all become 32 bits in the network.

    Args:
        state: What a file holds, but the last layer, which is not used.
        module: The network, whose fixed tables (as of attention windows) must be those of the file.
        path: The file, to name it.

    Raises:
        ModelError: If some are not; what was found is listed.
    """
    tables = {key: value for key, value in module.state_dict().items() if not value.is_floating_point()}
    problems = [
        f"{key} {problem}"
        for key, tensor in state.items()
        if not key.endswith(_COUNTER) and (problem := next(_problems(key, tensor, tables.get(key)), None))
    ]
    if problems:
        raise ModelError(
            "weights must be finite floats, as training left them",
            but=f"those in {path} are not: {problems[0]}",
            do="Save them again from the network that they came from, as floats of 16 or 32 bits.",
            details=problems[1:_SHOWN] + (["..."] if len(problems) > _SHOWN else []),
        )


def _problems(key: str, tensor: Tensor, table: Tensor | None) -> Iterator[str]:
    """Yield what is wrong with one tensor, what rules out the rest first."""
    if tensor.is_meta or tensor.layout is not torch.strided:
        yield f"is {'without values' if tensor.is_meta else 'sparse'}"
    elif table is not None:
        yield from _table_problems(tensor, table)
    elif tensor.dtype not in _FLOATS:
        yield f"holds {str(tensor.dtype).removeprefix('torch.')}"
    elif not (finite := tensor.float().isfinite()).all():
        yield f"has {int((~finite).sum()):,} of {tensor.numel():,} values that are NaN or infinite"
    elif key.endswith(_VARIANCE):
        yield from _variance_problems(tensor)
    elif key.endswith(_WEIGHT) and tensor.ndim > 1:
        yield from _weight_problems(tensor)


def _table_problems(tensor: Tensor, table: Tensor) -> Iterator[str]:
    if tensor.shape == table.shape and not table.is_meta and not torch.equal(tensor.to(table.dtype), table):
        yield "is another table than the network's"


def _variance_problems(tensor: Tensor) -> Iterator[str]:
    """Yield what no batch norm counts; single zeros are what it counts of channels that never answer."""
    if (tensor < 0).any():
        yield f"has {int((tensor < 0).sum()):,} of {tensor.numel():,} variances below 0"
    if not tensor.any():
        yield "has only variances of 0"


def _weight_problems(tensor: Tensor) -> Iterator[str]:
    if tensor.numel() < _ENOUGH_VALUES:
        return
    values = tensor.flatten()
    if (values == values[0]).all():
        yield f"is {values[0].item():g} throughout"
    elif _whole(values[:_ENOUGH_VALUES]) and _whole(values):
        yield "has only whole numbers, as if it had been rounded"


def _whole(values: Tensor) -> bool:
    return bool((values == values.round()).all())
