"""What linters say of the service's files and of every shell script, also of those born tomorrow."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.compose_file import COMPOSE_FILES, VALUES, profiles
from tests.support.repository import DOCKER, ROOT, dockerfiles, shell_scripts

# Stand-ins are made of one Debian on the machine that checks, and run nowhere else.
_OF_STAND_INS = ["--ignore=DL3006", "--ignore=DL3008", "--ignore=DL3009", "--ignore=DL3015"]


def said_by(program: str, *arguments: str | Path) -> str:
    """Return what a program of this environment objects to; nothing, if nothing."""
    command = [str(Path(sys.executable).with_name(program)), *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def test_shell_scripts_pass_shellcheck() -> None:
    scripts = shell_scripts()
    assert {ROOT / ".ci" / "check", ROOT / ".ci" / "run", DOCKER / "secrets"} <= set(scripts)
    assert said_by("shellcheck", "--external-sources", *scripts) == ""


def test_shell_scripts_stop_at_what_fails() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in shell_scripts()}
    strict = {name for name, text in texts.items() if "\nset -euo pipefail\n" in text}
    # Or a file that they begin with does.
    sourced = {
        name: re.findall(r"(?m)^(?:\.|source) .*?([\w-]+\.sh)\"?$", text) for name, text in texts.items()
    }
    assert [name for name in texts if not strict & {name, *sourced[name]}] == []


def test_shell_scripts_can_be_called() -> None:
    scripts = [path for path in shell_scripts() if path.read_text(encoding="utf-8").startswith("#!")]
    assert [path.name for path in scripts if not path.stat().st_mode & 0o100] == []


def test_shellcheck_finds_what_is_wrong(tmp_path: Path) -> None:
    script = tmp_path / "wrong"
    script.write_text("#!/usr/bin/env bash\nrm -r $1\n", encoding="utf-8")
    assert "SC2086" in said_by("shellcheck", script)


def test_dockerfiles_pass_hadolint() -> None:
    known = {DOCKER / "mlflow" / "Dockerfile", DOCKER / "trainer" / "Dockerfile"}
    stand_ins = [path for path in dockerfiles() if path.parent.name == "stand-ins"]
    others = [path for path in dockerfiles() if path not in stand_ins]
    assert known <= set(others)
    assert len(stand_ins) > 1
    assert said_by("hadolint", "--no-color", *others) == ""
    assert said_by("hadolint", "--no-color", *_OF_STAND_INS, *stand_ins) == ""


def test_hadolint_finds_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text("FROM python:latest\nRUN cd /tmp && pip install mlflow\n", encoding="utf-8")
    said = said_by("hadolint", "--no-color", file)
    assert [code for code in ("DL3007", "DL3013") if code not in said] == []


def test_compose_files_have_the_schema() -> None:
    assert said_by("check-jsonschema", "--builtin-schema", "vendor.compose-spec", *COMPOSE_FILES) == ""


def test_the_schema_finds_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text("services: {web: {image: a, helthcheck: {}}}\n", encoding="utf-8")
    assert "helthcheck" in said_by("check-jsonschema", "--builtin-schema", "vendor.compose-spec", file)


@pytest.mark.parametrize("profile", ["", *profiles()])
def test_compose_takes_its_file(profile: str, tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if (
        not docker
        or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode
    ):
        pytest.skip("`docker compose` is not on this machine")
    environment = tmp_path / "environment"
    environment.write_text("".join(f"{name}={value}\n" for name, value in VALUES.items()), encoding="utf-8")
    chosen = ["--profile", profile] if profile else []
    command = [docker, "compose", "--env-file", str(environment), *chosen, "config", "--quiet"]
    done = subprocess.run(command, cwd=DOCKER, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
