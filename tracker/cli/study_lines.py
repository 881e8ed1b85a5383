"""What is printed of studies: what each searches, what it found, and what to type next."""

from __future__ import annotations

from collections.abc import Mapping

from tracker.config.options import RunOptions
from tracker.config.tuned import Tuned, values_said

_WIDTH = 80


def tuning_lines(options: RunOptions) -> list[str]:
    """Return how the arms are tuned; nothing where they are not."""
    if options.tune is None:
        return []
    repeated = [
        f"{options.tune_folds} folds of training and validation images" if options.tune_folds else "",
        f"{options.tune_seeds} seeds" if options.tune_seeds > 1 else "",
    ]
    over = " x ".join(filter(None, repeated))
    epoch = "last epoch" if options.tune_at == "final" else "epoch of the lowest validation loss"
    return [
        f"{options.tune} trials an arm ({options.sampler}), judged by {options.objective} of the {epoch}",
        *([f"each the mean over {over}"] if over else []),
    ]


def settings_of_arm(options: RunOptions, mode: str, lr: float) -> str:
    """Return what an arm is trained with, or what is searched for it."""
    if options.tune is not None:
        return ", ".join(f"{name} {values}" for name, values in options.space(mode).items())
    return "lr of its study" if options.tuned else f"lr {lr:<6g}"


def found_line(label: str, tuned: Tuned) -> str:
    """Return what the study of an arm found, on a second line where one would be too long."""
    found = f"{tuned.objective} {tuned.objective_value:.3g}"
    line = f"{label:42} {found}  {values_said(tuned.values)}"
    return line if len(line) <= _WIDTH else f"{label:42} {found}\n      {values_said(tuned.values)}"


def found_lines(tuned: Mapping[tuple[str, str], Tuned]) -> list[str]:
    """Return what earlier studies found, an arm after the other."""
    return [found_line(f"= {' · '.join(arm)}, {one.trials} trials", one) for arm, one in tuned.items()]
