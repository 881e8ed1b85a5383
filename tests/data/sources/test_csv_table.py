from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tracker.data.sources.csv_table import SOURCE, collect_csv
from tracker.data.tables.problems import ENOUGH
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
        "path,label,patient,split,sex\na.png,tb,p1,train,F\n./deep/c.png,normal,p2,Validation,\n"
    )
    first, second = SOURCE.collect(table)
    assert (first.id, first.label, first.patient, first.part) == ("a.png", "tb", "p1", "train")
    assert (second.id, second.label, second.patient, second.part) == ("deep/c.png", "normal", "p2", "val")
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


def test_an_empty_table_is_refused(write_table: WriteTable) -> None:
    with pytest.raises(DataError, match="missing among: none"):
        SOURCE.collect(write_table(""))


def test_two_tables_are_one_too_many(write_table: WriteTable, tmp_path: Path) -> None:
    write_table("path,label\n", name="one.csv")
    write_table("path,label\n", name="two.csv")
    with pytest.raises(DataError, match=r"(?s)it holds 2.*one\.csv.*two\.csv"):
        SOURCE.collect(tmp_path)


def test_a_table_with_tabs_will_do(write_table: WriteTable, tmp_path: Path) -> None:
    write_table("path\tlabel\na.png\ttb, open\n", name="table.TSV")
    assert [image.label for image in SOURCE.collect(tmp_path)] == ["tb, open"]


@pytest.mark.parametrize("name", ["images.xlsx", "images.ods"])
def test_a_workbook_is_refused_in_words(write_table: WriteTable, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04" + bytes(100))
    for data in (tmp_path, tmp_path / name):
        with pytest.raises(DataError, match=r"(?i)workbook.*save .*as CSV UTF-8"):
            SOURCE.collect(data)


def test_the_table_beside_its_workbook_is_taken(write_table: WriteTable, tmp_path: Path) -> None:
    write_table("path,label\na.png,tb\n")
    (tmp_path / "table.xlsx").write_bytes(b"PK")
    (tmp_path / "~$table.csv").write_bytes(b"")
    (tmp_path / "._table.csv").write_bytes(b"")
    assert len(SOURCE.collect(tmp_path)) == 1


EMPTY = "the patient is empty here but not everywhere"


@pytest.mark.parametrize(
    ("rows", "details"),
    [
        (["a.png,tb,p1", "b.png,tb,", "deep/c.png,normal, "], [f"2 rows (lines 3, 4): {EMPTY}"]),
        (["a.png,tb,p1", "b.png,tb,NaN"], ["line 3: the patient 'NaN' is nobody"]),
        (
            ["a.png,tb,12", "b.png,tb,12.0"],
            ["2 rows (lines 2, 3): patient 12 and 12.0: one patient or 2? Write each in one way"],
        ),
        (
            ["a.png,tb,1.23E+05"],
            ["line 2: patient 1.23E+05 is a number of which a spreadsheet left digits out"],
        ),
        (["a.png,tb,viral,p1"], ["line 2: 4 cells for 3 columns: a comma in a cell needs quotation marks"]),
        (["a.png", "b.png,tb,p1"], ["line 2: the label is empty", f"line 2: {EMPTY}"]),
        (
            ["a.png,tb,p1", "./a.png,normal,p1"],
            ["2 rows (lines 2, 3): a.png is listed under 2 labels: tb, normal"],
        ),
        (["a.png,tb,p1", "a.png,tb,p1"], ["2 rows (lines 2, 3): a.png is listed more than once"]),
        ([r"C:\x\a.png,tb,p1"], [r"line 2: a path of a Windows computer, and this is none: C:\x\a.png"]),
        (
            [r"\\server\x\a.png,tb,p1"],
            [r"line 2: a path of a Windows computer, and this is none: \\server\x\a.png"],
        ),
        (["A.PNG,tb,p1"], ["line 2: A.PNG is not there (a.png is)"]),
        (["deep,tb,p1"], ["line 2: deep is a folder"]),
        ([f"{'x' * 5000}.png,tb,p1"], [f"line 2: {'x' * 80}... is not there"]),
        (['"a.png","t\nb",p1'], [r"line 2: the label 't\nb' has letters that cannot be printed"]),
    ],
)
def test_rows_that_are_not_as_they_must_be_are_told_together(
    write_table: WriteTable, rows: list[str], details: list[str]
) -> None:
    with pytest.raises(DataError) as caught:
        SOURCE.collect(write_table("\n".join(["path,label,patient", *rows, ""])))
    assert len(caught.value.details) == len(details)
    for told, expected in zip(caught.value.details, details, strict=True):
        assert told.startswith(expected)


def test_one_thing_that_is_wrong_everywhere_is_one_line(write_table: WriteTable) -> None:
    rows = [f"D:\\Study\\{number}.png,tb\n" for number in range(600)]
    with pytest.raises(DataError) as caught:
        SOURCE.collect(write_table("path,label\n" + "".join(rows)))
    assert caught.value.details == (
        r"600 rows (lines 2, 3, 4, ...): a path of a Windows computer, and this is none: D:\Study\0.png",
    )


def test_rows_without_patients_are_counted(write_table: WriteTable) -> None:
    rows = [f"a{number}.png,tb,\n" for number in range(30)]
    with pytest.raises(DataError, match=r"30 rows \(lines 3, 4, 5, \.\.\.\): the patient is empty"):
        SOURCE.collect(write_table("path,label,patient\na.png,tb,p1\n" + "".join(rows)))


def test_a_column_without_patients_is_no_column(write_table: WriteTable) -> None:
    found = SOURCE.collect(write_table("path,label,patient\na.png,tb,\nb.png,tb, \n"))
    assert [image.patient for image in found] == [None, None]
    assert found.notes == ["the column patient is empty"]  # type: ignore[attr-defined]


def test_files_are_found_as_windows_and_spreadsheets_name_them(write_table: WriteTable) -> None:
    found = SOURCE.collect(write_table("path,label\n.\\deep\\c.png,tb\na,tb\n"))
    assert [(image.id, image.path.is_file()) for image in found] == [("deep/c.png", True), ("a.png", True)]
    assert found.notes == ["1 path without an ending, such as that of a.png"]  # type: ignore[attr-defined]


def test_an_ending_is_not_guessed_between_two(write_table: WriteTable, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("another")
    with pytest.raises(DataError, match=r"a can be a\.jpg or a\.png"):
        SOURCE.collect(write_table("path,label\na,tb\n"))


def test_missing_images_may_be_listed(write_table: WriteTable) -> None:
    found = collect_csv(write_table("path,label\na.png,tb\ngone.png,tb\n"), must_exist=False)
    assert [image.id for image in found] == ["a.png", "gone.png"]


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


@pytest.mark.parametrize("cells", ["missing{}.png,tb", "a.png,tb\x01{}", "a.png,{},,,"])
def test_of_very_many_bad_rows_the_first_are_told_and_the_rest_is_not_looked_at(
    write_table: WriteTable, cells: str
) -> None:
    rows = 3 * ENOUGH
    table = write_table("path,label\n" + "".join(f"{cells.format(row)}\n" for row in range(rows)))
    if cells.endswith(",,,"):
        table.write_text(table.read_text().replace(",,,", ",more"))
    with pytest.raises(
        DataError, match=rf"{ENOUGH} do not, and the rest of its {rows} rows was not"
    ) as caught:
        SOURCE.collect(table)
    assert len(str(caught.value)) < 10_000
