"""Which column is which, and what is asked where there is doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tracker.data.sources.source import part_named
from tracker.data.tables.columns import FoundColumns, find_columns
from tracker.data.tables.rows import SourceRow, SourceTable
from tracker.errors import DataError


def find(header: str, *rows: str, given: Mapping[str, str] | None = None) -> FoundColumns:
    names = header.split(",")
    lines = [SourceRow(number, row.split(",")) for number, row in enumerate(rows, start=2)]
    table = SourceTable(
        Path("t.csv"), names, lines or [SourceRow(2, [str(place) for place in range(len(names))])]
    )
    return find_columns(table, given or {}, part_named)


def chosen(header: str, *rows: str, **given: str) -> dict[str, str]:
    return {name: header.split(",")[place] for name, place in find(header, *rows, given=given).places.items()}


@pytest.mark.parametrize("name", ["patient_id", "PatientID", "Patient ID", "patient-id", "subject", "MRN"])
def test_usual_names_of_patients_are_recognized_and_told(name: str) -> None:
    found = find(f"path,label,{name}")
    assert found.places["patient"] == 2
    assert found.notes == [f"columns: patient from {name}"]


@pytest.mark.parametrize(
    ("header", "path", "label", "patient"),
    [
        (
            "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age",
            *("Image Index", "Finding Labels", "Patient ID"),
        ),
        ("filename,class,subject_id", "filename", "class", "subject_id"),
        ("img_path,target,case_id", "img_path", "target", "case_id"),
        ("Dateiname,Befund,Patienten-ID", "Dateiname", "Befund", "Patienten-ID"),
    ],
)
def test_tables_of_other_people_are_understood(header: str, path: str, label: str, patient: str) -> None:
    assert chosen(header) == {"path": path, "label": label, "patient": patient}


def test_the_names_of_tracker_win_over_usual_ones() -> None:
    header = "filename,path,class,LABEL,PatientID, patient"
    assert find(header).places == {"path": 1, "label": 3, "patient": 5} or chosen(
        header.replace(" ", "")
    ) == {"path": "path", "label": "LABEL", "patient": "patient"}


def test_a_user_says_which_column_is_which() -> None:
    header = "file,image,class,diagnosis,Patient ID,mrn,set"
    given = {"path": "image", "label": "Diagnosis", "patient": "mrn", "split": "set"}
    assert find(header, given=given).places == {"path": 1, "label": 3, "patient": 5, "split": 6}


def test_a_column_that_a_user_names_is_not_taken_for_another() -> None:
    with pytest.raises(DataError, match="path is missing among: file, note"):
        find("file,note", given={"label": "file"})
    assert find("file,image,note", given={"label": "file"}).places == {"path": 1, "label": 0}


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("file,image,label", "path can be 2 of them: --column path=file or --column path=image"),
        (
            "path,class,Finding Labels",
            "label can be 2 of them: --column label=class or --column label='Finding Labels'",
        ),
        ("path,label,label", "2 columns are called label"),
        ("path,label,Label", "label can be 2 of them: --column label=label or --column label=Label"),
        ("path,class,class", "2 columns are called class"),
        ("path,Path,label", "path can be 2 of them"),
    ],
)
def test_nothing_is_guessed_between_two(header: str, told: str) -> None:
    with pytest.raises(DataError, match="must have the columns path and label") as caught:
        find(header)
    assert caught.value.details[0].startswith(told)


def test_two_columns_of_patients_are_one_where_they_say_the_same() -> None:
    header = "path,label,patient_id,mrn"
    assert chosen(header, "a,x,1,101", "b,x,1,101", "c,y,2,102")["patient"] == "patient_id"
    with pytest.raises(DataError) as caught:
        find(header, "a,x,1,101", "b,x,1,102", "c,y,2,102")
    assert caught.value.details == (
        "patient can be 2 of them: --column patient=patient_id or --column patient=mrn",
    )


@pytest.mark.parametrize("name", ["split", "set", "Fold", "use of it"])
def test_parts_that_are_given_are_not_passed_over(name: str) -> None:
    assert chosen(f"path,label,{name}", "a,x,train", "b,y,Test")["split"] == name


def test_numbers_of_folds_are_no_parts() -> None:
    assert "split" not in chosen("path,label,fold", "a,x,0", "b,y,1")


def test_two_columns_of_parts_are_asked_about() -> None:
    with pytest.raises(DataError) as caught:
        find("path,label,set,subset", "a,x,train,test", "b,y,test,train")
    assert caught.value.details == ("split can be 2 of them: --column split=set or --column split=subset",)


def test_a_part_that_is_not_everywhere_is_a_part() -> None:
    assert chosen("path,label,subset", "a,x,test", "b,y,")["split"] == "subset"


@pytest.mark.parametrize(
    ("name", "cells", "part"),
    [
        ("is_test", "01", "test"),
        ("isTest", ("False", "True"), "test"),
        ("In Test Set", ("yes", "no"), "test"),
        ("istest", ("0.0", "1.0"), "test"),
        ("TEST", ("x", ""), "test"),
        ("holdout", ("ja", "nein"), "test"),
        ("held_out", "11", "test"),
        ("is_train", ("TRUE", "FALSE"), "train"),
        ("is_valid", "10", "val"),
        ("group", ("test", ""), "test"),
        ("name", ("Testing", "-"), "test"),
        ("remark", ("hold-out", "nan"), "test"),
        ("cohort", ("test", "test"), "test"),
        ("group", ("training", ""), "train"),
        ("cohort", ("train", "test", "external"), "test"),
    ],
)
def test_a_column_that_marks_one_part_is_asked_about(name: str, cells: Sequence[str], part: str) -> None:
    rows = [f"{number},{'xy'[number % 2]},{cell}" for number, cell in enumerate(cells)]
    with pytest.raises(DataError) as caught:
        find(f"path,label,{name}", *rows)
    typed = f"'{name}'" if " " in name else name
    assert f"but {name} seems to tell which are {part}, not in these words" in str(caught.value)
    assert f"add --column split={typed}; if it is no part of a split, take the column out" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("is_test", "00"),
        ("is_train", "11"),
        ("valid", "11"),
        ("test", ("0.3", "1")),
        ("test_result", "01"),
        ("tested", "01"),
        ("group", ("test", "control")),
        ("group", ("train", "train")),
        ("smoker", "01"),
        ("fold", "01"),
    ],
)
def test_other_flags_and_groups_mark_no_part(name: str, cells: Sequence[str]) -> None:
    rows = [f"{number},{'xy'[number % 2]},{cell}" for number, cell in enumerate(cells)]
    assert chosen(f"path,label,{name}", *rows) == {"path": "path", "label": "label"}


def test_a_mark_is_not_asked_about_where_it_is_used_or_the_parts_are_named() -> None:
    rows = ["a,x,train,0", "b,y,test,1"]
    assert chosen("path,label,set,is_test", *rows)["split"] == "set"
    assert chosen("path,label,is_train,is_test", *rows, split="is_train")["split"] == "is_train"
    assert chosen("path,target,x,is_test", "a,x,,0", "b,y,,1", label="is_test") == {
        "path": "path",
        "label": "is_test",
    }


def test_columns_that_may_tell_patients_are_offered() -> None:
    rows = ["a,x,7", "b,x,7", "c,y,8"]
    assert find("path,label,study_id", *rows).notes == [
        "if study_id tells patients: --column patient=study_id"
    ]
    assert find("path,label,study_id", "a,x,7", "b,y,8").notes == [], "each image has its own"
    assert find("path,label,study_id,mrn", "a,x,7,1", "b,x,7,1", "c,y,8,2").notes == [
        "columns: patient from mrn"
    ]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Name des Patienten", "'Name des Patienten'"),
        ("No. paciente", "'No. paciente'"),
        ("Code patient", "'Code patient'"),
        ("Pati\u00ebntnummer", "Pati\u00ebntnummer"),
        ("patient_hash", "patient_hash"),
        ("Codice paziente", "'Codice paziente'"),
    ],
)
def test_columns_with_a_patient_in_their_name_are_offered(name: str, typed: str) -> None:
    rows = ["a,x,7", "b,x,7", "c,y,8"]
    assert find(f"path,label,{name}", *rows).notes == [f"if {name} tells patients: --column patient={typed}"]


@pytest.mark.parametrize("name", ["Patienten-ID", "Patientennummer", "Patienten Nr.", "PATIENT"])
def test_german_names_of_patients_are_taken(name: str) -> None:
    assert find(f"path,label,{name}", "a,x,7", "b,x,7", "c,y,8").places["patient"] == 2


@pytest.mark.parametrize(
    ("header", "but"),
    [
        ("a,b", "path and label are missing among: a, b"),
        ("path,b", "label is missing among: path, b"),
        ("", "path and label are missing among: none"),
    ],
)
def test_missing_columns_are_named_with_what_to_type(header: str, but: str) -> None:
    with pytest.raises(DataError, match=rf"{but}\. Say which they are, such as --column path=COLUMN"):
        find(header)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"label": "klass"}, "--column label=klass: there is no such column (did you mean class?)"),
        ({"path": "file", "label": "file"}, "file is named twice: a column tells one thing"),
    ],
)
def test_a_column_that_cannot_be_is_named(given: dict[str, str], told: str) -> None:
    with pytest.raises(DataError) as caught:
        find("file,class", given=given)
    assert caught.value.details == (told,)


def test_a_first_line_without_names_is_told_from_one_with_names() -> None:
    with pytest.raises(DataError, match=r"must name the columns.*it looks like an image: a\.png, sick"):
        find("a.png,sick", "b.png,well")


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(DataError, match="must have a row an image, but it has none"):
        find_columns(SourceTable(Path("t.csv"), ["path", "label"], []), {}, part_named)
