"""Images that were always decoded rightly give the bytes that they gave in version 0.1.0."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import numpy as np
import PIL
import pytest
from numpy.typing import NDArray
from PIL import Image

from tracker.data.decoding import Resize, decode


def waves(height: int, width: int, channels: int, highest: int) -> NDArray[Any]:
    """Draw what is no noise and has no symmetry."""
    rows, columns, channel = np.ogrid[:height, :width, :channels]
    return (rows * rows * 31 + columns * columns * 17 + rows * columns * (channel + 3) * 7) % (highest + 1)


GRAY = waves(97, 61, 1, 255)[:, :, 0].astype(np.uint8)
DEEP = (waves(97, 61, 1, 3995)[:, :, 0] + 100).astype(np.uint16)
COLOR = waves(97, 61, 3, 255).astype(np.uint8)
ALPHA = waves(97, 61, 4, 255).astype(np.uint8)
IMAGES = {
    "gray": GRAY, "deep": DEEP, "color": COLOR, "alpha": ALPHA, "bits": GRAY > 100,
    "gray alpha": np.ascontiguousarray(ALPHA[:, :, [0, 3]]),
}  # fmt: skip
FILES: dict[str, dict[str, Any]] = {
    "png": {}, "tif": {}, "bmp": {}, "lzw": {"compression": "tiff_lzw"},
    "turned": {"exif": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"},
}  # fmt: skip


def digest(image: str, file: str, resize: Resize) -> str:
    buffer = io.BytesIO()
    kind = {"png": "PNG", "bmp": "BMP", "turned": "PNG"}.get(file, "TIFF")
    Image.fromarray(IMAGES[image]).save(buffer, kind, **FILES[file])
    return hashlib.sha256(decode(buffer.getvalue(), image_size=40, resize=resize).tobytes()).hexdigest()[:8]


# Of the squares by stretching, padding and cropping, as they lie and turned.
KNOWN = {
    "gray": ("ce5941e4 95ec8d26 40fa5c4b", "2de0b10f 079c81ab 1ccfc7c7"),
    "deep": ("ac5143fc 7c113af8 a707dbeb", "a4b49ea4 d9ca1c48 57b527dc"),
    "color": ("8a5d3500 7409217e 35c4fca6", "71892cab 51f28276 4c78391c"),
    "alpha": ("d0de9a5c 33521fe2 8a0fe5fa", "d7dedcfd 5a606fa8 f441ec96"),
    "bits": ("ec109814 6f221023 f72604d5", "107c5af8 8daf3450 8f659ea7"),
    "gray alpha": ("41d4fd01 0f6562cc f1bd9382", "54f0cdfd d244affc e068c56f"),
}


@pytest.mark.skipif(
    not PIL.__version__.startswith("13."),
    reason="other versions of Pillow round otherwise when they resize, so their names are part of the key",
)
@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("image", IMAGES)
def test_an_image_gives_the_bytes_that_it_always_gave(image: str, file: str) -> None:
    if file == "bmp" and image not in {"gray", "color", "bits"}:
        file = "png"
    digests = [digest(image, file, resize) for resize in ("stretch", "pad", "crop")]
    assert " ".join(digests) == KNOWN[image][file == "turned"]
