"""What an image may cost is bounded before it is decoded; measured in a process of its own."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from tests.support.image_files import DEFLATE, NONE, Tiff, chunk

LIMITED = """
import json, resource, sys, time
from pathlib import Path
from tracker.data.decoding import UndecodableError, decode
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.process_time()
try:
    outcome = str(decode(Path(sys.argv[1]), image_size=32, resize="stretch").shape)
except UndecodableError as error:
    outcome = str(error)
took = time.process_time() - start
print(json.dumps([outcome, took, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024]))
"""


def cost(folder: Path, content: bytes) -> tuple[str, float, float]:
    """Decode in a process of its own; return what came of it, seconds of CPU, and by how many MiB it grew."""
    (folder / "image").write_bytes(content)
    command = [sys.executable, "-c", LIMITED, str(folder / "image")]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stderr == ""
    outcome, seconds, mib = json.loads(ended.stdout)
    return outcome, seconds, mib


def black(width: int, height: int, *, bits: int = 8, color: int = 0, extra: bytes = b"") -> bytes:
    """Make a black PNG of any size, in a small file."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color]
    rows, row = zlib.compressobj(1), bytes(1 + (width * channels * bits + 7) // 8)
    packed = b"".join(rows.compress(row) for _ in range(height)) + rows.flush()
    header = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + extra + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def claimed(width: int, height: int, bits: int, color: int) -> bytes:
    """Make a small PNG whose header claims more."""
    header = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, 0)
    return black(8, 8).replace(black(8, 8)[12:33], chunk(b"IHDR", header)[4:])


def tiff(**tags: int) -> bytes:
    """Make a small TIFF whose tags say something else."""
    numbers = {
        "width": 256,
        "height": 257,
        "samples": 277,
        "rows": 278,
        "tile_width": 322,
        "tile_height": 323,
    }
    bits, compression = tags.pop("bits", 16), tags.pop("compression", NONE)
    others = tuple((numbers[name], 4, (value,)) for name, value in tags.items())
    made = Tiff(bits=bits, tile=(16, 16), compression=compression, tags=others)
    return made.file(np.zeros((16, 16, 1), "u2"))


TOLD = chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(10**7)))
REFUSED = {
    "one column": (lambda: black(1, 70_000), "side of more than 65,535 pixels"),
    "one row": (lambda: black(80_000_000, 1, bits=1), "side of more than 65,535 pixels"),
    "many pixels": (lambda: claimed(10_000, 10_000, 1, 0), "more than 89 million pixels"),
    "deep colors": (lambda: claimed(9000, 9000, 16, 6), "more than 256 MiB"),
    "a packed comment": (lambda: black(8, 8, extra=TOLD), "decompressed data too large"),
    "a packed profile": (lambda: black(8, 8, extra=chunk(b"iCCP", TOLD[8:-4])), "too large"),
    "a wide TIFF": (lambda: tiff(width=2**31), "more than 89 million pixels"),
    "a TIFF of many channels": (lambda: tiff(width=9000, height=9000, samples=60_000), "256 MiB"),
    "a large tile": (lambda: tiff(tile_width=2**30, tile_height=2**30), "tile with a side of more than"),
    "tiles of one pixel": (lambda: tiff(width=9400, height=9500, tile_width=1, tile_height=1), "not all of"),
    "a large tile of 8 bits": (lambda: tiff(bits=8, tile_width=60_000, tile_height=60_000), "256 MiB"),
    "a large packed tile": (
        lambda: tiff(compression=DEFLATE, tile_width=60_000, tile_height=60_000), "256 MiB",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_would_cost_too_much_is_refused_at_once(what: str, tmp_path: Path) -> None:
    make, reason = REFUSED[what]
    outcome, seconds, mib = cost(tmp_path, make())
    assert reason in outcome
    assert seconds < 0.5
    assert mib < 50


def test_strips_that_all_claim_the_whole_file_cost_no_more_than_it(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 65536, (2000, 500, 1), np.uint16)
    whole = len(Tiff(compression=DEFLATE, rows=1).file(noise))
    claims = ((279, 4, (whole,) * len(noise)),)
    _, seconds, mib = cost(tmp_path, Tiff(compression=DEFLATE, rows=1, tags=claims).file(noise))
    assert mib < 100
    assert seconds < 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bits", "color", "width", "height"),
    [(8, 0, 9400, 9500), (8, 2, 9400, 9500), (8, 6, 9400, 9500), (16, 0, 9400, 9500), (16, 2, 6600, 6700)],
)
def test_the_largest_images_that_are_read_cost_less_than_a_gigabyte(
    tmp_path: Path, bits: int, color: int, width: int, height: int
) -> None:
    outcome, seconds, mib = cost(tmp_path, black(width, height, bits=bits, color=color))
    assert outcome == "(32, 32)"
    assert mib < 1000
    assert seconds < 10


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["u2", "u4", "f8"])
def test_the_largest_tiffs_that_are_read_cost_less_than_a_gigabyte(tmp_path: Path, kind: str) -> None:
    size = int(np.dtype(kind).itemsize)
    values = np.zeros((5700, 2 * 5800 // size * 2, 1), kind)
    made = Tiff(bits=8 * size, kind=kind[0], compression=DEFLATE, rows=64)
    outcome, seconds, mib = cost(tmp_path, made.file(values))
    assert outcome == "(32, 32)"
    assert mib < 1000
    assert seconds < 10
