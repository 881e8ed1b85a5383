"""Calling `tracker` from tests, and the study that several tests look at."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.store_at_hand import store_at_hand
from tracker.cli import main

MODELS = ("squeezenet1_1", "shufflenet_v2_x0_5")
MODES = ("feature-extractor", "fine-tuning")
HEAVY = {"torch", "torchvision", "mlflow", "optuna", "ray", "sklearn", "pandas", "matplotlib"}
_PROBE = """
import json, resource, sys
commands = json.loads(sys.argv[1])
from tracker.cli import main
for arguments in commands:
    sys.argv = ["tracker", *arguments]
    try:
        main()
    except SystemExit:
        pass
usage = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([sorted(sys.modules), usage.ru_utime + usage.ru_stime]), file=sys.stderr)
"""


@dataclass(frozen=True)
class Outcome:
    """What a command did: exit code, standard output and standard error."""

    code: int
    out: str
    err: str


def call_main(*arguments: str) -> int:
    """Call the command line in this process and return its exit code."""
    sys.argv = ["tracker", *arguments]
    try:
        with store_at_hand(arguments):
            main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def run_process(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Call the command line as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "tracker", *arguments],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@dataclass(frozen=True)
class Probed:
    """What a command printed, which heavy modules it imported, and its CPU time in seconds."""

    out: str
    heavy: list[str]
    seconds: float


def probe(*arguments: str) -> Probed:
    """Call the command line as a process of its own and look at what that cost."""
    return probe_all(arguments)


def probe_all(*commands: Sequence[str]) -> Probed:
    """Call the command line several times in one process of its own and look at what that cost."""
    command = [sys.executable, "-c", _PROBE, json.dumps(commands)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    modules, seconds = json.loads(answer.stderr.splitlines()[-1])
    return Probed(answer.stdout, sorted(HEAVY & set(modules)), seconds)


def small_run(data: Path, *more: str) -> list[str]:
    """Return the arguments of a run that takes a second."""
    fixed = "run --dataset folder --weights none --epochs 2 --batch-size 8 --image-size 64 --precision fp32"
    return [*fixed.split(), "--data", str(data), "--split", "16/6/8", *more]


@dataclass(frozen=True)
class Study:
    """A folder in which a study was made, and what was printed."""

    folder: Path
    arguments: tuple[str, ...]
    printed: str

    @property
    def uri(self) -> str:
        return f"sqlite:///{self.folder}/mlflow.db"

    @classmethod
    def make(cls, folder: Path, data: Path) -> Study:
        arguments = small_run(data, "--experiment", "small", "--patient-pattern", r"^P\d+")
        arguments += ["--model", MODELS[0], "--model", MODELS[1]]
        arguments += ["--mode", MODES[0], "--mode", MODES[1], "--seed", "0", "--seed", "1"]
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            assert call_main(*arguments) == 0, printed.getvalue()
        return cls(folder, tuple(arguments), printed.getvalue())
