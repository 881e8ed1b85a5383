"""Which of two classes is the finding is found by name, never by the alphabet alone."""

from __future__ import annotations

import pytest

from tracker.data.positive_class import is_guessed, positive_class, positive_index
from tracker.errors import UsageError

KNOWN = [
    *(("abnormal", "normal"), ("Malignant", "Benign"), ("disease", "healthy"), ("covid", "no_covid")),
    *(("pos", "neg"), ("1", "0"), ("1.0", "0.0"), ("Tuberculosis", "Normal"), ("Pneumonia", "No_findings")),
    *(("Parasitized", "Uninfected"), ("infected", "uninfected"), ("COVID", "Non-COVID"), ("TB+", "TB-")),
    *(("covid", "noncovid"), ("Finding", "NoFinding"), ("yes", "no"), ("True", "False"), ("+", "-")),
    *(("benign", "normal"), ("not_normal", "normal"), ("AD", "Healthy Control"), ("patients", "CONTROLS")),
    *(("with_mask", "without_mask"), ("1_abnormal", "0_normal"), ("symptomatic", "asymptomatic")),
    *(("auffällig", "unauffällig"), ("krank", "gesund"), ("Befund", "ohne Befund"), ("肺炎", "正常")),
    *(("Typical", "Negative for Pneumonia"), ("cancer", "Clear"), ("Atelectasis", "absent")),
    *(("affected", "unaffected"), ("ruptured", "Unruptured"), ("involved", "un-involved")),
    *(("ruptured aneurysm", "unruptured aneurysm"), ("lesion", "unremarkable"), ("befallen", "unbefallen")),
]
UNKNOWN = [
    *(("bacterial", "viral"), ("Clear_cell", "papillary"), ("No", "No_DR"), ("1", "2"), ("A", "B")),
    *(
        ("stable", "unstable"),
        ("controlled", "uncontrolled"),
        ("in vivo", "vivo"),
        ("complete", "incomplete"),
    ),
    *(
        ("adequate", "inadequate"),
        ("operable", "un-operable"),
        ("active", "inactive"),
        ("Stable", "UnStable"),
    ),
]


@pytest.mark.parametrize(("finding", "nothing"), KNOWN)
def test_the_other_class_than_the_one_that_says_nothing_was_found(finding: str, nothing: str) -> None:
    classes = sorted([finding, nothing])
    assert positive_class(classes) == finding
    assert classes[positive_index(classes) or 0] == finding
    assert not is_guessed(classes)


@pytest.mark.parametrize("classes", UNKNOWN)
def test_of_names_that_say_nothing_the_last_is_taken_and_that_is_a_guess(classes: tuple[str, str]) -> None:
    assert positive_class(classes) == classes[1]
    assert is_guessed(classes)
    assert not is_guessed(classes, classes[0])


def test_a_user_knows_better() -> None:
    assert positive_class(["abnormal", "normal"], "normal") == "normal"
    assert positive_index(["abnormal", "normal"], "normal") == 1


def test_more_classes_have_no_finding() -> None:
    assert positive_class(["a", "b", "normal"]) is None
    assert positive_index(["a", "b", "normal"]) is None
    with pytest.raises(UsageError, match=r"these images have 3: a, b, normal\. Leave it out"):
        positive_class(["a", "b", "normal"], "a")


@pytest.mark.parametrize("asked", ["Sick", "", "well "])
def test_a_name_that_is_no_class_is_refused_with_those_that_are(asked: str) -> None:
    with pytest.raises(UsageError, match=r"The classes are sick, well\."):
        positive_class(["sick", "well"], asked)
