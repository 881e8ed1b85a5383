"""Makes `folder-0.1.0.zip` anew: a small folder as tracker 0.1.0 leaves one behind, a minute on one core.

    git worktree add --detach ../tracker-0.1.0 fa15081
    PYTHONPATH=../tracker-0.1.0 python -m tests.compatibility.make_folder_0_1_0

PYTHONPATH is the checkout that stands for the older version: the script calls that `tracker` by its command
line, and imports nothing of it. `test_folder_0_1_0.py` lets the version at hand go on in the folder. In it:

- 30 gray images of 15 patients, decoded, and the features of one network;
- one network, frozen and fine-tuned, with seed 0: two runs that finished;
- the frozen one with seed 2 and an absurd learning rate: a run that failed;
- a study of four trials: two ended, and the process was killed in the middle of the third, which is open in
  the study's storage, while MLflow was told by `tracker sync` that it was killed;
- the fine-tuned one with seed 1: a run that was killed some epochs after the process that sends its records
  was, so that MLflow has some of its epochs, and the journal and the checkpoint are further;
- `elsewhere/`: the journals of the killed run and of the study where nothing disturbed them, which have the
  kinds of entries that only whole runs have (a trained network, a link); and the table of that run's loss.

What a run is called depends on the address of MLflow's database, which is a path, and on the home's token.
So the folder is made and used at one place, `FOLDER`, by whoever holds `LOCK`, and removed afterwards. That
needs Linux, where `/tmp` is no link, and `/proc`.

Left out, for its size: the older one of the two checkpoints. The name of the platform, which is in journals
and tells the kernel, is made short while the runs are made; so no file has to be changed afterwards, but for
the databases' empty pages.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from filelock import FileLock

from tests.support.radiographs import draw_radiographs

FOLDER = Path("/tmp/tracker-0.1.0-folder")
LOCK = FOLDER.with_name(f"{FOLDER.name}.lock")
PACKED = Path(__file__).with_name("folder-0.1.0.zip")
ELSEWHERE, TABLE = "elsewhere", "table.json"

EXPERIMENT, MODEL, FROZEN, FINE_TUNED = "radiographs", "mini-densenet", "feature-extractor", "fine-tuning"
EPOCHS, TRIALS = 14, 4
VARIABLES = {
    "TRACKER_CACHE": str(FOLDER / "cache"),
    # Both as for a user who has set neither: in the current folder.
    "TRACKER_HOME": "",
    "MLFLOW_TRACKING_URI": "",
    # The same sums everywhere.
    "OMP_NUM_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",
}

_SHARED = (
    *("--dataset", "folder", "--data", str(FOLDER / "images"), "--patient-pattern", r"^P\d+"),
    *("--split", "16/6/8", "--image-size", "64", "--batch-size", "8", "--epochs", str(EPOCHS)),
    *("--model", MODEL, "--precision", "fp32", "--experiment", EXPERIMENT),
)
RUN = ("run", *_SHARED, "--log-model", "none")
FINISHING = (*RUN, "--mode", FROZEN, "--mode", FINE_TUNED, "--seed", "0")
FAILING = (*RUN, "--mode", FROZEN, "--seed", "2", "--lr", "1e30")
KILLED = (*RUN, "--mode", FINE_TUNED, "--seed", "1")
TUNING = ("tune", *_SHARED, "--mode", FINE_TUNED, "--pruner", "none", "--trials", str(TRIALS))

STATES = {
    f"{MODEL} · {FROZEN} · seed 0": "finished",
    f"{MODEL} · {FINE_TUNED} · seed 0": "finished",
    f"{MODEL} · {FROZEN} · seed 2": "failed",
    f"{MODEL} · {FINE_TUNED} · seed 1": "interrupted",
    f"study: {MODEL} · {FINE_TUNED}": "killed",
    f"trial 0: {MODEL} · {FINE_TUNED}": "finished",
    f"trial 1: {MODEL} · {FINE_TUNED}": "finished",
    f"trial 2: {MODEL} · {FINE_TUNED}": "killed",
}
_SHORT_PLATFORM = "import platform\nplatform.platform = lambda *_, **__: platform.system()\n"
_PATIENCE_S, _POLL_S = 120.0, 0.002


def main() -> None:
    """Make the folder, and put it beside this script."""
    with FileLock(LOCK), tempfile.TemporaryDirectory(prefix="tracker-compatibility-") as scratch:
        FOLDER.mkdir()
        try:
            variables = _environment(Path(scratch))
            draw_radiographs(FOLDER / "images")
            _call(*FINISHING, variables=variables)
            _call(*FAILING, variables=variables, code=1)
            _kill_in_third_trial(variables)
            _call("sync", variables=variables)
            _kill_after_its_shipper(variables)
            _undisturbed(Path(scratch) / ELSEWHERE, variables)
            _tidy()
            _check(json.loads(_call("status", "--json", variables=variables)))
            _pack()
        finally:
            shutil.rmtree(FOLDER)


def _environment(scratch: Path) -> dict[str, str]:
    """Return the variables of each call; a platform's name in them is short."""
    (scratch / "sitecustomize.py").write_text(_SHORT_PLATFORM)
    neutral = {
        name: value for name, value in os.environ.items() if not name.startswith(("TRACKER_", "MLFLOW_"))
    }
    paths = os.pathsep.join([str(scratch), *map(os.path.abspath, os.environ["PYTHONPATH"].split(os.pathsep))])
    return neutral | VARIABLES | {"PYTHONPATH": paths}


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "tracker", *arguments]


