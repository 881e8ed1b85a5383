"""Help is instant, because it imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.command import Outcome, probe

COMMANDS = ("run", "tune", "status", "compare", "ui", "sync", "models", "doctor", "serve")


@pytest.mark.parametrize("arguments", [("--help",), *((command, "--help") for command in COMMANDS)])
def test_help_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    told = probe(*arguments)
    assert "Usage" in told.out
    assert told.heavy == []


def test_help_takes_less_than_half_a_second_of_cpu_time() -> None:
    # The smallest of three: CPU time, too, grows when another process empties the caches.
    assert min(probe("--help").seconds for _ in range(3)) < 0.5


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_listed_with_what_it_does(tracker: Callable[..., Outcome], command: str) -> None:
    assert f" {command} " in tracker("--help").out


def test_the_version_is_printed(tracker: Callable[..., Outcome]) -> None:
    assert tracker("--version").out.startswith("tracker 0.")
