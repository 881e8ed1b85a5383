"""Environments are made, tried and told of one after the other; those that cannot be made are left out."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest

from tools.versions import BOUNDS, ROOT, main, supported


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "uv"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))


class Machine:
    """What answers to commands: a Python that is not there, tests that fail."""

    def __init__(self, *, without: str = "", no_install: str = "", failing: bool = False) -> None:
        self.commands: list[tuple[str, ...]] = []
        self._without, self._no_install, self._failing = without, no_install, failing

    def __call__(self, *command: str) -> int:
        self.commands.append(command)
        if "venv" in command:
            return int(self._without in command)
        return int(self._no_install in command) if "install" in command else int(self._failing)


@pytest.mark.usefixtures("uv")
def test_every_python_that_is_supported_is_tried_with_the_oldest_and_the_newest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([], ran=Machine(without="3.12")) == 0
    told = capsys.readouterr().out.splitlines()[-2 * len(supported()) :]
    assert [line.partition(": ")[0] for line in told] == [
        f"Python {python}, {bounds}" for python in supported() for bounds in BOUNDS
    ]
    for line in told:
        expected = "left out, there is no such Python here" if "3.12" in line else "good"
        assert line.endswith(f": {expected}")


@pytest.mark.usefixtures("uv")
@pytest.mark.parametrize(
    ("machine", "told"),
    [(Machine(no_install="highest"), "cannot be installed"), (Machine(failing=True), "tests fail")],
)
def test_what_does_not_hold_is_said_and_is_the_exit_code(
    machine: Machine, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--python", "3.11", "--bounds", "highest", "tests/io"], ran=machine) == 1
    assert capsys.readouterr().out.splitlines()[-1] == f"Python 3.11, highest: {told}"


@pytest.mark.usefixtures("uv")
@pytest.mark.parametrize(
    ("machine", "outcome"),
    [
        (Machine(), "good"),
        (Machine(failing=True), "tests fail"),
        (Machine(no_install="mlflow==3.18.0"), "cannot be installed"),
    ],
)
def test_another_mlflow_is_tried_with_all_else_of_this_environment(
    machine: Machine, outcome: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["--mlflow", "3.18.0", "tests/tracking"], ran=machine)
    assert capsys.readouterr().out.splitlines()[-1] == f"MLflow 3.18.0: {outcome}"
    assert code == int(outcome != "good")
    install = next(command for command in machine.commands if "install" in command)
    assert install[-2:] == ("--no-deps", "mlflow==3.18.0")
    assert outcome == "cannot be installed" or machine.commands[-1][-1] == "tests/tracking"


@pytest.mark.usefixtures("uv")
def test_the_newest_mlflow_is_the_newest_that_is_allowed() -> None:
    machine = Machine()
    assert main(["--mlflow", "newest"], ran=machine) == 0
    install = next(command for command in machine.commands if "install" in command)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert install[-1] in project["dependencies"]
    assert install[-1].startswith("mlflow>=")


def test_without_uv_it_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert (main([]), capsys.readouterr().err.count("\n")) == (1, 1)
    assert shutil.which("uv") is None


def test_pythons_that_are_named_are_those_that_are_required() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == f">={supported()[0]}"
    workflow = (ROOT / ".github" / "workflows" / "versions.yml").read_text(encoding="utf-8")
    assert all(f'"{python}"' in workflow for python in supported())
