"""The values of a TIFF file, of whatever depth, out of its strips or tiles.

Shapes: the image is [H, W, S], a piece of it [h, w, s], where s is 1 if the channels lie apart.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .libtiff import Bytes, uncompressed
from .limits import require_few_bytes
from .reasons import UndecodableError
from .tiff_layout import NOT_COMPRESSED, TiffLayout

# LZW, two numbers of deflate, PackBits, LZMA and zstd: each gives bytes back as they were.
_OF_BYTES = {5, 8, 32946, 32773, 34925, 50000}
_DIFFERENCES, _FLOAT_DIFFERENCES = 2, 3
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_MOST_PACKED_BITS = 56
_BATCH_BYTES = 1 << 24
# No compression makes more of a piece than twice its bytes and some: who claims so may claim anything.
_PACKED_MORE = 1024


def values_of(content: bytes, layout: TiffLayout) -> NDArray[Any]:
    """Read all values.

    Args:
        content: What is in the file.
        layout: How they lie in it.

    Returns:
        [H, W, S], in the smallest type that holds them.

    Raises:
        UndecodableError: The file is cut off or damaged, or its layout is not one that is read.
    """
    _require_known(layout)
    require_few_bytes(layout.height * layout.width * layout.samples * ceil(layout.bits / 8))
    values = np.empty((layout.height, layout.width, layout.samples), _dtype(layout))
    for data, (sample, top, left) in zip(_pieces(content, layout), _places(layout), strict=True):
        part = values[top : top + layout.piece_height, left : left + layout.piece_width, sample]
        piece = _values_of_piece(data, layout)
        if len(piece) < len(part):
            raise UndecodableError("damaged or cut off (not all of its rows)")
        part[:] = piece[: part.shape[0], : part.shape[1]]
    return values


def _require_known(layout: TiffLayout) -> None:
    whole = layout.bits in {8, 16, 32, 64}
    if layout.compression != NOT_COMPRESSED and layout.compression not in _OF_BYTES:
        raise UndecodableError(f"a TIFF compression ({layout.compression}) that is not read at this depth")
    if layout.kind == "f" and (layout.bits == 8 or not whole):
        raise UndecodableError(f"floats of {layout.bits} bits")
    if not whole and not 1 <= layout.bits <= _MOST_PACKED_BITS:
        raise UndecodableError(f"values of {layout.bits} bits")
    if layout.predictor != 1 and not (
        (layout.predictor == _DIFFERENCES and whole)
        or (layout.predictor == _FLOAT_DIFFERENCES and layout.kind == "f")
    ):
        raise UndecodableError(f"a TIFF predictor ({layout.predictor}) that does not go with its values")


def _dtype(layout: TiffLayout) -> np.dtype[Any]:
    return np.dtype(f"{layout.kind}{next(size for size in (1, 2, 4, 8) if layout.bits <= 8 * size)}")


def _places(layout: TiffLayout) -> Iterator[tuple[slice, int, int]]:
    """Return the channels, the first row and the first column of each piece, in the file's order."""
    samples = range(layout.samples) if layout.planar else [None]
    slices = (slice(None) if sample is None else slice(sample, sample + 1) for sample in samples)
    tops = range(0, layout.height, layout.piece_height)
    return itertools.product(slices, tops, range(0, layout.width, layout.piece_width))


