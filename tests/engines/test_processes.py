"""Several processes at one work, and how they end."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from tracker.engines.processes import work_in_processes
from tracker.errors import TrackerError
from tracker.interruption import Interrupted, Interruption


def leave_a_mark(folder: Path) -> None:
    (folder / str(os.getpid())).touch()


def fail_in_one(folder: Path) -> None:
    try:
        (folder / "first").mkdir()
    except FileExistsError:
        leave_a_mark(folder)
    else:
        raise ValueError("one of them fails")


def go_on_until_asked(folder: Path) -> None:
    interruption = Interruption()
    with interruption.taking_terminations():
        leave_a_mark(folder)
        with interruption.stopping_gently():
            while not interruption.asked:
                time.sleep(0.01)
    (folder / f"{os.getpid()}-ended-gently").touch()


def nothing() -> None: ...


def test_every_process_does_the_work_and_all_are_waited_for(tmp_path: Path) -> None:
    shown: list[int] = []
    work_in_processes(
        leave_a_mark, (tmp_path,), 3, meanwhile=lambda: shown.append(1), interruption=Interruption()
    )
    assert len(list(tmp_path.iterdir())) == 3
    assert shown


def test_one_that_fails_is_told_after_the_others_have_ended(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(TrackerError, match="1 of 2 ended with exit code 1"):
        work_in_processes(fail_in_one, (tmp_path,), 2, meanwhile=nothing, interruption=Interruption())
    assert len(list(tmp_path.iterdir())) == 2
    assert "one of them fails" in capfd.readouterr().err


def test_ctrl_c_is_passed_on_once_and_waited_for(tmp_path: Path) -> None:
    interruption = Interruption()

    def interrupt() -> None:
        while len(list(tmp_path.iterdir())) < 2:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    with interruption.taking_signals():
        thread.start()
        with pytest.raises(Interrupted):
            work_in_processes(go_on_until_asked, (tmp_path,), 2, meanwhile=nothing, interruption=interruption)
    thread.join()
    assert sum(path.name.endswith("ended-gently") for path in tmp_path.iterdir()) == 2
