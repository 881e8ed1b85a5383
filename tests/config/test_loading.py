"""The command line wins over the file, and the file over what holds otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracker.config.loading import read_options
from tracker.errors import UsageError


def test_who_says_it_later_wins(tmp_path: Path) -> None:
    config = tmp_path / "study.yaml"
    config.write_text("epochs: 7\nbatch-size: 4\n", encoding="utf-8")
    options = read_options(
        {"epochs": 9, "lr": None, "seed": []}, config, otherwise={"batch_size": 8, "tune": 5}
    )
    assert (options.epochs, options.batch_size, options.tune) == (9, 4, 5)
    assert (options.lr, options.seed) == (None, (0,))


@pytest.mark.parametrize(
    ("content", "problem"),
    [("[1, 2]", "holds a list"), ("a: [", "must be YAML"), ("epochs: 0\nmodul: x", "did you mean model")],
)
def test_a_file_that_says_nothing_possible_is_refused(tmp_path: Path, content: str, problem: str) -> None:
    config = tmp_path / "study.yaml"
    config.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=problem):
        read_options({}, config)


def test_a_data_set_that_is_a_list_is_refused_in_words(tmp_path: Path) -> None:
    config = tmp_path / "study.yaml"
    config.write_text("dataset: [phantom]\n", encoding="utf-8")
    with pytest.raises(UsageError, match="dataset"):
        read_options({}, config)
