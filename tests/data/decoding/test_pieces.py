from __future__ import annotations

import io
import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from tracker.data.decoding import UndecodableError, decode


def jpeg(**options: bool) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.arange(2304, dtype=np.uint8).reshape(48, 48)).save(file, "JPEG", **options)
    return file.getvalue()


def png(more: bytes) -> bytes:
    pixels = chunk(b"IDAT", zlib.compress(bytes(9 * 8)))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + more + pixels + chunk(b"IEND", b"")


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def seconds_until_refused(content: bytes, why: str) -> float:
    start = time.process_time()
    with pytest.raises(UndecodableError, match=why):
        decode(content, image_size=32, resize="pad")
    return time.process_time() - start


def test_a_jpeg_that_is_drawn_again_and_again_is_refused() -> None:
    content = jpeg(progressive=True)
    last = content[content.rfind(b"\xff\xda") : -2]
    with pytest.raises(UndecodableError, match="more than 100 scans"):
        decode(content[:-2] + 200 * last + content[-2:], image_size=32, resize="pad")


def test_a_progressive_jpeg_with_another_file_behind_it_is_read() -> None:
    content = jpeg(progressive=True)
    alone = decode(content, image_size=32, resize="pad")
    assert np.array_equal(decode(content + 200 * b"\xff\xda", image_size=32, resize="pad"), alone)


def test_files_of_nothing_but_pieces_are_refused_before_they_are_read() -> None:
    content = jpeg()
    assert (
        seconds_until_refused(content[:2] + 500_000 * b"\xff\xfe\0\2" + content[2:], "JPEG of more than") < 3
    )
    assert seconds_until_refused(content[:2] + bytes([255]) * 5_000_000 + content[2:], "too much between") < 3
    assert seconds_until_refused(png(500_000 * chunk(b"prVt", b"")), "PNG of more than") < 3


def test_a_png_with_a_piece_a_row_is_read() -> None:
    assert decode(png(60_000 * chunk(b"prVt", b"")), image_size=8, resize="pad").shape == (8, 8)
