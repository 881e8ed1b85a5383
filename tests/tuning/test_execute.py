"""The studies of a plan, one after another."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.support.journals import Recorded, recorded_in
from tests.support.plans import HEAD_MODEL, Prepare, RecordingReporter
from tests.support.trainings import CPU, Collected
from tracker.errors import DataError, TrackerError
from tracker.interruption import Interruption
from tracker.runs.plan import Prepared
from tracker.runs.train import train
from tracker.runs.workers import THREADS
from tracker.tracking.journal.entries import Params
from tracker.tuning.execute import tune
from tracker.tuning.plan import find_tuned

MODES = ("feature-extractor", "fine-tuning")
ARMS = [(HEAD_MODEL, mode) for mode in MODES]
SHORT = {"feature-extractor": "FE", "fine-tuning": "FT"}
SMALL = {"model": HEAD_MODEL, "mode": MODES, "tune": 1, "pruner": "none"}


def test_every_arm_is_tuned_recorded_and_found_again(prepare_small: Prepare, workplace: Path) -> None:
    reporter = RecordingReporter()
    tuned = tune(prepare_small(**SMALL), reporter, Interruption())
    assert list(tuned) == ARMS
    assert reporter.named("study_started") == [(ARMS[0], 1, 2), (ARMS[1], 2, 2)]
    assert reporter.named("study_ended") == ARMS
    recorded = recorded_in(workplace)
    for model, mode in ARMS:
        study = recorded[f"study {SHORT[mode]} {model}"]
        assert study.status == "FINISHED"
        assert study.tags["tracker.trials_complete"] == "1"
        assert study.tags["tracker.best_lr"] == str(tuned[model, mode].values["lr"])
        objective = recorded[f"trial 0 {SHORT[mode]} {model}"].steps[2]["objective"]
        assert tuned[model, mode].objective_value == objective
    later = {"model": HEAD_MODEL, "mode": MODES, "pruner": "none", "tuned": True}
    assert find_tuned(prepare_small(**later)) == tuned


def test_a_study_that_has_ended_is_not_gone_on_with_and_a_larger_budget_is(
    prepare_small: Prepare, workplace: Path
) -> None:
    given = SMALL | {"mode": "feature-extractor"}
    before = tune(prepare_small(**given), RecordingReporter(), Interruption())
    again = RecordingReporter()
    assert tune(prepare_small(**given), again, Interruption()) == before
    assert again.named("trials") == []
    more = tune(prepare_small(**given | {"tune": 2}), RecordingReporter(), Interruption())
    assert more[ARMS[0]].trials == 2
    recorded = recorded_in(workplace)
    model, mode = ARMS[0]
    first, second = [recorded[f"trial {n} {SHORT[mode]} {model}"].steps[2]["objective"] for n in (0, 1)]
    study = recorded[f"study {SHORT[mode]} {model}"]
    assert [study.steps[n]["best/val/loss"] for n in (1, 2)] == [first, min(first, second)]
    assert {"optimization-history.png", "slice.png"} <= study.files


def test_too_few_images_for_the_folds_are_refused_before_anything_is_recorded(
    prepare_small: Prepare, workplace: Path
) -> None:
    with pytest.raises(DataError):
        tune(prepare_small(**SMALL, tune_folds=50), RecordingReporter(), Interruption())
    assert recorded_in(workplace) == {}


def test_a_study_that_cannot_end_does_not_keep_the_others_from_being_made(
    prepare_small: Prepare, workplace: Path
) -> None:
    reporter = RecordingReporter()
    wild = {"lr": {"feature-extractor": [1e37, 1e38]}}
    with pytest.raises(TrackerError, match="none of 1 of mini-densenet feature-extractor did"):
        tune(prepare_small(**SMALL, search=wild, epochs=3), reporter, Interruption())
    assert reporter.named("study_ended") == [ARMS[1]]


def test_an_end_that_is_asked_for_stops_before_the_next_study(
    prepare_small: Prepare, workplace: Path
) -> None:
    interruption = Interruption()

    class StopsAfterAStudy(RecordingReporter):
        def study_ended(self, arm, tuned) -> None:
            interruption.asked = True

    with pytest.raises(KeyboardInterrupt):
        tune(prepare_small(**SMALL), StopsAfterAStudy(), interruption)
    assert not any(name.startswith("trial") and MODES[1] in name for name in recorded_in(workplace))


def test_a_study_of_networks_that_are_certain_chooses_the_one_that_ranks_best(
    prepare_small: Prepare, workplace: Path
) -> None:
    """Each of its trials answers every image with a probability of exactly 1 in single precision."""
    given = {"model": HEAD_MODEL, "tune": 6, "sampler": "grid", "objective": "val/auroc", "split": "10/12/8"}
    prepared = prepare_small(**given, search={"lr": [4, 1000]})
    (tuned,) = tune(prepared, RecordingReporter(), Interruption()).values()
    areas = {}
    for name, trial in recorded_in(workplace).items():
        if name.startswith("trial"):
            recipe = prepared.plan.recipes[0].model_copy(update={"lr": lr_of(trial)})
            logits = train(recipe, prepared.images, prepared.pixels, Collected(), device=CPU)
            margins = exact_margins(logits.measured["final"].logits["val"])
            assert min(margins) > 17, "not certain enough for this test"
            areas[recipe.lr] = area_by_pairs(margins, validation_labels(prepared))
            assert trial.steps[2]["objective"] == areas[recipe.lr]
    assert len(areas) == 6
    assert len(set(areas.values())) > 1
    assert areas[float(tuned.values["lr"])] == max(areas.values()) == tuned.objective_value


@pytest.mark.parametrize(("computing", "each"), [(8, 4), (1, 1)])
def test_processes_at_a_study_have_the_threads_of_those_at_runs_and_find_the_features_that_are_there(
    prepare_small: Prepare, workplace: Path, monkeypatch: pytest.MonkeyPatch, computing: int, each: int
) -> None:
    """No process is started, but its work is done here: what it is given is looked at."""
    given: list[str] = []

    def work_here(work, workers, **more) -> None:
        given.extend(worker.environment[THREADS] for worker in workers)
        before = torch.get_num_threads()
        torch.set_num_threads(int(given[0]))
        kept = features_in(workplace)
        work(*workers[0].arguments)
        assert features_in(workplace) == kept
        assert torch.get_num_threads() == int(given[0])
        torch.set_num_threads(before)

    monkeypatch.setenv("TRACKER_CACHE", str(workplace / "cache"))
    monkeypatch.setattr("tracker.runs.workers.usable_cores", lambda: 8)
    monkeypatch.setattr("tracker.tuning.study_executor.find_engine", lambda _: work_here)
    prepared = prepare_small(tune=1, pruner="none", epochs=1, jobs=2)
    torch.set_num_threads(computing)
    try:
        tune(prepared, RecordingReporter(), Interruption())
    finally:
        torch.set_num_threads(1)
    assert given == [str(each)] * 2


def features_in(workplace: Path) -> set[str]:
    return {folder.name for folder in (workplace / "cache" / "features").iterdir()}


def lr_of(trial: Recorded) -> float:
    (params,) = (entry for entry in trial.entries if isinstance(entry, Params))
    return float(params.values["lr"])


def exact_margins(logits_NK: Tensor) -> list[float]:
    return [positive - negative for negative, positive in logits_NK.tolist()]


def validation_labels(prepared: Prepared) -> list[int]:
    manifest = prepared.images.manifest
    return [manifest.labels[row] for row in prepared.images.split.indexes(manifest)["val"]]


def area_by_pairs(scores: list[float], labels: list[int]) -> float:
    """Count the pairs in which the positive has the higher score; a tie is half a pair."""
    ones, noughts = ([s for s, y in zip(scores, labels, strict=True) if y == k] for k in (1, 0))
    return sum((a > b) + (a == b) / 2 for a in ones for b in noughts) / (len(ones) * len(noughts))
