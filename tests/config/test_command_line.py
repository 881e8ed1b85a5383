"""A field of the options is an option of the command line, with nothing to be done elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field

from tracker.config.command_line import Option, options_of
from tracker.config.options import PLAIN, TRAINING, RunOptions
from tracker.config.recipe import Recipe


class WithOneMore(RunOptions):
    """What a colleague would add."""

    label_smoothing: Annotated[float, Field(ge=0, lt=1), TRAINING] = Field(0.0, description="Of the loss.")
    mirrored: Annotated[bool, PLAIN.of("tune")] = Field(False, description="Whether images are mirrored.")


def named(command: str, model: type[RunOptions] = RunOptions) -> dict[str, Option]:
    return {option.name: option for option in options_of(command, model)}


def test_every_field_has_a_description_and_is_offered_by_a_command() -> None:
    assert all(info.description for info in RunOptions.model_fields.values())
    offered = {option.field for command in ("run", "tune") for option in options_of(command, RunOptions)}
    assert offered == set(RunOptions.model_fields)


def test_a_new_field_is_an_option_with_its_type_help_and_panel() -> None:
    assert named("run", WithOneMore)["label_smoothing"] == Option(
        "label_smoothing", "label_smoothing", float, False, (), "Of the loss. Default: 0.", "Training"
    )
    assert named("tune", WithOneMore)["mirrored"].kind is bool
    assert "mirrored" not in named("run", WithOneMore)


@pytest.mark.parametrize(
    ("name", "kind", "repeated"),
    [
        ("data", Path, False),
        ("lr", float, False),
        ("epochs", int, False),
        ("tune_folds", int, False),
        ("tuned", bool, False),
        ("search", str, False),
        ("optimizer", str, False),
        ("model", str, True),
        ("seed", int, True),
    ],
)
def test_types_are_those_of_one_value(name: str, kind: type, repeated: bool) -> None:
    option = named("run")[name]
    assert (option.kind, option.repeated) == (kind, repeated)


def test_few_values_are_known_as_choices() -> None:
    assert named("run")["optimizer"].choices == ("sgd", "adam", "adamw")
    assert named("run")["dataset"].choices == ()


def test_a_default_is_said_once() -> None:
    helps = {name: option.help for name, option in named("run").items()}
    assert helps["weight_decay"] == "L2 penalty. Default: 0.0001."
    assert helps["mode"].endswith("Default: feature-extractor, fine-tuning.")
    assert all(text.count("Default") <= 1 for text in helps.values())
    assert "Default" not in helps["tuned"] + helps["data"]


def test_commands_can_name_and_explain_a_field_differently() -> None:
    assert named("tune")["trials"].field == named("run")["tune"].field == "tune"
    assert "Default: 50." in named("tune")["trials"].help
    assert {"seed", "rerun", "log_model", "tuned"} & named("tune").keys() == set()


class LaterRecipe(Recipe):
    """A recipe of a version that has a setting more."""

    label_smoothing: float = 0.0


def test_a_setting_that_came_later_leaves_older_runs_what_they_are() -> None:
    options = RunOptions(weights="none")
    recipe = options.recipe(model="alexnet", mode="scratch", seed=0, split="given", precision="fp32")
    later = LaterRecipe(**recipe.model_dump())
    assert later.fingerprint(manifest_digest="a") == recipe.fingerprint(manifest_digest="a")
    changed = later.model_copy(update={"label_smoothing": 0.1})
    assert changed.fingerprint(manifest_digest="a") != recipe.fingerprint(manifest_digest="a")
