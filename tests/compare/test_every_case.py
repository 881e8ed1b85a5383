"""Comparisons that a user meets and that have no simple answer: each gives one, in every format."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from tests.support.answered import Answered
from tracker.compare.comparison import Comparison
from tracker.compare.render.formats import FORMATS
from tracker.records import HeldOut

FE, FT = "feature-extractor", "fine-tuning"
MANY, FEWER = "1" * 40, "1" * 20 + "0" * 20


def one_class(study: Answered) -> None:
    for mode, pattern in ((FE, "1" * 12), (FT, "110011001100")):
        study.arm(mode, pattern, pattern, labels="1" * 12)


def one_against_five(study: Answered) -> None:
    study.arm(FE, MANY)
    study.arm(FT, *[FEWER] * 5)


def other_seeds(study: Answered) -> None:
    study.arm(FE, MANY, FEWER, seeds=(0, 1))
    study.arm(FT, FEWER, MANY, seeds=(2, 3))


def other_seeds_and_patients(study: Answered) -> None:
    patients = [image // 3 for image in range(40)]
    study.arm(FE, MANY, FEWER, seeds=(0, 1), patients=patients)
    study.arm(FT, FEWER, MANY, seeds=(2, 3, 4)[:2], patients=patients)


def no_disagreement(study: Answered) -> None:
    study.arm(FE, FEWER, FEWER)
    study.arm(FT, FEWER, FEWER)


def all_right(study: Answered) -> None:
    study.arm(FE, MANY)
    study.arm(FT, MANY)


def all_against_none(study: Answered) -> None:
    study.arm(FE, "1" * 40)
    study.arm(FT, "0" * 40)


def one_patient(study: Answered) -> None:
    study.arm(FE, "11110", patients=[7] * 5)
    study.arm(FT, "10110", patients=[7] * 5)


def one_patient_and_seeds(study: Answered) -> None:
    study.arm(FE, "11110", "11100", patients=[7] * 5)
    study.arm(FT, "10110", "10010", patients=[7] * 5)


def one_image(study: Answered) -> None:
    study.arm(FE, "1")
    study.arm(FT, "0")


def one_image_of_a_class(study: Answered) -> None:
    study.arm(FE, "110111", labels="000001")
    study.arm(FT, "110110", labels="000001")


def several_classes(study: Answered) -> None:
    for mode, pattern in ((FE, MANY), (FT, FEWER)):
        study.arm(mode, pattern, pattern, classes=("a", "b", "c"))


def certain(study: Answered) -> None:
    study.arm(FE, FEWER, certain=math.inf)
    study.arm(FT, MANY, certain=math.inf)


def without_odds(study: Answered) -> None:
    study.arm(FE, FEWER, certain=math.inf, with_odds=False)
    study.arm(FT, MANY, with_odds=False)


def several_images_a_patient(study: Answered) -> None:
    patients = [image // 2 for image in range(40)]
    study.arm(FE, MANY, patients=patients)
    study.arm(FT, FEWER, patients=patients)


def images_that_make_up_for_each_other(study: Answered) -> None:
    study.arm(FE, "10" * 8, "10" * 8, patients=[image // 2 for image in range(16)])
    study.arm(FT, "01" * 8, "01" * 8, patients=[image // 2 for image in range(16)])


def four_modes(study: Answered) -> None:
    for mode, pattern in ((FE, MANY), ("freeze:features.6", FEWER), (FT, FEWER), ("scratch", "10" * 20)):
        study.arm(mode, pattern)


def three_models(study: Answered) -> None:
    for model in ("alexnet", "resnet152", "densenet201"):
        study.arm(FE, MANY, FEWER, model=model)
        study.arm(FT, FEWER, FEWER, model=model)


def a_model_with_one_mode(study: Answered) -> None:
    study.arm(FE, MANY)
    study.arm(FT, FEWER)
    study.arm(FT, FEWER, model="resnet18")


def one_mode(study: Answered) -> None:
    study.arm(FE, MANY)


def nothing_stored(study: Answered) -> None:
    three_models(study)
    study.held_out.clear()


def one_run_not_stored(study: Answered) -> None:
    three_models(study)
    del study.held_out[study.runs[0].run_id]


def no_patients_stored(study: Answered) -> None:
    three_models(study)
    for run_id, found in study.held_out.items():
        study.held_out[run_id] = HeldOut(found.predictions, {})


CASES = (
    one_class,
    one_against_five,
    other_seeds,
    other_seeds_and_patients,
    no_disagreement,
    all_right,
    all_against_none,
    one_patient,
    one_patient_and_seeds,
    one_image,
    one_image_of_a_class,
    several_classes,
    certain,
    without_odds,
    several_images_a_patient,
    images_that_make_up_for_each_other,
    four_modes,
    three_models,
    a_model_with_one_mode,
    one_mode,
    nothing_stored,
    one_run_not_stored,
    no_patients_stored,
)


@pytest.mark.parametrize("metric", ["test/accuracy", "test/auroc"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_each_case_is_told_in_every_format(
    answered: Answered, case: Callable[[Answered], None], metric: str
) -> None:
    case(answered)
    check_formats(answered.compare(metric))


@pytest.mark.parametrize("metric", ["f1", "sensitivity", "specificity", "balanced_accuracy", "loss"])
@pytest.mark.parametrize("case", [three_models, one_class, several_classes], ids=lambda case: case.__name__)
def test_each_metric_is_told_in_every_format(
    answered: Answered, case: Callable[[Answered], None], metric: str
) -> None:
    case(answered)
    check_formats(answered.compare(f"test/{metric}"))


def check_formats(comparison: Comparison) -> None:
    told = {format: comparison.render(format) for format in FORMATS}
    told["narrow"] = comparison.render(width=60)
    told["details"] = comparison.render(details=True)
    for format, text in told.items():
        assert "nan" not in text.lower(), format
        assert "None" not in text, format
        assert text.endswith("\n"), format
    assert max(map(len, told["table"].splitlines())) <= 80
    assert max(map(len, told["narrow"].splitlines())) <= 60
    assert max(map(len, told["details"].splitlines())) <= 80
    json.loads(told["json"], parse_constant=pytest.fail)
    lines = list(csv.reader(io.StringIO(told["csv"])))
    assert {len(line) for line in lines} == {len(lines[0])}
    assert len(set(lines[0])) == len(lines[0])
    assert all(ord(letter) < 128 for letter in told["latex"]), "a journal's LaTeX may know ASCII only"
    assert len({line.count("|") for line in told["markdown"].splitlines() if line.startswith("|")}) == 1
    Closed().check(told["html"])


class Closed(HTMLParser):
    """A page each of whose elements is closed."""

    def check(self, page: str) -> None:
        self.open: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
