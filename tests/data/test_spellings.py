"""Patients that a spreadsheet wrote in two ways are asked about: as two they could train and test."""

from __future__ import annotations

import unicodedata

import pytest

from tracker.data.spellings import check_spellings


@pytest.mark.parametrize(
    "names",
    [
        ("12", "12.0"),
        ("12", "12,00"),
        ("0012", "12"),
        ("P012", "P12"),
        ("p1", "P1"),
        ("P 1", "P1"),
        ("MRN-0061", "MRN 61"),
        ("case_7", "Case7"),
        ("M\u00fcller", "Mu\u0308ller"),
    ],
)
def test_two_forms_of_one_patient_are_found(names: tuple[str, str]) -> None:
    problems = check_spellings(["7", *names, "8"])
    assert set(problems) == set(names)
    told = " and ".join(name if unicodedata.is_normalized("NFC", name) else ascii(name) for name in names)
    assert all(f"{told}: one patient or 2?" in problem for problem in problems.values())


def test_a_number_that_lost_its_digits_is_found_alone() -> None:
    assert set(check_spellings(["1.23E+05", "4,5e+11", "7"])) == {"1.23E+05", "4,5e+11"}


@pytest.mark.parametrize(
    "names",
    [
        ["12.0", "13.0"],
        ["0012", "0013", "0120"],
        ["12", "12", "12"],
        ["1-12", "11-2", "112"],
        ["12.1", "12.10.1", "12.0.1", "12.1.0"],
        ["12E05", "12E5A"],
        ["a1b2", "a1b20"],
        ["p1-2", "p12", "p1-3"],
    ],
)
def test_patients_in_one_form_are_what_they_are(names: list[str]) -> None:
    assert check_spellings(names) == {}
