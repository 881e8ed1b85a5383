"""Tables as people have them, and what the plan of a study says of their patients and parts."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import Image

from tests.support.command import Outcome
from tracker.tracking.backend.reader import read_runs

Tracker = Callable[..., Outcome]
Write = Callable[..., Path]
Rows = list[list[str]]
STUDY = [
    *("run", "--weights", "none", "--model", "squeezenet1_1", "--mode", "feature-extractor"),
    *("--image-size", "64", "--epochs", "1", "--log-model", "none"),
]


@pytest.fixture
def rows(radiographs: Path) -> Rows:
    """Path, label and patient of 30 images of 15 patients."""
    paths = sorted(radiographs.rglob("*.png"))
    return [[path.relative_to(radiographs).as_posix(), path.parent.name, path.name[:3]] for path in paths]


@pytest.fixture
def write(radiographs: Path, workplace: Path) -> Write:
    """Writes a table beside links to the radiographs."""
    for label in ("healthy", "sick"):
        (workplace / label).symlink_to(radiographs / label)

    def make(header: Sequence[str], rows: Rows, between: str = ",", encoding: str = "utf-8") -> Path:
        text = io.StringIO()
        csv.writer(text, delimiter=between).writerows([header, *rows])
        table = workplace / "images.csv"
        table.write_bytes(text.getvalue().encode(encoding))
        return table

    return make


def planned(tracker: Tracker, table: Path, *more: str) -> Outcome:
    return tracker(*STUDY, "--dry-run", "--dataset", "csv", "--data", str(table), *more)


def parts(rows: Rows, words: Sequence[str] = ("train", "train", "test")) -> Rows:
    """Give patients parts, in turns."""
    return [[*row, words[int(row[2][1:]) % len(words)]] for row in rows]


def assert_told(outcome: Outcome, *texts: str) -> None:
    assert outcome.code in {1, 2}
    assert outcome.out == ""
    assert "Traceback" not in outcome.err
    assert all(text in outcome.err for text in texts), outcome.err


def test_a_table_from_german_excel_is_read(tracker: Tracker, write: Write, rows: Rows) -> None:
    german = {"healthy": "unauffällig", "sick": "Entzündung"}
    cells = [[path.replace("/", "\\"), german[label], patient] for path, label, patient in rows]
    for encoding in ("cp1252", "utf-16"):
        table = write(["Dateiname", "Befund", "Patienten-ID"], cells, ";", encoding)
        plan = planned(tracker, table)
        assert plan.code == 0, plan.err
        assert "30 (Entzündung 15, unauffällig 15)" in plan.out
        assert all(len(line) <= 80 for line in plan.out.splitlines() if "/" not in line)
        columns = "columns: path from Dateiname, label from Befund, patient from Patienten-ID"
        assert columns in " ".join(plan.out.split())
        assert "patients    15, such as P00 of healthy/P00_0.png" in plan.out
        assert ("read as Windows-1252" in plan.out) == (encoding == "cp1252")


def test_any_table_is_mapped_by_its_columns(tracker: Tracker, write: Write, rows: Rows) -> None:
    cells = [[*row, row[1], "x"] for row in parts(rows)]
    table = write(["scan file", "class", "who", "fold", "diagnosis", "id"], cells)
    assert_told(planned(tracker, table), "path is missing among: scan file, class", "--column path=COLUMN",
         "--column label=class or --column label=diagnosis")  # fmt: skip
    mapped = ["path=scan file", "label=class", "patient=who", "split=fold"]
    plan = planned(tracker, table, *(word for one in mapped for word in ("--column", one)))
    assert plan.code == 0, plan.err
    assert "patients    15" in plan.out
    assert "test: 10 images (5 healthy, 5 sick) of 5 patients" in plan.out


@pytest.mark.parametrize("value", ["path", "file=path", "path=", "=x"])
def test_a_column_that_is_no_pair_is_refused(tracker: Tracker, write: Write, rows: Rows, value: str) -> None:
    table = write(["path", "label", "patient"], rows)
    assert_told(planned(tracker, table, "--column", value), "column", "NAME=COLUMN", repr(value))


def test_a_column_that_marks_the_test_part_is_never_drawn_across(
    tracker: Tracker, write: Write, rows: Rows
) -> None:
    flagged = [[*row[:2], str(number % 2)] for number, row in enumerate(rows)]
    assert_told(
        planned(tracker, write(["path", "label", "is_test"], flagged)),
        "is_test seems to tell which are test, not in these words",
        "add --column split=is_test",
    )


def test_columns_are_of_tables_alone(tracker: Tracker, radiographs: Path) -> None:
    assert_told(
        tracker(*STUDY, "--dataset", "folder", "--data", str(radiographs), "--column", "path=a"),
        "--column must be given with a table of images, but --dataset is folder",
    )


def test_images_without_patients_are_said_to_be_split_one_by_one(
    tracker: Tracker, write: Write, rows: Rows, radiographs: Path
) -> None:
    plan = planned(tracker, write(["path", "label"], [row[:2] for row in rows]))
    line = "patients    unknown: images are split one by one (--patient-pattern"
    assert f"{line}, --column)" in plan.out
    folder = tracker(*STUDY, "--dry-run", "--dataset", "folder", "--data", str(radiographs))
    assert f"{line})" in folder.out
    assert all(len(text) <= 80 for text in folder.out.splitlines() if "patients " in text)


def test_a_column_of_patients_is_never_passed_over(tracker: Tracker, write: Write, rows: Rows) -> None:
    offered = planned(tracker, write(["path", "label", "study_id"], rows))
    assert "if study_id tells patients: --column patient=study_id" in offered.out
    cells = [[*row, str(number)] for number, row in enumerate(rows)]
    doubtful = planned(tracker, write(["path", "label", "PatientID", "mrn"], cells))
    assert_told(doubtful, "--column patient=PatientID or --column patient=mrn")


def test_empty_and_mangled_patients_are_counted(tracker: Tracker, write: Write, rows: Rows) -> None:
    cells = [[path, label, "" if number < 7 else "12" if number < 9 else "12.0" if number < 11 else patient]
             for number, (path, label, patient) in enumerate(rows)]  # fmt: skip
    assert_told(
        planned(tracker, write(["path", "label", "patient"], cells)),
        "11 of 30 do not",
        "7 rows (lines 2, 3, 4, ...): the patient is empty here but not everywhere",
        "4 rows (lines 9, 10, 11, ...): patient 12 and 12.0: one patient or 2?",
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("path,label,label\nhealthy/P00_0.png,a,b\n", "2 columns are called label"),
        ("path,label\nhealthy/P00_0.png,a, b\n", "line 2: 3 cells for 2 columns: a comma in a cell"),
        ("healthy/P00_0.png,a\nsick/P00_1.png,b\n", "it looks like an image: healthy/P00_0.png, a"),
        ("", "path and label are missing among: none"),
        ("path,label\n", "must have a row an image"),
        (
            'path,label\nhealthy/P00_0.png,"a\nsick/P00_1.png,b\n',
            "quotation mark is opened there and never closed",
        ),
        (
            "path,label\nhealthy/P00_0.png,a\nhealthy/P00_0.png,b\n",
            "healthy/P00_0.png is listed under 2 labels: a, b",
        ),
        (
            "path,label\nC:\\data\\x.png,a\n",
            "line 2: a path of a Windows computer, and this is none: C:\\data\\x.png",
        ),
        ("path,label\nhealthy/P00_0.png,a\0b\n", "line 2 has a byte of value 0"),
        ("path,label\nhealthy/P00_0.png," + "x" * 200_000, "field larger than field limit"),
    ],
)
def test_what_is_wrong_in_a_table_is_one_message(
    tracker: Tracker, write: Write, workplace: Path, text: str, complaint: str
) -> None:
    (workplace / "images.csv").write_text(text)
    assert_told(planned(tracker, workplace / "images.csv"), complaint)


def in_folders(folder: Path, below: Callable[[int], str]) -> Path:
    """Draw 36 images of 12 patients in two classes."""
    for number in range(36):
        path = folder / "ab"[number // 3 % 2] / below(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), number * 7).save(path)
    return folder


@pytest.mark.parametrize(
    ("below", "pattern"),
    [
        (lambda n: f"patient{n // 3}/study1/{n % 3}.png", r"patient(\d+)"),
        (lambda n: f"{n // 3:03}/scan-{n % 3}.png", r"^\d+"),
        (lambda n: f"{n // 3:03}/{n % 3}.png", r"^(\d+)/"),
        (lambda n: f"{n // 3:03}_{n % 3}.png", r"^\d+"),
    ],
)
def test_patients_in_folders_below_the_class_stay_together(
    tracker: Tracker, workplace: Path, below: Callable[[int], str], pattern: str
) -> None:
    data = in_folders(workplace / "data", below)
    plan = tracker(
        *STUDY, "--dry-run", "--dataset", "folder", "--data", str(data), "--patient-pattern", pattern
    )
    assert plan.code == 0, plan.err
    assert "patients    12, such as " in plan.out


def test_a_pattern_that_takes_the_slice_for_the_patient_is_asked_about(
    tracker: Tracker, workplace: Path
) -> None:
    data = in_folders(workplace / "data", lambda n: f"{n // 3:03}/{n % 3}.png")
    plan = tracker(*STUDY, "--dataset", "folder", "--data", str(data), "--patient-pattern", r"^\d+")
    assert_told(
        plan, "must mean either the file name or the folders above it", "000/0.png: 0 or 000?", "'(\\d+)/'"
    )


def test_a_pattern_that_would_never_end_is_one_line(
    tracker: Tracker, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracker.data.pattern.LIMIT_S", 1.0)
    data = in_folders(workplace / "data", lambda n: f"{'a' * 50}{n}.png")
    plan = tracker(*STUDY, "--dataset", "folder", "--data", str(data), "--patient-pattern", r"^(a+)+$")
    assert_told(plan, "'^(a+)+$'", "longer than 1 seconds", "a" * 50)
    assert len(plan.err.splitlines()) == 1


def test_validation_is_drawn_from_train_where_it_is_not_given_and_recorded_so(
    tracker: Tracker, write: Write, rows: Rows, workplace: Path
) -> None:
    table = write(["path", "label", "patient", "split"], parts(rows))
    ended = tracker(*STUDY, "--dataset", "csv", "--data", str(table), "--experiment", "carved")
    assert ended.code == 0, ended.err
    assert "val is drawn from train, which came without; test stays as it came" in ended.out
    (run,) = read_runs(f"sqlite:///{workplace}/mlflow.db", "carved")
    assert run.params["split"] == "given"
    assert run.tags["tracker.validation"] == "drawn from train"
    assert run.tags["tracker.test_images"] == "10"
    split = next(workplace.rglob("split.csv"))
    table_rows = list(csv.DictReader(split.read_text().splitlines()))
    given = {row[0]: row[3] for row in parts(rows)}
    assert all(row["given"] == given[row["sample"]] for row in table_rows)
    assert {row["sample"] for row in table_rows if row["part"] == "test"} == {
        name for name, part in given.items() if part == "test"
    }


def test_folders_train_and_test_are_enough(tracker: Tracker, workplace: Path) -> None:
    for part, patients in (("train", 24), ("test", 12)):
        in_folders(workplace / "data" / part, lambda n, first=patients: f"{first}{n // 3:03}_{n % 3}.png")  # type: ignore[misc]
    for path in (workplace / "data" / "test").rglob("*.png"):
        Image.open(path).point(lambda value: 255 - value).save(path)
    study = [*STUDY, "--dry-run", "--dataset", "folder", "--data", "data"]
    plan = tracker(*study, "--patient-pattern", r"^\d+")
    assert plan.code == 0, plan.err
    assert "test: 36 images (18 a, 18 b) of 12 patients" in plan.out
    assert "val: 6 images" in plan.out
    assert_told(tracker(*study, "--split", "0.7/0.1/0.2"), "would draw anew across its 36 images")
    assert_told(
        tracker(*study, "--patient-pattern", r"_(\d)"),
        "3 patients are in more than one",
        "rather out of train than out of test",
    )


def test_a_whole_table_of_parts_keeps_them_whatever_is_asked(
    tracker: Tracker, write: Write, rows: Rows
) -> None:
    cells = parts(rows, ("train", "val", "test"))
    table = write(["path", "label", "patient", "split"], cells)
    plan = planned(tracker, table)
    assert "drawn from train" not in plan.out
    assert_told(
        planned(tracker, table, "--split", "20/4/6"), "must stay as it is", "10 images", "Leave --split out."
    )
    renamed = write(["path", "label", "patient", "use"], cells)
    assert "test: 10 images" in planned(tracker, renamed).out, "a column of parts by another name"
    assert_told(planned(tracker, renamed, "--split", "20/4/6"), "must stay as it is")
