"""`tracker status` as a user meets it, over journals as runs write them."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from tests.support.command import MODELS, Outcome, probe, small_run
from tracker.io.locks import lock_open_file
from tracker.tracking.journal.recorder import RunRecorder
from tracker.tracking.journal.run_folder import RunFolder
from tracker.tracking.shipping.cursor import Cursor, save_cursor

Tracker = Callable[..., Outcome]
Begin = Callable[..., RunRecorder]

SERVER = "http://me:secret@mlflow.example.org:5000"
MEASURED = [f"{part}/{name}" for part in ("train", "val", "test") for name in ("loss", "accuracy", "auroc")]
LONG = ("resnet152", "freeze:features.denseblock4")
LONGEST = ("shufflenet_v2_x0_5", "freeze:features.denseblock4.denselayer16.norm1")


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def begin(workplace: Path) -> Begin:
    """Begin a run in the workplace and record some epochs of it."""
    numbers = count()

    def start(
        model: str = "alexnet",
        mode: str = "fine-tuning",
        *,
        reached: int = 3,
        epochs: int = 40,
        seed: int = 0,
        run_uid: str = "",
        parent_uid: str = "",
        rerun: bool = False,
        experiment: str = "tb-xray",
        tracking_uri: str = f"sqlite:///{workplace}/mlflow.db",
    ) -> RunRecorder:
        recorder = RunRecorder.start(
            workplace / ".tracker",
            run_uid=run_uid or f"run-{next(numbers)}",
            parent_uid=parent_uid,
            rerun=rerun,
            experiment=experiment,
            run_name=f"{model} · {mode} · seed {seed}",
            params={"model": model, "mode": mode, "seed": seed, "epochs": epochs},
            tags={"tracker.model": model, "tracker.mode": mode, "tracker.seed": str(seed)},
            tracking_uri=tracking_uri,
        )
        for epoch in range(1, reached + 1):
            recorder.metrics(dict.fromkeys(MEASURED, 1 / 3 / epoch), step=epoch)
        return recorder

    return start


def end(recorder: RunRecorder, status: str = "FINISHED", reason: str = "") -> RunFolder:
    """End a run; return its folder."""
    recorder.finish(status, reason=reason)  # type: ignore[arg-type]
    recorder.close()
    return recorder.folder


def send(folder: RunFolder, records: int, **said: object) -> None:
    """Let MLflow have the first records of a run."""
    offset = folder.lines()[records - 1].end if records else 0
    save_cursor(folder, Cursor(run_id="abc", offset=offset, **said))  # type: ignore[arg-type]


def damage(folder: RunFolder, byte: int) -> None:
    """Change a byte of a run's journal, as a failing disk does."""
    content = bytearray(folder.journal.read_bytes())
    content[byte] ^= 1
    folder.journal.write_bytes(content)


def row(told: Outcome, arm: str) -> list[str]:
    """Return the cells of the one row of an arm."""
    assert told.code == 0, told.err
    (line,) = [line for line in told.out.splitlines() if line.startswith(f"{arm} ")]
    return line.removeprefix(arm).split()


def files(folder: Path) -> dict[Path, tuple[int, bytes]]:
    """Return every file with its content and the time of its last change."""
    return {
        path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()
    }


def test_no_runs_are_one_line_that_says_what_to_type(tracker: Tracker, workplace: Path) -> None:
    told = tracker("status")
    assert told.code == 0
    assert told.out == "no runs in .tracker; make some: tracker run --dataset folder --data YOUR_IMAGES\n"
    assert json.loads(tracker("status", "--json").out) == []
    assert list(workplace.iterdir()) == []


