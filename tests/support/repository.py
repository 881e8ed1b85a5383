"""What is committed, or could be: the files of the repository that git does not ignore."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"


@cache
def files() -> list[Path]:
    """List the files, also those that are not yet added to git."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("which files are committed is asked of git, and this is no clone")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted({path for name in listed.split("\0") if name and (path := ROOT / name).is_file()})


def text_of(path: Path) -> str:
    """Return a file's text; one that is no text has none."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def shell_scripts() -> list[Path]:
    """List the shell scripts, which their first line or their name tells."""
    return [
        path
        for path in files()
        if path.suffix == ".sh" or re.match(r"#!.*\b(ba|da|k)?sh\b|# shellcheck shell=", text_of(path)[:200])
    ]


def dockerfiles() -> list[Path]:
    """List what images are built from: files below docker/ whose first instruction is FROM or ARG."""
    first = r"(?:\s*(?:#.*)?\n)*(?:FROM|ARG) \S"
    return [path for path in files() if path.is_relative_to(DOCKER) and re.match(first, text_of(path))]