def _pieces(content: bytes, layout: TiffLayout) -> Iterator[Bytes]:
    """Return the bytes of each piece, uncompressed; several at once, as each call of libtiff takes time."""
    if len(layout.offsets) < layout.pieces:
        raise UndecodableError("damaged or cut off (not all of its strips or tiles)")
    heights = [_height(layout, top) for _, top, _ in _places(layout)]
    several = max(1, _BATCH_BYTES // (layout.piece_height * layout.row_bytes))
    for plane in _planes(len(heights), layout):
        for first in range(plane.start, plane.stop, several):
            numbers = range(first, min(first + several, plane.stop))
            yield from _some_pieces(content, layout, numbers, [heights[number] for number in numbers])


def _height(layout: TiffLayout, top: int) -> int:
    """Return how many rows the piece has that begins at a row; tiles are whole."""
    return layout.piece_height if layout.tiled else min(layout.piece_height, layout.height - top)


def _planes(count: int, layout: TiffLayout) -> list[range]:
    """Part the numbers of pieces, so that only the last one of a part may have fewer rows."""
    size = count // layout.samples if layout.planar else count
    return [range(first, first + size) for first in range(0, count, size)]


def _some_pieces(content: bytes, layout: TiffLayout, numbers: range, heights: list[int]) -> Iterator[Bytes]:
    sizes = [height * layout.row_bytes for height in heights]
    if layout.compression == NOT_COMPRESSED:
        # Not all that write uncompressed files are right about the number of bytes.
        return (_stored(content, layout, number, size) for number, size in zip(numbers, sizes, strict=True))
    packed = [
        _stored(content, layout, number, min(_count(content, layout, number), 2 * size + _PACKED_MORE))
        for number, size in zip(numbers, sizes, strict=True)
    ]
    data = memoryview(
        uncompressed(
            packed,
            layout.compression,
            rows=sum(heights),
            row_bytes=layout.row_bytes,
            most_rows=layout.piece_height,
        )
    )
    ends = list(itertools.accumulate(sizes, initial=0))
    return (data[start:end] for start, end in itertools.pairwise(ends))


def _count(content: bytes, layout: TiffLayout, number: int) -> int:
    return layout.counts[number] if number < len(layout.counts) else len(content)


def _stored(content: bytes, layout: TiffLayout, number: int, count: int) -> Bytes:
    """Return what a piece has in the file, high bits first."""
    start = layout.offsets[number]
    data = memoryview(content)[start : start + count]
    return bytes(data).translate(_REVERSED) if layout.low_bit_first else data


def _values_of_piece(data: Bytes, layout: TiffLayout) -> NDArray[Any]:
    """Return the values [h, w, s] of one piece."""
    rows = len(data) // layout.row_bytes
    shape = (rows, layout.piece_width, layout.samples_of_piece)
    lines = np.frombuffer(data, np.uint8, rows * layout.row_bytes).reshape(rows, layout.row_bytes)
    if layout.predictor == _FLOAT_DIFFERENCES:
        return _from_float_differences(lines, layout).reshape(shape)
    if layout.bits not in {8, 16, 32, 64}:
        return _unpacked(lines, shape[1] * shape[2], layout).reshape(shape)
    if layout.predictor == _DIFFERENCES:
        unsigned = lines.view(f"{layout.order}u{layout.bits // 8}").reshape(shape)
        native = unsigned.astype(unsigned.dtype.newbyteorder("="))
        return np.cumsum(native, axis=1, dtype=native.dtype).view(_dtype(layout))
    return lines.view(f"{layout.order}{layout.kind}{layout.bits // 8}").reshape(shape)


def _from_float_differences(lines: NDArray[np.uint8], layout: TiffLayout) -> NDArray[Any]:
    """Undo the predictor that puts the first bytes of a row's floats first, and each byte as a difference."""
    apart = lines.reshape(len(lines), -1, layout.samples_of_piece)
    summed = np.cumsum(apart, axis=1, dtype=np.uint8).reshape(len(lines), layout.bits // 8, -1)
    return np.ascontiguousarray(summed.transpose(0, 2, 1)).view(f">f{layout.bits // 8}")


def _unpacked(lines: NDArray[np.uint8], count: int, layout: TiffLayout) -> NDArray[Any]:
    """Read integers of any number of bits: packed without gaps, or of whole bytes in the file's order."""
    bits = layout.bits
    if bits % 8 == 0 and layout.order == "<":
        lines = np.ascontiguousarray(lines.reshape(len(lines), count, bits // 8)[:, :, ::-1])
        lines = lines.reshape(len(lines), -1)
    starts = np.arange(count) * bits
    span = (bits + 14) // 8
    padded = np.pad(lines, ((0, 0), (0, span)))
    values = np.zeros((len(lines), count), np.uint32 if span <= 4 else np.uint64)
    for byte in range(span):
        values <<= 8
        values |= padded[:, starts // 8 + byte]
    values >>= (8 * span - bits - starts % 8).astype(values.dtype)
    values &= 2**bits - 1
    if layout.kind == "i":
        sign = 1 << (bits - 1)
        return ((values ^ sign).astype(np.int64) - sign).astype(_dtype(layout))
    return values.astype(_dtype(layout))
