"""Images that cannot be decoded, found by their first and last bytes."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from tracker.data.decoding import UndecodableError, decode, examine, read_file
from tracker.data.decoding.dicom_signs import is_dicom
from tracker.data.decoding.pillow_warnings import suppress_pillow_warnings
from tracker.data.manifest import Manifest
from tracker.data.sources.source import is_dicom_file
from tracker.io.parallel import parallel_map

_PNG, _PNG_END = b"\x89PNG", b"IEND"
_JPEG, _JPEG_END = b"\xff\xd8", b"\xff\xd9"
_LAST_BYTES = 4096
_SIZE = 16


def undecodable_at_first_sight(manifest: Manifest) -> dict[str, str]:
    """Return why images cannot be decoded, by id, as far as it can be seen without decoding all of them.

    Only what looks cut off, or like another kind of file, is decoded: whether it can be, that decides.

    Args:
        manifest: The images.
    """
    found = parallel_map(_reason, [sample.path for sample in manifest.samples])
    return {sample.id: reason for sample, reason in zip(manifest.samples, found, strict=True) if reason}


def _reason(path: Path) -> str:
    named_dicom = is_dicom_file(path)
    if not named_dicom and _looks_whole(path):
        return ""
    try:
        content = read_file(path)
        if named_dicom and is_dicom(content):
            examine(content)
        else:
            decode(content, image_size=_SIZE, resize="stretch")
    except UndecodableError as error:
        return str(error)
    return ""


def _looks_whole(path: Path) -> bool:
    try:
        # Whatever Pillow raises, the decoder finds out why.
        with suppress_pillow_warnings, Image.open(path):
            pass
        with path.open("rb") as file:
            first = file.read(len(_PNG))
            file.seek(max(0, path.stat().st_size - _LAST_BYTES))
            last = file.read()
    except Exception:  # noqa: BLE001
        return False
    if first.startswith(_JPEG):
        return _JPEG_END in last
    return first != _PNG or _PNG_END in last
