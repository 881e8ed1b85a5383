"""A DICOM file's elements as pydicom reads them, at a cost that is bounded whatever the file claims."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from .dicom_signs import MARK_AT
from .limits import MOST_BYTES
from .reasons import UndecodableError

_PIXEL_GROUP = 0x7FE0
_MOST_READS = 50_000
"""An element takes one or two, an image's header some hundred; a file of nothing but elements ends here."""
_BYTES_OF_A_READ = 2048
_LONGEST_TABLE, _LONGEST_VALUE = 2**20, 2**14
_MOST_HEADER_BYTES = 2**24


@dataclass(frozen=True)
class DicomFile:
    """Some elements of a file.

    Attributes:
        elements: Those that were asked for.
        syntax: How its pixels are stored; empty where it does not say so.
        kind: The name of what it holds, such as `Computed Radiography Image Storage`.
        little: Whether its numbers are little-endian.
    """

    elements: Dataset
    syntax: UID
    kind: str
    little: bool

    def text(self, keyword: str) -> str:
        """Return an element's first value in capitals; empty where there is none."""
        values = self.values(keyword)
        return str(values[0]).strip().upper() if values else ""

    def number(self, keyword: str, default: int | None = None) -> int:
        """Return an element's first value.

        Raises:
            UndecodableError: There is none, and no default.
        """
        values = self.values(keyword)
        if values:
            return int(values[0])
        if default is None:
            raise UndecodableError(f"damaged or cut off (DICOM without {keyword})")
        return default

    def numbers(self, keyword: str) -> list[float]:
        """Return an element's values; none where it is not there or empty."""
        return [float(value) for value in self.values(keyword)]

    def values(self, keyword: str) -> list[Any]:
        """Return an element's values, whatever they are."""
        return values_of(self.elements, keyword)


def values_of(elements: Dataset, keyword: str) -> list[Any]:
    """Return the values of an element; none where it is not there or empty.

    Args:
        elements: A file's elements, or those of an item of a sequence.
        keyword: Which of them.
    """
    value = elements.get(keyword)
    if value is None or isinstance(value, str | bytes):
        return [value] if value else []
    return list(value) if isinstance(value, Sequence) else [value]


def read_elements(content: bytes, keywords: Sequence[str]) -> DicomFile:
    """Read some elements of a file.

    Args:
        content: What is in the file; its beginning, where no pixels are asked for.
        keywords: Which elements.

    Raises:
        UndecodableError: It is damaged, or would cost too much.
    """
    file: io.BytesIO = _BoundedReader(content)
    file.seek(MARK_AT + 4 if content[MARK_AT : MARK_AT + 4] == b"DICM" else 0)
    meta = _read(
        file, ["TransferSyntaxUID", "MediaStorageSOPClassUID"], until=_behind_group_2, implicit=False
    )
    syntax = UID(str(meta.get("TransferSyntaxUID") or ""))
    if syntax == DeflatedExplicitVRLittleEndian:
        file = _BoundedReader(_inflated(file.read()))
    implicit = syntax == ImplicitVRLittleEndian if syntax else _looks_implicit(file)
    pixels = "PixelData" in keywords
    elements = _read(
        file,
        [*keywords, "SOPClassUID"],
        until=_behind_pixels if pixels else _at_pixels,
        implicit=implicit,
        little=syntax != ExplicitVRBigEndian,
    )
    kind = elements.get("SOPClassUID") or meta.get("MediaStorageSOPClassUID") or ""
    if not syntax:
        syntax = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    return DicomFile(elements, syntax, UID(str(kind)).name, syntax != ExplicitVRBigEndian)


class _BoundedReader(io.BytesIO):
    """A file in memory that is not read in ever smaller pieces."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self._left = _MOST_READS + len(content) // _BYTES_OF_A_READ

    def read(self, size: int | None = -1, /) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise UndecodableError("DICOM with too many elements (a decompression bomb?)")
        return super().read(size)


def _read(
    file: io.BytesIO,
    keywords: Sequence[str],
    *,
    until: Callable[[BaseTag, str | None, int], bool],
    implicit: bool,
    little: bool = True,
) -> Dataset:
    tags: list[BaseTag | int] = [tag for name in keywords if (tag := tag_for_keyword(name)) is not None]
    elements = read_dataset(file, implicit, little, stop_when=until, specific_tags=tags)
    for element in elements.values():
        if isinstance(element, RawDataElement) and element.tag.group != _PIXEL_GROUP:
            table = element.VR == "SQ" or "Table" in _keyword(element) or "Sequence" in _keyword(element)
            if len(element.value or b"") > (_LONGEST_TABLE if table else _LONGEST_VALUE):
                raise UndecodableError(f"damaged (DICOM whose {_keyword(element)} is too long)")
    return elements


def _keyword(element: RawDataElement) -> str:
    from pydicom.datadict import keyword_for_tag

    return keyword_for_tag(element.tag)


def _behind_group_2(tag: BaseTag, _kind: str | None, _length: int) -> bool:
    return tag.group != 2


def _at_pixels(tag: BaseTag, _kind: str | None, _length: int) -> bool:
    return _PIXEL_GROUP <= tag.group < 0xFFFE


def _behind_pixels(tag: BaseTag, _kind: str | None, _length: int) -> bool:
    return _PIXEL_GROUP < tag.group < 0xFFFE


def _inflated(packed: bytes) -> bytes:
    most = MOST_BYTES + _MOST_HEADER_BYTES
    inflating = zlib.decompressobj(-zlib.MAX_WBITS)
    content = inflating.decompress(packed, most)
    if inflating.unconsumed_tail:
        raise UndecodableError(f"deflated DICOM of more than {most // 2**20} MiB (a decompression bomb?)")
    return content


def _looks_implicit(file: io.BytesIO) -> bool:
    start = file.tell()
    kind = file.read(6)[4:]
    file.seek(start)
    return not (kind.isalpha() and kind.isupper())
