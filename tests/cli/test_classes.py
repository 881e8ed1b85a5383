"""Unequal classes, and which of two is the finding, as a user meets them."""

from __future__ import annotations

import contextlib
import html
import io
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.command import MODELS, Outcome, call_main, small_run
from tests.support.workplace import working_in
from tracker.records import EPOCH_KINDS, Prediction, RunRecord
from tracker.tracking.backend.reader import read_predictions, read_runs

Tracker = Callable[..., Outcome]
ARM = ("--model", MODELS[1], "--mode", "feature-extractor", "--log-model", "none", "--split", "30/9/9")
METRICS = ("accuracy", "balanced_accuracy", "sensitivity", "specificity", "f1", "auroc")


def draw(folder: Path, **counts: int) -> Path:
    """Draw so many gray images of each class, each class brighter than the one before."""
    rng = np.random.default_rng(0)
    for place, (name, count) in enumerate(counts.items()):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = rng.integers(0, 150, (64, 64), dtype=np.uint8) + 20 * place
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{number}.png")
    return folder


@dataclass(frozen=True)
class Studies:
    """A folder with a study of unequal classes, one with the other finding, and one of three classes."""

    folder: Path
    data: Mapping[str, Path]
    printed: Mapping[str, str]

    @property
    def uri(self) -> str:
        return f"sqlite:///{self.folder}/mlflow.db"

    def run_of(self, experiment: str) -> RunRecord:
        (run,) = read_runs(self.uri, experiment)
        return run


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Studies:
    folder = tmp_path_factory.mktemp("classes")
    data = {
        "unequal": draw(folder / "unequal", normal=40, abnormal=8),
        "three": draw(folder / "three", normal=16, mild=16, severe=16),
    }
    given = {"unequal": ["--lr", "0.1"], "swapped": ["--lr", "0.1", "--positive", "normal"], "three": []}
    printed = {}
    with working_in(folder, shared_cache):
        for experiment, more in given.items():
            told = io.StringIO()
            with contextlib.redirect_stdout(told):
                assert call_main(*arguments(data.get(experiment, data["unequal"]), experiment, *more)) == 0
            printed[experiment] = told.getvalue()
    return Studies(folder, data, printed)


def arguments(data: Path, experiment: str, *more: str) -> list[str]:
    return small_run(data, *ARM, "--experiment", experiment, *more)


@pytest.fixture
def called(studies: Studies, tracker: Tracker, monkeypatch: pytest.MonkeyPatch) -> Tracker:
    """`tracker ARGUMENTS` in the folder of the studies."""
    monkeypatch.chdir(studies.folder)
    return tracker


def counted_shares(predictions: list[Prediction], finding: str) -> dict[str, float]:
    """Count what is to be recorded, image by image."""
    said = [(one.label == finding, one.score(finding) > 0) for one in predictions]
    hits, sick = sum(a and b for a, b in said), sum(a for a, _ in said)
    rejected, well = sum(not a and not b for a, b in said), len(said) - sum(a for a, _ in said)
    wrong = sum(a != b for a, b in said)
    scores = [(one.score(finding), one.label == finding) for one in predictions]
    pairs = [(a > b) + (a == b) / 2 for a, yes in scores if yes for b, no in scores if not no]
    return {
        "accuracy": (hits + rejected) / len(said),
        "balanced_accuracy": (hits / sick + rejected / well) / 2,
        "sensitivity": hits / sick,
        "specificity": rejected / well,
        "f1": 2 * hits / (2 * hits + wrong) if hits else 0.0,
        "auroc": sum(pairs) / len(pairs),
    }


def test_unequal_classes_do_not_look_like_success(studies: Studies, called: Tracker) -> None:
    plan, _, rest = studies.printed["unequal"].partition("tracked in")
    assert "positive    abnormal (sensitivity, specificity and F1 are of it)" in plan
    assert "unequal classes (40 to 8): balanced accuracy says more than accuracy" in rest
    assert "too few to measure by: 1 of abnormal in val, 2 of abnormal in test" in rest
    assert "beware  always answering 'normal' would reach 77.8 % of the test images" in rest
    lines = [line for line in studies.printed["unequal"].splitlines() if str(studies.folder) not in line]
    assert [line for line in lines if len(line) > 80 and " epoch " not in line] == []
    always = "Always answering 'normal' would reach 77.8 % (7 of 9 test images)"
    for format in ("table", "markdown", "latex", "json", "html"):
        shown = called("compare", "--experiment", "unequal", "--format", format).out
        assert always in " ".join(html.unescape(shown).replace("\\", "").split()), format


def test_every_share_is_what_the_predictions_count_to(studies: Studies) -> None:
    for experiment, finding in (("unequal", "abnormal"), ("swapped", "normal")):
        run = studies.run_of(experiment)
        assert run.tags["tracker.positive_class"] == finding
        assert json.loads(run.tags["tracker.test_class_counts"]) == {"abnormal": 2, "normal": 7}
        predictions = read_predictions(studies.uri, run.run_id)
        for kind, part in itertools.product(EPOCH_KINDS, ("val", "test")):
            some = [one for one in predictions if (one.part, one.epoch_kind) == (part, kind)]
            found = {name: run.metrics[f"{kind}/{part}/{name}"] for name in METRICS}
            assert found == pytest.approx(counted_shares(some, finding), abs=1e-12), (kind, part)


@pytest.mark.parametrize(("experiment", "finding"), [("unequal", "abnormal"), ("swapped", "normal")])
def test_a_table_says_of_which_class_its_values_are(called: Tracker, experiment: str, finding: str) -> None:
    for name, title in (("sensitivity", "sensitivity (%)"), ("f1", "F1")):
        told = called("compare", "--experiment", experiment, "--metric", f"test/{name}")
        assert told.out.startswith(f"Test {title} after the last epoch"), told.err
        assert f"is that of the class '{finding}' (--positive)." in told.out


def test_whoever_names_the_class_that_is_taken_anyway_asks_for_the_same_run(
    studies: Studies, called: Tracker
) -> None:
    named = ["--lr", "0.1", "--positive", "abnormal"]
    assert "1 run: 1 skipped" in called(*arguments(studies.data["unequal"], "unequal", *named)).out


def test_more_classes_have_means_and_no_finding(studies: Studies, called: Tracker) -> None:
    refused = called(*arguments(studies.data["three"], "three", "--positive", "severe"))
    assert refused.code == 2
    assert "these images have 3: mild, normal, severe. Leave it out" in refused.err
    assert "positive  " not in studies.printed["three"]
    run = studies.run_of("three")
    assert "tracker.positive_class" not in run.tags
    assert run.metrics["final/test/sensitivity"] == run.metrics["final/test/balanced_accuracy"]
    shown = called("compare", "--experiment", "three", "--metric", "test/specificity").out
    assert "The specificity is the mean over the classes, each against the rest." in shown
