"""`docs/study.yaml` is what there is: every option, with the default that holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from tests.support.command import Outcome
from tests.support.workplace import shared_cache, tracker, workplace
from tools.study_yaml import EXAMPLE, example
from tracker.config.loading import read_options
from tracker.config.options import RunOptions
from tracker.config.yaml_file import read_names

__all__ = ["shared_cache", "tracker", "workplace"]


def test_the_example_is_that_of_the_options_there_are() -> None:
    assert EXAMPLE.read_text(encoding="utf-8") == example(), "type: python -m tools.study_yaml"


def test_the_example_names_every_option_and_changes_nothing() -> None:
    assert read_names(EXAMPLE).keys() == RunOptions.model_fields.keys()
    assert read_options({}, EXAMPLE) == RunOptions()
    assert max(map(len, EXAMPLE.read_text(encoding="utf-8").splitlines())) <= 80


def test_what_the_example_leaves_open_is_as_open_as_without_it() -> None:
    assert read_options({}, EXAMPLE, otherwise={"tune": 50}).tune == 50
    assert read_options({"tuned": True}, EXAMPLE).tuned


def test_the_endings_of_the_example_work_without_their_comment_signs(tmp_path: Path) -> None:
    _, _, end = example().partition("# x-small")
    lines = [line.removeprefix("# ") for line in f"# x-small{end}".splitlines()]
    code = [line for line in lines if re.match(r"( |[a-z<-]+:( |$))", line)]
    (tmp_path / "study.yaml").write_text("\n".join(code), encoding="utf-8")
    options = read_options({}, tmp_path / "study.yaml")
    assert (options.epochs, options.image_size) == (5, 64)
    assert options.search["lr"]["fine-tuning"] == [1e-6, 0.01]


def test_both_commands_take_the_example(tracker: Callable[..., Outcome], radiographs: Path) -> None:
    images = ["--dataset", "folder", "--data", str(radiographs), "--model", "mini-resnet", "--dry-run"]
    for command in ("run", "tune"):
        told = tracker(command, "--config", str(EXAMPLE), *images)
        assert told.code == 0, told.err
        assert ("50 trials an arm" in told.out) == (command == "tune")
