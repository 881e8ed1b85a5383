"""Options as keywords of Python functions: what a notebook gives, and what it is shown."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from tracker.config.loading import read_options
from tracker.config.options import RunOptions
from tracker.errors import UsageError

_Function = TypeVar("_Function", bound=Callable[..., Any])


def takes_options(function: _Function) -> _Function:
    """Have `help` and notebooks show the fields of `RunOptions` that a function takes as keywords.

    Args:
        function: It has `**given` as its last parameter.
    """
    signature, keyword = inspect.signature(function), inspect.Parameter.KEYWORD_ONLY
    own = [one for one in signature.parameters.values() if one.kind != one.VAR_KEYWORD]
    fields = [
        inspect.Parameter(name, keyword, default=info.default, annotation=info.annotation)
        for name, info in RunOptions.model_fields.items()
    ]
    function.__signature__ = signature.replace(parameters=[*own, *fields])  # type: ignore[attr-defined]
    return function


def resolve_options(
    options: RunOptions | None,
    config: Path | str | None,
    given: Mapping[str, Any],
    *,
    otherwise: Mapping[str, Any] | None = None,
) -> RunOptions:
    """Return what a caller asks for, in one way or the other.

    Args:
        options: All of it; None: what the others say.
        config: A YAML file of options.
        given: Options by name, which override the file's.
        otherwise: What holds where nobody says something, in the place of the options' own defaults.

    Raises:
        UsageError: There are options in two ways, or a name or value is wrong; all are named at once.
    """
    if options is None:
        return read_options(given, Path(config) if config else None, otherwise=otherwise)
    if config or given:
        raise UsageError(
            "options must be given in one way",
            but=f"there are RunOptions and {'a file' if config else ', '.join(given)} beside them",
            do="Give RunOptions alone, or keywords (and config=FILE).",
        )
    return options.model_copy(update={**(otherwise or {}), **options.model_dump(exclude_unset=True)})
