"""Libraries say nothing on the terminal, where nobody could tell which file they speak of."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.image_files import Tiff

DECODING = """
import sys
from pathlib import Path
from tracker.data.decoding import UndecodableError, decode
for name in sys.argv[1:]:
    try:
        decode(Path(name), image_size=8, resize="stretch")
    except UndecodableError as error:
        print(error)
"""


def told_of(*paths: Path) -> list[str]:
    """Decode files in a process of its own, and return their reasons; nothing else is said."""
    command = [sys.executable, "-c", DECODING, *map(str, paths)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stderr == ""
    return ended.stdout.splitlines()


@pytest.mark.skipif(sys.platform == "win32", reason="libtiff is a part of Pillow's own library there")
@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "jpeg", "group4", "packbits"])
def test_damaged_tiffs_have_a_reason_each_and_nothing_is_said_beside(
    compression: str, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    noise = Image.fromarray(rng.integers(0, 256, (64, 64), dtype=np.uint8))
    file = io.BytesIO()
    noise.convert("1" if compression == "group4" else "L").save(file, "TIFF", compression=compression)
    names = []
    for number in range(30):
        damaged = bytearray(file.getvalue())
        for place in rng.integers(8, len(damaged), 8):
            damaged[place] = rng.integers(0, 256)
        names.append(tmp_path / f"{number}.tif")
        names[-1].write_bytes(damaged)
    assert len(told_of(*names)) > 2


def test_what_pillow_would_log_is_not_shown(tmp_path: Path) -> None:
    values = np.zeros((8, 8, 3), np.uint8)
    path = tmp_path / "many.tif"
    path.write_bytes(Tiff(bits=8, photometric=6, tags=((277, 3, (64,)),)).file(values))
    assert len(told_of(path)) == 1