def _call(*arguments: str, variables: dict[str, str], folder: Path = FOLDER, code: int = 0) -> str:
    """Call `tracker`, and return what it printed."""
    ended = subprocess.run(
        _command(*arguments), cwd=folder, env=variables, stdout=subprocess.PIPE, text=True, check=False
    )
    assert ended.returncode == code, ended.stdout
    return ended.stdout


@contextmanager
def _started(*arguments: str, variables: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Have `tracker` at work; it and the process that sends its records are killed with the block."""
    with subprocess.Popen(
        _command(*arguments), cwd=FOLDER, env=variables, stdout=subprocess.DEVNULL
    ) as process:
        try:
            yield process
        finally:
            _kill_shipper(process)
            process.kill()


def _kill_shipper(process: subprocess.Popen[bytes]) -> None:
    # The only child that a trainer has while it trains.
    for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
        os.kill(int(child), signal.SIGKILL)


def _wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(_POLL_S)


def _kill_in_third_trial(variables: dict[str, str]) -> None:
    """Kill a study when two of its trials have ended and the third is at work."""
    with _started(*TUNING, variables=variables):
        _wait_until(lambda: _trials() == ["COMPLETE", "COMPLETE", "RUNNING"] and _reported() >= 3)
    assert _trials() == ["COMPLETE", "COMPLETE", "RUNNING"]


def _kill_after_its_shipper(variables: dict[str, str]) -> None:
    """Kill a run after some epochs, and some epochs earlier the process that sends them."""
    with _started(*KILLED, variables=variables) as process:
        _wait_until(lambda: _epochs_kept() >= 3)
        process.send_signal(signal.SIGSTOP)
        _wait_until(lambda: all(map(_is_sent, FOLDER.glob(".tracker/runs/*"))))
        _kill_shipper(process)
        sent = _epochs_kept()
        process.send_signal(signal.SIGCONT)
        _wait_until(lambda: _epochs_kept() >= sent + 2)
        process.kill()


def _trials() -> list[str]:
    return [state for (state,) in _query("SELECT state FROM trials ORDER BY number")]


def _reported() -> int:
    """Return how many epochs the last trial has reported."""
    ((epochs,),) = _query(
        "SELECT count(*) FROM trial_intermediate_values WHERE trial_id = (SELECT max(trial_id) FROM trials)"
    )
    return int(epochs)


def _query(statement: str) -> list[tuple[str]]:
    try:
        with closing(sqlite3.connect(f"file:{FOLDER}/.tracker/studies.db?mode=ro", uri=True)) as studies:
            return studies.execute(statement).fetchall()
    except sqlite3.OperationalError:
        # It is not there yet, or has no tables yet.
        return []


def _epochs_kept() -> int:
    """Return how many epochs the newest checkpoint is after; finished runs have none."""
    return max((int(path.name[:6]) for path in _checkpoints()), default=0)


def _checkpoints() -> list[Path]:
    return sorted(FOLDER.glob(".tracker/runs/*/checkpoints/*.ckpt"), key=lambda path: path.name)


def _is_sent(run: Path) -> bool:
    """Say whether MLflow has all of a run's journal."""
    position = run / "shipped.json"
    if not position.exists():
        return False
    return bool(json.loads(position.read_text())["offset"] == (run / "journal.jsonl").stat().st_size)


def _undisturbed(folder: Path, variables: dict[str, str]) -> None:
    """Make what was killed to its end, in another folder; keep of it no more than journals and a table."""
    folder.mkdir()
    _call(*KILLED, "--log-model", "all", variables=variables, folder=folder)
    table = _call("compare", "--metric", "val/loss", "--format", "json", variables=variables, folder=folder)
    _call(*TUNING, variables=variables, folder=folder)
    for journal in folder.glob(".tracker/runs/*/journal.jsonl"):
        kept = FOLDER / ELSEWHERE / journal.relative_to(folder)
        kept.parent.mkdir(parents=True)
        shutil.copy(journal, kept)
    (FOLDER / ELSEWHERE / TABLE).write_text(table)


def _tidy() -> None:
    """Leave out the older checkpoint, and what a database keeps of what was replaced in it."""
    for older in _checkpoints()[:-1]:
        older.unlink()
    for database in (FOLDER / "mlflow.db", FOLDER / ".tracker" / "studies.db"):
        with closing(sqlite3.connect(database)) as opened:
            opened.execute("VACUUM")


def _check(runs: list[dict[str, object]]) -> None:
    """Make sure that the folder is as the test expects it, and that no file tells where it was made."""
    assert {run["run_name"]: run["state"] for run in runs} == STATES, runs
    (killed,) = [run for run in runs if run["state"] == "interrupted"]
    assert killed["sent"], killed
    assert killed["unsent"], killed
    places = (str(Path.home()), sys.prefix, str(Path.cwd()), os.environ["PYTHONPATH"])
    # A short name, of four letters or fewer, would be found in any file of weights.
    telling = [name for name in (*places, platform.node(), platform.release()) if len(name) > 4]
    files = [path for path in FOLDER.rglob("*") if path.is_file()]
    found = [(path, name) for path in files for name in telling if name.encode() in path.read_bytes()]
    assert not found, found


def _pack() -> None:
    """Put the folder into one file; the old one stays until the new one is whole."""
    unfinished = PACKED.with_suffix(".new")
    with zipfile.ZipFile(unfinished, "w") as archive:
        for path in sorted(path for path in FOLDER.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(str(path.relative_to(FOLDER)))
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=9)
    unfinished.replace(PACKED)


if __name__ == "__main__":
    main()
