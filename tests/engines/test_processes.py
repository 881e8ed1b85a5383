"""Several processes at one work, and how they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tracker.engines.engine import Worker
from tracker.engines.processes import work_in_processes
from tracker.errors import TrackerError
from tracker.interruption import Interrupted, Interruption

ROOT = Path(__file__).parents[2]


def leave_a_mark(folder: Path) -> None:
    (folder / str(os.getpid())).touch()


def fail_in_one(folder: Path) -> None:
    try:
        (folder / "first").mkdir()
    except FileExistsError:
        leave_a_mark(folder)
    else:
        raise ValueError("one of them fails")


def fail_in_all() -> None:
    raise TrackerError("something must hold", but="it does not", do="Do something.")


def go_on_until_asked(folder: Path) -> None:
    interruption = Interruption()
    with interruption.taking_terminations():
        leave_a_mark(folder)
        with interruption.stopping_gently():
            while not interruption.asked:
                time.sleep(0.01)
    (folder / f"{os.getpid()}-ended-gently").touch()


def tell_environment(folder: Path) -> None:
    names = (os.environ["OMP_NUM_THREADS"], os.environ.get("CUDA_VISIBLE_DEVICES", "all"))
    (folder / "-".join([*names, sys.modules["__main__"].__name__])).touch()


def nothing() -> None: ...


def test_every_process_does_the_work_and_all_are_waited_for(tmp_path: Path) -> None:
    shown: list[int] = []
    work_in_processes(
        leave_a_mark,
        [Worker((tmp_path,))] * 3,
        meanwhile=lambda: shown.append(1),
        interruption=Interruption(),
    )
    assert len(list(tmp_path.iterdir())) == 3
    assert shown


def test_one_that_fails_does_not_spoil_what_the_others_did(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    work_in_processes(fail_in_one, [Worker((tmp_path,))] * 2, meanwhile=nothing, interruption=Interruption())
    assert len(list(tmp_path.iterdir())) == 2
    assert "one of them fails" in capfd.readouterr().err


def test_where_all_fail_each_says_why_in_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(TrackerError, match="all 2 ended with exit code 1"):
        work_in_processes(fail_in_all, [Worker(())] * 2, meanwhile=nothing, interruption=Interruption())
    said = capfd.readouterr().err
    assert said.count("tracker: something must hold, but it does not. Do something.") == 2
    assert "Traceback" not in said


def test_processes_end_when_the_one_that_started_them_is_killed(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path; from tests.engines.test_processes import *\n"
        f"work_in_processes(go_on_until_asked, [Worker((Path({str(tmp_path)!r}),))] * 2, meanwhile=nothing, "
        "interruption=Interruption())"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT) as process:
        wait_for(lambda: len(list(tmp_path.iterdir())) == 2)
        process.kill()
    wait_for(lambda: len(list(tmp_path.glob("*-ended-gently"))) == 2)
    assert process.returncode == -signal.SIGKILL


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


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
            work_in_processes(
                go_on_until_asked, [Worker((tmp_path,))] * 2, meanwhile=nothing, interruption=interruption
            )
    thread.join()
    assert sum(path.name.endswith("ended-gently") for path in tmp_path.iterdir()) == 2


def test_each_process_has_its_own_variables_and_this_one_keeps_its_own(tmp_path: Path) -> None:
    before = dict(os.environ)
    environments = [{"CUDA_VISIBLE_DEVICES": "1"}, {"CUDA_VISIBLE_DEVICES": "GPU-2", "OMP_NUM_THREADS": "3"}]
    workers = [Worker((tmp_path,), environment) for environment in environments]
    # Another thread may start them: only the main one can be told of signals.
    thread = threading.Thread(
        target=work_in_processes,
        args=(tell_environment, workers),
        kwargs={"meanwhile": nothing, "interruption": Interruption()},
    )
    thread.start()
    thread.join()
    assert {path.name for path in tmp_path.iterdir()} == {"1-1-__main__", "3-GPU-2-__main__"}
    assert dict(os.environ) == before


def test_the_script_that_starts_processes_is_not_begun_anew_in_them(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from pathlib import Path; from tests.engines.test_processes import *\n"
        f"folder = Path({str(tmp_path)!r}, 'marks'); folder.mkdir()\n"
        "work_in_processes(leave_a_mark, [Worker((folder,))], meanwhile=nothing,"
        " interruption=Interruption())\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, script], env=environment, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert len(list((tmp_path / "marks").iterdir())) == 1
