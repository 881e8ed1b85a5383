"""Help is instant, because it imports nothing heavy."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.cli.command import Outcome

HEAVY = ("torch", "torchvision", "mlflow", "optuna", "ray", "sklearn", "pandas", "matplotlib")
PROBE = """
import json, resource, sys
sys.argv = ["tracker", *json.loads(sys.argv[1])]
from tracker.cli import main
try:
    main()
except SystemExit:
    pass
usage = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([sorted(sys.modules), usage.ru_utime + usage.ru_stime]), file=sys.stderr)
"""
COMMANDS = ("run", "compare", "ui", "sync", "models")


def probe(*arguments: str) -> tuple[list[str], float]:
    answer = subprocess.run(
        [sys.executable, "-c", PROBE, json.dumps(arguments)], capture_output=True, text=True, check=True
    )
    modules, seconds = json.loads(answer.stderr.splitlines()[-1])
    assert "Usage" in answer.stdout
    return modules, seconds


@pytest.mark.parametrize("arguments", [("--help",), *((command, "--help") for command in COMMANDS)])
def test_help_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    modules, _ = probe(*arguments)
    assert sorted(set(HEAVY) & set(modules)) == []


def test_help_takes_less_than_half_a_second_of_cpu_time() -> None:
    # The smallest of three: CPU time, too, grows when another process empties the caches.
    assert min(probe("--help")[1] for _ in range(3)) < 0.5


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_listed_with_what_it_does(tracker: Callable[..., Outcome], command: str) -> None:
    assert f" {command} " in tracker("--help").out


def test_the_version_is_printed(tracker: Callable[..., Outcome]) -> None:
    assert tracker("--version").out.startswith("tracker 0.")
