"""Reads what a user asks for: options of the command line over those of a YAML file."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tracker.config.home import expanded
from tracker.config.options import SECRET, RunOptions
from tracker.config.paths import from_folder
from tracker.config.yaml_file import Named, read_names
from tracker.errors import UsageError

_KINDS = {
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be text (in a file, put it in quotes)",
    "tuple_type": "must be one value or a list of them",
    "path_type": "must be a path",
}
"""What must hold, by pydantic's name of an error, where its own words are those of programmers."""

_EITHER = (("tune", "tuned"), ("seed", "seeds"))
"""Options that exclude each other: the one that is given here sets aside the one of a file."""


def read_options(
    given: Mapping[str, Any], config: Path | None = None, *, otherwise: Mapping[str, Any] | None = None
) -> RunOptions:
    """Return the options of a YAML file, overridden by those given on the command line.

    Args:
        given: Option names and values; None and empty lists mean "not given".
        config: A YAML file of option names and values; its relative paths begin at its folder.
        otherwise: What holds where neither says something, in the place of the options' own defaults.

    Raises:
        UsageError: If the file cannot be read, or a name or value is wrong; all are named at once.
    """
    asked = {name: value for name, value in given.items() if not (value is None or _is_empty(value))}
    set_aside = {*asked, *(name for pair in _EITHER if asked.keys() & set(pair) for name in pair)}
    found = {name: one for name, one in _of_file(config).items() if name not in set_aside}
    in_file = {name: one.value for name, one in found.items()}
    try:
        return RunOptions(**(dict(otherwise or {}) | in_file | asked))
    except ValidationError as error:
        places = {name: f" ({config}, line {one.line})" for name, one in found.items()}
        raise _usage_error(error, places) from None


def _is_empty(value: object) -> bool:
    # Not compared: an array of numpy has no truth value.
    return isinstance(value, list) and not value


def _of_file(config: Path | None) -> dict[str, Named]:
    if config is None:
        return {}
    names = {name: one for name, one in read_names(config).items() if not _says_nothing(name, one.value)}
    folder = expanded(config).absolute().parent
    return {name: Named(from_folder(name, one.value, folder), one.line) for name, one in names.items()}


def _says_nothing(name: str, value: object) -> bool:
    """Return whether a file names an option and leaves it open."""
    return value is None and name in RunOptions.model_fields


def _usage_error(error: ValidationError, places: Mapping[str, str]) -> UsageError:
    problems = [
        _problem(item["loc"], item["type"], item["msg"], item["input"], places)
        for item in error.errors()
        # What pydantic says of a list after it refused one of its items.
        if item["type"] != "too_short" or not item["input"]
    ]
    return UsageError(
        "every option must have a known name and a possible value",
        but="; ".join(dict.fromkeys(problems)),
        do="See tracker run --help.",
    )


def _problem(
    location: tuple[int | str, ...], kind: str, message: str, found: object, places: Mapping[str, str]
) -> str:
    name = str(location[0]) if location else ""
    place = places.get(name, "")
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(name, RunOptions.model_fields, n=1)
        return f"{name} is unknown" + (f" (did you mean {near[0]}?)" if near else "") + place
    text = _KINDS.get(kind, message.removeprefix("Value error, "))
    text = text[0].lower() + text[1:]
    if not name:
        return text
    shown = "nothing" if found is None else reprlib.repr(found)
    if name in SECRET:
        shown = f"a {type(found).__name__} that may hold a password"
    return f"{name}: {text}" + ("" if "got" in text else f", got {shown}") + place
