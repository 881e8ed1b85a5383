"""Commands that are ready to type: what was typed, with what was missing."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

_ONCE = ("--experiment", "--split")
"""Options that a new value replaces; others are given again."""


def command_with(choice: Sequence[str], arguments: Sequence[str]) -> str:
    """Return the command that was typed with a choice of an error.

    Args:
        choice: Options and their values.
        arguments: What was typed after `tracker`.
    """
    replaced = [name for name in _ONCE if name in choice]
    return shlex.join(["tracker", *_without(replaced, arguments), *choice])


def run_after_tune(arguments: Sequence[str]) -> str:
    """Return the `tracker run` that trains with what a `tracker tune` found.

    Args:
        arguments: What was typed after `tracker`.
    """
    _, *options = (word for word in arguments if word != "--debug")
    return shlex.join(["tracker", "run", *_without(["--trials"], options), "--tuned"])


def _without(names: Sequence[str], arguments: Sequence[str]) -> list[str]:
    kept: list[str] = []
    words = iter(arguments)
    for word in words:
        if word in names:
            next(words, None)
        elif not any(word.startswith(f"{name}=") for name in names):
            kept.append(word)
    return kept
