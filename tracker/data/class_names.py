"""Names of classes that mean the same, or mean nothing: typing errors that would become classes."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping

from tracker.errors import DataError, collect_errors, counted

_NUMBER = re.compile(r"[+-]?\d+([.,]\d*)?")
_BETWEEN_WORDS = re.compile(r"(?<=\w)[\s_-]+(?=\w)")
_NOTHING = frozenset({"nan", "<na>", "#n/a", "#na", "n/a", "na", "nat", "null"})


def check_class_names(counts: Mapping[str, int], *, folders: Collection[str] = ()) -> None:
    """Refuse classes that are one class under two names, and labels that are none.

    Args:
        counts: How many images each class has.
        folders: Names that are also those of folders: no empty cell is meant by them.

    Raises:
        DataError: Some names are the same but for case, spaces or how a number is written, or stand for an
            empty cell; all are named.
    """
    collect_errors(
        [lambda: _check_same(counts), lambda: _check_nothing(counts, folders)],
        error=DataError,
        must="every class must have one name that says what it is",
    )


def _check_same(counts: Mapping[str, int]) -> None:
    groups: dict[str, list[str]] = defaultdict(list)
    for name in sorted(counts, key=lambda name: (-counts[name], name)):
        groups[meaning_of(name)].append(name)
    same = [names for names in groups.values() if len(names) > 1]
    if same:
        raise DataError(
            "every class must have one name",
            but=f"{len(same)} {'has' if len(same) == 1 else 'have'} several that differ in case, spaces or "
            "spelling alone",
            do="Give all its images the same one; if they are two classes, names that differ more:",
            details=[" and ".join(_shown(name, counts) for name in names) for names in same],
        )


def _check_nothing(counts: Mapping[str, int], folders: Collection[str]) -> None:
    # Python writes None for nothing; people who mean "no finding" may write none.
    empty = [
        name
        for name in counts
        if name not in folders and (name.strip().lower() in _NOTHING or name.strip() == "None")
    ]
    if empty:
        raise DataError(
            "every label must name a class",
            but=f"{', '.join(_shown(name, counts) for name in empty)} stands for an empty cell",
            do="Give these images their labels or leave them out (--exclude); if it is a class, rename it.",
        )


def meaning_of(name: str) -> str:
    """Return what all ways to write one name have in common."""
    text = unicodedata.normalize("NFKC", name).casefold().strip()
    if _NUMBER.fullmatch(text):
        return repr(float(text.replace(",", ".")) + 0.0)
    return _BETWEEN_WORDS.sub(" ", text)


def _shown(name: str, counts: Mapping[str, int]) -> str:
    # repr tells a space at the end, and ascii two ways to write one accent.
    plain = name.isascii() or unicodedata.is_normalized("NFC", name)
    return f"{name if plain and name == name.strip() else ascii(name)} ({counted(counts[name], 'image')})"
