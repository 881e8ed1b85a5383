"""The bytes of a file as an array: mapped, so that nothing is read before it is used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def map_bytes(path: Path) -> NDArray[np.uint8]:
    """Map a file; its bytes stay there as long as the array does, also where the file is removed.

    Args:
        path: The file. A disk that maps none, as some FUSE, has it read into memory.

    Returns:
        uint8 [bytes]; what is written into it does not reach the file.
    """
    try:
        return np.memmap(path, dtype=np.uint8, mode="c")
    except OSError:
        return np.fromfile(path, dtype=np.uint8)
