"""The version at hand goes on in a folder that tracker 0.1.0 left (`make_folder_0_1_0.py` made it).

Nothing is asked of the package but its command line; the rest is what MLflow, Optuna and files' names tell.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from tests.compatibility.going_on import GoneOn, gone_on, shared_folder
from tests.compatibility.make_folder_0_1_0 import (
    ELSEWHERE,
    EPOCHS,
    EXPERIMENT,
    FAILING,
    FINE_TUNED,
    FROZEN,
    MODEL,
    RUN,
    STATES,
    TABLE,
    TRIALS,
    TUNING,
    VARIABLES,
)
from tests.support.command import run_process

FINISHED = (f"{MODEL} · {FROZEN} · seed 0", f"{MODEL} · {FINE_TUNED} · seed 0")
KILLED = f"{MODEL} · {FINE_TUNED} · seed 1"
FAILED = f"{MODEL} · {FROZEN} · seed 2"
MISSING = f"FE s1 {MODEL}"
STUDY = f"study: {MODEL} · {FINE_TUNED}"

UNTUNED = ("compare", "--experiment", EXPERIMENT, "--where", "tuned=no")
COMMANDS = {
    "status": ("status",),
    "status --json": ("status", "--json"),
    "sync": ("sync",),
    "run": (*RUN, "--mode", FROZEN, "--mode", FINE_TUNED, "--seed", "0", "--seed", "1"),
    "run, failing": FAILING,
    "tune": TUNING,
    "run --tuned": (*RUN, "--mode", FINE_TUNED, "--tuned", "--pruner", "none"),
    "compare": UNTUNED,
    "compare, in full": (*UNTUNED, "--format", "json", "--include-trials"),
    "status, at the end": ("status", "--json"),
}

ENTRIES = (
    "Creation",
    "Params",
    "Metrics",
    "Tags",
    "Link",
    "DatasetUse",
    "Artifact",
    "TrainedModel",
    "Status",
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the folder's place, /tmp, is a link elsewhere"),
]

# What features are found by, beside the network and the images.
MACHINE = ("tracker.version.torch", "tracker.device", "tracker.threads")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> GoneOn:
    return gone_on(shared_folder(tmp_path_factory.getbasetemp()) / "folder-0.1.0", COMMANDS)


def runs(folder: Path) -> list[Run]:
    """Return the runs that MLflow has, but for those that were trained with what a study found."""
    return [run for run in all_runs(folder) if "tracker.tuned" not in run.data.tags]


def all_runs(folder: Path) -> list[Run]:
    client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
    return list(client.search_runs([place.experiment_id for place in client.search_experiments()]))


def only(folder: Path, name: str) -> Run:
    """Return the one run of a name."""
    (run,) = [run for run in runs(folder) if run.info.run_name == name]
    return run


def datasets(run: Run) -> set[str]:
    return {use.dataset.name for use in run.inputs.dataset_inputs}


def points(folder: Path, run: Run) -> list[tuple[str, int, int, float]]:
    """Return the name, step, time and value of each point of a run's metrics, in that order."""
    client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
    histories = [client.get_metric_history(run.info.run_id, name) for name in run.data.metrics]
    return sorted((p.key, p.step, p.timestamp, p.value) for history in histories for p in history)


def steps(folder: Path, run: Run, metric: str) -> list[int]:
    return [step for name, step, _, _ in points(folder, run) if name == metric]


def states_told(told: str) -> dict[str, dict[str, Any]]:
    """Return what `tracker status --json` told, by the name of the run."""
    return {row["run_name"]: row for row in json.loads(told)}


def journal(folder: Path, run: Run) -> bytes:
    return (folder / ".tracker" / "runs" / run.data.tags["tracker.run_uid"] / "journal.jsonl").read_bytes()


def epoch_of_checkpoint(folder: Path) -> int:
    (checkpoint,) = folder.glob(".tracker/runs/*/checkpoints/*.ckpt")
    return int(checkpoint.name.partition(".")[0])


@contextmanager
def storage(folder: Path) -> Iterator[RDBStorage]:
    opened = RDBStorage(f"sqlite:///{folder}/.tracker/studies.db")
    yield opened
    opened.remove_session()
    opened.engine.dispose()


def study(folder: Path) -> tuple[str, dict[str, Any], Sequence[FrozenTrial]]:
    """Return name, attributes and trials of the only study."""
    with storage(folder) as opened:
        (one,) = opened.get_all_studies()
        return one.study_name, one.user_attrs, opened.get_all_trials(one._study_id)


