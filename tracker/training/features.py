"""Features: what a frozen trunk makes of the pixels, computed once and stored."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from tracker.config.recipe import Precision, digest_of
from tracker.data.pixels import Pixels
from tracker.errors import ModelError
from tracker.io.cache import cache_dir, require_space
from tracker.io.kept import kept_folder
from tracker.io.progress import Progress, silent
from tracker.training.device import autocast, device_name, on_device
from tracker.training.rows import reader_of
from tracker.training.store import DATA_FILE, Store, fits_meta, map_store, pixel_store, write_meta

# Part of what the features are: sums in another order end in other last digits.
_BATCH_SIZE = 32
_VERSION = 1


def stored_features(
    trunk: nn.Module,
    pixels: Pixels,
    *,
    trunk_hash: str,
    precision: Precision,
    device: torch.device,
    progress: Progress = silent,
) -> Store:
    """Return the features of every image, computed now or found from an earlier run.

    Args:
        trunk: The frozen part of a network: pixels uint8 [N, H, W, C] to features [N, ...].
        pixels: The images.
        trunk_hash: The trunk's `state_hash`.
        precision: What the trunk computes in.
        device: Where it computes.
        progress: Receives how many images are done.

    Raises:
        ModelError: If what crosses at the cut is not one tensor with a row an image.
        DataError: If the disk has too little space for them.
    """
    key = digest_of(
        {
            "version": _VERSION,
            "trunk": trunk_hash,
            "structure": str(trunk),
            "pixels": pixels.key,
            "precision": precision,
            "device": device_name(device),
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            # Features of the time before this could be asked for keep their names.
            **({"deterministic": True} if torch.are_deterministic_algorithms_enabled() else {}),
        }
    )
    compute = partial(_compute, trunk, pixels, precision=precision, device=device, progress=progress)
    return map_store(kept_folder(cache_dir() / "features" / key, compute, fits=fits_meta, what="features"))


def _compute(
    trunk: nn.Module,
    pixels: Pixels,
    folder: Path,
    *,
    precision: Precision,
    device: torch.device,
    progress: Progress,
) -> None:
    store = pixel_store(pixels)
    trunk = on_device(trunk, device).eval()
    batches = torch.split(torch.arange(len(store)), _BATCH_SIZE)
    with (folder / DATA_FILE).open("wb") as file, closing(reader_of(store, device).batches(batches)) as read:
        for indexes, batch in zip(batches, read, strict=True):
            with torch.inference_mode(), autocast(device, precision):
                features = _checked(trunk(batch), rows=len(indexes))
            rows = _as_stored(features)
            if not file.tell():
                require_space(folder, len(store) * rows[0].nbytes, "the features")
                shape = (len(store), *rows.shape[1:])
                write_meta(folder, shape=shape, dtype=rows.dtype, channels_last=features.ndim == 4)
            file.write(rows.flatten().view(torch.uint8).numpy().data)
            progress(int(indexes[-1]) + 1, len(store), "images through the frozen trunk")


def _checked(features: object, *, rows: int) -> Tensor:
    if isinstance(features, Tensor) and features.ndim >= 2 and len(features) == rows:
        return features
    found = f"a tensor {list(features.shape)}" if isinstance(features, Tensor) else type(features).__name__
    raise ModelError(
        "one tensor with a row an image must cross at the cut",
        but=f"for {rows} images there is {found}",
        do="Freeze up to another node.",
    )


def _as_stored(features: Tensor) -> Tensor:
    """Return features on the CPU in the order in which they are stored: feature maps channels-last."""
    rows = features.permute(0, 2, 3, 1) if features.ndim == 4 else features
    return rows.cpu().contiguous()
