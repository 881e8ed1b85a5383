from __future__ import annotations

import pytest

from tracker.data.patients import patients_of
from tracker.errors import DataError, UsageError


@pytest.mark.parametrize(
    ("pattern", "patient"),
    [
        (r"^\d+", "0012"),
        (r"_(\d+)\.", "003"),
        (r"(?P<kind>[a-z]+)?_(?P<patient>\d\d)", "00"),
        (r"(\d+)_(\d+)", "0012"),
    ],
)
def test_the_patient_is_the_named_group_or_the_first_or_the_whole_match(pattern: str, patient: str) -> None:
    assert patients_of(["0012_003.png"], pattern) == [patient]


def test_names_without_a_patient_are_named() -> None:
    with pytest.raises(DataError, match=r"(?s)in 2 of 3 it finds none.*scan\.png.*x\.png"):
        patients_of(["001_a.png", "scan.png", "x.png"], r"^\d+")


@pytest.mark.parametrize("pattern", [r"^\d*", r"(\d+)?x"])
def test_an_empty_match_is_no_patient(pattern: str) -> None:
    with pytest.raises(DataError, match="in 1 of 1 it finds none"):
        patients_of(["x.png"], pattern)


def test_what_is_no_regular_expression_is_refused() -> None:
    with pytest.raises(UsageError, match=r"--patient-pattern must be a regular expression.*'\(\\d\+'"):
        patients_of(["001.png"], r"(\d+")
