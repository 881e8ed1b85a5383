"""The decoded images of a manifest: one memory-mapped array, written once.

Shapes: N images, H = W = image_size, C = 1 where every image is gray, else 3.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tracker.config.recipe import Resize
from tracker.data.decoding import (
    PassingError,
    UndecodableError,
    decode,
    decoder_identity,
    dicom_identity,
    read_file,
    to_rgb,
)
from tracker.data.manifest import Manifest, Sample
from tracker.data.sources.source import is_dicom_file
from tracker.errors import UnreadableImages
from tracker.io.atomic import write_whole
from tracker.io.cache import cache_dir, require_space
from tracker.io.kept import is_whole, kept_folder
from tracker.io.mapped import map_bytes
from tracker.io.parallel import parallel_map
from tracker.io.progress import Progress, silent

_RAW = "pixels.raw"
_SHAPE = "shape.json"
_PICTURES = "pictures.json"
_COPY_ROWS = 64
_EARLIER_DECODER = "1"
"""What 0.1.0 called its decoder in its keys."""


@dataclass(frozen=True)
class Pixels:
    """All images of a manifest, in its order.

    Attributes:
        path: The raw file, C-ordered bytes.
        shape: (N, H, W, C).
        key: Digest of the images' content and of how they were brought to size.
        digest: Digest of the pixels themselves: the same whichever decoder made them.
    """

    path: Path
    shape: tuple[int, int, int, int]
    key: str
    digest: str

    @cached_property
    def array(self) -> NDArray[np.uint8]:
        """Map the file as a read-only array [N, H, W, C]; nothing is read before it is used."""
        array = self.mapped.view()
        array.flags.writeable = False
        return array

    @cached_property
    def mapped(self) -> NDArray[np.uint8]:
        """The same for torch, which knows no array that is read only: it is mapped once, for good."""
        return map_bytes(self.path).reshape(self.shape)

    def __getstate__(self) -> dict[str, object]:
        """Leave out what was read: another process maps the file itself."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @cached_property
    def pictures(self) -> list[str]:
        """SHA-256 of each image, empty where its pixels are all the same; computed once and kept."""
        kept = self.path.with_name(_PICTURES)
        with suppress(OSError, ValueError):
            found = list(json.loads(kept.read_text()))
            if len(found) == len(self.array):
                return found
        pictures = [_digest_of_picture(row) for row in self.array]
        # Where the cache may not be written to, they are computed once more.
        with suppress(OSError):
            write_whole(kept, json.dumps(pictures).encode())
        return pictures


def build_pixels(
    manifest: Manifest, *, image_size: int, resize: Resize, progress: Progress = silent
) -> Pixels:
    """Decode every image of a manifest, or find what was decoded before.

    Args:
        manifest: The images; they become the rows, in this order.
        image_size: Height and width, in pixels.
        resize: How an image that is not square becomes one.
        progress: Called after every image.

    Returns:
        The pixels, complete on disk.

    Raises:
        UnreadableImages: Some images cannot be decoded; names all of them. Nothing is left behind.
        DataError: The disk is full or may not be written to.
    """
    key = pixels_key(manifest, image_size=image_size, resize=resize)
    decode_all = partial(_decode_all, manifest, size=image_size, resize=resize, progress=progress)
    return _found(kept_folder(cache_dir() / "pixels" / key, decode_all, fits=_fits, what="pixels"))


def known_pixels(manifest: Manifest, *, image_size: int, resize: Resize) -> Pixels | None:
    """Find what was decoded before; None where nothing whole lies here.

    Args:
        manifest: As for `build_pixels`.
        image_size: As for `build_pixels`.
        resize: As for `build_pixels`.

    Raises:
        DataError: There is none, and the disk has no room for it.
    """
    folder = cache_dir() / "pixels" / pixels_key(manifest, image_size=image_size, resize=resize)
    with suppress(OSError, ValueError):
        return _found(folder)
    require_space(folder, len(manifest.samples) * image_size * image_size, "decoding")
    return None


def pixels_of_contents(digests: Iterable[str], *, image_size: int, resize: Resize) -> Pixels | None:
    """Find what was decoded before of files that are not here any more, by their content.

    Args:
        digests: SHA-256 of all files of a manifest, in its order, as 64 hexadecimal digits.
        image_size: As for `build_pixels`.
        resize: As for `build_pixels`.

    Returns:
        None where nothing whole lies here.
    """
    known = list(digests)
    for decoder in (decoder_identity(), _with_dicom()):
        with suppress(OSError, ValueError):
            return _found(cache_dir() / "pixels" / _key(known, f"{decoder} {image_size} {resize}"))
    return None


def earlier_digest(manifest: Manifest, *, image_size: int, resize: Resize) -> str:
    """Return the digest of what 0.1.0 decoded the same images to; empty where it lies here no more.

    Args:
        manifest: As for `build_pixels`.
        image_size: As for `build_pixels`.
        resize: As for `build_pixels`.
    """
    folder = cache_dir() / "pixels" / _key(_contents(manifest), f"{_EARLIER_DECODER} {image_size} {resize}")
    return _digest(folder / _RAW, _shape(folder)) if is_whole(folder, _fits) else ""


