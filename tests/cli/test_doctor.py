"""`tracker doctor` as a user meets it: what is in the way on this machine, and what to do about it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from tests.cli.command import Outcome, call_main, run_process
from tests.disks import missing_for_small_disk, small_disk
from tests.proxies import proxy_to
from tests.servers import MlflowServer, free_port
from tracker.doctor.finding import Finding
from tracker.tracking.journal import JOURNAL
from tracker.tracking.recorder import RunRecorder
from tracker.tracking.store import initialise_embedded

Tracker = Callable[..., Outcome]

_NO_DISKS = missing_for_small_disk()
needs_small_disks = pytest.mark.skipif(bool(_NO_DISKS), reason=_NO_DISKS)

FILES = ("alexnet-owt-7be5be79.pth", "resnet152-394f9c45.pth", "densenet201-c1103571.pth")
NETWORKS = ("mini-alexnet", "mini-resnet", "mini-densenet")
PHANTOM = "tracker run --dataset phantom"
FOLDER = "tracker run --dataset folder --data YOUR_IMAGES"
NAMES = (
    *("Python", "tracker", "torch", "torchvision", "mlflow", "optuna", "other packages"),
    *("device", "cores", "memory", "cache folder", "journal folder"),
    *("bundled weights", "ImageNet weights", "MLflow", "unsent records"),
)


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(autouse=True)
def checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where torch keeps weights, with a file for each of the reference networks."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    folder = tmp_path / "torch" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    for name in FILES:
        (folder / name).write_bytes(b"made by hand")
    return folder


@pytest.fixture(autouse=True)
def bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where weights come with the package, with a file for each of the small networks."""
    folder = tmp_path / "bundled"
    folder.mkdir()
    for name in NETWORKS:
        (folder / f"{name}.safetensors").write_bytes(b"made by hand")
    monkeypatch.setattr("tracker.models.weights.BUNDLED", folder)
    return folder


@pytest.fixture
def checked(tracker: Tracker) -> Callable[..., dict[str, dict[str, Any]]]:
    """Every finding by its name, and the exit code that they must have."""

    def call(*arguments: str) -> dict[str, dict[str, Any]]:
        told = tracker("doctor", "--json", *arguments)
        said = json.loads(told.out)
        findings = {check["name"]: check for check in said["checks"]}
        missing = any(finding["state"] == "missing" for finding in findings.values())
        assert (told.code, said["can_run"]) == (int(missing), not missing)
        return findings

    return call


