"""From an image file to an array of bytes, the same for every kind of file that radiographs come in.

Shapes: H = W = image_size; a gray image is [H, W], a color image [H, W, 3].
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .deep import DeepImage, square_of_deep
from .dicom_signs import is_dicom
from .files import read_file
from .jpeg import JPEG_OR_BMP, open_jpeg_or_bmp
from .pillow_warnings import suppress_pillow_warnings
from .png import SIGNATURE, open_png
from .reasons import reason_of
from .resizing import Resize
from .shallow import ShallowImage, square_of_shallow
from .silence import silence_libraries
from .tiff import PREFIXES, open_tiff


def decode(image: Path | bytes, *, image_size: int, resize: Resize) -> NDArray[np.uint8]:
    """Read one image and bring it to the size of the network's input.

    Values of more than 8 bits, and signed or broken ones, are scaled from the smallest to the largest, all
    channels together; transparency is laid over black; the EXIF orientation is applied; of a TIFF with
    several pages the first counts. A DICOM file is shown as it says itself: its window, where it has one.

    Args:
        image: A PNG, JPEG, TIFF, BMP or DICOM file, or its content.
        image_size: Height and width of the result, in pixels.
        resize: `stretch` ignores the aspect ratio, `pad` keeps it and adds black, `crop` keeps it
            and takes the square in the middle. All use an antialiased bilinear filter.

    Returns:
        Bytes, [H, W] where the image is gray (also where its three channels are equal), else
        [H, W, 3] in the order red, green, blue.

    Raises:
        UndecodableError: The file is empty, cut off, damaged, of another kind or too large; a PassingError
            where it may be decoded another time.
    """
    content = image if isinstance(image, bytes) else read_file(image)
    silence_libraries()
    with suppress_pillow_warnings:
        # Whatever a decoder raises is what is wrong with this file.
        try:
            return _square(_opened(content), image_size, resize)
        except Exception as error:
            raise reason_of(error) from error


def examine(content: bytes) -> None:
    """Say what is wrong with a DICOM file as far as its header tells; of other formats, nothing is said.

    Args:
        content: What is in the file.

    Raises:
        UndecodableError: It cannot be decoded.
    """
    if not is_dicom(content):
        return
    with suppress_pillow_warnings:
        try:
            from .dicom import check_dicom

            check_dicom(content)
        except Exception as error:
            raise reason_of(error) from error


def prepare(image: NDArray[Any], *, image_size: int, resize: Resize) -> NDArray[np.uint8]:
    """Bring an image that was decoded elsewhere to the size of the network's input, as `decode` does.

    Args:
        image: Integers of 8 or 16 bits, [H, W] or [H, W, C]: C = 1 gray, 2 gray and alpha, 3 color, 4
            color and alpha.
        image_size: As for `decode`.
        resize: As for `decode`.

    Returns:
        As `decode`.
    """
    if image.ndim == 2:
        image = image[:, :, None]
    channels = image.shape[2]
    if image.dtype == np.uint8:
        return _square(
            ShallowImage(Image.fromarray(image.squeeze(2) if channels == 1 else image)), image_size, resize
        )
    if channels in {2, 4}:
        return _square(DeepImage(image[:, :, :-1], image[:, :, -1], opaque=65535), image_size, resize)
    return _square(DeepImage(image), image_size, resize)


def to_rgb(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Repeat a gray image in three channels; leave a color image as it is.

    Args:
        image: [H, W], [H, W, 1] or [H, W, 3].

    Returns:
        [H, W, 3].
    """
    gray = image.ndim == 2 or image.shape[2] == 1
    return np.repeat(image.reshape(*image.shape[:2], 1), 3, axis=2) if gray else image


def _opened(content: bytes) -> ShallowImage | DeepImage:
    if content.startswith(SIGNATURE):
        return open_png(content)
    # Before TIFF: what stands before the mark of DICOM is often the beginning of a TIFF, without the rest.
    if not content.startswith(JPEG_OR_BMP) and is_dicom(content):
        # pydicom takes as long to import as all others together, and few data sets need it.
        from .dicom import open_dicom

        return open_dicom(content)
    if content.startswith(PREFIXES):
        return open_tiff(content)
    return open_jpeg_or_bmp(content)


def _square(image: ShallowImage | DeepImage, size: int, resize: Resize) -> NDArray[np.uint8]:
    if isinstance(image, DeepImage):
        return _gray_if_equal(square_of_deep(image, size, resize))
    return _gray_if_equal(square_of_shallow(image, size, resize))


def _gray_if_equal(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if image.ndim == 2:
        return image
    red, green, blue = np.moveaxis(image, 2, 0)
    return red if np.array_equal(red, green) and np.array_equal(red, blue) else image
