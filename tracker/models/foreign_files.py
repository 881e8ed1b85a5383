"""Files that are no weights: what they are instead, by their first bytes, and what to do."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

HEAD_BYTES = 4096
"""How much of a file is looked at."""

Foreign = tuple[str, str]
"""What a file is, and what to do about it."""

_SAVE = "Save model.state_dict() where it was made, best as .safetensors."
_AGAIN = "Get it again from where it came from."
_UNPACK = "Unpack it, and name the file in it."
_TORCH = "Weights must be those of a PyTorch network: convert them to .safetensors."
_SIGNATURES = (
    (b"version https://git-lfs", "a pointer of Git LFS, not the weights", "Fetch them with git lfs pull."),
    (b"/annex/objects/", "a pointer of git-annex, not the weights", "Fetch them with git annex get."),
    (b"\x1f\x8b", "a gzip archive", _UNPACK),
    (b"BZh", "a bzip2 archive", _UNPACK),
    (b"\xfd7zXZ\0", "an xz archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"Rar!", "a RAR archive", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", _UNPACK),
    (b"\x89HDF\r\n", "an HDF5 file, as Keras writes them", _TORCH),
    (b"\x93NUMPY", "a NumPy array", _TORCH),
    (b"GGUF", "a GGUF file", _TORCH),
    (b"\x89PNG", "a PNG image", "Check the path."),
    (b"\xff\xd8\xff", "a JPEG image", "Check the path."),
    (b"%PDF", "a PDF document", "Check the path."),
)
_TAR, _TAR_AT = b"ustar", 257


def recognize(path: Path, head: bytes) -> Foreign | None:
    """Return what a file is that holds no weights; None where it may hold some.

    Args:
        path: The file.
        head: Its first bytes.
    """
    if not head:
        return "empty", _AGAIN
    if not head.strip(b"\0"):
        return "nothing but zero bytes at its beginning, as a broken download leaves", _AGAIN
    for signature, what, do in _SIGNATURES:
        if head.startswith(signature):
            return what, do
    if head[_TAR_AT:].startswith(_TAR):
        return "a tar archive", _UNPACK
    return _archive(path) if head.startswith(b"PK") else _text(head)


def is_safetensors(head: bytes) -> bool:
    """Return whether a file is one of safetensors: the length of its header, and the header, in JSON.

    Args:
        head: Its first bytes.
    """
    length = int.from_bytes(head[:8], "little")
    return head[8:9] == b"{" and 1 < length <= 100_000_000


def _archive(path: Path) -> Foreign | None:
    """Look into a zip archive, which is what `torch.save` writes, and others write, too."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return None
    files = {name.rpartition("/")[2] for name in names}
    if "constants.pkl" in files:
        return "a TorchScript program", _SAVE
    if "data.pkl" in files:
        return None
    if files & {"serialized_exported_program.json", "archive_format"}:
        return "a program of torch.export", _SAVE
    if names and all(name.endswith(".npy") for name in names):
        return "an archive of NumPy arrays", _TORCH
    return f"a zip archive of other files ({_some(names)})", _UNPACK


def _some(names: Sequence[str], limit: int = 3) -> str:
    return ", ".join([*names[:limit], *(["..."] if len(names) > limit else [])]) or "none"


def _text(head: bytes) -> Foreign | None:
    try:
        # The last bytes may be half a character.
        text = head.decode("utf-8-sig", errors="strict" if len(head) < HEAD_BYTES else "ignore").strip()
    except UnicodeDecodeError:
        return None
    if re.search(r"<(!doctype\s+html|html|head|body)\b", text, re.IGNORECASE):
        return f"a web page{_title(text)}, such as that of a proxy or a login", _AGAIN
    if all(character.isprintable() or character.isspace() for character in text):
        return f"text that begins with {text[:60].partition(chr(10))[0]!r}", _AGAIN
    return None


def _title(text: str) -> str:
    found = re.search(r"<title[^>]*>(.*?)</title", text, re.IGNORECASE | re.DOTALL)
    title = " ".join(found[1].split())[:60] if found else ""
    return f" ({title!r})" if title else ""
