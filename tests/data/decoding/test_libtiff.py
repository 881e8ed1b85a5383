"""libtiff says nothing on the terminal, where nobody could tell which file it speaks of."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

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
    command = [sys.executable, "-c", DECODING, *map(str, names)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stderr == ""
    assert len(ended.stdout.splitlines()) > 2