def ended(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    return [trial for trial in trials if trial.state in (TrialState.COMPLETE, TrialState.PRUNED)]


def value(trial: FrozenTrial) -> float:
    assert trial.value is not None
    return trial.value


def test_every_command_succeeds_but_the_one_whose_learning_rate_is_absurd(folder: GoneOn) -> None:
    for name, told in folder.said.items():
        assert told.code == (1 if name == "run, failing" else 0), (name, told)
        assert "Traceback" not in told.out + told.err, name


def test_status_lists_the_runs_and_how_far_they_are(folder: GoneOn) -> None:
    told = states_told(folder.said["status --json"].out)
    assert {name: row["state"] for name, row in told.items()} == STATES
    assert [told[name]["epoch"] for name in (*FINISHED, FAILED)] == [EPOCHS, EPOCHS, 0]
    assert told[KILLED]["epoch"] == epoch_of_checkpoint(folder.before)
    assert {name for name, row in told.items() if row["unsent"]} == {KILLED}
    for word in ("finished", "failed", "killed", "interrupted", "not sent yet: tracker sync"):
        assert word in folder.said["status"].out


def test_journals_with_every_kind_of_entry_are_read(folder: GoneOn) -> None:
    place = folder.before / ELSEWHERE
    lines = [line for file in place.rglob("journal.jsonl") for line in file.read_text().splitlines()]
    assert {json.loads(line.partition(" ")[2])["kind"] for line in lines} == set(ENTRIES)
    told = run_process("status", "--json", cwd=place, **VARIABLES)
    assert told.returncode == 0, told.stderr
    whole = states_told(told.stdout)
    assert {row["state"] for row in whole.values()} == {"finished"}
    assert whole.keys() == {KILLED, STUDY, *(f"trial {n}: {MODEL} · {FINE_TUNED}" for n in range(TRIALS))}
    assert sum(row["records"] for row in whole.values()) == len(lines)


def test_sync_sends_what_was_left_to_the_run_that_is_there(folder: GoneOn) -> None:
    assert folder.said["sync"].out == "everything is sent\n"
    before, sent = only(folder.before, KILLED), only(folder.sent, KILLED)
    assert len(runs(folder.sent)) == len(runs(folder.before)) == len(STATES)
    assert sent.info.run_id == before.info.run_id
    assert sent.info.status == "KILLED"
    reached = epoch_of_checkpoint(folder.before)
    assert 0 < len(steps(folder.before, before, "val/loss")) < reached
    assert steps(folder.sent, sent, "val/loss") == list(range(1, reached + 1))
    assert set(points(folder.before, before)) < set(points(folder.sent, sent))


@pytest.mark.parametrize("mode", [FROZEN, FINE_TUNED])
def test_a_finished_run_is_skipped_and_stays_as_it_was(folder: GoneOn, mode: str) -> None:
    name = f"{MODEL} · {mode} · seed 0"
    (line,) = [line for line in folder.said["run"].out.splitlines() if name in line]
    assert "finished before (--rerun runs it again)" in line
    before, after = only(folder.before, name), only(folder.after, name)
    assert after.to_dictionary() == before.to_dictionary()
    assert points(folder.after, after) == points(folder.before, before)
    assert journal(folder.after, after) == journal(folder.before, before)


def test_a_run_that_is_missing_is_begun(folder: GoneOn) -> None:
    assert only(folder.after, MISSING).info.status == "FINISHED"


def test_the_interrupted_run_goes_on_from_its_checkpoint_in_its_mlflow_run(folder: GoneOn) -> None:
    reached, told = epoch_of_checkpoint(folder.before), folder.said["run"].out
    assert f"{KILLED}  goes on after epoch {reached}" in told
    trained = re.findall(rf"{KILLED}  epoch +(\d+)/{EPOCHS}", told)
    assert [int(epoch) for epoch in trained] == list(range(reached + 1, EPOCHS + 1))
    before, after = only(folder.before, KILLED), only(folder.after, KILLED)
    assert after.info.run_id == before.info.run_id
    assert (after.info.status, after.data.tags["tracker.resumed"]) == ("FINISHED", "1")
    assert after.data.params == before.data.params
    assert after.info.run_name == before.info.run_name
    assert datasets(after) == datasets(before) != set()
    assert set(points(folder.sent, only(folder.sent, KILLED))) < set(points(folder.after, after))
    for metric in ("train/loss", "val/loss", "val/auroc", "test/accuracy"):
        assert steps(folder.after, after, metric) == list(range(1, EPOCHS + 1))


def test_the_interrupted_run_ends_with_the_numbers_of_one_that_was_not(folder: GoneOn) -> None:
    (cell,) = json.loads((folder.before / ELSEWHERE / TABLE).read_text())["cells"]
    measured = only(folder.after, KILLED).data.metrics["final/val/loss"]
    # Bit for bit on the processor that made the folder; another one rounds its sums in other ways.
    assert measured == pytest.approx(cell["values"]["1"], rel=0.05)


def test_the_failed_run_is_tried_again_in_its_mlflow_run(folder: GoneOn) -> None:
    assert "losses must stay finite" in folder.said["run, failing"].out
    before, after = only(folder.before, FAILED), only(folder.after, FAILED)
    assert after.info.run_id == before.info.run_id
    assert (after.info.status, after.data.tags["tracker.resumed"]) == ("FAILED", "1")
    assert after.data.tags["tracker.reason"] == before.data.tags["tracker.reason"]
    assert after.info.end_time > before.info.end_time
    assert journal(folder.after, after).startswith(journal(folder.before, before))


def test_the_study_goes_on_to_exactly_its_budget(folder: GoneOn) -> None:
    name, attributes, before = study(folder.before)
    assert [trial.state.name for trial in before] == ["COMPLETE", "COMPLETE", "RUNNING"]
    name_after, attributes_after, after = study(folder.after)
    assert (name_after, attributes_after) == (name, attributes)
    assert len(ended(after)) == TRIALS
    assert after[:2] == before[:2]


def test_the_open_trial_is_done_again_with_the_same_settings(folder: GoneOn) -> None:
    opened, after = study(folder.before)[2][2], study(folder.after)[2]
    assert after[opened.number].state == TrialState.FAIL
    (again,) = [trial for trial in ended(after) if trial.params == opened.params]
    assert again.number > opened.number
    assert len({trial.params["lr"] for trial in ended(after)}) == TRIALS


def test_the_study_and_each_trial_have_one_run_in_mlflow(folder: GoneOn) -> None:
    before, after = only(folder.before, STUDY), only(folder.after, STUDY)
    assert (after.info.run_id, after.info.status) == (before.info.run_id, "FINISHED")
    assert after.data.tags["tracker.trials_complete"] == str(TRIALS)
    trials = study(folder.after)[2]
    assert after.data.metrics["best/val/loss"] == min(map(value, ended(trials)))
    nested = [r for r in runs(folder.after) if r.data.tags.get("mlflow.parentRunId") == after.info.run_id]
    states = {int(run.data.tags["tracker.trial"]): run.info.status for run in nested}
    assert states == {t.number: "KILLED" if t.state == TrialState.FAIL else "FINISHED" for t in trials}
    for number in (0, 1):
        name = f"trial {number}: {MODEL} · {FINE_TUNED}"
        was, is_now = only(folder.before, name), only(folder.after, name)
        assert is_now.to_dictionary() == was.to_dictionary()
        assert points(folder.after, is_now) == points(folder.before, was)


def test_a_tuned_run_finds_the_study(folder: GoneOn) -> None:
    name, _, trials = study(folder.after)
    best = min(ended(trials), key=value)
    (run,) = [run for run in all_runs(folder.after) if run.data.tags.get("tracker.tuned_study") == name]
    assert run.info.status == "FINISHED"
    assert float(run.data.params["lr"]) == best.params["lr"]
    assert run.data.tags["tracker.tuned_trials"] == str(TRIALS)


@pytest.mark.parametrize("kind", ["pixels", "features"])
def test_what_was_decoded_and_computed_is_made_once_again_and_is_the_same(folder: GoneOn, kind: str) -> None:
    # The key of what 0.1.0 decoded does not say with which libraries that was.
    before, after = ({p: at for p, at in files.items() if p.startswith(kind)} for files in folder.cached)
    assert before
    assert {path: after.get(path) for path in before if path != kind} == {
        path: at for path, at in before.items() if path != kind
    }
    older, newer = (only(folder.after, name).data.tags for name in (FINISHED[0], MISSING))
    if kind == "features" and any(older[tag] != newer[tag] for tag in MACHINE):
        pytest.skip("another torch, device or number of threads computes features of its own")
    (was,), (made,) = (
        [folder.after / "cache" / path for path in paths if path.endswith((".raw", ".bin"))]
        for paths in (before.keys(), after.keys() - before.keys())
    )
    assert made.read_bytes() == was.read_bytes()


def test_compare_puts_older_and_newer_runs_into_one_table(folder: GoneOn) -> None:
    table, text = json.loads(folder.said["compare, in full"].out), folder.said["compare"].out
    cells = {cell["mode"]: cell for cell in table["cells"]}
    values: dict[str, list[float]] = {}
    for mode in (FROZEN, FINE_TUNED):
        second = MISSING if mode == FROZEN else KILLED
        both = [only(folder.after, name) for name in (f"{MODEL} · {mode} · seed 0", second)]
        values[mode] = [run.data.metrics["final/test/accuracy"] for run in both]
        assert list(cells[mode]["values"].values()) == values[mode]
        assert list(cells[mode]["runs"].values()) == [run.info.run_id for run in both]
        (row,) = [line for line in text.splitlines() if line.startswith(f"{mode}  ")]
        mean, spread = statistics.mean(values[mode]), statistics.stdev(values[mode])
        assert f"{100 * mean:.1f} ± {100 * spread:.1f}" in row
    gap = [a - b for a, b in zip(values[FROZEN], values[FINE_TUNED], strict=True)]
    (difference,) = table["differences"]
    assert list(difference["values"].values()) == pytest.approx(gap)
    assert FAILED in text


def test_compare_lists_older_and_newer_trials(folder: GoneOn) -> None:
    told = json.dumps(json.loads(folder.said["compare, in full"].out)["trials"])
    for trial in ended(study(folder.after)[2]):
        assert json.dumps(trial.value) in told


def test_in_the_end_everything_is_sent(folder: GoneOn) -> None:
    told = json.loads(folder.said["status, at the end"].out)
    assert {row["unsent"] for row in told} == {0}
    assert {row["state"] for row in told} == {"finished", "failed", "killed"}
