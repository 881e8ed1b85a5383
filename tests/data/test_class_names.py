from __future__ import annotations

import pytest

from tracker.data.class_names import check_class_names
from tracker.errors import DataError


@pytest.mark.parametrize(
    "names",
    [
        ("Pneumonia", "PNEUMONIA"),
        ("0", "0.0"),
        ("1", "01", "1.00"),
        ("0,5", "0.50"),
        ("normal", "normal "),
        ("no finding", "No_Finding"),
        ("no-finding", "no  finding"),
        ("Lésion", "Le\u0301sion"),
        ("２", "2"),
        ("straße", "STRASSE"),
    ],
)
def test_one_class_under_two_names_is_asked_about(names: tuple[str, ...]) -> None:
    with pytest.raises(DataError, match=r"1 has several that differ") as caught:
        check_class_names({**dict.fromkeys(names, 3), "other": 5})
    (line,) = caught.value.details
    assert line.count("(3 images)") == len(names)
    assert len(set(line.split(" and "))) == len(names), "the names are told apart"


@pytest.mark.parametrize("name", ["nan", "NaN", " nan", "<NA>", "None", "null", "N/A", "#N/A"])
def test_what_stands_for_an_empty_cell_is_no_class(name: str) -> None:
    with pytest.raises(DataError, match=r"\(1 image\) stands for an empty cell"):
        check_class_names({name: 1, "other": 5})


@pytest.mark.parametrize("name", ["None", "NA"])
def test_a_folder_says_that_its_name_is_meant(name: str) -> None:
    check_class_names({name: 1, "Mild": 5}, folders={name, "Mild"})


@pytest.mark.parametrize(
    "names",
    [
        ("normal", "abnormal"),
        ("tb+", "tb-"),
        ("+", "-"),
        ("-1", "1"),
        ("grade 1", "grade 2"),
        ("none", "mild"),
        ("1", "10"),
        ("a", "á"),
        ("type_1", "type1"),
        ("0-1", "01"),
    ],
)
def test_names_that_mean_different_things_are_left_alone(names: tuple[str, str]) -> None:
    check_class_names(dict.fromkeys(names, 3))


def test_everything_is_told_at_once() -> None:
    with pytest.raises(DataError, match=r"(?s)2 things are wrong.*A \(2 images\) and a \(1 image\).*nan"):
        check_class_names({"a": 1, "A": 2, "nan": 1})
