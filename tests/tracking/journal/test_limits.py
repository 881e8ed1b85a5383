from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest
from mlflow.utils.validation import (
    _validate_logged_model_name,
    _validate_metric_name,
    _validate_param_name,
    _validate_tag_name,
)

from tracker.tracking.journal.limits import (
    MAX_PARAM,
    safe_folder,
    safe_key,
    safe_model_name,
    safe_number,
    safe_text,
)

ODD_KEYS = [
    *("", ".", "..", "...", "/", "//", "a//b", "/a", "a/", "./a", "a/./b", "a/../b", "../a", "..a", " "),
    *(
        "a\0b",
        "a\nb",
        "p@1",
        "sensitivity (TB)",
        "ß" * 300,
        "x" * 251,
        "a/" * 200,
        "\ud800",
        "..a/" + "y" * 300,
    ),
]


@pytest.mark.parametrize("key", ODD_KEYS, ids=ascii)
def test_mlflow_takes_every_key_that_is_made_safe(key: str) -> None:
    safe = safe_key(key)
    _validate_metric_name(safe)
    _validate_param_name(safe)
    _validate_tag_name(safe)
    assert len(safe) <= 250
    assert safe_key(safe) == safe


@pytest.mark.parametrize("key", ["lr", "train/loss", "a b:c.d-e_f", "größe", "x" * 250])
def test_a_key_that_mlflow_takes_stays_as_it_is(key: str) -> None:
    _validate_metric_name(key)
    assert safe_key(key) == key


def test_keys_that_differ_stay_different() -> None:
    assert len({safe_key(key) for key in ["p@1", "p#1", "p_1", "x" * 300, "x" * 301]}) == 5


def test_text_is_cut_at_the_limit_and_says_so() -> None:
    assert safe_text("y" * 6000, MAX_PARAM) == "y" * 6000
    cut = safe_text("y" * 6001, MAX_PARAM)
    assert len(cut) == 6000
    assert cut.endswith("(cut)")


def test_nul_and_half_characters_are_replaced() -> None:
    assert safe_text("a\0b\ud800c", 100) == "a�b?c"


def test_infinities_become_what_mlflow_keeps() -> None:
    assert safe_number(math.inf) == sys.float_info.max
    assert safe_number(-math.inf) == -sys.float_info.max
    assert math.isnan(safe_number(math.nan))
    assert safe_number(0.5) == 0.5


@pytest.mark.parametrize(
    ("arm", "name"),
    [
        ("resnet152-feature-extractor", "resnet152-feature-extractor"),
        ("mnasnet0_5-fine-tuning", "mnasnet0_5-fine-tuning"),
        ("resnet18-freeze:layer4.1.add", "resnet18-freeze-layer4-1-add"),
        ("é/\"%'", "model"),
        ("", "model"),
        ("x" * 999, "x" * 200),
    ],
)
def test_a_model_is_called_as_mlflow_takes_it(arm: str, name: str) -> None:
    assert safe_model_name(arm) == name
    _validate_logged_model_name(safe_model_name(arm))


def test_a_folder_has_a_name_that_file_systems_take(tmp_path: Path) -> None:
    names = ["cxr 662", "한" * 100, "한" * 99 + "글", "x" * 500, "a/b", "..", "ä" * 60]
    folders = [safe_folder(name) for name in names]
    assert folders[0] == "cxr_662"
    assert folders[-1] == "ä" * 60, "short names stay what they were"
    assert len(set(folders)) == len(names)
    for folder in folders:
        (tmp_path / folder).mkdir()
        assert len(folder.encode()) <= 120
