"""The weights of a trained network, read into the network that its card describes."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from torch import nn

from tracker.errors import ModelError
from tracker.inference.card import Card
from tracker.inference.served_network import trained_module
from tracker.io.short_path import short_path
from tracker.models.minis import MINIS

WEIGHTS = "network.safetensors"

# What torch, torchvision and safetensors raise of files that do not fit each other.
_UNFIT = (KeyError, ValueError, TypeError, AttributeError, RuntimeError)


def read_network(folder: Path, card: Card) -> nn.Module:
    """Return a network with its trained weights, on the CPU wherever it was trained, in evaluation mode.

    Args:
        folder: Holds `network.safetensors`.
        card: What describes the network.

    Raises:
        ModelError: The weights are missing, cut off, damaged, or those of another network.
    """
    place = short_path(folder / WEIGHTS)
    again = "Take the whole folder of the model again from where it came."
    try:
        module = trained_module(folder, card.model_dump(), MINIS).eval()
        outputs = len(module.get_submodule(card.head).weight)  # type: ignore[arg-type]
    except OSError as error:
        but = "it is not there" if isinstance(error, FileNotFoundError) else str(error.strerror or error)
        raise ModelError(f"{place} must be readable", but=but, do=again) from error
    except SafetensorError as error:
        raise ModelError(
            f"{place} must hold the network's weights", but=f"it is damaged or cut off ({error})", do=again
        ) from error
    except _UNFIT as error:
        raise ModelError(
            f"{place} must hold the weights of the {card.model} that its card describes",
            but=_reason(error),
            do=again,
        ) from error
    if outputs != len(card.classes):
        raise ModelError(
            f"{place} must have one output a class of its card",
            but=f"it has {outputs}, for {len(card.classes)} classes",
            do=again,
        )
    return module


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    if isinstance(error, KeyError):
        return f"there is no {error.args[0]}"
    # Torch names every layer, a line each.
    return lines[1].strip() if len(lines) > 1 else "".join(lines)
