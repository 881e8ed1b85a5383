"""Which files are images that can be read, which are images that cannot, and which are none: by their names.

Only a file whose name does not say what it is is looked into.
"""

from __future__ import annotations

import stat
from pathlib import Path

from tracker.data.decoding.dicom_signs import ENOUGH, is_dicom

_UNREAD = {
    "NIfTI": (".nii", ".nii.gz"),
    "": (
        *(".webp", ".gif", ".heic", ".heif", ".avif", ".jp2", ".j2k", ".jpx", ".jxl", ".jls", ".svg", ".psd"),
        *(".pgm", ".ppm", ".pbm", ".pnm", ".tga", ".exr", ".raw", ".img", ".hdr", ".mha", ".mhd", ".nrrd"),
        *(".npy", ".npz", ".mat", ".h5", ".hdf5", ".pt", ".svs", ".ndpi", ".czi", ".vsi", ".mrxs"),
        *(".zip", ".tar", ".gz", ".7z", ".rar", ".tgz", ".bz2", ".xz"),
    ),
}
"""Endings of files that hold images, or may; those without a name are called by their ending."""

_NO_IMAGES = frozenset(
    {
        *(".txt", ".csv", ".tsv", ".xls", ".xlsx", ".ods", ".json", ".jsonl", ".xml", ".yaml", ".yml", ".md"),
        *(".html", ".pdf", ".doc", ".docx", ".odt", ".rtf", ".log", ".db", ".ini", ".py", ".ipynb", ".sh"),
        *(".bib", ".sqlite", ".lnk", ".url", ".exe", ".bat", ".toml", ".cfg", ".pkl", ".sha256", ".md5"),
    }
)
_SAYS_OTHERWISE = _NO_IMAGES.union(*_UNREAD.values(), (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"))
_MAGIC = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG", b"II*\0": "TIFF", b"MM\0*": "TIFF"}
_DICOM_INDEX = "DICOMDIR"


def holds_dicom(path: Path) -> bool:
    """Return whether a file whose name says nothing is DICOM, as archives of hospitals write it.

    Args:
        path: Any path.
    """
    if path.name.upper() == _DICOM_INDEX or path.suffix.lower() in _SAYS_OTHERWISE:
        return False
    return is_dicom(_beginning(path))


def unread_format(path: Path) -> str:
    """Return the format of a file that holds an image but is not read; empty where it holds none.

    Args:
        path: A file that is no image by its name.
    """
    name = path.name.lower()
    for known, endings in _UNREAD.items():
        for ending in endings:
            if name.endswith(ending):
                return known or ending
    return "" if path.suffix.lower() in _NO_IMAGES else _format_inside(path)


def ending(path: Path) -> str:
    """Return how a file is called among others of its kind: by its ending, or its name where it has none."""
    return path.suffix.lower() or path.name


def _format_inside(path: Path) -> str:
    head = _beginning(path)
    found = next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "")
    return f"{found} without its ending" if found and not is_dicom(head) else ""


def _beginning(path: Path) -> bytes:
    """Return the first bytes of a file; none of what is no file, or cannot be read."""
    try:
        # Opening what is no file, such as a pipe, could wait forever.
        if not stat.S_ISREG(path.stat().st_mode):
            return b""
        with path.open("rb") as file:
            return file.read(ENOUGH)
    except OSError:
        return b""


def is_hidden(name: str) -> bool:
    """Return whether a file or folder is hidden, or a stub that a Mac packs beside a real one.

    Args:
        name: Its name.
    """
    return name.startswith((".", "__MACOSX"))
