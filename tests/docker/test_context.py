"""What images are built from: the program and its licenses; no data, no journals, no secrets."""

from __future__ import annotations

import re
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.support.build_context import context, lets_in
from tests.support.repository import DOCKER, ROOT, dockerfiles, files, text_of

IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8")
PLANTED = [
    *(
        "docker/.env",
        "docker/.env.x9aTqL",
        "docker/data/scan.png",
        ".env",
        "docker/mlflow/.env",
        "tracker/.env",
    ),
    *(".git/config", ".git", ".venv/bin/python", "build/lib/a.py", "dist/tracker.whl"),
    *(
        ".tracker/journals/a/journal",
        "docker/mlflow/.tracker/a",
        "tracker/.tracker/a",
        "tracker/cli/.tracker/a",
    ),
    *("mlflow.db", "mlflow.db-wal", "tracker/mlflow.db", "docker/mlflow/mlflow.db", "mlruns/1/meta.yaml"),
    *("tracker/mlruns/1/meta.yaml", "mlartifacts/1/model.pt", "docker/mlflow/mlartifacts/1/model.pt"),
    *("images/normal/1.png", "labels.csv", "tests/test_errors.py", "notes.md", "backup.tar"),
    *("tracker/__pycache__/a.pyc", "docker/mlflow/__pycache__/a.pyc", "tracker/.mypy_cache/a"),
    *("tracker/.ruff_cache/a", "docker/mlflow/.ruff_cache/a", "tracker/tracker.egg-info/PKG-INFO"),
]


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """Provide a folder with what is built from, and with what may lie around it."""
    for path in files():
        if lets_in(IGNORED, name := path.relative_to(ROOT).as_posix()):
            put(tmp_path / name)
    for name in PLANTED:
        put(tmp_path / name) if name != ".git" else None
    shutil.copy(ROOT / ".dockerignore", tmp_path)
    return tmp_path


def put(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("something", encoding="utf-8")


@pytest.mark.parametrize("name", PLANTED)
def test_what_lies_around_stays_out(name: str) -> None:
    assert not lets_in(IGNORED, name)


def test_what_git_ignores_stays_out() -> None:
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    patterns = [line.strip("/") for line in lines if line and line[0] not in "#!"]
    assert len(patterns) > 10
    names = [
        f"{place}{pattern.replace('*', 'x')}{inside}"
        for pattern in patterns
        for place in (["", "tracker/", "docker/mlflow/"] if "/" not in pattern else [""])
        for inside in ("", "/a")
    ]
    assert [name for name in names if lets_in(IGNORED, name)] == []


def test_all_that_dockerfiles_copy_is_there() -> None:
    copied = [
        source.rstrip("/")
        for path in dockerfiles()
        if path.parent.name != "stand-ins"
        for line in re.findall(r"(?m)^COPY (?!--from)((?:--\S+ )*.+) \S+$", text_of(path))
        for source in line.split()
        if not source.startswith("--")
    ]
    there = {path.relative_to(ROOT).as_posix() for path in files()}
    for source in copied:
        below = {name for name in there if fnmatch(name, source) or name.startswith(f"{source}/")}
        assert below, source
        assert {name for name in below if lets_in(IGNORED, name)}, source


def test_only_what_is_committed_is_built_from(planted: Path) -> None:
    committed = {path.relative_to(ROOT).as_posix() for path in files()}
    assert context(planted) <= committed
    assert {name.partition("/")[0] for name in context(planted)} <= {
        *("LICENSE", "README.md", "constraints.txt", "docker", "mlruns.example", "pyproject.toml", "tracker"),
    }


def test_nothing_of_the_program_is_missing() -> None:
    program = [path.relative_to(ROOT).as_posix() for path in files() if path.is_relative_to(ROOT / "tracker")]
    assert len(program) > 100
    assert [name for name in program if not lets_in(IGNORED, name)] == []


def test_no_image_has_a_context_of_its_own() -> None:
    # BuildKit takes such a file in the place of the one at the root.
    assert [path.name for path in DOCKER.rglob("*.dockerignore")] == []


@pytest.mark.parametrize(
    ("ignored", "name", "inside"),
    [
        ("a", "a/b/c", False),
        ("a", "b/a", True),
        ("**/a", "b/c/a/d", False),
        ("**/a", "a", False),
        ("*\n!b\n**/c", "b/c", False),
        ("*\n!b", "b/c/d", True),
        ("*\n!b/*.py", "b/c.py", True),
        ("*\n!b/*.py", "b/c/d.py", False),
        ("# a\n\n/a/", "a", False),
        ("a?", "ab", False),
    ],
)
def test_the_last_line_that_names_a_file_decides(ignored: str, name: str, inside: bool) -> None:
    assert lets_in(ignored, name) is inside


def test_a_docker_engine_takes_the_same(planted: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "version"], capture_output=True, check=False).returncode:
        pytest.skip("no Docker engine answers on this machine")
    everything = tmp_path_factory.mktemp("everything")
    dockerfile = everything / "Dockerfile"
    dockerfile.write_text("FROM scratch\nCOPY . /\n", encoding="utf-8")
    command = [docker, "buildx", "build", "--quiet", "--file", str(dockerfile), str(planted)]
    subprocess.run([*command, "--output", f"type=local,dest={everything}/out"], check=True, timeout=120)
    out = everything / "out"
    assert {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()} == context(planted)
