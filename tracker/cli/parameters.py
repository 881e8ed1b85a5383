"""Parameters of commands, made from the fields of `RunOptions`: a new field there is an option here.

Which default holds is said in the help and decided in `tracker.config`: None means "not given".
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from tracker.cli.completion import completion_of
from tracker.config.command_line import Option, options_of
from tracker.config.options import TRACKING, TRACKING_URI_HELP, RunOptions

TrackingUri = Annotated[str | None, typer.Option(help=TRACKING_URI_HELP)]
Example = Annotated[
    bool, typer.Option("--example", help="Look at the runs that come with tracker, before making any.")
]

_CONFIG = typer.Option(
    help="A YAML file of these options; options given here win.", rich_help_panel=TRACKING.panel
)

Command = Callable[[Mapping[str, Any], Path | None], None]
"""Takes what was given, by the names of fields, and a file of options."""


def with_run_options(command: Command) -> Callable[..., None]:
    """Give a command the options that the fields of `RunOptions` have for it, and `--config`.

    Args:
        command: A function with the name of the command; its docstring is the help.
    """
    options = {option.name: option for option in options_of(command.__name__, RunOptions)}

    @functools.wraps(command)
    def call(*, config: Path | None = None, **given: Any) -> None:
        command({options[name].field: value for name, value in given.items()}, config)

    # Typer reads the parameters of a command from its signature.
    parameters = [*map(_parameter, options.values()), _keyword("config", Path, _CONFIG)]
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return call


def _parameter(option: Option) -> inspect.Parameter:
    kind = list[option.kind] if option.repeated else option.kind  # type: ignore[name-defined]
    names = [f"--{option.name.replace('_', '-')}"] if option.kind is bool else []
    offered = typer.Option(
        *names,
        help=option.help,
        rich_help_panel=option.panel or None,
        autocompletion=completion_of(option),
    )
    return _keyword(option.name, kind, offered)


def _keyword(name: str, kind: Any, offered: Any) -> inspect.Parameter:
    annotation = Annotated[Optional[kind], offered]  # noqa: UP045 - a type that is only known when it runs
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
