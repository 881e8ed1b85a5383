"""What MLflow takes as the name of a registered model and as an alias, asked before anything is made."""

from __future__ import annotations

import re

from tracker.errors import UsageError

# What a database has room for, and an address `models:/NAME@ALIAS` can hold.
_LONGEST_NAME, _LONGEST_ALIAS = 256, 255
_ALIAS = re.compile(rf"[\w-]{{1,{_LONGEST_ALIAS}}}", re.ASCII)
_VERSION = re.compile(r"v\d+", re.IGNORECASE)


def check_name(name: str) -> None:
    """Refuse what cannot be the name of a registered model.

    Args:
        name: What a user typed.

    Raises:
        UsageError: MLflow does not take it, or no address could name it.
    """
    problem = _problem_with(name)
    if problem:
        raise UsageError(
            f"--name must be 1 to {_LONGEST_NAME} characters without / : @",
            but=f"{name!r} {problem}",
            do="Give it a name such as tb-xray.",
        )


def _problem_with(name: str) -> str:
    if not name.strip() or name != name.strip():
        return "begins or ends with a space" if name.strip() else "is empty"
    if found := next((letter for letter in "/:@" if letter in name), ""):
        return f"has {found} in it"
    if name in (".", "..") or not name.isprintable():
        return "is no name" if name.isprintable() else "has letters that cannot be printed"
    return f"has {len(name)}" if len(name) > _LONGEST_NAME else ""


def check_alias(alias: str) -> None:
    """Refuse what cannot be an alias.

    Args:
        alias: What a user typed.

    Raises:
        UsageError: MLflow does not take it.
    """
    reserved = alias.lower() == "latest" or _VERSION.fullmatch(alias) is not None
    if reserved or not _ALIAS.fullmatch(alias):
        keeps = f"MLflow keeps {alias!r} for itself"
        raise UsageError(
            "--alias must be a word of letters, digits, - and _, and neither latest nor a version such as v1",
            but=keeps if reserved else f"{alias[:_LONGEST_ALIAS]!r} is none",
            do="Give it one such as champion.",
        )