def pixels_key(manifest: Manifest, *, image_size: int, resize: Resize) -> str:
    """Name pixels by what they are made of: the images' content in order, and the way to their size.

    Args:
        manifest: The images.
        image_size: Height and width, in pixels.
        resize: How an image that is not square becomes one.

    Returns:
        64 hexadecimal digits.
    """
    return _key(_contents(manifest), f"{_decoder_of(manifest)} {image_size} {resize}")


def _decoder_of(manifest: Manifest) -> str:
    """Name what decodes the images; what is known of DICOM has no part in those of other formats."""
    some_dicom = any(is_dicom_file(sample.path) for sample in manifest.samples)
    return _with_dicom() if some_dicom else decoder_identity()


def _with_dicom() -> str:
    return f"{decoder_identity()} {dicom_identity()}"


def _contents(manifest: Manifest) -> list[str]:
    return [sample.sha256 for sample in manifest.samples]


def _key(digests: Iterable[str], way: str) -> str:
    digest = hashlib.sha256(way.encode())
    for one in digests:
        digest.update(bytes.fromhex(one))
    return digest.hexdigest()


def _shape(folder: Path) -> list[int]:
    known = json.loads((folder / _SHAPE).read_text())
    return list(known if isinstance(known, list) else known["shape"])


def _fits(folder: Path) -> bool:
    """Say whether as many bytes lie there as the shape needs."""
    return (folder / _RAW).stat().st_size == math.prod(_shape(folder))


def _found(folder: Path) -> Pixels:
    """Return the pixels of a folder; a digest that it does not have yet is kept there."""
    known = json.loads((folder / _SHAPE).read_text())
    if isinstance(known, list):
        known = _described(folder / _RAW, known)
        # Where the cache may not be written to, it is computed once more.
        with suppress(OSError):
            write_whole(folder / _SHAPE, json.dumps(known).encode())
    pixels = Pixels(folder / _RAW, tuple(known["shape"]), folder.name, known["digest"])
    # A study can take days: what is purged from now on is still mapped.
    _ = pixels.mapped
    return pixels


def _digest_of_picture(image_HWC: NDArray[np.uint8]) -> str:
    if (image_HWC == image_HWC[0, 0]).all():
        return ""
    return hashlib.sha256(image_HWC.tobytes()).hexdigest()


def _described(raw: Path, shape: list[int]) -> dict[str, object]:
    return {"shape": shape, "digest": _digest(raw, shape)}


def _digest(raw: Path, shape: list[int]) -> str:
    digest = hashlib.sha256(json.dumps(shape).encode())
    with raw.open("rb") as file:
        hashlib.file_digest(file, lambda: digest)
    return digest.hexdigest()


def _decode_all(manifest: Manifest, folder: Path, *, size: int, resize: Resize, progress: Progress) -> None:
    total = len(manifest.samples)
    require_space(folder, total * size * size, "decoding")
    refused: dict[str, UndecodableError] = {}
    with _RawFile(folder / _RAW, total, size) as raw:
        for done, (sample, image) in enumerate(_decoded(manifest, size, resize), start=1):
            if isinstance(image, UndecodableError):
                refused[sample.id] = image
            elif not refused:
                raw.append(image)
            progress(done, total, "images decoded")
        if refused:
            passing = [name for name, error in refused.items() if isinstance(error, PassingError)]
            raise UnreadableImages({name: str(error) for name, error in refused.items()}, passing=passing)
        raw.close()
        described = _described(raw.path, [total, size, size, raw.channels])
        (folder / _SHAPE).write_text(json.dumps(described))


def _decoded(
    manifest: Manifest, size: int, resize: Resize
) -> Iterator[tuple[Sample, NDArray[np.uint8] | UndecodableError]]:
    """Decode in the manifest's order; what cannot be decoded comes as its error."""
    images = parallel_map(partial(_image_or_error, image_size=size, resize=resize), manifest.samples)
    return zip(manifest.samples, images, strict=True)


def _image_or_error(
    sample: Sample, *, image_size: int, resize: Resize
) -> NDArray[np.uint8] | UndecodableError:
    try:
        content = read_file(sample.path)
        if hashlib.sha256(content).hexdigest() != sample.sha256:
            return PassingError("it was changed while the study was prepared")
        return decode(content, image_size=image_size, resize=resize)
    except UndecodableError as error:
        return error


class _RawFile:
    """The raw file in the making: one channel until the first color image comes, three from then on."""

    def __init__(self, path: Path, total: int, size: int) -> None:
        self.channels = 1
        self.path = path
        self._total, self._size = total, size
        self._file = path.open("wb")

    def __enter__(self) -> _RawFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Write what is left in memory; no image follows."""
        self._file.close()

    def append(self, image: NDArray[np.uint8]) -> None:
        """Write the next row, [H, W] or [H, W, 3]."""
        if image.ndim == 3 and self.channels == 1:
            self._widen()
        self._file.write((image if self.channels == 1 else to_rgb(image)).tobytes())

    def _widen(self) -> None:
        """Write the gray rows again with three channels."""
        self._file.close()
        require_space(self.path, 3 * self._total * self._size**2, "decoding color images")
        gray_path = self.path.rename(self.path.with_suffix(".gray"))
        self._file = self.path.open("wb")
        with gray_path.open("rb") as gray:
            while block := gray.read(_COPY_ROWS * self._size**2):
                self._file.write(np.repeat(np.frombuffer(block, np.uint8), 3).tobytes())
        gray_path.unlink()
        self.channels = 3
