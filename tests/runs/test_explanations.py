"""A run's most wrong and most sure test images, under their maps, as artifacts of the run."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.support.journals import recorded_in
from tests.support.plans import Prepare, RecordingReporter
from tracker.interruption import Interruption
from tracker.records import RunState
from tracker.runs.events import Notifier
from tracker.runs.explanations import most_wrong_and_sure
from tracker.runs.run_executor import RunExecutor
from tracker.tracking.backend.predictions import parse_predictions
from tracker.tracking.journal.entries import Artifact


def test_the_most_wrong_and_the_most_sure_are_chosen_by_log_odds() -> None:
    odds = [[3, -3], [-1, 1], [-5, 5], [0.5, -0.5], [-2, 2], [9, -9]]
    wrong, sure = most_wrong_and_sure(odds, [0, 0, 0, 0, 1, 0], 2)
    assert (wrong, sure) == ([2, 1], [5, 0])
    assert most_wrong_and_sure(odds, [0, 0, 0, 0, 1, 0], 9) == ([2, 1], [5, 0, 4, 3])


@pytest.mark.parametrize("mode", ["feature-extractor", pytest.param("fine-tuning", marks=pytest.mark.slow)])
def test_they_are_recorded_with_the_run_in_every_mode(
    prepare_small: Prepare, workplace: Path, mode: str
) -> None:
    prepared = prepare_small(mode=mode, explain=1, epochs=1)
    reporter = RecordingReporter()
    executor = RunExecutor(
        prepared=prepared,
        recipe=prepared.plan.recipes[0],
        with_model=False,
        reporter=reporter,
        notifier=Notifier(reporter),
        interruption=Interruption(),
    )
    result, _ = executor.run()
    assert result.state is RunState.FINISHED
    (recorded,) = recorded_in(workplace).values()
    explained = {entry.file for entry in recorded.entries if isinstance(entry, Artifact)}
    kept = {file.removeprefix("artifacts/explanations/") for file in explained if "/explanations/" in file}
    assert "sanity.png" in kept
    answers = parse_predictions((recorded.folder / "artifacts" / "predictions.csv").read_text())
    last = {one.sample: one for one in answers if one.part == "test" and one.epoch_kind == "final"}
    for kind in ("most-wrong", "most-sure"):
        table = recorded.folder / "artifacts" / "explanations" / kind / "maps.csv"
        rows = list(csv.DictReader(io.StringIO(table.read_text()))) if table.exists() else []
        assert {f"{kind}/{row['file']}" for row in rows} <= kept
        for row in rows:
            answer = last[row["image"]]
            assert (row["class"] == answer.label) == (kind == "most-sure")
            assert float(row["probability"]) == pytest.approx(answer.probabilities[row["class"]], abs=1e-5)


def test_nothing_is_drawn_where_nothing_is_asked_for(prepare_small: Prepare) -> None:
    assert prepare_small().plan.options.explain == 0
    ours, other = (prepare_small(explain=n).plan.recipes[0] for n in (0, 2))
    assert ours == other
