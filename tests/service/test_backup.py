"""Backup and restore of the running stack: nothing is lost, and nothing that is there is overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.repository import DOCKER
from tests.support.stack import Stack, running_stack

ARM = ("--dataset", "phantom", "--model", "mini-densenet", "--epochs", "2", "--experiment", "kept")


@pytest.fixture(scope="module")
def backup(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the stack, made after a run."""
    folder = tmp_path_factory.mktemp("backups") / "backup"
    stack.tracker("run", *ARM)
    stack.run(DOCKER / "backup", folder)
    return folder


def saved(stack: Stack) -> str:
    command = ("exec", "--no-TTY", "mlflow", "sh", "-c", "artifacts save | sha256sum")
    return stack.compose(*command).stdout


def test_an_empty_stack_has_the_same_table_and_artifacts_afterwards(
    stack: Stack, backup: Path, tmp_path: Path
) -> None:
    table = stack.tracker("compare", "--experiment", "kept").stdout
    with running_stack(tmp_path / "docker", f"{stack.project}-restored") as restored:
        restored.run(DOCKER / "restore", backup)
        assert restored.tracker("compare", "--experiment", "kept").stdout == table
        assert saved(restored) == saved(stack)


def test_a_stack_that_is_not_empty_is_left_alone(stack: Stack, backup: Path) -> None:
    done = stack.run(DOCKER / "restore", backup, check=False)
    assert done.returncode == 1
    assert "the stack must be empty" in done.stderr
    assert "kept" in str(stack.asked("experiments/search", max_results=100))


def test_what_was_logged_after_the_backup_is_sent_again(stack: Stack, backup: Path) -> None:
    stack.tracker("run", *ARM, "--seed", "1")
    table = stack.tracker("compare", "--experiment", "kept").stdout
    stack.run(DOCKER / "restore", "--aside", backup)
    assert stack.tracker("compare", "--experiment", "kept").stdout != table
    stack.tracker("sync", "--all")
    assert stack.tracker("compare", "--experiment", "kept").stdout == table
