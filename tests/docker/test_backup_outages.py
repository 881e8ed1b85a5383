"""docker/backup where something fails on its way: with a stand-in of `docker` that does as it is told."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.repository import DOCKER

VERSIONS = ("select split_part", "version_num from alembic_version", "version_num from alembic_version_auth")
# What it is called with, and what came in, is matched with FAILS, and is silent with SILENT.
STAND_IN = """#!/usr/bin/env bash
call="$*"
[[ $call != *psql* ]] || call="$call $(cat)"
echo "$call" >>"$CALLS"
[[ -z $FAILS || ${call,,} != *$FAILS ]] || exit 1
[[ -z $SILENT || ${call,,} != *$SILENT ]] || exit 0
case $call in
*" ps "*postgres) echo "database running False" ;;
*" ps "*mlflow)
    state=running
    ! grep --quiet "^stop" "$CALLS" || grep --quiet "^start" "$CALLS" || state=exited
    echo "once running True"
    echo "server $state False" ;;
*RestartCount*) echo "$ANSWER" ;;
*) echo "something" ;;
esac
"""


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """The file with all that `docker` was called for."""
    return tmp_path / "calls"


def backup(
    calls: Path, *, answer: str = "running healthy 0", fails: str = "", silent: str = ""
) -> tuple[int, str]:
    """Call docker/backup, and return its exit code and what it says."""
    programs = calls.parent / "programs"
    programs.mkdir()
    (programs / "docker").write_text(STAND_IN, encoding="utf-8")
    (programs / "docker").chmod(0o755)
    settings = {"CALLS": str(calls), "ANSWER": answer, "FAILS": fails, "SILENT": silent}
    done = subprocess.run(
        [DOCKER / "backup", calls.parent / "backup"],
        env=os.environ | settings | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


def made(calls: Path) -> set[str]:
    return {path.name for path in calls.parent.iterdir() if path.name.startswith("backup")}


def test_all_goes_well(calls: Path) -> None:
    code, said = backup(calls)
    assert (code, made(calls)) == (0, {"backup"}), said
    assert "stop server\n" in calls.read_text()
    assert "start server\n" in calls.read_text()
    assert "the server answers" in said


@pytest.mark.parametrize("answer", ["restarting unhealthy 2", "exited unhealthy 0", ""])
def test_a_backup_outlives_a_server_that_does_not_answer(calls: Path, answer: str) -> None:
    code, said = backup(calls, answer=answer)
    assert (code, made(calls)) == (1, {"backup"}), said
    assert "the server does not answer" in said
    check = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    subprocess.run(check, cwd=calls.parent / "backup", check=True)


def test_a_backup_outlives_a_server_that_cannot_be_started(calls: Path) -> None:
    code, said = backup(calls, fails="start server", answer="exited unhealthy 0")
    assert (code, made(calls)) == (1, {"backup"}), said


@pytest.mark.parametrize("query", VERSIONS)
@pytest.mark.parametrize("how", ["fails", "silent"])
def test_without_a_version_there_is_no_backup(calls: Path, query: str, how: str) -> None:
    pattern = f"*{query}" if "alembic" in query else f"*{query}*"
    code, said = backup(calls, **{how: pattern})
    assert (code, made(calls)) == (1, set()), said
    assert "there is no backup" in said
    assert "start server\n" in calls.read_text()


@pytest.mark.parametrize("service", ["postgres", "mlflow"])
def test_containers_that_cannot_be_listed_are_not_taken_for_none(calls: Path, service: str) -> None:
    code, said = backup(calls, fails=f"* ps *{service}")
    assert (code, made(calls)) == (1, set()), said
    assert "must run" not in said
    assert "no server" not in said
    assert "stop " not in calls.read_text()
