"""PNG and TIFF files made byte by byte, of every kind that their formats know."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

NONE, LZW, DEFLATE, PACKBITS = 1, 5, 8, 32773
_ADAM7 = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))


def png(
    values: NDArray[Any],
    *,
    bits: int,
    color: int,
    interlaced: bool = False,
    filters: bool = True,
    extra: tuple[tuple[bytes, bytes], ...] = (),
) -> bytes:
    """Make a PNG file.

    Args:
        values: [H, W, C].
        bits: Of each value.
        color: 0 gray, 2 RGB, 3 palette, 4 gray and alpha, 6 RGB and alpha.
        interlaced: Whether it comes in seven passes.
        filters: Whether each row has another filter.
        extra: Chunks before the pixels.
    """
    height, width, channels = values.shape
    passes = [values[top::down, left::right] for top, left, down, right in _ADAM7] if interlaced else [values]
    step = max(1, channels * bits // 8)
    rows = b"".join(_filtered(packed(one, bits), step, filters) for one in passes if one.size)
    header = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, int(interlaced))
    chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in chunks)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed(values: NDArray[Any], bits: int, order: str = ">") -> NDArray[np.uint8]:
    """Pack rows [h, w, c] of integers without gaps, high bits first; each row begins with a whole byte."""
    flat = values.reshape(len(values), -1)
    if bits % 8 == 0:
        wide = flat.astype(np.int64 if flat.dtype.kind == "i" else np.uint64).astype(">u8")
        parts = wide.view(np.uint8).reshape(*flat.shape, 8)[:, :, 8 - bits // 8 :]
        return (parts if order == ">" else parts[:, :, ::-1]).reshape(len(flat), -1)
    places = np.arange(bits - 1, -1, -1)
    ones = (flat.astype(np.int64)[:, :, None] >> places) & 1
    return np.packbits(ones.reshape(len(flat), -1).astype(np.uint8), axis=1)


def _filtered(lines: NDArray[np.uint8], step: int, filters: bool) -> bytes:
    """Filter each row by the PNG filter of its number, modulo five."""
    out, above = [], np.zeros(lines.shape[1], int)
    for number, line in enumerate(lines.astype(int)):
        kind = number % 5 if filters else 0
        left = np.concatenate([np.zeros(step, int), line])[: len(line)]
        corner = np.concatenate([np.zeros(step, int), above])[: len(line)]
        guess = (0 * line, left, above, (left + above) // 2, _paeth(left, above, corner))[kind]
        out.append(bytes([kind]) + ((line - guess) % 256).astype(np.uint8).tobytes())
        above = line
    return b"".join(out)


def _paeth(left: NDArray[Any], above: NDArray[Any], corner: NDArray[Any]) -> NDArray[Any]:
    by_left, by_above = abs(above - corner), abs(left - corner)
    by_corner = abs(left + above - 2 * corner)
    first = (by_left <= by_above) & (by_left <= by_corner)
    return np.where(first, left, np.where(by_above <= by_corner, above, corner))


@dataclass(frozen=True, kw_only=True)
class Tiff:
    """How a TIFF file is made.

    Attributes:
        bits: Of each value.
        kind: `u`, `i` or `f`.
        order: `<` or `>`.
        photometric: 0 white is zero, 1 black is zero, 2 RGB, 3 palette.
        planar: Whether each channel lies apart.
        tile: Height and width of a tile, or None for strips.
        rows: Of a strip.
        compression: `NONE`, `LZW`, `DEFLATE` or `PACKBITS`.
        predictor: 1 none, 2 differences, 3 differences of bytes of floats.
        extra_samples: What channels beyond the colors are; None leaves the tag out.
        low_bit_first: Whether bytes begin with their lowest bit.
        big: Whether it is a BigTIFF.
        tags: Further tags (number, type, values), or others in the place of ours.
    """

    bits: int = 16
    kind: str = "u"
    order: str = "<"
    photometric: int = 1
    planar: bool = False
    tile: tuple[int, int] | None = None
    rows: int = 7
    compression: int = NONE
    predictor: int = 1
    extra_samples: tuple[int, ...] | None = None
    low_bit_first: bool = False
    big: bool = False
    tags: tuple[tuple[int, int, tuple[int, ...]], ...] = ()

    def file(self, values: NDArray[Any]) -> bytes:
        """Make the file of values [H, W, S]."""
        pieces = [self._stored(piece) for piece in self._pieces(values)]
        return self._joined(values.shape, pieces)

    def _pieces(self, values: NDArray[Any]) -> Iterator[NDArray[Any]]:
        height, width, samples = values.shape
        down, right = self.tile or (self.rows, width)
        planes = [values[:, :, [one]] for one in range(samples)] if self.planar else [values]
        for plane in planes:
            for top in range(0, height, down):
                for left in range(0, width, right):
                    piece = plane[top : top + down, left : left + right]
                    lacking = (down - piece.shape[0], right - piece.shape[1], 0) if self.tile else (0, 0, 0)
                    yield np.pad(piece, [(0, more) for more in lacking])

    def _stored(self, piece: NDArray[Any]) -> bytes:
        data = self._lines(piece).tobytes()
        if self.compression == DEFLATE:
            data = zlib.compress(data)
        elif self.compression != NONE:
            data = _by_libtiff(data, self.compression)
        return bytes(int(f"{byte:08b}"[::-1], 2) for byte in data) if self.low_bit_first else data

    def _lines(self, piece: NDArray[Any]) -> NDArray[np.uint8]:
        if self.predictor == 3:
            size = self.bits // 8
            apart = piece.reshape(len(piece), -1).astype(f">f{size}").view(np.uint8)
            apart = (
                apart.reshape(len(piece), -1, size).transpose(0, 2, 1).reshape(len(piece), -1, piece.shape[2])
            )
            return np.diff(apart, axis=1, prepend=np.uint8(0)).reshape(len(piece), -1)
        if self.kind == "f":
            piece = piece.astype(f"f{self.bits // 8}").view(f"u{self.bits // 8}")
        if self.predictor == 2:
            piece = piece.astype(piece.dtype.str.replace("i", "u"))
            piece = np.diff(piece, axis=1, prepend=piece.dtype.type(0))
        return packed(piece, self.bits, self.order)

    def _joined(self, shape: tuple[int, ...], pieces: list[bytes]) -> bytes:
        height, width, samples = shape
        start = 16 if self.big else 8
        offsets = [start + sum(map(len, pieces[:number])) for number in range(len(pieces))]
        tags: dict[int, tuple[int, tuple[int, ...]]] = {
            256: (4, (width,)),
            257: (4, (height,)),
            258: (3, (self.bits,) * samples),
            259: (3, (self.compression,)),
            262: (3, (self.photometric,)),
            277: (3, (samples,)),
            284: (3, (2 if self.planar else 1,)),
            317: (3, (self.predictor,)),
            339: (3, ({"u": 1, "i": 2, "f": 3}[self.kind],) * samples),
            **({322: (4, self.tile[1:]), 323: (4, self.tile[:1])} if self.tile else {278: (4, (self.rows,))}),
            (324 if self.tile else 273): (4, tuple(offsets)),
            (325 if self.tile else 279): (4, tuple(map(len, pieces))),
            **({266: (3, (2,))} if self.low_bit_first else {}),
            **({} if self.extra_samples is None else {338: (3, self.extra_samples)}),
            **{tag: (kind, numbers) for tag, kind, numbers in self.tags},
        }
        return self._with_directory(b"".join(pieces), tags)

    def _with_directory(self, pixels: bytes, tags: dict[int, tuple[int, tuple[int, ...]]]) -> bytes:
        order, size = self.order, 8 if self.big else 4
        word = "Q" if self.big else "I"
        start = (16 if self.big else 8) + len(pixels)
        after = start + struct.calcsize(f"={'Q' if self.big else 'H'}") + len(tags) * (4 + 2 * size) + size
        entries, more = b"", b""
        for tag, (kind, numbers) in sorted(tags.items()):
            data = struct.pack(f"{order}{len(numbers)}{'H' if kind == 3 else 'I'}", *numbers)
            entries += struct.pack(f"{order}HH{word}", tag, kind, len(numbers))
            if len(data) <= size:
                entries += data.ljust(size, b"\0")
            else:
                entries += struct.pack(f"{order}{word}", after + len(more))
                more += data
        mark = b"II" if order == "<" else b"MM"
        if self.big:
            header = mark + struct.pack(f"{order}HHHQ", 43, 8, 0, start)
            count = struct.pack(f"{order}Q", len(tags))
        else:
            header = mark + struct.pack(f"{order}HI", 42, start)
            count = struct.pack(f"{order}H", len(tags))
        return header + pixels + count + entries + bytes(size) + more


def _by_libtiff(data: bytes, compression: int) -> bytes:
    """Compress bytes by having Pillow write them as an image of one strip."""
    tags = ImageFileDirectory_v2()
    tags[278] = 1
    file = io.BytesIO()
    name = {LZW: "tiff_lzw", PACKBITS: "packbits"}[compression]
    Image.frombytes("L", (len(data), 1), data).save(file, "TIFF", compression=name, tiffinfo=tags)
    with Image.open(file) as image:
        (offset,), (count,) = image.tag_v2[273], image.tag_v2[279]  # type: ignore[attr-defined]
    return file.getvalue()[offset : offset + count]
