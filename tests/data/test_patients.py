from __future__ import annotations

import pytest

from tracker.data.patients import below_class_folders, folders_note, patients_of
from tracker.errors import DataError, UsageError


@pytest.mark.parametrize(
    ("pattern", "patient"),
    [
        (r"^\d+", "0012"),
        (r"_(\d+)\.", "003"),
        (r"(?P<kind>[a-z]+)?_(?P<patient>\d\d)", "00"),
        (r"(?P<visit>\d)_(?P<Patient>\d+)", "003"),
        (r"(\d+)_(\d+)", "0012"),
    ],
)
def test_the_patient_is_the_named_group_or_the_first_or_the_whole_match(pattern: str, patient: str) -> None:
    assert patients_of(["0012_003.png"], pattern) == [patient]


@pytest.mark.parametrize(
    ("pattern", "paths", "patients"),
    [
        (r"patient(\d+)", ["patient12/study1/a.png", "patient3/study1/a.png"], ["12", "3"]),
        (r"^\d+", ["12/a.png", "12/b.png", "3/a.png"], ["12", "12", "3"]),
        (r"^(\d+)/", ["12/001.png", "12/002.png", "3/001.png"], ["12", "12", "3"]),
        (r"(\d+)[^/]*$", ["2019/0012_1.png", "2020/0012_2.png", "2020/13_1.png"], ["0012", "0012", "13"]),
        (r"^[^/]+", ["Doe, J/a.png", "Roe, R/a.png"], ["Doe, J", "Roe, R"]),
    ],
)
def test_folders_below_the_class_name_patients(pattern: str, paths: list[str], patients: list[str]) -> None:
    assert patients_of(paths, pattern) == patients


@pytest.mark.parametrize(
    ("pattern", "paths", "patients"),
    [
        (r"^\d+", ["images/0012_1.png", "images/0013_1.png"], ["0012", "0013"]),
        (r"^P\d+", ["first/P1_1.png", "P2_1.png"], ["P1", "P2"]),
        (r"\d+", ["P12/12_1.png", "P12/12_2.png", "P7/7_1.png"], ["12", "12", "7"]),
    ],
)
def test_what_file_names_gave_they_go_on_to_give(pattern: str, paths: list[str], patients: list[str]) -> None:
    assert patients_of(paths, pattern) == patients


@pytest.mark.parametrize(
    "paths",
    [
        ["0012/1.png", "0012/2.png", "0013/1.png"],
        ["study1/p0012.png", "study1/p0013.png", "study1/scan.png"],
    ],
)
def test_names_and_folders_that_disagree_are_asked_about(paths: list[str]) -> None:
    with pytest.raises(DataError, match=r"either the file name or the folders.*'\(\\d\+\)/'") as caught:
        patients_of(paths, r"\d+")
    assert caught.value.details[0] in {"0012/1.png: 1 or 0012?", "study1/p0012.png: 0012 or 1?"}


@pytest.mark.parametrize(
    ("paths", "patients", "noted"),
    [
        (["P12/0001.png", "P12/0002.png", "P13/0001.png"], ["0001", "0002", "0001"], True),
        (["2019/0012_1.png", "2019/0013_1.png"], ["0012", "0013"], True),
        (["P12/12_1.png", "P12/12_2.png", "P13/13_1.png"], ["12", "12", "13"], False),
        (["P12/a.png", "P12/b.png", "P13/a.png"], ["12", "12", "13"], False),
        (["0012_1.png", "0012_2.png"], ["0012", "0012"], False),
    ],
)
def test_folders_that_may_be_the_patients_are_told_of(
    paths: list[str], patients: list[str], noted: bool
) -> None:
    assert bool(folders_note(paths, patients)) == noted


@pytest.mark.parametrize(
    ("pattern", "paths", "told"),
    [
        (r"^\d+", ["000_1.png", "001_1.png", "0_2.png", "1_2.png"], "patient 000 and 0: one patient or 2?"),
        (r"^P\d+", ["P012/a.png", "P12/b.png"], "patient P012 and P12: one patient or 2?"),
        (r"^[^_]+", ["p1_1.png", "P1_2.png"], "patient p1 and P1: one patient or 2?"),
    ],
)
def test_a_patient_in_two_forms_is_asked_about(pattern: str, paths: list[str], told: str) -> None:
    with pytest.raises(DataError, match=r"must find each patient in one form.*leave zeros out") as caught:
        patients_of(paths, pattern)
    assert caught.value.details[0].startswith(told)


@pytest.mark.parametrize("names", [["000_1.png", "010_1.png", "100_2.png"], ["0_1.png", "10_1.png"]])
def test_numbers_in_one_form_are_patients(names: list[str]) -> None:
    assert patients_of(names, r"^\d+") == [name.partition("_")[0] for name in names]


def test_a_pattern_may_leave_zeros_out() -> None:
    assert patients_of(["000_1.png", "0_2.png", "007_1.png", "7_2.png"], r"^0*(\d+)") == ["0", "0", "7", "7"]


def test_names_without_a_patient_are_named() -> None:
    with pytest.raises(DataError, match=r"(?s)in 2 of 3 it finds none.*scan\.png.*x\.png"):
        patients_of(["001_a.png", "scan.png", "x.png"], r"^\d+")


@pytest.mark.parametrize("pattern", [r"^\d*", r"(\d+)?x"])
def test_an_empty_match_is_no_patient(pattern: str) -> None:
    with pytest.raises(DataError, match="in 1 of 1 it finds none"):
        patients_of(["x.png"], pattern)


@pytest.mark.parametrize(
    "pattern", [r"(\d+", "a{99999999999}", "(" * 9999 + ")" * 9999, "[[:digit:]]+", "\udcff"]
)
def test_what_is_no_regular_expression_is_refused_in_one_line(pattern: str) -> None:
    with pytest.raises(UsageError, match=r"--patient-pattern must be a regular expression, but '") as caught:
        patients_of(["001.png"], pattern)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("pattern", [r"^(a+)+$", r"(a|aa)+$", r"(.*)*\d"])
def test_a_pattern_that_would_never_end_is_ended(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.data.pattern.LIMIT_S", 0.5)
    slow = "a" * 60 + "!.png"
    with pytest.raises(UsageError) as caught:
        patients_of(["aaa", slow], pattern)
    assert f"'{pattern}'" in str(caught.value)
    assert f"longer than 0.5 seconds at '{slow}'" in str(caught.value)


def test_many_names_are_searched_in_moments() -> None:
    paths = [f"{number // 3}/{number % 3}.png" for number in range(3000)]
    assert patients_of(paths, r"^(\d+)/") == [str(number // 3) for number in range(3000)]


@pytest.mark.parametrize(
    ("ids", "below"),
    [
        (["sick/12/a.png", "well/b.png"], ["12/a.png", "b.png"]),
        (["train/sick/a.png", "test/well/b.png"], ["a.png", "b.png"]),
        (["sick/train/12/a.png", "well/Test/b.png"], ["12/a.png", "b.png"]),
        (["sick/train/12/a.png", "well/b.png"], ["train/12/a.png", "b.png"]),
        (["a/sick/sick/1.png", "b/well/1.png"], ["sick/1.png", "1.png"]),
        (["sick/a.png", "other/b.png"], ["sick/a.png", "other/b.png"]),
        (["sick.png", "well.png"], ["sick.png", "well.png"]),
    ],
)
def test_the_class_folder_and_what_is_above_are_no_part_of_a_patient(
    ids: list[str], below: list[str]
) -> None:
    assert below_class_folders(ids, ["sick", "well"]) == below
