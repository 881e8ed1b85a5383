"""What answers say, over arms whose answers a test wrote."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tests.support.answered import Answered
from tracker.compare.evidence import NO_PATIENTS, NOT_STORED, OTHER_CLASSES, gather
from tracker.compare.pairs import BOOTSTRAP, CLUSTERED, CROSSED, CROSSED_IMAGES, DELONG, MCNEMAR
from tracker.compare.render.conclusions import SCOPE, verdict_lines
from tracker.compare.sample_size import sample_size
from tracker.compare.selection import select_runs
from tracker.compare.verdict import ALPHA, Kind
from tracker.errors import ComparisonError
from tracker.records import Arm, HeldOut, Prediction

FE, FT = "feature-extractor", "fine-tuning"
RIGHT, HALF = "1" * 40, "10" * 20


def words(study: Answered, metric: str = "test/accuracy") -> str:
    comparison = study.compare(metric)
    assert comparison.findings is not None
    return "\n".join(verdict_lines(comparison.results, comparison.findings))


def swapped(study: Answered, make_run: object) -> Answered:
    """The same answers, the names of the two modes exchanged."""
    other = Answered(make_run)  # type: ignore[arg-type]
    for run in study.runs:
        mode = FT if run.params["mode"] == FE else FE
        other.runs.append(
            make_run(  # type: ignore[operator]
                run.params["model"], mode, int(run.params["seed"]), tags=run.tags, metrics=run.metrics
            )
        )
        other.held_out[other.runs[-1].run_id] = study.held_out[run.run_id]
    return other


def drawn(rng: np.random.Generator, rates: tuple[float, float], seeds: tuple[int, int]) -> list[list[str]]:
    return [
        ["".join(rng.choice(["0", "1"], 30, p=[1 - rate, rate])) for _ in range(count)]
        for rate, count in zip(rates, seeds, strict=True)
    ]


@pytest.mark.parametrize(
    "number", [0, *(pytest.param(number, marks=pytest.mark.slow) for number in range(1, 24))]
)
def test_no_verdict_says_better_where_its_interval_covers_zero_or_its_p_is_large(
    answered: Answered, make_run: object, number: int
) -> None:
    rng = np.random.default_rng(number)
    seeds = [(1, 1), (2, 2), (1, 3)][number % 3]
    patients = [image // (1 + number % 2) for image in range(30)]
    for model in ("alexnet", "resnet18"):
        first, second = drawn(rng, tuple(rng.choice([0.3, 0.5, 0.7, 0.95], 2)), seeds)
        answered.arm(FE, *first, model=model, patients=patients)
        answered.arm(FT, *second, model=model, patients=patients)
    other = swapped(answered, make_run)
    for metric in ("test/accuracy", "test/auroc"):
        found = answered.found(metric)
        for verdict in found.main:
            interval, p = verdict.pair.basis.interval, verdict.adjusted_p
            told = interval is not None and not interval.covers_zero and p is not None and p <= ALPHA
            assert (verdict.kind is not Kind.NOT_ESTABLISHED) == told
            assert told or not verdict.better
        said = words(answered, metric).replace("is not better", "").replace("is shown to be better", "")
        assert ("better" in said) == any(verdict.better for verdict in found.main)
        exchange = {"": "", FE: FT, FT: FE}
        back = other.found(metric)
        for one, two in zip(found.main, back.main, strict=True):
            assert exchange[one.better] == two.better
            assert one.kind is two.kind
            assert one.pair.difference == pytest.approx(-two.pair.difference)
        assert found.overall is not None
        assert back.overall is not None
        assert (found.overall.kind, exchange[found.overall.better]) == (
            back.overall.kind,
            back.overall.better,
        )


def test_a_difference_is_established_in_words_of_its_numbers_and_of_no_more(answered: Answered) -> None:
    answered.arm(FE, RIGHT)
    answered.arm(FT, HALF)
    said = words(answered)
    assert said.startswith("Verdict: established. On these 40 test images feature-extractor is better than")
    assert SCOPE in said
    assert re.search(
        r"reaches 50\.0 points more \(95 % interval [\d.]+ to [\d.]+; mid-p < 0\.001, exact p", said
    )


def test_models_that_establish_opposite_modes_contradict_each_other(answered: Answered) -> None:
    answered.arm(FE, RIGHT)
    answered.arm(FT, HALF)
    answered.arm(FE, HALF, model="resnet18")
    answered.arm(FT, RIGHT, model="resnet18")
    found = answered.found()
    assert found.overall is not None
    assert (found.overall.kind, found.overall.better) == (Kind.CONTRARY, "")
    said = words(answered).splitlines()[0]
    assert said.startswith("Verdict: contrary. On these 40 test images the results contradict each other:")
    assert "fine-tuning is better than feature-extractor on resnet18" in said


def test_an_auroc_that_establishes_the_opposite_of_the_accuracy_takes_the_verdict_back(
    answered: Answered,
) -> None:
    answered.arm(FE, "1" * 36 + "0" * 4, labels="0" * 20 + "1" * 20)
    answered.arm(FT, "1" * 20 + "0" * 20, labels="0" * 20 + "1" * 20)
    for run_id, odds in zip(answered.held_out, ((-1, 1), (-9, -1)), strict=True):
        answered.held_out[run_id] = ranked(answered.held_out[run_id], worse=odds == (-1, 1))
    found = answered.found()
    (verdict,) = found.main
    assert verdict.kind is Kind.CONTRARY
    assert verdict.better == ""
    assert verdict.other_measure is not None
    assert ": the opposite." in words(answered)
    assert found.overall is not None
    assert found.overall.kind is Kind.CONTRARY


def ranked(found: HeldOut, *, worse: bool) -> HeldOut:
    """Keep which answers are right, and rank images badly where some are wrong, or perfectly."""
    rows = []
    for number, one in enumerate(found.predictions):
        sick = one.label == "tuberculosis"
        called = one.log_odds["tuberculosis"] > 0
        if worse:
            # Those that are missed are ranked below every image that is not ill.
            odds = (5.0 if called else -50.0) if sick else -1.0 - number / 1000
            odds = 2.0 if sick and called else odds
        else:
            odds = (-1.0 if sick else -9.0) - number / 1000
            odds = abs(odds) if called else odds
        rows.append(
            Prediction(
                one.sample,
                one.part,
                one.epoch_kind,
                one.label,
                one.probabilities,
                {"normal": -odds, "tuberculosis": odds},
            )
        )
    return HeldOut(rows, found.patients)


@pytest.mark.parametrize(
    ("seeds", "images", "metric", "test", "holds"),
    [
        ((1, 1), 1, "accuracy", MCNEMAR, "test images"),
        ((1, 1), 2, "accuracy", CLUSTERED, "patients"),
        ((2, 2), 1, "accuracy", CROSSED_IMAGES, "test images and seeds"),
        ((2, 2), 2, "accuracy", CROSSED, "patients and seeds"),
        ((1, 3), 1, "accuracy", CROSSED_IMAGES, "test images, seeds of one arm"),
        ((1, 1), 1, "auroc", DELONG, "test images"),
        ((1, 1), 2, "auroc", BOOTSTRAP, "patients"),
        ((2, 2), 1, "auroc", BOOTSTRAP, "test images and seeds"),
        ((1, 3), 1, "auroc", BOOTSTRAP, "test images, seeds of one arm"),
        ((1, 1), 1, "f1", BOOTSTRAP, "test images"),
    ],
)
def test_what_a_verdict_rests_on_follows_from_the_runs_and_patients(
    answered: Answered, seeds: tuple[int, int], images: int, metric: str, test: str, holds: str
) -> None:
    patients = [image // images for image in range(40)]
    answered.arm(FE, *[HALF] * seeds[0], patients=patients)
    answered.arm(FT, *["1100" * 10] * seeds[1], patients=patients)
    (verdict,) = answered.found(f"test/{metric}").main
    assert (verdict.pair.basis.test, verdict.pair.basis.holds) == (test, holds)
    assert verdict.pair.basis.interval is not None


def test_one_model_is_not_corrected_and_further_modes_are_a_family_of_their_own(answered: Answered) -> None:
    for mode, pattern in ((FE, RIGHT), ("freeze:features.6", HALF), (FT, "0" * 6 + "1" * 34)):
        answered.arm(mode, pattern)
    found = answered.found()
    (main,) = found.main
    assert (main.family, main.adjusted_p) == (1, main.pair.basis.p)
    assert [(one.pair.first, one.pair.second) for one in found.further] == [
        (FE, "freeze:features.6"),
        ("freeze:features.6", FT),
    ]
    assert {one.family for one in found.further} == {2}
    assert "adjusted" not in words(answered).partition("Of 2 other pairs")[0]


def test_models_are_corrected_for_and_a_model_with_one_mode_is_none_of_them(answered: Answered) -> None:
    for model in ("alexnet", "resnet18"):
        answered.arm(FE, "1" * 34 + "0" * 6, model=model)
        answered.arm(FT, "1" * 40, model=model)
    answered.arm(FE, RIGHT, model="vgg11")
    found = answered.found()
    assert [(one.pair.model, one.family) for one in found.main] == [("alexnet", 2), ("resnet18", 2)]
    for verdict in found.main:
        assert verdict.pair.basis.p is not None
        assert verdict.adjusted_p == pytest.approx(2 * verdict.pair.basis.p)
    assert found.main_of("vgg11") is None


def test_an_arm_without_answers_is_named_with_the_reason_and_the_others_are_decided(
    answered: Answered,
) -> None:
    for model in ("alexnet", "resnet18", "vgg11", "vgg13"):
        answered.arm(FE, RIGHT, model=model)
        answered.arm(FT, HALF, model=model)
    first, _, second, _, third, *_ = answered.runs
    del answered.held_out[first.run_id]
    answered.held_out[second.run_id] = HeldOut(answered.held_out[second.run_id].predictions, {})
    answered.held_out[third.run_id] = HeldOut(
        [
            Prediction(one.sample, one.part, one.epoch_kind, "measles", one.probabilities)
            for one in answered.held_out[third.run_id].predictions
        ],
        answered.held_out[third.run_id].patients,
    )
    found = answered.found()
    assert found.missing == {
        Arm("alexnet", FE): NOT_STORED,
        Arm("resnet18", FE): NO_PATIENTS,
        Arm("vgg11", FE): OTHER_CLASSES,
    }
    assert [one.pair.model for one in found.main] == ["vgg13"]
    told = answered.compare().render()
    assert "tracker run --rerun" in told
    assert "alexnet feature-extractor (its predictions are not stored)" in " ".join(told.split())


def test_an_arm_that_tested_other_images_is_left_out(answered: Answered) -> None:
    answered.arm(FE, RIGHT, RIGHT)
    answered.arm(FT, "1" * 39, "1" * 39)
    answered.arm("scratch", HALF, HALF)
    found = answered.found()
    assert list(found.missing) == [Arm("alexnet", FT)]
    assert "other images" in found.missing[Arm("alexnet", FT)]


def test_an_image_of_two_classes_is_refused(answered: Answered) -> None:
    answered.arm(FE, RIGHT, labels="01" * 20)
    answered.arm(FT, RIGHT, labels="11" + "01" * 19)
    with pytest.raises(ComparisonError, match=r"test000\.png is normal and tuberculosis"):
        answered.found()


def test_without_validation_images_there_is_no_threshold(answered: Answered) -> None:
    answered.arm(FE, HALF)
    (run,) = answered.runs
    found = answered.held_out[run.run_id]
    tested = HeldOut([one for one in found.predictions if one.part == "test"], found.patients)
    (arm,) = gather(select_runs(answered.runs), {run.run_id: tested}, at="final").arms.values()
    assert arm.answers.called is None
    (arm,) = gather(select_runs(answered.runs), answered.held_out, at="final").arms.values()
    assert arm.answers.called is not None


def test_images_that_differ_within_patients_alone_do_not_make_up_for_patients(answered: Answered) -> None:
    patients = [image // 2 for image in range(40)]
    answered.arm(FE, "10" * 20, "10" * 20, patients=patients)
    answered.arm(FT, "01" * 20, "01" * 20, patients=patients)
    (verdict,) = answered.found().main
    assert verdict.pair.design_effect == 1.0
    assert sample_size(verdict.pair) is not None


def test_images_that_hang_together_weigh_less(answered: Answered) -> None:
    first, second = "1" * 30 + "0" * 10, "1" * 24 + "0" * 6 + "1" * 2 + "0" * 8
    for model, size in (("alexnet", 1), ("resnet18", 2)):
        patients = [image // size for image in range(40)]
        answered.arm(FE, first, model=model, patients=patients)
        answered.arm(FT, second, model=model, patients=patients)
    alone, together = (
        one.main[0].pair
        for one in (
            only(answered, "alexnet").found(),
            only(answered, "resnet18").found(),
        )
    )
    assert together.design_effect > 1
    assert alone.false_claim is not None
    assert together.false_claim is not None
    assert together.false_claim > alone.false_claim
    sizes = [sample_size(pair) for pair in (alone, together)]
    assert sizes[0] is not None
    assert sizes[1] is not None
    assert (sizes[1].needed or 0) > (sizes[0].needed or 0)


def only(study: Answered, model: str) -> Answered:
    return Answered(
        study.make_run, [run for run in study.runs if run.params["model"] == model], study.held_out
    )


@pytest.mark.parametrize(("modes", "said"), [((FE,), True), ((FE, FT), False), ((FE, "lp-ft"), False)])
def test_a_table_without_two_modes_of_a_model_says_why_it_has_no_verdict(
    answered: Answered, modes: tuple[str, ...], said: bool
) -> None:
    for mode in modes:
        answered.arm(mode, RIGHT)
    assert ("no model was trained in two modes" in answered.compare().render("table")) is said
