"""What the documentation says is what there is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tracker.config.options import RunOptions

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = ("run", "tune", "status", "compare", "predict", "ui", "sync", "models", "doctor")
NOT_OURS = {"--no-cache", "--all", "--env-manager"}


@pytest.fixture(scope="module")
def help_texts() -> dict[str, str]:
    return {
        command: subprocess.run(
            [sys.executable, "-m", "tracker", *command.split(), "--help"],
            capture_output=True,
            text=True,
            check=True,
            env={"COLUMNS": "200", "PATH": ""},
        ).stdout
        for command in ("", *COMMANDS)
    }


def test_ci_runs_the_test_command_of_the_readme_word_for_word() -> None:
    commands = re.findall(r"```sh\n(python3 -m venv .*)\n```", README)
    assert len(commands) == 2
    assert commands[1] in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_every_option_in_the_documentation_exists(help_texts: dict[str, str]) -> None:
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    pages = [
        README,
        contributing,
        *(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")),
    ]
    named = {option for page in pages for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", page)}
    scripts = [path.read_text(encoding="utf-8") for path in (ROOT / "benchmarks").rglob("*.py")]
    texts = [*help_texts.values(), *scripts]
    known = {option for text in texts for option in re.findall(r"--[a-z][a-z-]+", text)}
    assert named - known - NOT_OURS == set()
    assert len(named) > 15


def test_help_names_the_defaults_that_hold(help_texts: dict[str, str]) -> None:
    text = " ".join(help_texts["run"].split())
    for name in ("epochs", "batch_size", "weight_decay", "momentum", "image_size", "split_seed"):
        value = RunOptions.model_fields[name].default
        assert re.search(rf"--{name.replace('_', '-')} .*?Default: {value:.10g}\.", text), name
    for name in ("optimizer", "schedule", "precision", "resize", "on_unreadable", "log_model"):
        value = RunOptions.model_fields[name].default
        assert re.search(rf"--{name.replace('_', '-')} [^-]*?(--[^-]*?)?Default: {value}\.", text), name
    assert "Default: alexnet, resnet152, densenet201" in text
    assert "Default: imagenet (bundled for mini-... networks)." in text
    assert [RunOptions().weights_of(model) for model in ("alexnet", "mini-alexnet")] == [
        "imagenet",
        "bundled",
    ]


def test_every_page_and_picture_that_the_readme_links_is_there() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert [link for link in links if not leads_somewhere(link)] == []
    assert len(links) >= 6


def leads_somewhere(link: str) -> bool:
    """Say whether a page is there, and has the heading that a link names."""
    page, _, anchor = link.partition("#")
    if not anchor or not (ROOT / page).exists():
        return (ROOT / page).exists()
    headings = re.findall(r"^#+ (.*)$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    return anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_can_be_read_in_some_minutes() -> None:
    assert len(README.splitlines()) <= 130
    assert len(README.split()) <= 1500


def test_the_constraints_name_no_address() -> None:
    assert "://" not in (ROOT / "constraints.txt").read_text(encoding="utf-8")
