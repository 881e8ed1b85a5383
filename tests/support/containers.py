"""What makes a process think that it is in a container: a first process, a host name, a nameless user."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.warm import children_of

_FIRST = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
_PATIENCE_S = 30.0


def container(program: Sequence[str], *, host: str = "") -> list[str]:
    """Return what starts a program as the first process of a container; the test is skipped where it cannot.

    Args:
        program: The program and its arguments.
        host: The container's name; empty: a user without a name has the container, and the machine's name.
    """
    named = ["sh", "-c", 'echo "$0" > /proc/sys/kernel/hostname && exec "$@"', host, *program]
    if host:
        start = [*_FIRST, "--uts", "--user", "--map-root-user"]
        return [*start, *named] if _works(*start) else _skip()
    start = [*_FIRST, "--user", "--map-user=12345"]
    return [*start, *program] if _works(*start) else _skip()


@functools.cache
def _works(*start: str) -> bool:
    if sys.platform != "linux":
        return False
    try:
        return subprocess.run([*start, "true"], capture_output=True, check=False, timeout=10).returncode == 0
    except OSError:
        return False


def _skip() -> list[str]:
    pytest.skip("this machine lets nobody make namespaces of processes and users (unshare)")


@contextmanager
def started(program: Sequence[str], *, host: str = "", **options: object) -> Iterator[subprocess.Popen[str]]:
    """Have a program run in a container as long as the block lasts."""
    command = container(program, host=host)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload]
    with process:
        try:
            yield process
        finally:
            process.kill()


def first_process(process: subprocess.Popen[str]) -> int:
    """Return the number that the first process of a container has outside of it."""
    deadline = time.monotonic() + _PATIENCE_S
    while not (children := children_of(process.pid)):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return children[0]


def wait_for_library(pid: int, name: str) -> None:
    """Wait until a process begins to load a library."""
    deadline = time.monotonic() + _PATIENCE_S
    while name not in Path(f"/proc/{pid}/maps").read_text():
        assert time.monotonic() < deadline, f"process {pid} does not load {name}"
        time.sleep(0.002)


def without(*names: str) -> dict[str, str]:
    """Return the environment without some variables."""
    return {name: value for name, value in os.environ.items() if name not in names}