Checked = Callable[..., dict[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def made_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as the first run makes it."""
    database = tmp_path_factory.mktemp("store") / "mlflow.db"
    initialise_embedded(f"sqlite:///{database}")
    return database


@pytest.fixture
def database(made_store: Path, workplace: Path) -> Path:
    return Path(shutil.copy(made_store, workplace / "mlflow.db"))


def rows(told: Outcome) -> dict[str, str]:
    """Return what is said of each check, mark first, in one line."""
    found: dict[str, str] = {}
    table, _, _ = told.out.partition("\n\n")
    for line in table.splitlines():
        name = line[:17].strip() or list(found)[-1]
        found[name] = f"{found.get(name, '')} {line[17:].strip()}".strip()
    return found


def test_a_machine_that_has_everything_can_run_and_is_left_as_it_was(
    tracker: Tracker, workplace: Path
) -> None:
    told = tracker("doctor")
    assert told.code == 0, told.out
    said = rows(told)
    assert tuple(said) == NAMES
    # How much memory and room there is differs between machines.
    assert {line[0] for name, line in said.items() if name not in ("memory", "cache folder")} == {"✓"}
    assert said["MLflow"] == "✓ mlflow.db, made by the first run"
    assert said["journal folder"] == "✓ .tracker, locks work"
    assert "the main job can run here" in told.out
    assert told.out.endswith(f"\nnext: {PHANTOM}\n  or: {FOLDER}\n")
    assert list(workplace.iterdir()) == []


def test_what_others_say_cannot_move_the_cursor(tracker: Tracker) -> None:
    told = tracker("doctor", "--weights", "own\x1b[2J\r\n.pth")
    assert rows(told)["weights"].startswith("✗ --weights must be imagenet, bundled, none or a file, but")
    assert "there is no file own [2J .pth" in rows(told)["weights"]


def test_what_is_looked_at_is_told_before_it_is_known(
    tracker: Tracker, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = []

    def look() -> Finding:
        printed.append(capsys.readouterr().out)
        return Finding(state="good", found="3.11")

    monkeypatch.setattr("tracker.doctor.packages.python", look)
    assert tracker("doctor").out.startswith("✓ 3.11\n")
    assert [text.rstrip() for text in printed] == ["Python"]


@pytest.mark.parametrize("unwanted", ["", "1"])
def test_marks_are_coloured_in_a_terminal_unless_nobody_wants_it(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, unwanted: str
) -> None:
    monkeypatch.setenv("NO_COLOR", unwanted)
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as screen:
        monkeypatch.setattr("sys.stdout", screen)
        call_main("doctor", "--weights", "none")
    first = os.read(ours, 4096).decode().partition("\r\n")[0]
    os.close(ours)
    assert first.startswith(
        "Python           \x1b[32m✓\x1b[0m 3." if not unwanted else "Python           ✓ 3."
    )


def test_json_has_every_field(checked: Checked, workplace: Path, shared_cache: Path) -> None:
    findings = checked()
    assert tuple(findings) == NAMES
    for finding in findings.values():
        assert set(finding) == {"name", "state", "found", "advice", "facts"}
        assert bool(finding["advice"]) == (finding["state"] != "good")
    assert findings["torch"]["facts"]["asked"] == ">=2.15"
    assert findings["device"]["facts"].keys() >= {"device", "name", "alexnet", "resnet152", "densenet201"}
    assert findings["cores"]["facts"]["cores"] >= 1
    assert findings["memory"]["facts"]["available"] > 1e8
    assert findings["cache folder"]["facts"]["folder"] == str(shared_cache)
    assert findings["cache folder"]["facts"]["free"] > 1e6
    assert findings["MLflow"]["facts"] == {"database": f"{workplace}/mlflow.db", "exists": False}


@pytest.mark.parametrize("columns", [10, 40, 60, 80, 120])
def test_every_line_fits_the_terminal(
    tracker: Tracker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / ("long" * 40)))
    monkeypatch.setenv("TRACKER_CACHE", str(tmp_path / ("胸部" * 20)))
    told = tracker("doctor", "--tracking-uri", f"http://127.0.0.1:{free_port()}/{'x' * 100}")
    # The command is one line in any terminal, to be copied.
    table, _, _ = told.out.partition("\nnext: ")
    assert [line for line in table.splitlines() if cell_len(line) > max(columns, 39)] == []
    assert "long" * 40 in "".join(line[19:] for line in told.out.splitlines())


def test_weights_that_are_absent_are_a_warning_with_what_to_fetch_and_where_to_put_it(
    tracker: Tracker, checkpoints: Path, checked: Checked
) -> None:
    (checkpoints / FILES[0]).unlink()
    (checkpoints / FILES[2]).unlink()
    told = tracker("doctor")
    assert told.code == 0
    said = rows(told)["ImageNet weights"]
    assert said.startswith(
        f"! 2 of 3 not here: {FILES[0]}, {FILES[2]} The reference networks begin with them"
    )
    assert "from https://download.pytorch.org/models/, and put" in said
    assert str(checkpoints) in said.replace(" ", "")
    facts = checked()["ImageNet weights"]["facts"]
    assert facts["urls"] == [f"https://download.pytorch.org/models/{name}" for name in FILES[::2]]
    assert facts["folder"] == str(checkpoints)
    assert not (checkpoints / FILES[0]).exists()


@pytest.mark.parametrize("absent", NETWORKS)
def test_bundled_weights_are_all_there_or_the_installation_is_broken(
    tracker: Tracker, checked: Checked, bundled: Path, absent: str
) -> None:
    assert checked()["bundled weights"]["found"] == ", ".join(NETWORKS)
    (bundled / f"{absent}.safetensors").unlink()
    told = tracker("doctor")
    assert told.code == 1
    said = rows(told)["bundled weights"]
    assert said.startswith(f"✗ 1 of 3 did not come with this package: {absent} Install tracker again.")
    assert checked()["bundled weights"]["facts"]["absent"] == [absent]
    assert "missing" not in {finding["state"] for finding in checked("--weights", "imagenet").values()}


def test_weights_that_are_asked_for_are_looked_for_alone(checked: Checked, workplace: Path) -> None:
    assert checked("--weights", "none")["weights"]["state"] == "good"
    assert "bundled weights" not in checked("--weights", "imagenet")
    assert "ImageNet weights" not in checked("--weights", "bundled")
    absent = checked("--weights", "own.pth")
    assert absent["weights"]["state"] == "missing"
    assert "there is no file own.pth" in absent["weights"]["found"]
    (workplace / "own.pth").write_bytes(b"made by hand")
    there = checked("--weights", "own.pth")
    assert there["weights"]["facts"] == {"file": f"{workplace}/own.pth"}
    assert "ImageNet weights" not in there


@pytest.mark.parametrize(
    ("asked", "commands"),
    [
        ("--weights none", [f"{PHANTOM} --weights none", f"{FOLDER} --weights none"]),
        ("--weights bundled", [f"{PHANTOM} --weights bundled"]),
        ("--weights imagenet", [f"{FOLDER} --weights imagenet"]),
        ("--weights own.pth", [f"{FOLDER} --weights own.pth"]),
        (
            "--tracking-uri sqlite:///a.db",
            [f"{given} --tracking-uri sqlite:///a.db" for given in (PHANTOM, FOLDER)],
        ),
        (
            "--tracking-uri http://me:secret@127.0.0.1:9",
            [f"{given} --tracking-uri http://127.0.0.1:9" for given in (PHANTOM, FOLDER)],
        ),
    ],
)
def test_what_is_offered_next_needs_no_more_than_what_was_looked_at(
    tracker: Tracker, workplace: Path, asked: str, commands: list[str]
) -> None:
    (workplace / "own.pth").write_bytes(b"made by hand")
    last = tracker("doctor", *asked.split()).out.partition("\n\n")[2]
    assert [line[6:] for line in last.splitlines()[1:]] == commands


@pytest.mark.parametrize(
    ("variable", "name"), [("TRACKER_CACHE", "cache folder"), ("TRACKER_HOME", "journal folder")]
)
def test_a_folder_that_cannot_be_written_to_is_missing_and_its_variable_is_named(
    tracker: Tracker, workplace: Path, monkeypatch: pytest.MonkeyPatch, variable: str, name: str
) -> None:
    (workplace / "file").write_text("in the way")
    for folder, reason in (("file/below", "file: Not a directory"), ("/proc/nothing", "/proc: ")):
        monkeypatch.setenv(variable, str(workplace / folder))
        told = tracker("doctor")
        assert told.code == 1
        assert rows(told)[name].startswith(f"✗ {folder} cannot be written to ({reason}")
        assert f"set {variable} to another folder" in rows(told)[name]
        assert "the main job cannot run here; 1 missing" in told.out
        assert "next:" not in told.out


@needs_small_disks
@pytest.mark.parametrize(
    ("mib", "state", "said"),
    [
        (8000, "good", "8.4 GB"),
        (7000, "warning", "7.3 GB"),
        (200, "warning", "210 MB"),
        (180, "missing", "189 MB"),
    ],
)
def test_room_is_good_for_the_reference_study_and_missing_for_less_than_the_first_run(
    checked: Checked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mib: int, state: str, said: str
) -> None:
    with small_disk(tmp_path / "disk", mib=mib) as disk:
        monkeypatch.setenv("TRACKER_CACHE", str(disk.folder / "cache"))
        found = checked()["cache folder"]
        assert list(disk.folder.iterdir()) == []
    assert (found["state"], found["facts"]["free"]) == (state, mib * 2**20)
    assert found["found"].endswith(f", {said} free")
    assert ("larger disk" in found["advice"]) == (state != "good")


@needs_small_disks
def test_a_folder_on_a_full_disk_is_missing(
    checked: Checked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(tmp_path / "disk", mib=2) as disk:
        monkeypatch.setenv("TRACKER_HOME", str(disk.folder / "home"))
        disk.fill()
        found = checked()["journal folder"]
        assert [path.name for path in disk.folder.iterdir()] == ["ballast"]
    assert found["state"] == "missing"
    assert "No space left on device" in found["found"]


def test_a_store_of_the_old_kind_is_missing(checked: Checked) -> None:
    found = checked("--tracking-uri", "./mlruns")["MLflow"]
    assert found["state"] == "missing"
    assert "the tracking URI is './mlruns'" in found["found"]
    assert "--tracking-uri" in found["advice"]


def test_a_server_that_cannot_be_reached_is_a_warning_because_training_does_not_need_it(
    checked: Checked,
) -> None:
    port = free_port()
    found = checked("--tracking-uri", f"http://me:secret@127.0.0.1:{port}")["MLflow"]
    assert (found["state"], found["found"]) == ("warning", f"http://127.0.0.1:{port} cannot be reached")
    assert "tracker sync sends their records later" in found["advice"]
    assert "secret" not in json.dumps(found)


def test_a_server_that_refuses_the_account_is_missing(checked: Checked) -> None:
    with proxy_to(free_port()) as proxy:
        proxy.be("401")
        found = checked("--tracking-uri", proxy.uri)["MLflow"]
    assert (found["state"], found["facts"]["failure"]) == ("missing", "denied")
    assert found["found"] == f"{proxy.uri} refuses this account (401 or 403)"
    assert "MLFLOW_TRACKING_USERNAME" in found["advice"]


def test_a_server_that_answers_is_good_with_its_version(
    checked: Checked, mlflow_server: MlflowServer
) -> None:
    import mlflow

    found = checked("--tracking-uri", mlflow_server.uri)["MLflow"]
    assert found["state"] == "good"
    version = mlflow.__version__
    assert found["found"] == f"{mlflow_server.uri} answers and can be written, MLflow {version}"


def test_a_database_that_is_there_is_opened_and_not_changed(
    checked: Checked, database: Path, workplace: Path
) -> None:
    before = (database.read_bytes(), database.stat().st_mtime_ns)
    found = checked()["MLflow"]
    assert (found["state"], found["found"]) == ("good", "mlflow.db is there and can be written")
    assert (database.read_bytes(), database.stat().st_mtime_ns) == before
    assert list(workplace.iterdir()) == [database]


def test_a_database_of_another_mlflow_is_missing_and_comparing_says_so_in_one_line(
    checked: Checked, tracker: Tracker, database: Path
) -> None:
    with closing(sqlite3.connect(database)) as store, store:
        store.execute("UPDATE alembic_version SET version_num = '451aebb31d03'")
    found = checked()["MLflow"]
    assert (found["state"], found["found"]) == ("missing", "mlflow.db was made by another version of MLflow")
    assert f"mlflow db upgrade sqlite:///{database}" in found["advice"]
    told = tracker("compare", "--experiment", "any")
    assert told.code == 1
    assert told.err.startswith("tracker: mlflow.db must answer, but it was made by another version of MLflow")


def test_a_file_that_is_no_database_is_missing(checked: Checked, workplace: Path) -> None:
    (workplace / "mlflow.db").write_text("a table of patients" * 100)
    found = checked()["MLflow"]
    assert found["state"] == "missing"
    assert found["found"] == "mlflow.db cannot be written (file is not a database)"


def test_a_database_of_something_else_is_a_warning_and_gets_no_tables(
    checked: Checked, workplace: Path
) -> None:
    with closing(sqlite3.connect(workplace / "mlflow.db")) as other, other:
        other.execute("CREATE TABLE patients (name TEXT)")
    before = (workplace / "mlflow.db").read_bytes()
    found = checked()["MLflow"]
    assert found["state"] == "warning"
    assert "a database of something else" in found["found"]
    assert (workplace / "mlflow.db").read_bytes() == before


def test_a_locked_database_is_a_warning(checked: Checked, database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        found = checked()["MLflow"]
    assert (found["state"], found["found"]) == ("warning", "mlflow.db is locked by another process")


def test_a_database_in_a_folder_that_cannot_be_written_to_is_missing(checked: Checked) -> None:
    found = checked("--tracking-uri", "sqlite:////proc/mlflow.db")["MLflow"]
    assert found["state"] == "missing"
    assert found["found"].startswith("/proc/mlflow.db cannot be written (/proc: ")


def begin(workplace: Path, run_uid: str) -> RunRecorder:
    started = {"experiment": "e", "run_name": "r", "params": {"lr": 0.1}, "tags": {}}
    uri = "http://127.0.0.1:9"
    return RunRecorder.start(workplace / ".tracker", run_uid=run_uid, tracking_uri=uri, **started)


def test_records_of_ended_runs_that_are_not_sent_are_counted(checked: Checked, workplace: Path) -> None:
    with begin(workplace, "at-work"):
        assert checked()["unsent records"]["state"] == "good"
        begin(workplace, "killed").close()
        found = checked()["unsent records"]
    assert (found["state"], found["found"]) == ("warning", "1 run, 2 records not sent yet")
    assert found["advice"] == "tracker sync sends them."


def test_a_damaged_journal_is_a_warning(checked: Checked, workplace: Path) -> None:
    with begin(workplace, "damaged") as recorder:
        pass
    journal = recorder.folder / JOURNAL
    # No digit of a checksum.
    journal.write_bytes(b"x" + journal.read_bytes()[1:])
    found = checked()["unsent records"]
    assert (found["state"], found["found"]) == ("warning", "1 journal cannot be read")
    assert found["advice"] == "tracker status says why."


def install(folder: Path, name: str, version: str, *lines: str) -> None:
    """Put what a package says of itself into a folder, as pip does."""
    about = folder / f"{name}-{version}.dist-info"
    about.mkdir()
    said = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *lines]
    (about / "METADATA").write_text("\n".join(said) + "\n")


def test_a_package_that_is_too_old_is_missing_with_what_to_install(
    checked: Checked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "torch", "2.14.9")
    install(tmp_path, "pandas", "2.1.4")
    monkeypatch.syspath_prepend(tmp_path)
    findings = checked()
    assert findings["torch"]["found"] == "2.14.9, but tracker asks for >=2.15"
    assert findings["torch"]["advice"] == "pip install --upgrade 'torch>=2.15'"
    assert findings["other packages"]["found"] == "pandas: 2.1.4, but tracker asks for >=2.2"
    assert [findings[name]["state"] for name in ("torch", "torchvision", "other packages")] == [
        "missing",
        "good",
        "missing",
    ]


def test_a_python_that_is_too_old_and_a_package_that_is_not_there_are_missing(
    checked: Checked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dev = "Requires-Dist: not-there-either; extra == 'dev'"
    install(tmp_path, "tracker", "9.0", "Requires-Python: >=3.99", "Requires-Dist: not-there>=1", dev)
    monkeypatch.syspath_prepend(tmp_path)
    findings = checked()
    assert findings["Python"]["state"] == findings["other packages"]["state"] == "missing"
    assert "but tracker asks for >=3.99" in findings["Python"]["found"]
    assert findings["other packages"]["found"] == "not-there: not installed"


def test_a_source_that_is_not_installed_is_missing(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.doctor.packages._PRODUCT", "never-installed")
    for name in ("Python", "tracker", "other packages"):
        assert checked()[name]["found"] == "never-installed must be installed, but only its source is here"


def test_a_package_that_does_not_load_is_a_line_with_the_reason_and_all_others_are_looked_at(
    workplace: Path,
) -> None:
    broken = workplace / "broken"
    broken.mkdir()
    for name in ("torch", "mlflow", "optuna"):
        (broken / f"{name}.py").write_text("raise OSError('libcudart.so.13: cannot open shared object file')")
    server = "http://127.0.0.1:9"
    ended = run_process(
        "doctor", "--tracking-uri", server, cwd=workplace, PYTHONPATH=str(broken), COLUMNS="80"
    )
    assert (ended.returncode, ended.stderr) == (1, "")
    said = rows(Outcome(1, ended.stdout, ""))
    assert tuple(said) == NAMES
    for name in ("torch", "mlflow", "optuna"):
        assert said[name].startswith("✗ OSError: libcudart.so.13: cannot open shared object file pip install")
    needs = {"device": "torch", "bundled weights": "torch", "ImageNet weights": "torch", "MLflow": "mlflow"}
    for name, package in needs.items():
        assert said[name].startswith(f"✗ {package} must be importable to look at this, but it is not")
    assert said["journal folder"].startswith("✓")
