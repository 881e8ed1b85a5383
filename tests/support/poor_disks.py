"""A disk that lacks hard links, locks, rights, folder syncs or renames: its calls fail, below Python."""

from __future__ import annotations

import errno
import shutil
import subprocess
from pathlib import Path

import pytest

_SOURCE = Path(__file__).with_name("poor_disk.c")

EXFAT = {"link": errno.EPERM}
FUSE = {
    "link": errno.ENOSYS,
    "foldersync": errno.EINVAL,
    "renameover": errno.EEXIST,
}
NO_RIGHTS = {"chmod": errno.EPERM}
NO_LOCKS = {"flock": errno.ENOTSUP}
LUSTRE = {"flock": errno.ENOSYS}


def lacking(calls: dict[str, int], folder: Path) -> dict[str, str]:
    """Return the environment of a process whose disks lack some calls; skip the test without a compiler.

    Args:
        calls: What each of them fails with, by its name in `poor_disk.c`.
        folder: Where to put what is compiled.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler (cc)")
    library = folder / "poor_disk.so"
    command = [compiler, "-shared", "-fPIC", "-o", str(library), str(_SOURCE), "-ldl"]
    subprocess.run(command, check=True, capture_output=True)
    return {
        "LD_PRELOAD": str(library),
        "LACKS": " ".join(f"{name}={number}" for name, number in calls.items()),
    }
