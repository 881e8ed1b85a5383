"""Files of weights, read without running their code: tensors, and what is said beside them."""

from __future__ import annotations

import pickle
import re
import struct
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from tracker.errors import ModelError
from tracker.models.foreign_files import HEAD_BYTES, is_safetensors, recognize
from tracker.models.layer_versions import Versions, read_versions, versions_of

_WRAPPERS = ("state_dict", "model_state_dict", "model", "net")
# What readers raise when the bytes are not what they were when they were written.
_DAMAGE = (
    *(
        RuntimeError,
        EOFError,
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
        AssertionError,
        MemoryError,
    ),
    *(struct.error, OSError, safetensors.SafetensorError),
)
_SAVE = "Save model.state_dict() where it was made, best as .safetensors."
_CLASS = re.compile(r"GLOBAL ([\w.]+)")


@dataclass(frozen=True)
class StateFile:
    """What a file of weights holds.

    Attributes:
        tensors: Its tensors, by the names that it gives them.
        versions: What torch noted of its layers; None where the file does not say.
        metadata: What a .safetensors file says beside its tensors.
    """

    tensors: Mapping[str, Tensor]
    versions: Versions | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


def read_state(path: Path) -> StateFile:
    """Read a file of weights; what it is its content says, not its name.

    Args:
        path: A file that `torch.save` wrote (read with `weights_only=True`), or one of safetensors.

    Raises:
        ModelError: If it cannot be read, or holds something else; says what.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        if is_safetensors(head):
            return _read_safetensors(path)
        if (foreign := recognize(path, head)) is not None:
            raise _foreign(path, *foreign)
        return _read_torch(path)
    except pickle.UnpicklingError as error:
        raise _other_objects(path, error) from None
    except _DAMAGE as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise unreadable(path, error) from None
        raise _damaged(path, error) from None


def unreadable(path: Path, error: OSError) -> ModelError:
    """Return the error for a file that the machine does not hand out.

    Args:
        path: The file.
        error: What the machine says.
    """
    denied = isinstance(error, PermissionError)
    return ModelError(
        "a file of weights must be readable",
        but=f"{path} is not ({(error.strerror or str(error)).lower()})",
        do="Allow yourself to read it." if denied else "Check the path and the disk.",
    )


def _read_safetensors(path: Path) -> StateFile:
    with safetensors.safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
    return StateFile(safetensors.torch.load_file(path), read_versions(metadata), metadata)


def _read_torch(path: Path) -> StateFile:
    with warnings.catch_warnings(), path.open("rb") as file:
        # Of old pickle protocols and the like; what cannot be read raises.
        warnings.simplefilter("ignore")
        # Of a path, torch would look at the ending.
        content = torch.load(file, map_location="cpu", weights_only=True)
    while isinstance(content, Mapping):
        inner = next((content[key] for key in _WRAPPERS if isinstance(content.get(key), Mapping)), None)
        if inner is None:
            break
        content = inner
    tensors = _tensors(content)
    if not tensors:
        raise ModelError("a .pth file must hold a state dict", but=f"{path} holds {_told(content)}", do=_SAVE)
    return StateFile(tensors, versions_of(content))


def _tensors(content: object) -> dict[str, Tensor]:
    if not isinstance(content, Mapping):
        return {}
    return {str(key): value for key, value in content.items() if isinstance(value, Tensor)}


def _told(content: object, shown: int = 4) -> str:
    if not isinstance(content, Mapping):
        return f"a {type(content).__name__}"
    keys = [str(key) for key in content][:shown]
    return f"no tensors, but {', '.join(keys)}" if keys else "no tensors"


def _foreign(path: Path, what: str, do: str) -> ModelError:
    return ModelError("a file of weights must hold a state dict", but=f"{path} is {what}", do=do)


def _other_objects(path: Path, error: pickle.UnpicklingError) -> ModelError:
    found = _CLASS.search(str(error))
    what = f"{found[1]} (a whole model, or settings)" if found else "other objects, or is no such file"
    return ModelError(
        "a .pth file must hold tensors only, so that reading it cannot run code",
        but=f"{path} holds {what}",
        do=_SAVE,
    )


def _damaged(path: Path, error: Exception) -> ModelError:
    first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
    if isinstance(error, MemoryError) or "allocate memory" in first_line:
        return ModelError(
            "weights must fit into memory",
            but=f"those in {path} do not ({first_line})",
            do="Free some, or take a smaller network.",
        )
    return ModelError(
        "a file of weights must hold the whole state dict of the network",
        but=f"{path} does not: it is damaged or cut off ({first_line})",
        do="Get it again from where it came from.",
    )
