"""Image files of every kind, damaged in every way: the same number, the same file.

As a program it decodes those of a range of numbers, and prints what came of them.
"""

from __future__ import annotations

import faulthandler
import io
import json
import resource
import struct
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from PIL import Image

from tests.support.image_files import DEFLATE, LZW, NONE, PACKBITS, Tiff, chunk, png
from tracker.data.decoding import UndecodableError, decode

HANGING_S, MEMORY = 60, 4 * 2**30
NUMBERS = [
    0,
    1,
    2,
    3,
    7,
    8,
    16,
    31,
    32,
    63,
    64,
    127,
    255,
    256,
    4096,
    32767,
    65535,
    65536,
    2**24,
    2**31,
    2**32 - 1,
]


@cache
def whole_images() -> list[bytes]:
    """Make a file of every kind that is read, and of some that are not."""
    return [*_pngs(), *_tiffs(), *_others()]


def _values(channels: int, kind: str = "u2") -> Any:
    rng = np.random.default_rng(channels)
    if kind[0] == "f":
        return rng.uniform(-1000, 3000, (24, 20, channels)).astype(kind)
    return rng.integers(0, min(np.iinfo(kind).max, 4095), (24, 20, channels)).astype(kind)


def _pngs() -> Iterator[bytes]:
    exif = (b"eXIf", b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0")
    text = (b"zTXt", b"comment\0\0" + zlib.compress(b"text" * 100))
    palette = (b"PLTE", bytes(range(255)) + b"\0" * 513)
    kinds = [(bits, 0) for bits in (1, 2, 4, 8, 16)] + [(bits, 3) for bits in (1, 2, 4, 8)]
    for bits, color in [*kinds, *((bits, color) for bits in (8, 16) for color in (2, 4, 6))]:
        values = _values({0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color]) & (2**bits - 1)
        key = {0: (b"tRNS", b"\0\1"), 2: (b"tRNS", b"\0\1\0\2\0\3"), 3: (b"tRNS", b"\0\x80\xff")}.get(color)
        extra = (*([palette] if color == 3 else []), *([key] if key else []), exif, text)
        for interlaced in (False, True):
            yield png(values, bits=bits, color=color, interlaced=interlaced, extra=extra)


def _tiffs() -> Iterator[bytes]:
    for kind in ("u1", "i1", "u2", "i2", "u4", "i4", "u8", "f2", "f4", "f8"):
        for number, compression in enumerate((NONE, LZW, DEFLATE, PACKBITS)):
            made = Tiff(
                bits=8 * int(kind[1]),
                kind=kind[0],
                order="<>"[number % 2],
                photometric=2,
                planar=number in {1, 2},
                tile=(16, 16) if number in {0, 1} else None,
                compression=compression,
                predictor=1 if number != 2 else 3 if kind[0] == "f" else 2,
                extra_samples=(2,) if number % 2 else None,
                big=number == 3,
            )
            yield made.file(_values(3 + number % 2, kind))
    for bits in (1, 2, 4, 6, 12, 14):
        yield Tiff(bits=bits, photometric=bits % 2).file(_values(1) & (2**bits - 1))
    yield Tiff(bits=4, photometric=3, tags=((320, 3, tuple(range(0, 48 * 80, 80))),)).file(_values(1) % 16)


def _others() -> Iterator[bytes]:
    color = Image.fromarray((_values(3) % 256).astype(np.uint8))
    for mode in ("L", "RGB", "CMYK", "1", "P", "LA", "RGBA"):
        image = color.convert(mode)
        for name, options in {
            "JPEG": {}, "BMP": {}, "TIFF": {}, "PNG": {}, "WEBP": {}, "GIF": {},
        }.items():  # fmt: skip
            yield from _saved(image, name, **options)
        yield from _saved(image, "JPEG", progressive=True, exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0")
        some = {"1": ("group3", "group4"), "L": ("jpeg",), "RGB": ("jpeg",), "CMYK": ("jpeg",)}.get(mode, ())
        for compression in (*some, "tiff_lzw", "tiff_adobe_deflate", "packbits"):
            yield from _saved(image, "TIFF", compression=compression)


def _saved(image: Image.Image, name: str, **options: Any) -> Iterator[bytes]:
    """Yield the file of an image, if its format has such images."""
    file = io.BytesIO()
    try:
        image.save(file, name, **options)
    except (OSError, KeyError, ValueError):
        return
    yield file.getvalue()


def damaged(number: int) -> bytes:
    """Return the file of a number."""
    rng = np.random.default_rng([662, number])
    files = whole_images()
    content = bytearray(files[rng.integers(len(files))])
    for _ in range(rng.integers(1, 4)):
        content = DAMAGES[rng.integers(len(DAMAGES))](content, rng)
    return bytes(content)


def _flip_bits(content: bytearray, rng: Generator) -> bytearray:
    for place in rng.integers(0, len(content) or 1, rng.integers(1, 9)):
        if content:
            content[place] ^= 1 << int(rng.integers(8))
    return content


def _flip_bits_of_the_beginning(content: bytearray, rng: Generator) -> bytearray:
    return _flip_bits(content[:64], rng) + content[64:]


def _overwrite(content: bytearray, rng: Generator) -> bytearray:
    start, length = _stretch(content, rng)
    content[start : start + length] = rng.integers(0, 256, length, np.uint8).tobytes()
    return content


def _cut_off(content: bytearray, rng: Generator) -> bytearray:
    return content[: rng.integers(0, len(content) + 1)]


def _cut_out(content: bytearray, rng: Generator) -> bytearray:
    start, length = _stretch(content, rng)
    return content[:start] + content[start + length :]


def _repeat(content: bytearray, rng: Generator) -> bytearray:
    start, length = _stretch(content, rng)
    return content[: start + length] + content[start:]


def _splice(content: bytearray, rng: Generator) -> bytearray:
    other = whole_images()[rng.integers(len(whole_images()))]
    return content[: rng.integers(0, len(content) + 1)] + other[rng.integers(0, len(other)) :]


def _stretch(content: bytearray, rng: Generator) -> tuple[int, int]:
    return int(rng.integers(0, len(content) + 1)), int(rng.integers(1, 40))


def _change_a_number(content: bytearray, rng: Generator) -> bytearray:
    """Put a number that many stumble over in the place of two or four bytes, of either order."""
    word = ("<H", ">H", "<I", ">I")[rng.integers(4)]
    size = struct.calcsize(word)
    if len(content) > size:
        value = NUMBERS[rng.integers(len(NUMBERS))] % 256**size
        struct.pack_into(word, content, int(rng.integers(0, len(content) - size)), value)
    return content


def _change_a_chunk(content: bytearray, rng: Generator) -> bytearray:
    """Change, drop or repeat a chunk of a PNG; its checksum is right."""
    chunks, at = [], 8
    while content.startswith(b"\x89PNG") and at + 12 <= len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        chunks.append((bytes(content[at + 4 : at + 8]), bytearray(content[at + 8 : at + 8 + size])))
        at += 12 + size
    if not chunks:
        return _change_a_tag(content, rng)
    place = int(rng.integers(len(chunks)))
    kind, data = chunks[place]
    what = rng.integers(4)
    changed = {0: [], 1: [(kind, data)] * 2}.get(int(what), [(kind, _change_a_number(data, rng))])
    chunks[place : place + 1] = changed
    return bytearray(content[:8] + b"".join(chunk(one, bytes(inside)) for one, inside in chunks))


def _change_a_tag(content: bytearray, rng: Generator) -> bytearray:
    """Change the number, type, count or value of a tag of a TIFF."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(bytes(content[:4]))
    if order is None or len(content) < 8:
        return _change_a_number(content, rng)
    (start,) = struct.unpack_from(f"{order}I", content, 4)
    if start + 14 > len(content):
        return content
    (count,) = struct.unpack_from(f"{order}H", content, start)
    at = start + 2 + 12 * int(rng.integers(max(1, min(count, 40))))
    place, word = ((0, "H"), (2, "H"), (4, "I"), (8, "I"), (8, "H"))[rng.integers(5)]
    if at + 12 <= len(content):
        value = NUMBERS[rng.integers(len(NUMBERS))] % 256 ** struct.calcsize(f"={word}")
        struct.pack_into(f"{order}{word}", content, at + place, value)
    return content


DAMAGES: list[Callable[[bytearray, Generator], bytearray]] = [
    _flip_bits, _flip_bits_of_the_beginning, _overwrite, _cut_off, _cut_out, _repeat, _splice,
    _change_a_number, _change_a_chunk, _change_a_chunk, _change_a_tag, _change_a_tag,
]  # fmt: skip


def main(first: int, last: int, at: Path, made: Callable[[int], bytes] = damaged) -> None:
    """Decode the files of some numbers, and print what came of them.

    Args:
        first: The first number.
        last: The first one that is not decoded.
        at: A file that always holds the number at hand, for those who find this process dead.
        made: Makes the file of a number.
    """
    made(first)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcomes: Counter[str] = Counter()
    slowest, largest = (0.0, -1), (0.0, -1)
    for number in range(first, last):
        at.write_text(str(number))
        faulthandler.dump_traceback_later(HANGING_S, exit=True)
        content = made(number)
        start = time.process_time()
        try:
            decode(content, image_size=32, resize=("stretch", "pad", "crop")[number % 3])
            outcomes["decoded"] += 1
        except UndecodableError as error:
            outcomes["refused" if str(error) else "refused without a reason"] += 1
        slowest = max(slowest, (time.process_time() - start, number))
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        largest = max(largest, (grown, number), key=lambda pair: pair[0])
    faulthandler.cancel_dump_traceback_later()
    sys.stdout.write(json.dumps({"outcomes": outcomes, "slowest": slowest, "largest": largest}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
