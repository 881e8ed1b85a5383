"""What a study searches: as wide a range for each mode, or what a user says."""

from __future__ import annotations

import math

import pytest

from tracker.config.loading import read_options
from tracker.config.recipe import default_lr
from tracker.config.search_space import Choices, Range, check_search, space_of
from tracker.errors import UsageError

MODES = ("feature-extractor", "freeze:layer3", "fine-tuning", "scratch")


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("mode", MODES)
def test_every_mode_searches_as_far_to_either_side_of_its_default(mode, optimizer) -> None:
    lr = space_of({"lr": None}, mode=mode, optimizer=optimizer)["lr"]
    assert isinstance(lr, Range)
    start = default_lr(mode, optimizer)
    assert math.isclose(start / lr.low, 100)
    assert math.isclose(lr.high / start, 100)


def test_rates_of_all_optimizers_are_searched_where_the_optimizer_is() -> None:
    space = space_of({"lr": None, "optimizer": None}, mode="fine-tuning", optimizer="sgd")
    assert space["optimizer"] == Choices(("sgd", "adam", "adamw"))
    assert str(space["lr"]) == "1e-06 to 0.1"
    only = space_of({"lr": None, "optimizer": ["adam", "adamw"]}, mode="fine-tuning", optimizer="sgd")
    assert str(only["lr"]) == "1e-06 to 0.01"


def test_a_mode_that_is_not_named_searches_the_default_range() -> None:
    asked = {"lr": {"fine-tuning": [1e-4, 1e-2]}}
    assert space_of(asked, mode="fine-tuning", optimizer="sgd")["lr"] == Range(1e-4, 1e-2)
    assert str(space_of(asked, mode="scratch", optimizer="sgd")["lr"]) == "0.0001 to 1"


def test_numbers_that_yaml_takes_for_words_are_numbers() -> None:
    assert space_of({"lr": ["1e-4", "1e-2"]}, mode="scratch", optimizer="sgd")["lr"] == Range(1e-4, 1e-2)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "must name one of"),
        ({"dropout": None}, "got 'dropout'"),
        ({"lr": [0.1]}, "LOW, HIGH"),
        ({"lr": [0.1, 0.01]}, "LOW < HIGH"),
        ({"lr": [0, 1]}, "0 < LOW"),
        ({"lr": [0.1, math.inf]}, "LOW, HIGH"),
        ({"lr": [math.nan, 1]}, "LOW, HIGH"),
        ({"lr": 0.1}, "list of values"),
        ({"lr": {"finetuning": [0.1, 1]}}, "finetuning"),
        ({"optimizer": ["sgd", "lion"]}, "lion"),
        ({"optimizer": ["sgd"]}, "two values"),
        ({"batch_size": [16, 0]}, "whole numbers"),
        ({"batch_size": [16, 2.5]}, "whole numbers"),
    ],
)
def test_what_cannot_be_searched_is_said(asked, said) -> None:
    with pytest.raises(ValueError, match=said):
        check_search(asked)


def test_settings_come_by_name_or_in_a_line() -> None:
    assert read_options({"search": "lr, batch_size"}).search == {"lr": None, "batch_size": None}
    assert read_options({"search": ["lr", "optimizer"]}).search == {"lr": None, "optimizer": None}


@pytest.mark.parametrize("given", [{"tune": 5}, {"tuned": True}])
def test_what_a_study_searches_cannot_be_given_as_well(given) -> None:
    with pytest.raises(UsageError, match="lr: a study searches it"):
        read_options({"lr": 0.1, **given})
    assert read_options({"weight_decay": 0.1, **given}).weight_decay == 0.1
    assert read_options({"lr": 0.1}).lr == 0.1


def test_studies_are_made_or_taken_not_both() -> None:
    with pytest.raises(UsageError, match="give one of them"):
        read_options({"tune": 5, "tuned": True})
