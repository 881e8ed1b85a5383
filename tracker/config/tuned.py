"""What the study of an arm found: the values that its runs are then trained with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tracker.config.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Tuned:
    """The best trial of a study.

    Attributes:
        study: The study's name in its storage.
        values: The value of each searched setting.
        trials: How many trials the study spent.
        objective: What it was judged by, such as val/loss.
        objective_value: What the best trial reached.
        how: How it was searched, in words that two arms can be compared by.
    """

    study: str
    values: Mapping[str, float | int | str]
    trials: int
    objective: str
    objective_value: float
    how: str

    def applied(self, recipe: Recipe) -> Recipe:
        """Return a recipe with the values that were found.

        Args:
            recipe: A recipe of the arm that was tuned.
        """
        return Recipe(**(recipe.model_dump() | dict(self.values)))

    def tags(self) -> dict[str, str]:
        """Return what a run with these values says of where they come from."""
        return {
            "tracker.tuned": ", ".join(self.values),
            "tracker.tuned_trials": str(self.trials),
            "tracker.tuned_how": self.how,
            "tracker.tuned_study": self.study,
        }


def values_text(values: Mapping[str, float | int | str]) -> str:
    """Return settings for a person to read, such as `lr 0.0123, weight_decay 1.1e-05`.

    Args:
        values: The value of each setting.
    """
    return ", ".join(
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in values.items()
    )
