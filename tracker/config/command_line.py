"""How the fields of `RunOptions` are offered on a command line: by which command, name and heading.

What is decided here needs no Typer: `tracker.cli` makes parameters of it, and shells complete from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

_SIMPLE = (bool, int, float, Path)


@dataclass(frozen=True, slots=True)
class CommandLine:
    """How a field is offered; several of them where commands offer it differently.

    Attributes:
        panel: The heading that its help stands under; empty: with the options that have none.
        commands: The commands that have it.
        name: What it is called there; empty: as the field.
        help: Its help there; empty: the field's description.
    """

    panel: str = ""
    commands: tuple[str, ...] = ("run", "tune")
    name: str = ""
    help: str = ""

    def of(self, *commands: str, name: str = "", help: str = "") -> CommandLine:
        """Return the same for some commands alone, under another name and help if these are given."""
        return replace(self, commands=commands, name=name, help=help)


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a command.

    Attributes:
        field: The field that it sets.
        name: What it is called, with underscores.
        kind: The type of one value: bool (a flag), int, float, Path or str.
        repeated: Whether it can be given several times.
        choices: The words that it can be, where they are few; empty: any.
        help: One or two sentences, with its default.
        panel: The heading that it stands under; empty: none.
    """

    field: str
    name: str
    kind: type
    repeated: bool
    choices: tuple[str, ...]
    help: str
    panel: str


def options_of(command: str, model: type[BaseModel]) -> Iterator[Option]:
    """Yield the options that a command has, in the order of the fields.

    Args:
        command: Its name.
        model: The fields, each with its `CommandLine` among its annotations.
    """
    for field, info in model.model_fields.items():
        for offer in info.metadata:
            if isinstance(offer, CommandLine) and command in offer.commands:
                inner = _one_value(info.annotation)
                yield Option(
                    field=field,
                    name=offer.name or field,
                    kind=next((kind for kind in _SIMPLE if inner is kind), str),
                    repeated=get_origin(info.annotation) is tuple,
                    choices=get_args(inner) if get_origin(inner) is Literal else (),
                    help=offer.help or _with_default(info),
                    panel=offer.panel,
                )


def _one_value(annotation: Any) -> Any:
    """Return the type of one value: without None, constraints and the tuple around it."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return _one_value(next(kind for kind in inner if kind is not type(None)))
    return _one_value(inner[0]) if origin in (Annotated, tuple) else annotation


def _with_default(info: FieldInfo) -> str:
    text, default = info.description or "", info.default
    if "Default" in text or default is None or default is False:
        return text
    values = default if isinstance(default, tuple) else (default,)
    return f"{text} Default: {', '.join(f'{v:.10g}' if isinstance(v, float) else str(v) for v in values)}."
