"""`tracker ui --open` opens a browser where there is one, and says so where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ADDRESS = "http://127.0.0.1:5000/#/experiments/1/runs?a=b&c=d"
PROGRAM = f"""
import threading
from tracker.ui.browser import open_browser
print(open_browser({ADDRESS!r}))
[thread.join(20) for thread in threading.enumerate() if thread.daemon]
"""


def opened(**environment: str) -> str:
    variables = {name: os.environ[name] for name in ("PYTHONPATH", "HOME") if name in os.environ}
    return subprocess.check_output([sys.executable, "-c", PROGRAM], env=variables | environment, text=True)


def script(place: Path, text: str) -> Path:
    place.write_text(f"#!/bin/sh\n{text}\n")
    place.chmod(0o755)
    return place


def test_the_users_browser_is_given_the_whole_address(tmp_path: Path) -> None:
    browser = script(tmp_path / "browser", f'printf %s "$1" > {tmp_path}/opened')
    assert opened(BROWSER=str(browser), PATH="/bin") == "True\n"
    assert (tmp_path / "opened").read_text() == ADDRESS


@pytest.mark.parametrize("name", ["nothing", "w3m"])
def test_no_browser_and_one_that_would_take_the_terminal_are_none(name: str, tmp_path: Path) -> None:
    script(tmp_path / name, f"touch {tmp_path}/opened")
    assert opened(PATH=str(tmp_path), TERM="xterm") == "False\n"
    assert not (tmp_path / "opened").exists()
