"""Reads what a user asks for: options of the command line over those of a YAML file."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from tracker.config.options import RunOptions
from tracker.errors import UsageError


def read_options(
    given: Mapping[str, Any], config: Path | None = None, *, otherwise: Mapping[str, Any] | None = None
) -> RunOptions:
    """Return the options of a YAML file, overridden by those given on the command line.

    Args:
        given: Option names and values; None and empty lists mean "not given".
        config: A YAML file of option names and values.
        otherwise: What holds where neither says something, in the place of the options' own defaults.

    Raises:
        UsageError: If the file cannot be read, or a name or value is wrong; all are named at once.
    """
    asked = {name: value for name, value in given.items() if value is not None and value != []}
    values = dict(otherwise or {}) | (_read_yaml(config) if config else {}) | asked
    try:
        return RunOptions(**values)
    except ValidationError as error:
        raise _usage_error(error) from None


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            "the configuration file must be readable", but=f"{path}: {error.strerror}", do="Check --config."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        found = " ".join(str(error).split())
        raise UsageError(
            "the configuration file must be YAML", but=f"{path}: {found}", do="Mend the file."
        ) from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise UsageError(
            "the configuration file must hold names and values",
            but=f"{path} holds a {type(content).__name__}",
            do="Write it as lines of `name: value`.",
        )
    return {str(name).replace("-", "_"): value for name, value in content.items()}


def _usage_error(error: ValidationError) -> UsageError:
    problems = [
        _problem(item["loc"], item["type"], item["msg"], item["input"])
        for item in error.errors()
        # What pydantic says of a list after it refused one of its items.
        if item["type"] != "too_short" or not item["input"]
    ]
    return UsageError(
        "every option must have a known name and a possible value",
        but="; ".join(dict.fromkeys(problems)),
        do="See tracker run --help.",
    )


def _problem(location: tuple[int | str, ...], kind: str, message: str, found: object) -> str:
    name = str(location[0]) if location else ""
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(name, RunOptions.model_fields, n=1)
        return f"{name} is unknown" + (f" (did you mean {near[0]}?)" if near else "")
    text = message.removeprefix("Value error, ")
    text = text[0].lower() + text[1:]
    if not name:
        return text
    return f"{name}: {text}" + ("" if "got" in text else f", got {found!r}")
