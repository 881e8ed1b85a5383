"""One run: claimed, trained, recorded and ended, or gone on with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.earlier_version import as_0_1_0_did, forget_pixels_of_0_1_0, prepared_of
from tests.support.journals import Recorded, recorded_in
from tests.support.plans import Prepare, RecordingReporter
from tracker.config.tuned import Tuned
from tracker.interruption import Interrupted, Interruption
from tracker.runs.events import Notifier, Reporter, RunResult
from tracker.runs.plan import Prepared
from tracker.runs.run_executor import RunExecutor
from tracker.tracking.journal.entries import Metrics


def executor_of(
    prepared: Prepared, reporter: Reporter | None = None, interruption: Interruption | None = None
) -> RunExecutor:
    reporter = reporter or RecordingReporter()
    return RunExecutor(
        prepared=prepared,
        recipe=prepared.plan.recipes[0],
        with_model=False,
        reporter=reporter,
        notifier=Notifier(reporter),
        interruption=interruption or Interruption(),
    )


def run(prepared: Prepared, **given: object) -> RunResult:
    result, unwritten = executor_of(prepared, **given).run()  # type: ignore[arg-type]
    assert unwritten is None
    return result


def only_run(folder: Path) -> Recorded:
    (recorded,) = recorded_in(folder).values()
    return recorded


class StopsAfter(RecordingReporter):
    """Asks for an end once an epoch has ended."""

    def __init__(self, epoch: int, interruption: Interruption) -> None:
        super().__init__()
        self._epoch = epoch
        self._interruption = interruption

    def epoch(self, recipe, epoch, values) -> None:
        super().epoch(recipe, epoch, values)
        self._interruption.asked = epoch == self._epoch


def without_speed(recorded: Recorded) -> dict[int, dict[str, float]]:
    return {
        step: {name: value for name, value in values.items() if not name.endswith("images_per_second")}
        for step, values in recorded.steps.items()
    }


def test_a_run_is_recorded_with_every_epoch_and_what_it_achieved(
    prepare_small: Prepare, workplace: Path
) -> None:
    reporter = RecordingReporter()
    result = run(prepare_small(), reporter=reporter)
    recorded = only_run(workplace)
    assert (result.state, recorded.status) == ("FINISHED", "FINISHED")
    assert list(recorded.steps) == [1, 2]
    assert recorded.steps[2]["final/test/accuracy"] == result.metrics["test/accuracy"]
    assert reporter.named("epoch") == [1, 2]
    assert {"recipe.yaml", "split.csv", "environment.txt", "predictions.csv", "roc.png"} <= recorded.files
    assert recorded.tags["tracker.kind"] == "run"
    assert not (recorded.folder / "checkpoints").exists()


def test_what_has_finished_is_not_trained_again(prepare_small: Prepare, workplace: Path) -> None:
    prepared = prepare_small()
    run(prepared)
    before = only_run(workplace).entries
    again = run(prepared)
    assert again.state == "SKIPPED"
    assert "--rerun" in again.reason
    assert only_run(workplace).entries == before


def test_a_rerun_is_an_attempt_of_its_own(prepare_small: Prepare, workplace: Path) -> None:
    run(prepare_small())
    assert run(prepare_small(rerun=True)).state == "FINISHED"
    assert len(list(workplace.glob(".tracker/runs/*"))) == 2


@pytest.mark.parametrize("epoch", [1, 2])
def test_an_interrupted_run_ends_with_the_same_numbers_as_if_nothing_had_happened(
    prepare_small: Prepare, workplace: Path, epoch: int
) -> None:
    options = {"mode": "fine-tuning", "epochs": 3}
    run(prepare_small(**options, experiment="whole"))
    whole = without_speed(only_run(workplace))
    for journal in workplace.glob(".tracker/runs/*"):
        journal.rename(workplace / "elsewhere")
    interruption = Interruption()
    with pytest.raises(Interrupted):
        run(prepare_small(**options), reporter=StopsAfter(epoch, interruption), interruption=interruption)
    assert only_run(workplace).status == "KILLED"
    reporter = RecordingReporter()
    result = run(prepare_small(**options), reporter=reporter)
    assert (result.state, result.resumed) == ("FINISHED", epoch)
    assert reporter.named("resumed") == [epoch]
    assert reporter.named("epoch") == list(range(epoch + 1, 4))
    assert without_speed(only_run(workplace)) == whole


class DiesAfter(RecordingReporter):
    """Ends its process at once after so many epochs, as a second Ctrl-C does: nothing is kept any more."""

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self._left = epochs

    def epoch(self, recipe, epoch, values) -> None:
        super().epoch(recipe, epoch, values)
        self._left -= 1
        if not self._left:
            raise KeyboardInterrupt


def test_what_no_checkpoint_has_is_trained_again_and_not_recorded_twice(
    prepare_small: Prepare, workplace: Path
) -> None:
    prepared = prepare_small(epochs=3)
    with pytest.raises(KeyboardInterrupt):
        run(prepared, reporter=DiesAfter(2))
    before = only_run(workplace)
    assert list(before.steps) == [1, 2]
    reporter = RecordingReporter()
    result = run(prepared, reporter=reporter)
    assert (result.state, result.resumed) == ("FINISHED", None)
    assert reporter.events[:3] == [("repeats", (1, 2)), ("epoch", 1), ("epoch", 2)]
    assert reporter.named("note") == []
    after = only_run(workplace)
    assert [entry.step for entry in after.entries if isinstance(entry, Metrics)] == [1, 2, 3, 3, 3]
    assert [after.steps[step] for step in (1, 2)] == [before.steps[step] for step in (1, 2)]
    assert after.tags["tracker.resumed"] == "1"


def test_a_run_that_is_cut_off_again_and_again_ends_with_the_same_numbers(
    prepare_small: Prepare, workplace: Path
) -> None:
    run(prepare_small(epochs=4, experiment="whole"))
    whole = without_speed(only_run(workplace))
    for journal in workplace.glob(".tracker/runs/*"):
        journal.rename(workplace / "elsewhere")
    prepared = prepare_small(epochs=4, checkpoint_every=1)
    told = []
    for reached in (1, 2, 3):
        reporter = DiesAfter(2)
        told.append(reporter.events)
        with pytest.raises(KeyboardInterrupt):
            run(prepared, reporter=reporter)
        assert list(only_run(workplace).steps) == list(range(1, reached + 2))
    assert run(prepared, reporter=(last := RecordingReporter())).resumed == 3
    assert told[1:] == [
        [("resumed", 1), ("repeats", (2, 2)), ("epoch", 2), ("epoch", 3)],
        [("resumed", 2), ("repeats", (3, 3)), ("epoch", 3), ("epoch", 4)],
    ]
    assert last.events == [("resumed", 3), ("repeats", (4, 4)), ("epoch", 4)]
    assert without_speed(only_run(workplace)) == whole


def test_checkpoints_are_written_after_every_so_many_epochs_where_that_is_asked_for(
    prepare_small: Prepare, workplace: Path
) -> None:
    prepared = prepare_small(epochs=4, checkpoint_every=2)
    with pytest.raises(KeyboardInterrupt):
        run(prepared, reporter=DiesAfter(3))
    names = [file.name[:13] for file in only_run(workplace).folder.glob("checkpoints/*.ckpt")]
    assert names == ["000002.000000"]


def test_a_run_that_fails_says_why(prepare_small: Prepare, workplace: Path) -> None:
    result = run(prepare_small(lr=1e30, mode="fine-tuning", epochs=3))
    assert result.state == "FAILED"
    assert "losses must stay finite" in result.reason
    assert (only_run(workplace).status, only_run(workplace).reason) == ("FAILED", result.reason)


def test_a_run_that_another_process_is_at_is_left_to_it(prepare_small: Prepare, workplace: Path) -> None:
    prepared = prepare_small()
    others: list[RunResult] = []

    class Beside(RecordingReporter):
        def epoch(self, recipe, epoch, values) -> None:
            others.append(run(prepared))

    assert run(prepared, reporter=Beside()).state == "FINISHED"
    assert [other.state for other in others] == ["TAKEN", "TAKEN"]
    assert only_run(workplace).status == "FINISHED"


def test_a_tuned_run_is_a_run_of_its_own_and_says_what_tuned_it(
    prepare_small: Prepare, workplace: Path
) -> None:
    prepared = prepare_small()
    recipe = prepared.plan.recipes[0]
    tuned = Tuned("a study", {"lr": recipe.lr}, 3, "val/loss", 0.1, "lr over a range")
    run(prepared)
    assert run(prepared.with_tuned({recipe.arm: tuned})).state == "FINISHED"
    more = prepared.with_tuned({recipe.arm: replace(tuned, trials=9)})
    assert run(more).state == "SKIPPED"
    tags = [
        entries.tags.get("tracker.tuned_trials")
        for folder in workplace.glob(".tracker/runs/*")
        for entries in [Recorded.read(folder)]
    ]
    assert sorted(tags, key=str) == ["9", None]


def stop_as_0_1_0_did(images: Path) -> None:
    """Leave a run that was interrupted after its first epoch."""
    interruption = Interruption()
    with as_0_1_0_did(images), pytest.raises(Interrupted):
        run(prepared_of(images), reporter=StopsAfter(1, interruption), interruption=interruption)


def attempts_in(folder: Path) -> list[Recorded]:
    return [Recorded.read(run) for run in sorted(folder.glob(".tracker/runs/*"))]


def test_a_run_says_from_which_pixels_it_was_made(prepare_small: Prepare, workplace: Path) -> None:
    prepared = prepare_small()
    run(prepared)
    assert only_run(workplace).tags["tracker.pixels_digest"] == prepared.pixels.digest


def test_a_run_of_other_pixels_begins_anew_and_says_so(deep_colors: Path, workplace: Path) -> None:
    stop_as_0_1_0_did(deep_colors)
    prepared, reporter = prepared_of(deep_colors), RecordingReporter()
    result = run(prepared, reporter=reporter)
    assert (result.state, result.resumed, reporter.named("epoch")) == ("FINISHED", None, [1, 2])
    (note,) = reporter.named("note")
    assert "was begun with other pixels (of another decoder): it begins anew" in str(note)
    first, second = attempts_in(workplace)
    assert (list(first.steps), list(second.steps)) == ([1], [1, 2])
    assert second.creation.attempt == 2
    assert second.tags["tracker.pixels_digest"] == prepared.pixels.digest
    assert run(prepared).state == "SKIPPED"


def test_a_run_that_does_not_say_its_pixels_goes_on_and_that_is_told(
    deep_colors: Path, workplace: Path
) -> None:
    stop_as_0_1_0_did(deep_colors)
    forget_pixels_of_0_1_0(deep_colors)
    reporter = RecordingReporter()
    result = run(prepared_of(deep_colors), reporter=reporter)
    assert (result.state, result.resumed, reporter.named("epoch")) == ("FINISHED", 1, [2])
    (note,) = reporter.named("note")
    assert "it goes on; --rerun begins it anew" in str(note)
    assert "tracker.pixels_digest" not in only_run(workplace).tags


def test_a_run_whose_pixels_are_the_same_goes_on_in_silence(
    radiographs: Path, workplace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKER_CACHE", str(tmp_path / "cache"))
    interruption = Interruption()
    with as_0_1_0_did(radiographs), pytest.raises(Interrupted):
        run(prepared_of(radiographs), reporter=StopsAfter(1, interruption), interruption=interruption)
    prepared, reporter = prepared_of(radiographs), RecordingReporter()
    assert run(prepared, reporter=reporter).resumed == 1
    assert reporter.named("note") == []
    assert only_run(workplace).tags["tracker.pixels_digest"] == prepared.pixels.digest


def test_a_finished_run_of_other_pixels_says_so_from_then_on(deep_colors: Path, workplace: Path) -> None:
    with as_0_1_0_did(deep_colors):
        earlier = prepared_of(deep_colors)
        run(earlier)
    assert "tracker.pixels_digest" not in only_run(workplace).tags
    result = run(prepared_of(deep_colors))
    assert result.reason == "finished before, from another decoder's pixels (--rerun runs it again)"
    assert only_run(workplace).tags["tracker.pixels_digest"] == earlier.pixels.digest
