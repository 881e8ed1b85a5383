"""Images of the kinds that a plain `Image.open(...).convert("RGB")` does not read as training does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Write = Callable[[Path, NDArray[np.float64]], None]


def _gray(path: Path, values: NDArray[np.float64]) -> None:
    Image.fromarray(_bytes(values)).save(path)


def _color(path: Path, values: NDArray[np.float64]) -> None:
    Image.fromarray(np.stack([_bytes(values), _bytes(values.T), _bytes(1 - values)], 2)).save(path)


def _deep(path: Path, values: NDArray[np.float64]) -> None:
    """Use 12 bits of 16."""
    Image.fromarray((300 + 3700 * values).astype(np.uint16)).save(path)


def _turned(path: Path, values: NDArray[np.float64]) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(_bytes(values)[:, : values.shape[1] // 2]).save(path, exif=exif, quality=95)


def _transparent(path: Path, values: NDArray[np.float64]) -> None:
    picture = Image.fromarray(_bytes(values)).convert("RGB")
    picture.putalpha(Image.fromarray(_bytes(values.T)))
    picture.save(path)


def _palette(path: Path, values: NDArray[np.float64]) -> None:
    Image.fromarray(_bytes(values)).convert("RGB").quantize(32).save(path, transparency=3)


def _bytes(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    return (255 * values).astype(np.uint8)


KINDS: dict[str, Write] = {
    "gray.png": _gray,
    "gray.bmp": _gray,
    "color.png": _color,
    "deep.png": _deep,
    "deep.tif": _deep,
    "turned.jpg": _turned,
    "transparent.png": _transparent,
    "palette.png": _palette,
}


def write_kind(kind: str, path: Path, *, seed: int = 0, bright: bool = False, size: int = 60) -> Path:
    """Write an image of one of the kinds: noise, with a square in the middle where it is bright.

    Args:
        kind: A key of `KINDS`.
        path: Where to.
        seed: Of the noise.
        bright: Whether there is a square.
        size: Height and width.
    """
    values = np.random.default_rng(seed).random((size, size)) * 0.7
    if bright:
        values[size // 4 : -size // 4, size // 4 : -size // 4] += 0.3
    path.parent.mkdir(parents=True, exist_ok=True)
    KINDS[kind](path, values)
    return path
