"""Rows of tables, whatever stands between their columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracker.data.tables.columns import is_known
from tracker.data.tables.rows import SourceTable, read_table
from tracker.errors import DataError


def read(folder: Path, text: str, encoding: str = "utf-8") -> SourceTable:
    table = folder / "table.csv"
    table.write_bytes(text.encode(encoding))
    return read_table(table, is_known)


@pytest.mark.parametrize("between", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_columns_and_lines_are_told_apart(tmp_path: Path, between: str, end: str) -> None:
    lines = [["path", "label", "age"], ["a.png", '"tb; open, |\t"', '"1,5"'], ["b.png", "normal"]]
    table = read(tmp_path, end.join(between.join(cells) for cells in lines))
    assert table.names == ["path", "label", "age"]
    assert [row.cells for row in table.rows] == [["a.png", "tb; open, |", "1,5"], ["b.png", "normal", ""]]
    assert [row.line for row in table.rows] == [2, 3]


@pytest.mark.parametrize(
    "header", ["path;label;weight, kg, lb, stone", "Image Index;Finding Labels;a,b,c,d,e", "path;label"]
)
def test_known_names_tell_what_stands_between_columns(tmp_path: Path, header: str) -> None:
    assert read(tmp_path, f"{header}\na.png;tb;1\n").names == header.split(";")


@pytest.mark.parametrize("said", ["sep=;\r\n", '"sep=;"\n', "SEP=;\n"])
def test_what_excel_says_of_itself_is_understood(tmp_path: Path, said: str) -> None:
    table = read(tmp_path, f"{said}path;label\na.png;tb\n")
    assert table.names == ["path", "label"]
    assert table.rows[0].line == 3


def test_lines_are_counted_through_cells_with_line_breaks_and_empty_rows(tmp_path: Path) -> None:
    table = read(tmp_path, 'path,label,note\n\na.png,tb,"two\nlines"\n,,\nb.png,tb,\n')
    assert [(row.line, row.cells[0]) for row in table.rows] == [(3, "a.png"), (6, "b.png")]


def test_a_row_with_more_cells_than_columns_is_told(tmp_path: Path) -> None:
    table = read(tmp_path, "path;label\na.png;tb;open\nb.png;tb;;\n")
    assert [row.problem for row in table.rows] == [
        "3 cells for 2 columns: a semicolon in a cell needs quotation marks",
        "",
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('path,label\na.png,tb\nb.png,"tb\nc.png,tb\n', "in line 3: a quotation mark is opened there"),
        ('path,label\na.png,"tb" open\n', "in line 2: something follows a quotation mark"),
        (f"path,label\na.png,{'x' * 200_000}\n", "in line 2: field larger than field limit"),
    ],
)
def test_rows_that_would_swallow_others_are_refused(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        read(tmp_path, text)


def test_what_windows_wrote_is_noted(tmp_path: Path) -> None:
    table = read(tmp_path, "path;label\na.png;Lungenentzündung\n", "cp1252")
    assert table.rows[0].cells[1] == "Lungenentzündung"
    assert table.notes == ["the table is read as Windows-1252; check its umlauts and accents"]
