"""Are the bounds in pyproject.toml true? The tests, with the oldest versions that they allow and the newest.

    python -m tools.versions                                    # every Python that the classifiers name
    python -m tools.versions --python 3.14 --bounds highest     # one environment
    python -m tools.versions tests/test_same_numbers.py         # some tests
    python -m tools.versions --mlflow newest                    # this environment, with another MLflow

Each environment takes about 6 GB and lives as long as its tests; there is one at a time. Needs `uv` (`pip
install uv`). A Python that is not on this machine and cannot be fetched is left out with a line.

With `--mlflow`, all but MLflow is that of this environment: that takes 0.2 GB and a minute. Only the tests of
tracking and of networks in use run, unless others are named.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
BOUNDS = ("lowest-direct", "highest")
"""The oldest that is allowed of what pyproject.toml names, with the newest of all else; the newest of all."""

NEWEST = "newest"
"""The newest MLflow that pyproject.toml allows."""

_OF_TRACKING = ("tests/tracking", "tests/inference")
# The packages of which MLflow consists elsewhere are in it, too: theirs here are of another version.
_OF_OTHER_PARTS = "ignore:Versions of mlflow:UserWarning"
_CLASSIFIER = re.compile(r"Programming Language :: Python :: (3\.\d+)")

Ran = Callable[..., int]


@dataclass(frozen=True)
class Environment:
    """A Python and the versions of all packages.

    Attributes:
        python: Such as 3.13.
        bounds: One of `BOUNDS`.
    """

    python: str
    bounds: str

    def __str__(self) -> str:
        return f"Python {self.python}, {self.bounds}"


def supported(root: Path = ROOT) -> list[str]:
    """Return the versions of Python that the classifiers name.

    Args:
        root: The folder of pyproject.toml.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [match[1] for line in project["classifiers"] if (match := _CLASSIFIER.fullmatch(line))]


def try_all(environments: Sequence[Environment], tests: Sequence[str], ran: Ran) -> dict[Environment, str]:
    """Try one environment after the other, and return what came of each.

    Args:
        environments: What to try.
        tests: Arguments of pytest.
        ran: Runs a command and returns its exit code.
    """
    outcomes: dict[Environment, str] = {}
    for environment in environments:
        _say(f"== {environment}")
        with tempfile.TemporaryDirectory(prefix="versions-") as folder:
            outcomes[environment] = _try(environment, tests, Path(folder, "venv"), ran)
        _say(f"== {environment}: {outcomes[environment]}")
    return outcomes


def _try(environment: Environment, tests: Sequence[str], venv: Path, ran: Ran) -> str:
    if ran("uv", "venv", "--quiet", "--python", environment.python, str(venv)):
        return "left out, there is no such Python here"
    python = str(venv / "bin" / "python")
    # Wheels alone: to compile an old version for a new Python says nothing of ours.
    install = (
        "uv",
        "pip",
        "install",
        "--quiet",
        "--python",
        python,
        "--only-binary",
        ":all:",
        "--compile-bytecode",
    )
    if ran(*install, "--resolution", environment.bounds, "--editable", f"{ROOT}[dev]"):
        return "cannot be installed"
    return "tests fail" if ran(python, "-m", "pytest", *tests) else "good"


def try_mlflow(version: str, tests: Sequence[str], ran: Ran) -> str:
    """Run tests with another MLflow and all else of this environment, and return what came of it.

    Args:
        version: Such as 3.18.0, or `NEWEST`.
        tests: Arguments of pytest.
        ran: Runs a command and returns its exit code.
    """
    wanted = _requirement("mlflow") if version == NEWEST else f"mlflow=={version}"
    with tempfile.TemporaryDirectory(prefix="versions-") as folder:
        venv = Path(folder, "venv")
        python = str(venv / "bin" / "python")
        if ran("uv", "venv", "--quiet", "--python", sys.executable, str(venv)):
            return "left out, no environment can be made here"
        _see_packages_from(venv)
        if ran("uv", "pip", "install", "--quiet", "--python", python, "--no-deps", wanted):
            return "cannot be installed"
        ran(python, "-W", "ignore", "-c", "import mlflow; print('mlflow', mlflow.__version__)")
        # Also of the processes that tests start.
        quiet = ("env", f"PYTHONWARNINGS={_OF_OTHER_PARTS}")
        return "tests fail" if ran(*quiet, python, "-m", "pytest", "-W", _OF_OTHER_PARTS, *tests) else "good"


def _requirement(name: str, root: Path = ROOT) -> str:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return next(str(line) for line in project["dependencies"] if re.match(rf"{name}\b", line))


def _see_packages_from(venv: Path) -> None:
    """Have a new environment find, behind its own packages, those of this one."""
    mine = sysconfig.get_path("purelib")
    own = Path(sysconfig.get_path("purelib", vars={"base": str(venv), "platbase": str(venv)}))
    own.mkdir(parents=True, exist_ok=True)
    (own / "behind.pth").write_text(f"{mine}\n")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def run(*command: str) -> int:
    """Run a command in the folder of the project and return its exit code."""
    return subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": ""}, check=False).returncode


def main(arguments: Sequence[str] | None = None, *, ran: Ran = run) -> int:
    """Return 1 if an environment that could be made is not good.

    Args:
        arguments: As on the command line.
        ran: Runs a command and returns its exit code.
    """
    parser = argparse.ArgumentParser(prog="python -m tools.versions", description=__doc__.split("\n")[0])
    parser.add_argument("--python", action="append", help="a version of Python; repeat for several")
    parser.add_argument("--bounds", action="append", choices=BOUNDS, help="default: both")
    parser.add_argument(
        "--mlflow", metavar="VERSION", help=f"another MLflow in this environment, or {NEWEST}"
    )
    parser.add_argument("tests", nargs="*", help="arguments of pytest after `--`; default: the check's")
    asked = parser.parse_args(arguments)
    if shutil.which("uv") is None:
        sys.stderr.write("uv must be there to make environments: pip install uv\n")
        return 1
    if asked.mlflow is not None:
        outcome = try_mlflow(asked.mlflow, asked.tests or _OF_TRACKING, ran)
        _say(f"MLflow {asked.mlflow}: {outcome}")
        return int(outcome != "good")
    chosen = [
        Environment(one, bounds) for one in asked.python or supported() for bounds in asked.bounds or BOUNDS
    ]
    outcomes = try_all(chosen, asked.tests or ["-n", "auto", "-m", "not slow"], ran)
    for environment, outcome in outcomes.items():
        _say(f"{environment}: {outcome}")
    return int(any(outcome in ("cannot be installed", "tests fail") for outcome in outcomes.values()))


if __name__ == "__main__":
    sys.exit(main())
