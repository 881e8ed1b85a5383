"""What a DICOM file's header says, without reading its pixels."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from .dicom_file import read_elements
from .pillow_warnings import suppress_pillow_warnings

_MOST_OFTEN = 2**16
"""How many bytes hold nearly every header's first groups."""


def header_of(path: Path, keywords: Sequence[str]) -> dict[str, str]:
    """Return the first value of some elements, of those that are there and not empty.

    Args:
        path: A DICOM file; one that cannot be read says nothing.
        keywords: Which elements.
    """
    # Where the first bytes end inside of an element, pydicom may return none.
    for size in (_MOST_OFTEN, -1):
        with suppress_pillow_warnings, suppress(Exception), path.open("rb") as file:
            found = read_elements(file.read(size), keywords)
            texts = {
                keyword: str(found.values(keyword)[0]).strip()
                for keyword in keywords
                if found.values(keyword)
            }
            if texts:
                return texts
    return {}
