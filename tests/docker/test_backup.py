"""docker/backup, docker/restore, docker/upgrade where they must refuse: one line, and nothing is done."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.repository import DOCKER

VERSIONS = "made 2026-01-01T00:00:00Z\nmlflow 3.17.2\npostgresql 17.1\nschema a\nschema_auth b\n"
FILES = ("mlflow.dump", "auth.dump", "studies.dump", "artifacts.tar", "versions")


def refusal(script: str, *arguments: str | Path, cwd: Path | None = None, **environment: str) -> str:
    """Run a script that must fail, and return the line that it says."""
    done = subprocess.run(
        [DOCKER / script, *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=os.environ | {"DOCKER_HOST": "unix:///nowhere/docker.sock"} | environment,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert done.stderr.startswith(f"{script}: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """A folder that has all that a backup has."""
    folder = tmp_path / "backup"
    folder.mkdir()
    for name in FILES:
        (folder / name).write_text(VERSIONS if name == "versions" else name)
    summed(folder)
    return folder


def summed(folder: Path) -> None:
    """Write checksums of what the files have now."""
    sums = (f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in FILES)
    (folder / "SHA256SUMS").write_text("".join(sums))


def programs(folder: Path, *names: str) -> str:
    """Make a folder with some of this computer's programs, and no others."""
    folder.mkdir()
    for name in names:
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return str(folder)


TOOLS = ("bash", "cut", "date", "df", "dirname", "grep", "sed", "setsid", "sha256sum", "true")


@pytest.mark.parametrize("missing", ["setsid", "df"])
@pytest.mark.parametrize("script", ["backup", "restore", "upgrade"])
def test_on_a_computer_without_the_tools_of_linux_it_says_so(
    script: str, missing: str, backup: Path, tmp_path: Path
) -> None:
    path = programs(tmp_path / "programs", *(name for name in TOOLS if name != missing))
    said = refusal(script, *([backup] if script == "restore" else []), PATH=path)
    assert "needs Linux's tools" in said
    assert "run it on the machine of the service" in said


@pytest.mark.parametrize("script", ["backup", "restore", "upgrade"])
def test_without_docker_it_says_what_is_missing(script: str, backup: Path, tmp_path: Path) -> None:
    path = programs(tmp_path / "programs", *TOOLS)
    said = refusal(script, *([backup] if script == "restore" else []), PATH=path)
    assert "Docker with its compose plugin must be installed" in said


@pytest.mark.skipif(not shutil.which("docker"), reason="no docker is installed")
@pytest.mark.parametrize("script", ["backup", "restore", "upgrade"])
def test_without_an_engine_it_says_so(script: str, backup: Path) -> None:
    said = refusal(script, *([backup] if script == "restore" else []))
    assert "a Docker engine must run" in said


@pytest.mark.parametrize(
    ("script", "arguments"),
    [
        ("backup", ["--help"]),
        ("backup", ["a", "b"]),
        ("restore", []),
        ("restore", ["--aside"]),
        ("upgrade", ["x"]),
    ],
)
def test_other_arguments_are_answered_with_the_usage(script: str, arguments: list[str]) -> None:
    assert "usage: docker/" in refusal(script, *arguments)


def test_a_backup_is_not_overwritten(backup: Path) -> None:
    before = sorted(backup.iterdir())
    assert f"{backup} is there already" in refusal("backup", backup)
    assert "is there already" in refusal("backup", "backup/", cwd=backup.parent)
    assert sorted(backup.iterdir()) == before


@pytest.mark.parametrize("name", ["nothing", "file"])
def test_only_a_folder_is_restored(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    assert f"there is no folder {tmp_path / name}" in refusal("restore", tmp_path / name)


def test_a_half_backup_is_not_taken_for_a_whole_one(backup: Path) -> None:
    (backup / "SHA256SUMS").unlink()
    assert "must be a whole backup, but has no SHA256SUMS" in refusal("restore", backup)


@pytest.mark.parametrize("name", FILES)
def test_checksums_that_are_cut_are_no_whole_backup(backup: Path, name: str) -> None:
    sums = (backup / "SHA256SUMS").read_text().splitlines(keepends=True)
    (backup / "SHA256SUMS").write_text("".join(line for line in sums if name not in line))
    assert f"has no line for {name}" in refusal("restore", backup)


@pytest.mark.parametrize("name", ["made", "mlflow", "postgresql", "schema", "schema_auth"])
@pytest.mark.parametrize("left", ["", "{name}\n", "{name} \n"])
def test_a_backup_that_does_not_say_its_versions_is_not_taken(backup: Path, name: str, left: str) -> None:
    lines = VERSIONS.splitlines(keepends=True)
    kept = (line if not line.startswith(f"{name} ") else left.format(name=name) for line in lines)
    (backup / "versions").write_text("".join(kept))
    summed(backup)
    assert f"versions has no {name}: take another" in refusal("restore", backup)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_changed_or_is_missing_is_named(backup: Path, name: str) -> None:
    (backup / name).write_text("damaged")
    assert f"is not as it was written: {name}: FAILED" in refusal("restore", backup)
    (backup / name).unlink()
    assert f"{name}: No such file" in refusal("restore", backup)