def test_every_run_has_its_arm_seed_epoch_and_state(tracker: Tracker, begin: Begin) -> None:
    end(begin(*LONG, reached=40))
    end(begin("alexnet", "fine-tuning", reached=3, seed=7), "FAILED", "losses must stay finite")
    end(begin("vgg16", "scratch", reached=0, epochs=100), "KILLED")
    begin("densenet201", "feature-extractor", reached=12).close()
    with begin("resnet18", "scratch", reached=1):
        told = tracker("status")
    assert row(told, "resnet152 · freeze:features.denseblock4")[:3] == ["0", "40/40", "finished"]
    assert row(told, "alexnet · fine-tuning")[:3] == ["7", "3/40", "failed"]
    assert row(told, "vgg16 · scratch")[:3] == ["0", "0/100", "killed"]
    assert row(told, "densenet201 · feature-extractor")[:3] == ["0", "12/40", "interrupted"]
    assert row(told, "resnet18 · scratch")[:3] == ["0", "1/40", "running"]
    assert "5 runs: 1 running, 1 finished, 1 failed, 1 killed, 1 interrupted" in told.out
    assert "2 runs were interrupted: the same command goes on with them" in told.out


WRITER = """
import sys, time
from pathlib import Path
from tracker.tracking.journal.recorder import RunRecorder
recorder = RunRecorder.start(
    Path(".tracker"), run_uid="a1b2", experiment="e", run_name="r", tags={}, tracking_uri="http://127.0.0.1:9",
    params={"model": "alexnet", "mode": "scratch", "seed": 0, "epochs": 9},
)
for epoch in range(1, int(sys.argv[1]) + 1):
    recorder.metrics({"train/loss": 1.0}, step=epoch)
    print(epoch, flush=True)
time.sleep(60)
"""


def test_a_run_is_running_while_its_process_lives_and_interrupted_when_it_is_killed(
    tracker: Tracker, workplace: Path
) -> None:
    command = [sys.executable, "-c", WRITER, "4"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=workplace) as process:
        assert process.stdout is not None
        next(line for line in process.stdout if line == "4\n")
        alive = tracker("status")
        process.send_signal(signal.SIGKILL)
    assert row(alive, "alexnet · scratch") == ["0", "4/9", "running", "0/6"]
    assert "was interrupted" not in alive.out
    dead = tracker("status")
    assert row(dead, "alexnet · scratch") == ["0", "4/9", "interrupted", "0/6"]
    assert "1 run was interrupted: the same command goes on with it" in dead.out


