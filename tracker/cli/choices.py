"""Commands that are ready to type: what was typed, with what was missing."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from itertools import pairwise

from tracker.addresses import typed_again, what_to_set
from tracker.config.options import SECRET

_ADDRESSES = tuple(f"--{name.replace('_', '-')}" for name in SECRET)
_ONCE = ("--experiment", "--split", "--arm")
"""Options that a new value replaces; others are given again."""


def command_with(choice: Sequence[str], arguments: Sequence[str]) -> str:
    """Return the command that was typed with a choice of an error.

    Args:
        choice: Options and their values.
        arguments: What was typed after `tracker`.
    """
    replaced = [name for name in _ONCE if name in choice]
    return shlex.join(["tracker", *without_passwords(_without(replaced, arguments)), *choice])


def run_after_tune(arguments: Sequence[str]) -> str:
    """Return the `tracker run` that trains with what a `tracker tune` found.

    Args:
        arguments: What was typed after `tracker`.
    """
    _, *options = (word for word in arguments if word != "--debug")
    return shlex.join(["tracker", "run", *without_passwords(_without(["--trials"], options)), "--tuned"])


def without_passwords(arguments: Sequence[str]) -> list[str]:
    """Return what was typed as it may be shown: an account in an address is left out.

    Args:
        arguments: What was typed after `tracker`.
    """
    addresses = set(_addresses(arguments))
    cut = {word: word.replace(address, typed_again(address)) for word, address in addresses}
    return [cut.get(word, word) for word in arguments]


def left_out(arguments: Sequence[str]) -> str:
    """Say which variables take what `without_passwords` leaves out; empty where that is nothing.

    Args:
        arguments: What was typed after `tracker`.
    """
    return what_to_set(*(address for _, address in _addresses(arguments)))


def _addresses(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the words that hold an address, and the address in each."""
    for before, word in pairwise(["", *arguments]):
        name, equals, value = word.partition("=")
        if before in _ADDRESSES:
            yield word, word
        elif equals and name in _ADDRESSES:
            yield word, value


def _without(names: Sequence[str], arguments: Sequence[str]) -> list[str]:
    kept: list[str] = []
    words = iter(arguments)
    for word in words:
        if word in names:
            next(words, None)
        elif not any(word.startswith(f"{name}=") for name in names):
            kept.append(word)
    return kept
