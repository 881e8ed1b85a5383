"""The text of tables, in the encodings that spreadsheets write."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracker.data.tables.text import read_text
from tracker.errors import DataError

TEXT = "path;label\r\nä/ö.png;Lungenentzündung\r\nb.png;gesund – ohne Befund\r\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_what_spreadsheets_write_is_read(tmp_path: Path, encoding: str) -> None:
    table = tmp_path / "table.csv"
    table.write_bytes(TEXT.encode(encoding))
    assert read_text(table)[0] == TEXT


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"path,label\na.png,t\x00b\n", "line 2 has a byte of value 0"),
        ("path,label\nä.png,tb\n".encode() + b"b.png,t\xfcb\n", "line 3 has the byte fc"),
        (b"path,label\na.png,\xed\xa0\x80\n", "line 2 has the byte ed"),
        (b"path,label\na.png,\x81\n", "line 2 has the byte 81"),
        (b"\xff\xfep\x00a\x00\x00\xd8t\x00", "line 1 has the byte"),
        (b"PK\x03\x04 and so on", r"it is a workbook \(xlsx"),
        (b"\xd0\xcf\x11\xe0 and so on", r"it is a workbook \(xls\)"),
    ],
)
def test_what_is_no_text_is_refused_rather_than_guessed(
    tmp_path: Path, content: bytes, complaint: str
) -> None:
    table = tmp_path / "table.csv"
    table.write_bytes(content)
    with pytest.raises(DataError, match=rf"(?s)must be a table as text.*{complaint}.*CSV UTF-8"):
        read_text(table)


def test_a_table_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="must be readable, but Is a directory"):
        read_text(tmp_path)
