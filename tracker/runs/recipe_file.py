"""The recipe of a run as a file that makes the same run again, wherever it lies."""

from __future__ import annotations

import shlex

from tracker.config.home import expanded
from tracker.config.options import RunOptions
from tracker.config.recipe import Recipe
from tracker.config.yaml_nodes import to_yaml
from tracker.models.weights import is_file

RECIPE_FILE = "recipe.yaml"


def recipe_file(recipe: Recipe, *, split: str, options: RunOptions) -> bytes:
    """Return a file that `tracker run --config` takes; its first lines say what else is to be given.

    Args:
        recipe: The run's recipe.
        split: The rule of the split for all images, also those that were left out.
        options: What the user asked for.
    """
    values = recipe.model_dump(mode="json", exclude=_unasked(recipe)) | {"split": split}
    if recipe.folds is not None:
        values["repeats"] = recipe.repeat + 1
    if is_file(recipe.weights):
        values["weights"] = str(expanded(recipe.weights).absolute())
    data = ["--data", str(expanded(options.data).absolute())] if options.data is not None else []
    command = ["tracker", "run", "--config", RECIPE_FILE, *data, "--experiment", options.experiment_name]
    # A folder can have any letter in its name, and a comment ends with its line.
    told = " ".join(shlex.join(command).split())
    return f"# The same run again: {told}\n{to_yaml(values)}".encode(errors="backslashreplace")


def _unasked(recipe: Recipe) -> set[str]:
    """Return what says nothing of a run without folds, or on all of its training part."""
    of_folds = {"folds", "fold", "repeat"} if recipe.folds is None else set()
    return of_folds | ({"train_fraction"} if recipe.train_fraction is None else set())
