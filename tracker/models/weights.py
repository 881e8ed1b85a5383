"""Pretrained weights: torchvision's, those that come with the small networks, or a file of the user's."""

from __future__ import annotations

import hashlib
import logging
import stat
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torchvision
from torch import nn

from tracker.addresses import without_accounts
from tracker.config.home import expanded
from tracker.config.recipe import WEIGHTS
from tracker.errors import DataError, ModelError
from tracker.io.cache import locked
from tracker.io.download import DownloadError, download
from tracker.io.progress import Seldom
from tracker.models import catalog
from tracker.models.digests import check_digest, digest_in, file_digest, listed_digest, published_names
from tracker.models.minis import MINIS
from tracker.models.normalization import Pretrained
from tracker.models.state_file import load_file
from tracker.models.state_reading import unreadable

_log = logging.getLogger(__name__)

IMAGENET = Pretrained((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def load_weights(module: nn.Module, name: str, weights: str, *, head: str) -> Pretrained:
    """Load weights into every layer of a network but the last.

    Args:
        module: The network.
        name: Its name.
        weights: imagenet, bundled, none or a file.
        head: The name of the last layer.

    Returns:
        How images are normalized for these weights.

    Raises:
        ModelError: If they cannot be had, are damaged or do not fit.
    """
    if weights == "none":
        return IMAGENET
    if weights == "bundled":
        return load_file(module, _bundled(name), head=head, default=IMAGENET)
    if weights != "imagenet":
        return load_file(module, _existing(weights), head=head, default=IMAGENET)
    official = imagenet_weights(name)
    transforms = official.transforms()
    trained_on = Pretrained(tuple(transforms.mean), tuple(transforms.std))
    return load_file(module, _fetch(name), head=head, default=trained_on)


def is_file(weights: str) -> bool:
    """Return whether weights are a file of the user's."""
    return weights not in WEIGHTS


def imagenet_weights(name: str) -> Any:
    """Return torchvision's ImageNet weights of a network, their address and how images are prepared for them.

    Args:
        name: Torchvision's name of the network.

    Raises:
        ModelError: If it is none of torchvision's.
    """
    if name in MINIS:
        raise ModelError(
            "--weights imagenet must be asked for networks of torchvision",
            but=f"{name} is none, and was never trained on ImageNet",
            do="Use --weights bundled for it.",
        )
    members = torchvision.models.get_model_weights(name)
    # The few that have no V1 have weights that were trained otherwise, first a linear layer on frozen ones.
    names = ("IMAGENET1K_V1", "IMAGENET1K_SWAG_LINEAR_V1")
    return next((members[name] for name in names if name in members.__members__), members.DEFAULT)


def imagenet_file(name: str) -> tuple[str, Path]:
    """Return where the ImageNet weights of a network come from, and where torch keeps them.

    Args:
        name: Torchvision's name of the network.

    Returns:
        An address, and a file that need not be there.
    """
    url = str(imagenet_weights(name).url)
    return url, Path(torch.hub.get_dir()) / "checkpoints" / Path(url).name


def prepare_weights(name: str, weights: str) -> None:
    """Fetch the weights of a network if they are not on this machine, before any work begins.

    Args:
        name: The network's name.
        weights: imagenet, bundled, none or a file.

    Raises:
        ModelError: If they cannot be fetched, there is no such file, or it is another than its name says.
    """
    if weights == "imagenet":
        _fetch(name)
    elif weights == "bundled":
        _bundled(name)
    elif weights != "none":
        _existing(weights)


def look_at_weights(name: str, weights: str) -> str:
    """Look whether the weights of a network can be had, without fetching any.

    Args:
        name: The network's name.
        weights: imagenet, bundled, none or a file.

    Returns:
        The address that they are fetched from when they are needed; empty where they are here.

    Raises:
        ModelError: As of `prepare_weights`, but for what only fetching shows.
    """
    if weights != "imagenet":
        prepare_weights(name, weights)
        return ""
    url, target = imagenet_file(name)
    if not _is_whole(target):
        return url
    return ""


def weights_digest(weights: str) -> str:
    """Return the SHA-256 of weights that a name does not identify; nothing for ImageNet's and for none."""
    if weights == "bundled":
        # They can be others in another version of this package.
        return _digest_of_all(catalog.bundled_files())
    if not is_file(weights):
        return ""
    return file_digest(_existing(weights))


def _digest_of_all(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _bundled(name: str) -> Path:
    file = catalog.BUNDLED / f"{name}.safetensors"
    if not file.is_file():
        raise ModelError(
            "a network must bring weights for --weights bundled",
            but=f"{name} brings none",
            do=f"Those that do: {', '.join(catalog.bundled_names())}. For others: --weights imagenet.",
        )
    check_digest(file, listed_digest(file), do="Install tracker again.")
    return file


def _existing(weights: str) -> Path:
    """Return the path of a user's file that is there; under torchvision's name, it is torchvision's."""
    path = Path(weights)
    try:
        path = expanded(path)
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise _no_file(f"there is no file {path}") from None
    except OSError as error:
        raise unreadable(path, error) from None
    if not stat.S_ISREG(mode):
        raise _no_file(f"{path} is {'a folder' if stat.S_ISDIR(mode) else 'no ordinary file'}")
    if path.name in published_names():
        do = "Get it again, or rename it if its weights are your own."
        check_digest(path, digest_in(path.name), do=do)
    return path


def _no_file(found: str) -> ModelError:
    return ModelError(
        "--weights must be imagenet, bundled, none or a file",
        but=without_accounts(found),
        do="Check the path.",
    )


def _fetch(name: str) -> Path:
    """Return where torch keeps the ImageNet weights of a network, fetched now if they are not there."""
    url, target = imagenet_file(name)
    try:
        if not _is_whole(target):
            with locked(target):
                _download(url, target)
    except DataError as error:
        must, but, *_ = error.args
        raise ModelError(
            must, but=but, do="Make room, or set TORCH_HOME to a folder on a larger disk."
        ) from None
    except (DownloadError, OSError) as error:
        raise _not_downloaded(name, url, target, error) from None
    return target


def _is_whole(target: Path) -> bool:
    """Say whether weights are there, as long and with the content as their name says."""
    if not target.exists():
        return False
    digits = digest_in(target.name)
    return not digits or file_digest(target).startswith(digits)


def _download(url: str, target: Path) -> None:
    if _is_whole(target):
        # Another process fetched them while this one waited.
        return
    if target.exists():
        _log.warning("kept weights are not whole any more (%s): they are fetched again", target)
    progress = _tell_terminal if sys.stderr.isatty() else Seldom(_tell_line)
    download(url, target, progress, sha256_prefix=digest_in(target.name))


def _tell_terminal(done: int, total: int, what: str) -> None:
    _tell(f"\r{_millions(done, total, what)}", end="\n" if done == total else "")


def _tell_line(done: int, total: int, what: str) -> None:
    _tell(f"  {_millions(done, total, what)}", end="\n")


def _millions(done: int, total: int, what: str) -> str:
    return f"{done / 1e6:,.0f} of {total / 1e6:,.0f} million {what}"


def _tell(text: str, *, end: str) -> None:
    sys.stderr.write(f"{text}{end}")
    sys.stderr.flush()


def _not_downloaded(name: str, url: str, target: Path, error: Exception) -> ModelError:
    reason = getattr(error.__cause__, "reason", None) or error
    if target.exists():
        again = f"it is fetched again from {url}, which does not work now ({reason})"
        check_digest(target, digest_in(target.name), do=f"Delete it, and try again later: {again}.")
    return ModelError(
        f"the ImageNet weights of {name} must be on this machine or downloadable",
        but=f"{url} cannot be fetched ({reason})",
        do=f"Download that address elsewhere and put the file at {target} (TORCH_HOME moves that folder), "
        "or name it with --weights FILE; --weights none trains without; --model mini-resnet brings its own.",
    )
