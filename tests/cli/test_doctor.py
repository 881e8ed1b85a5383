"""`tracker doctor` as a user meets it: a table, JSON, and what to type next."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.support.command import call_main
from tests.support.installation import NAMES, Installation, Tracker, results_of, rows
from tests.support.servers import free_port
from tracker.doctor.result import CheckResult

PHANTOM = "tracker run --dataset phantom"
FOLDER = "tracker run --dataset folder --data YOUR_IMAGES"


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    return Installation.make(tmp_path, monkeypatch)


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
    assert r"there is no file own\x1b[2J .pth" in rows(told)["weights"]


def test_what_is_looked_at_is_told_before_it_is_known(
    tracker: Tracker, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = []

    def probe() -> CheckResult:
        printed.append(capsys.readouterr().out)
        return CheckResult(state="good", found="3.11")

    monkeypatch.setattr("tracker.doctor.packages.python", probe)
    assert tracker("doctor").out.startswith("✓ 3.11\n")
    assert [text.rstrip() for text in printed] == ["Python"]


@pytest.mark.parametrize("unwanted", ["", "1"])
def test_marks_are_colored_in_a_terminal_unless_nobody_wants_it(
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


def test_json_has_every_field(tracker: Tracker, workplace: Path, shared_cache: Path) -> None:
    results = results_of(tracker)
    assert tuple(results) == NAMES
    for result in results.values():
        assert set(result) == {"name", "state", "found", "advice", "facts"}
        assert bool(result["advice"]) == (result["state"] != "good")
    assert results["torch"]["facts"]["asked"] == ">=2.15"
    assert results["device"]["facts"].keys() >= {"device", "name", "alexnet", "resnet152", "densenet201"}
    assert results["cores"]["facts"]["cores"] >= 1
    assert results["memory"]["facts"]["available"] > 1e8
    assert results["cache folder"]["facts"]["folder"] == str(shared_cache)
    assert results["cache folder"]["facts"]["free"] > 1e6
    assert results["MLflow"]["facts"] == {"database": f"{workplace}/mlflow.db", "exists": False}


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
