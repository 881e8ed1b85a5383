"""The text of a table: UTF-8, UTF-16 or what Excel writes on Windows, and never a wrong guess."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from tracker.errors import DataError

_WORKBOOKS = {b"PK\x03\x04": "xlsx, ods or zip", b"\xd0\xcf\x11\xe0": "xls"}
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""What a file begins with that says its encoding; the longer ones first."""

# Two to four bytes that are one letter in UTF-8, or half of one that no text may have.
_UTF8_LETTER = re.compile(rb"[\xc3-\xf4][\x80-\xbf]+")
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")

WINDOWS = "cp1252"
"""What Excel writes as plain CSV on a computer in western Europe or America."""


def read_text(path: Path) -> tuple[str, str]:
    """Read a table.

    Args:
        path: The file.

    Returns:
        Its text, and the encoding that it was in.

    Raises:
        DataError: It cannot be read, is a workbook, or is no text; says which.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} must be readable", but=str(error.strerror), do="Check --data.") from error
    for beginning, kind in _WORKBOOKS.items():
        if content.startswith(beginning):
            raise not_a_table(path, f"it is a workbook ({kind})")
    text, encoding = _decoded(content, path)
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise not_a_table(path, f"line {line} has a byte of value 0")
    return text, encoding


def not_a_table(path: Path, found: str) -> DataError:
    """Return what to raise of a file that is no table."""
    return DataError(
        f"{path} must be a table as text, with commas, semicolons or tabs between its columns",
        but=found,
        do="In the spreadsheet: save as CSV UTF-8.",
    )


def _decoded(content: bytes, path: Path) -> tuple[str, str]:
    encoding = next(
        (name for mark, name in _MARKS.items() if content.startswith(mark)), _without_mark(content)
    )
    try:
        return content.decode(encoding), encoding
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise _undecodable(path, content, error) from None
        if _UTF8_LETTER.search(content[: error.start]) or _SURROGATE.search(content):
            raise _undecodable(path, content, error) from None
    try:
        return content.decode(WINDOWS), WINDOWS
    except UnicodeDecodeError as error:
        raise _undecodable(path, content, error) from None


def _without_mark(content: bytes) -> str:
    """Return UTF-16 where every other byte is 0, as in its plain letters; else UTF-8."""
    beginning = content[:400]
    if len(beginning) > 2 and len(content) % 2 == 0:
        for name, zeros in (("utf-16-le", beginning[1::2]), ("utf-16-be", beginning[::2])):
            if zeros.count(0) > 0.7 * len(zeros):
                return name
    return "utf-8"


def _undecodable(path: Path, content: bytes, error: UnicodeDecodeError) -> DataError:
    line = content[: error.start].count(b"\n") + 1
    found = content[error.start : error.start + 1].hex()
    return not_a_table(path, f"line {line} has the byte {found}, which is neither UTF-8 nor Windows-1252")
