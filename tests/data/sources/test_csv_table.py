from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tracker.data.sources.csv_table import SOURCE
from tracker.errors import DataError

WriteTable = Callable[..., Path]


@pytest.fixture
def write_table(tmp_path: Path) -> WriteTable:
    for name in ("a.png", "b.png", "deep/c.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)

    def write(text: str, name: str = "table.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding=encoding)
        return path

    return write


def test_rows_become_images(write_table: WriteTable) -> None:
    table = write_table(
        "path,label,patient,split,sex\na.png,tb,p1,train,F\n./deep/c.png,normal,,Validation,\n"
    )
    first, second = SOURCE.collect(table)
    assert (first.id, first.label, first.patient, first.part) == ("a.png", "tb", "p1", "train")
    assert (second.id, second.label, second.patient, second.part) == ("deep/c.png", "normal", None, "val")
    assert first.attributes == {"sex": "F"}
    assert second.attributes == {}
    assert second.path.read_text() == "deep/c.png"


def test_a_folder_with_one_table_will_do(write_table: WriteTable, tmp_path: Path) -> None:
    write_table("path,label\na.png,tb\n")
    assert [image.id for image in SOURCE.collect(tmp_path)] == ["a.png"]


def test_spreadsheet_habits_are_understood(write_table: WriteTable) -> None:
    table = write_table("\ufeffPath , LABEL\r\n a.png ,tb \r\n")
    assert [(image.id, image.label) for image in SOURCE.collect(table)] == [("a.png", "tb")]


def test_images_may_lie_outside_the_tables_folder(write_table: WriteTable, tmp_path: Path) -> None:
    table = write_table(f"path,label\n../a.png,tb\n{tmp_path}/b.png,normal\n", name="deep/table.csv")
    found = SOURCE.collect(table)
    assert [image.id for image in found] == ["../a.png", "../b.png"]
    assert all(image.path.is_file() for image in found)


def test_everything_wrong_in_a_table_is_listed_at_once(write_table: WriteTable) -> None:
    table = write_table(
        "path,label,split\na.png,tb,train\nmissing.png,tb,test\nb.png,,val\n,tb,val\n"
        "deep/c.png,tb,somewhere\ndeep/../a.png,tb,\n"
    )
    with pytest.raises(DataError) as caught:
        SOURCE.collect(table)
    assert caught.value.details == (
        "line 2: a.png is listed more than once",
        "line 3: missing.png is not there",
        "line 4: the label is empty",
        "line 5: the path is empty",
        "line 6: split 'somewhere' is none of train, val, test",
        "line 7: deep/../a.png is listed more than once",
        "line 7: the split is empty here but not everywhere",
    )


def test_missing_columns_are_named(write_table: WriteTable) -> None:
    with pytest.raises(DataError, match="path and label are missing among: file;class"):
        SOURCE.collect(write_table("file;class\na.png;tb\n"))


def test_an_empty_table_is_refused(write_table: WriteTable) -> None:
    with pytest.raises(DataError, match="missing among: none"):
        SOURCE.collect(write_table(""))


def test_a_table_in_another_encoding_is_refused(write_table: WriteTable) -> None:
    with pytest.raises(DataError, match="Save it as CSV UTF-8"):
        SOURCE.collect(write_table("path,label\na.png,gesund-ä\n", encoding="latin-1"))


def test_two_tables_are_one_too_many(write_table: WriteTable, tmp_path: Path) -> None:
    write_table("path,label\n", name="one.csv")
    write_table("path,label\n", name="two.csv")
    with pytest.raises(DataError, match=r"(?s)it holds 2.*one\.csv.*two\.csv"):
        SOURCE.collect(tmp_path)


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="it does not exist"):
        SOURCE.collect(tmp_path / "missing.csv")


def test_rows_without_a_file_are_images_where_they_are_to_be_skipped(write_table: WriteTable) -> None:
    table = write_table("path,label\na.png,tb\nmissing.png,tb\n")
    assert SOURCE.collect_missing is not None
    assert [image.id for image in SOURCE.collect_missing(table)] == ["a.png", "missing.png"]


def test_what_else_is_wrong_in_a_table_is_refused_also_where_files_may_be_missing(
    write_table: WriteTable,
) -> None:
    table = write_table("path,label\nmissing.png,\n")
    assert SOURCE.collect_missing is not None
    with pytest.raises(DataError, match="the label is empty") as caught:
        SOURCE.collect_missing(table)
    assert len(caught.value.details) == 1
