"""What a notebook can do: the same as a shell, by the names that `tracker` has."""

from __future__ import annotations

import inspect
import pydoc
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

import tracker
from tests.support.command import MODELS, MODES, Study, small_run
from tests.support.workplace import argv_stays, shared_cache, study, working_in, workplace
from tracker import api
from tracker.api import Observer
from tracker.config.recipe import Recipe
from tracker.errors import UsageError

__all__ = ["argv_stays", "shared_cache", "study", "workplace"]


class Listener(Observer):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def planned(self, plan: object) -> None:
        self.heard.append("planned")

    def epoch(self, recipe: Recipe, epoch: int, values: Mapping[str, float]) -> None:
        self.heard.append(f"{recipe.mode} {epoch}")

    def sent(self, unsent: object) -> None:
        self.heard.append(str(unsent))


def settings(data: Path, **more: object) -> dict[str, object]:
    """Return the keywords that say what `small_run` says."""
    words = iter(small_run(data)[1:])
    given = {word.removeprefix("--").replace("-", "_"): next(words) for word in words}
    return given | {"model": MODELS[0], "mode": "feature-extractor", "experiment": "notebook"} | more


def test_the_public_names_are_these_and_all_are_there() -> None:
    names = ["Recipe", "RunOptions", "TrackerError", "compare", "evaluate", "explain", "load_runs", "predict"]
    names += ["register", "run", "serve", "tune"]
    assert tracker.__all__ == names
    assert all(callable(getattr(tracker, name)) for name in names)
    assert dir(tracker) == sorted([*names, "__version__"])
    with pytest.raises(AttributeError, match="nothing_like_it"):
        _ = tracker.nothing_like_it


def test_help_shows_the_options() -> None:
    for function in (tracker.run, tracker.tune):
        parameters = inspect.signature(function).parameters
        assert set(tracker.RunOptions.model_fields) < set(parameters)
        assert parameters["epochs"].default == 40
    assert "batch_size" in pydoc.render_doc(tracker.run)


def test_importing_tracker_imports_nothing_else() -> None:
    program = "import sys, tracker; print([name for name in sys.modules if name.startswith('tracker.')])"
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "[]\n"


@pytest.mark.parametrize(
    "first", ["tracker.tuning.plan", pytest.param("tracker.compare.table", marks=pytest.mark.slow)]
)
def test_a_function_stays_a_function_whatever_rooms_are_imported(first: str) -> None:
    program = (
        f"import tracker, {first}\n"
        "from tracker import compare, run, tune\n"
        "print(all(map(callable, (tracker.compare, tracker.run, tracker.tune, compare, run, tune))))"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "True\n"


def test_a_notebook_runs_skips_and_compares(
    workplace: Path, radiographs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listener = Listener()
    (result,) = tracker.run(observer=listener, **settings(radiographs))
    assert (result.state, result.recipe.model) == ("FINISHED", MODELS[0])
    assert listener.heard == [
        "planned",
        "feature-extractor 1",
        "feature-extractor 2",
        "everything is sent",
    ]
    (again,) = tracker.run(**settings(radiographs))
    assert again.state == "SKIPPED"
    comparison = tracker.compare("notebook")
    assert comparison.results.rows[0].cells[0].mean == result.metrics["test/accuracy"]
    first = comparison.table.iloc[0]
    assert (first["metric"], first["mean"]) == ("test/accuracy", result.metrics["test/accuracy"])
    assert comparison.pairs.empty
    assert (comparison.verdicts, comparison.verdict) == ((), None)
    assert capsys.readouterr().out == ""


@pytest.mark.slow
def test_the_table_of_a_notebook_is_that_of_the_shell(study: Study, shared_cache: Path) -> None:
    with working_in(study.folder, shared_cache):
        comparison = tracker.compare("small", at="best", trials=True)
        shell = [sys.executable, "-m", "tracker", "compare", "--at", "best", "--include-trials"]
        printed = subprocess.check_output(shell, text=True)
        runs = tracker.load_runs("small", metrics=["train/loss"])
    assert str(comparison).rstrip("\n") + "\n" == printed
    assert comparison._repr_markdown_().startswith("**Test accuracy")
    assert {(run.arm.model, run.arm.mode) for run in runs} == {(m, mode) for m in MODELS for mode in MODES}
    assert all(len(run.history["train/loss"]) == 2 for run in runs)


@pytest.mark.slow
def test_a_notebook_sees_how_runs_stand_and_sends_what_is_left(study: Study, shared_cache: Path) -> None:
    with working_in(study.folder, shared_cache):
        runs = api.status(experiment="small")
        assert {run.state for run in runs} == {"FINISHED"}
        assert len(runs) == 8
        assert api.status(experiment="another") == api.status(tracking_uri="http://127.0.0.1:9") == []
        assert str(api.sync()) == "everything is sent"


@pytest.mark.slow
def test_figures_need_curves(study: Study, shared_cache: Path, tmp_path: Path) -> None:
    with working_in(study.folder, shared_cache):
        assert tracker.compare("small", curves=True).write_figures(tmp_path / "figures")
        with pytest.raises(tracker.TrackerError, match="by epoch"):
            tracker.compare("small").write_figures(tmp_path / "none")


def test_options_come_in_one_way_and_are_checked_like_the_shells(workplace: Path) -> None:
    with pytest.raises(UsageError, match="did you mean epochs"):
        tracker.run(epoch=3)
    with pytest.raises(UsageError, match="in one way"):
        tracker.run(tracker.RunOptions(), epochs=3)
    (workplace / "study.yaml").write_text("dataset: nowhere\n", encoding="utf-8")
    with pytest.raises(UsageError, match="--dataset must be one of"):
        tracker.run(config="study.yaml")


def test_a_dry_run_decides_and_does_nothing(workplace: Path, radiographs: Path) -> None:
    listener = Listener()
    options = tracker.RunOptions(**settings(radiographs, dry_run=True))  # type: ignore[arg-type]
    assert tracker.run(options, observer=listener) == []
    assert tracker.tune(options, observer=listener) == {}
    assert listener.heard == ["planned", "planned"]
    assert list(workplace.iterdir()) == []


@pytest.mark.slow
def test_another_thread_than_the_main_one_can_run(workplace: Path, radiographs: Path) -> None:
    results: list[object] = []
    given = settings(radiographs, epochs=1)
    thread = threading.Thread(target=lambda: results.extend(tracker.run(**given)))
    thread.start()
    thread.join()
    assert [result.state for result in results] == ["FINISHED"]  # type: ignore[attr-defined]


@pytest.mark.slow
def test_tuning_returns_what_was_found(workplace: Path, radiographs: Path) -> None:
    found = tracker.tune(tune=2, **settings(radiographs))
    ((arm, tuned),) = found.items()
    assert arm == (MODELS[0], "feature-extractor")
    assert (tuned.trials, list(tuned.values)) == (2, ["lr"])
    (result,) = tracker.run(tuned=True, **settings(radiographs))
    assert result.recipe.lr == tuned.values["lr"]