def test_a_journal_that_grows_meanwhile_is_never_called_unreadable(tracker: Tracker, workplace: Path) -> None:
    command = [sys.executable, "-c", WRITER, "100000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=workplace) as process:
        assert process.stdout is not None
        next(line for line in process.stdout if line == "4\n")
        seen = [row(tracker("status"), "alexnet · scratch") for _ in range(20)]
        process.kill()
    assert {cells[2] for cells in seen} == {"running"}
    epochs = [int(cells[1].removesuffix("/9")) for cells in seen]
    assert epochs == sorted(epochs)
    assert epochs[0] < epochs[-1]


@contextmanager
def looked_at(journal: Path) -> Iterator[None]:
    """Hold a journal's lock for the instant in which another command looks whether it has a writer."""
    with journal.open("rb") as reader:
        assert lock_open_file(reader.fileno())
        timer = threading.Timer(0.03, reader.close)
        timer.start()
        yield
        timer.join()


def test_nothing_is_written_and_another_reader_is_not_taken_for_a_writer(
    tracker: Tracker, begin: Begin, workplace: Path
) -> None:
    folder = end(begin(), "KILLED")
    unfinished = begin("vgg16")
    unfinished.close()
    send(folder, 2, problem="mlflow.db is locked")
    before = files(workplace)
    with looked_at(unfinished.folder.journal):
        assert row(tracker("status"), "vgg16 · fine-tuning")[2] == "interrupted"
    tracker("status", "--json")
    assert files(workplace) == before


def test_the_unfinished_last_line_of_a_killed_process_is_not_damage(tracker: Tracker, begin: Begin) -> None:
    recorder = begin(reached=5)
    recorder.close()
    with (recorder.folder.journal).open("ab") as journal:
        journal.write(b'0badf00d {"kind":"Metr')
    assert row(tracker("status"), "alexnet · fine-tuning") == ["0", "5/40", "interrupted", "0/7"]


def test_a_run_that_goes_on_after_an_interruption_is_running_again(tracker: Tracker, begin: Begin) -> None:
    end(begin(run_uid="a1b2", reached=9), "KILLED", "interrupted")
    assert row(tracker("status"), "alexnet · fine-tuning")[1:3] == ["9/40", "killed"]
    with begin(run_uid="a1b2", reached=12):
        assert row(tracker("status"), "alexnet · fine-tuning")[1:3] == ["12/40", "running"]


def test_metrics_of_the_whole_run_are_not_an_epoch(tracker: Tracker, begin: Begin) -> None:
    with begin(reached=3) as recorder:
        recorder.metrics({"final/train/loss": 0.5}, step=40)
        assert row(tracker("status"), "alexnet · fine-tuning")[1:3] == ["3/40", "running"]


def test_records_that_are_not_sent_are_counted_and_the_next_command_is_named(
    tracker: Tracker, begin: Begin
) -> None:
    send(end(begin("alexnet", reached=3)), 6)
    send(end(begin("vgg16", reached=3)), 2)
    end(begin("resnet18", reached=3))
    told = tracker("status")
    assert row(told, "alexnet · fine-tuning")[3] == "6/6"
    assert row(told, "vgg16 · fine-tuning")[3] == "2/6"
    assert row(told, "resnet18 · fine-tuning")[3] == "0/6"
    assert "2 runs, 10 records not sent yet: tracker sync" in told.out


def test_why_records_are_not_sent_is_said_once_a_server(tracker: Tracker, begin: Begin) -> None:
    for model in ("alexnet", "vgg16", "resnet18"):
        send(end(begin(model)), 2, problem="http://mlflow.example.org:5000 cannot be reached")
    send(end(begin("resnet152", experiment="other")), 2, problem="mlflow.db is locked")
    told = tracker("status")
    assert told.out.count("not sent: http://mlflow.example.org:5000 cannot be reached") == 1
    assert told.out.count("not sent: mlflow.db is locked") == 1


def test_the_reason_of_a_failure_is_cut_at_the_terminal_and_whole_in_json(
    tracker: Tracker, begin: Begin
) -> None:
    reason = "losses must stay finite, but train/loss was nan in epoch 3 at learning rate 1e+30. Try less."
    end(begin(), "FAILED", reason)
    lines = tracker("status").out.splitlines()
    (told,) = [line for line in lines if "losses must stay finite" in line]
    assert told.endswith(" …")
    assert 75 < len(told) <= 80
    assert json.loads(tracker("status", "--json").out)[0]["reason"] == reason


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_every_line_fits_the_terminal(
    tracker: Tracker, begin: Begin, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    end(begin(*LONG, run_uid="f" * 32, reached=9, epochs=100), "FAILED", "wörter " * 40)
    end(begin(*LONG, run_uid="f" * 32, reached=100, epochs=100, rerun=True))
    end(begin(*LONGEST, seed=4294967295, epochs=100_000, experiment="胸部" * 40))
    send(end(begin(*LONG, tracking_uri=SERVER)), 2, problem="http://mlflow.example.org says " * 9)
    send(end(begin(*LONG)), 2, deleted=True)
    told = tracker("status")
    wide = [
        line for line in told.out.splitlines() if len(line) + line.count("胸") + line.count("部") > columns
    ]
    assert wide == []
    assert told.out.count("finished") == 5
    if columns >= 80:
        for model, mode in (LONG, LONGEST):
            assert f"{model} · {mode}" in told.out


def test_what_others_wrote_cannot_move_the_cursor(tracker: Tracker, begin: Begin) -> None:
    send(end(begin(experiment="a\nb"), "FAILED", "one\n\x1b[2Jtwo"), 2, problem="\x1b]0;title\x07 no")
    out = tracker("status").out
    assert [letter for letter in out if not letter.isprintable() and letter != "\n"] == []
    assert r"one \x1b[2Jtwo" in out
    assert "a b, tracked in mlflow.db" in out


def test_passwords_are_not_shown(tracker: Tracker, begin: Begin) -> None:
    end(begin(tracking_uri=SERVER))
    text, plain = tracker("status").out, tracker("status", "--json").out
    assert "tb-xray, tracked in http://mlflow.example.org:5000" in text
    assert json.loads(plain)[0]["server"] == "http://mlflow.example.org:5000"
    assert "secret" not in text + plain


def test_a_run_that_was_deleted_in_mlflow_says_so_and_has_nothing_to_send(
    tracker: Tracker, begin: Begin
) -> None:
    send(end(begin()), 2, deleted=True)
    told = tracker("status")
    assert "deleted in MLflow" in told.out
    assert "everything is sent" in told.out
    (run,) = json.loads(tracker("status", "--json").out)
    assert (run["deleted"], run["sent"], run["unsent"]) == (True, 2, 0)


def test_refused_records_are_counted_and_where_they_lie_is_said(tracker: Tracker, begin: Begin) -> None:
    folder = end(begin(run_uid="a1b2"))
    why = "http://there has no logged models, which MLflow 3.0 brought (404); once it has: tracker sync --all"
    line = json.dumps({"record": {}, "said": why})
    folder.refused.write_text(f"{line}\n{line}\n")
    told = tracker("status").out
    assert "2 refused: .tracker/runs/a1b2/refused.jsonl" in told
    assert f"refused: {why}" in " ".join(told.split())
    (run,) = json.loads(tracker("status", "--json").out)
    assert (run["refused"], run["refusal"]) == (2, why)


@pytest.mark.parametrize("byte", [20, 1000])
def test_a_damaged_journal_does_not_hide_the_others(tracker: Tracker, begin: Begin, byte: int) -> None:
    end(begin("vgg16", reached=2))
    damage(end(begin("alexnet", run_uid="a1b2", reached=20)), byte)
    end(begin("resnet18", reached=2))
    told = tracker("status")
    assert row(told, "vgg16 · fine-tuning")[2] == row(told, "resnet18 · fine-tuning")[2] == "finished"
    assert row(told, "a1b2" if byte == 20 else "alexnet · fine-tuning")[-1] == "unreadable"
    assert "every line of a journal must match its checksum" in told.out
    assert ".tracker/runs/a1b2/journal.jsonl" in told.out
    assert "3 runs: 2 finished, 1 unreadable" in told.out
    assert max(map(len, told.out.splitlines())) <= 80


def test_a_journal_of_a_newer_tracker_is_unreadable_and_cannot_move_the_cursor(
    tracker: Tracker, begin: Begin
) -> None:
    folder = end(begin())
    text = json.dumps({"kind": "Later", "bell\x07": 1}).encode()
    with folder.journal.open("ab") as journal:
        journal.write(b"%08x %s\n" % (zlib.crc32(text), text))
    told = tracker("status")
    assert row(told, "alexnet · fine-tuning") == ["0", "unreadable"]
    assert "Use the version of tracker that wrote the journal" in " ".join(told.out.split())
    assert "\x07" not in told.out


def test_a_run_of_which_nobody_knows_the_experiment_is_listed_with_any(
    tracker: Tracker, begin: Begin
) -> None:
    damage(end(begin(run_uid="a1b2")), 20)
    assert row(tracker("status", "--experiment", "tb-xray"), "a1b2") == ["unreadable"]
    (run,) = json.loads(tracker("status", "--json", "--tracking-uri", SERVER).out)
    assert (run["experiment"], run["server"], run["model"], run["seed"]) == (None, None, None, None)


def test_only_damaged_journals_are_not_called_sent(tracker: Tracker, begin: Begin) -> None:
    damage(end(begin()), 20)
    assert "everything is sent" not in tracker("status").out


def test_runs_of_one_experiment_or_of_one_server_are_listed_alone(tracker: Tracker, begin: Begin) -> None:
    end(begin("alexnet", experiment="one"))
    end(begin("vgg16", experiment="two"))
    end(begin("resnet18", experiment="two", tracking_uri=SERVER))

    def listed(*arguments: str) -> list[str]:
        return [run["model"] for run in json.loads(tracker("status", "--json", *arguments).out)]

    assert listed() == ["alexnet", "vgg16", "resnet18"]
    assert listed("--experiment", "two") == ["vgg16", "resnet18"]
    assert listed("--tracking-uri", "sqlite:///mlflow.db") == ["alexnet", "vgg16"]
    assert listed("--tracking-uri", SERVER) == ["resnet18"]
    assert listed("--experiment", "one", "--tracking-uri", SERVER) == []
    told = tracker("status", "--experiment", "three")
    assert told.code == 0
    assert told.out == "no such runs in .tracker, but some of one, two: tracker status\n"


def test_an_attempt_that_was_begun_again_is_not_one_to_go_on_with(tracker: Tracker, begin: Begin) -> None:
    end(begin(run_uid="a1b2", reached=3), "KILLED")
    end(begin(run_uid="a1b2", reached=40, rerun=True))
    told = tracker("status")
    lines = [line.split() for line in told.out.splitlines() if line.startswith("alexnet · fine-tuning")]
    assert [line[-4:-1] for line in lines] == [["1", "3/40", "killed"], ["2", "40/40", "finished"]]
    assert "interrupted" not in told.out
    assert [run["begun_again"] for run in json.loads(tracker("status", "--json").out)] == [True, False]


def test_trials_stand_in_the_line_of_their_study(tracker: Tracker, begin: Begin) -> None:
    study = begin(run_uid="study", reached=0)
    for number in range(3):
        trial = end(begin(run_uid=f"trial-{number}", parent_uid="study", reached=2))
        send(trial, 5 if number else 0)
    told = tracker("status")
    assert row(told, "alexnet · fine-tuning · study") == ["0", "3", "trials", "running", "10/17"]
    assert told.out.count("alexnet") == 1
    assert "1 run: 1 running" in told.out
    assert "1 run, 7 records not sent yet" in told.out
    assert len(json.loads(tracker("status", "--json").out)) == 4
    study.close()


def test_json_has_every_field(tracker: Tracker, begin: Begin, workplace: Path) -> None:
    send(end(begin(*LONG, run_uid="a1b2", reached=5, seed=3), "FAILED", "no memory"), 4, problem="away")
    (run,) = json.loads(tracker("status", "--json").out)
    assert run.pop("start_time") > 1_700_000_000_000
    assert run == {
        "folder": str(workplace / ".tracker" / "runs" / "a1b2"),
        "run_uid": "a1b2",
        "attempt": 1,
        "begun_again": False,
        "run_name": "resnet152 · freeze:features.denseblock4 · seed 3",
        "experiment": "tb-xray",
        "server": "mlflow.db",
        "model": "resnet152",
        "mode": "freeze:features.denseblock4",
        "seed": 3,
        "fold": None,
        "repeat": None,
        "train_fraction": None,
        "epoch": 5,
        "epochs": 40,
        "state": "failed",
        "reason": "no memory",
        "records": 8,
        "sent": 4,
        "unsent": 4,
        "refused": 0,
        "refusal": "",
        "problem": "away",
        "deleted": False,
        "mlflow_run_id": "abc",
    }


def test_two_hundred_runs_take_less_than_thrice_what_none_take(begin: Begin) -> None:
    none = min(probe("status").seconds for _ in range(2))
    folder = end(begin(reached=40))
    for number in range(199):
        shutil.copytree(folder.path, folder.path.with_name(f"copy-{number}"))
    told = [probe("status") for _ in range(3)]
    assert "200 runs: 200 finished" in told[0].out
    assert told[0].heavy == []
    # The smallest of several: CPU time, too, grows when another process empties the caches.
    assert min(one.seconds for one in told) < 3 * none


def test_what_tracker_run_did_is_what_status_says(tracker: Tracker, radiographs: Path) -> None:
    # A single linear layer stands this learning rate, a whole network does not.
    modes = ["--mode", "feature-extractor", "--mode", "fine-tuning", "--lr", "1e10"]
    assert tracker(*small_run(radiographs, "--model", MODELS[0], "--experiment", "real", *modes)).code == 1
    told = tracker("status")
    assert "real, tracked in mlflow.db" in told.out
    assert "losses must stay finite" in told.out
    assert "2 runs: 1 finished, 1 failed" in told.out
    assert "everything is sent" in told.out
    finished, failed = json.loads(tracker("status", "--json").out)
    assert (finished["mode"], finished["state"]) == ("feature-extractor", "finished")
    assert (failed["mode"], failed["state"]) == ("fine-tuning", "failed")
    assert (finished["epoch"], finished["epochs"], failed["epochs"]) == (2, 2, 2)
    for run in (finished, failed):
        assert run["sent"] == run["records"] > 5
        assert len(run["mlflow_run_id"]) == 32
