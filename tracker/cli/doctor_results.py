"""`tracker doctor` as text, a line a check as soon as it is known, and as JSON."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict

import typer
from rich.console import Console
from rich.text import Text

from tracker.cli.terminal import one_line, say
from tracker.doctor.result import CheckResult, CheckState
from tracker.errors import counted
from tracker.foreign_text import as_json

_NAME = 16
_INDENT = _NAME + 3
_NARROWEST = _INDENT + 20
_MARKS: Mapping[CheckState, tuple[str, str]] = {
    "good": ("✓", "green"),
    "warning": ("!", "yellow"),
    "missing": ("✗", "red"),
}


class ResultPrinter:
    """Prints results below each other, no line of them wider than the terminal."""

    def __init__(self) -> None:
        self._width = max(shutil.get_terminal_size().columns, _NARROWEST)
        # None: color in a terminal only.
        self._color = False if os.environ.get("NO_COLOR") else None

    def begin(self, name: str) -> None:
        """Print the name of the check that runs now."""
        say(f"{name:{_NAME}} ", nl=False)

    def end(self, result: CheckResult) -> None:
        """Print what was found, and what to do."""
        mark, color = _MARKS[result.state]
        first, *rest = [*self._wrapped(result.found), *self._wrapped(result.advice)]
        say(f" {first}", mark=typer.style(mark, fg=color), color=self._color)
        for line in rest:
            say(" " * _INDENT + line)

    def summary(self, results: Collection[CheckResult], next_commands: Iterable[str]) -> None:
        """Print whether the main job can run, and what to type next."""
        states = [result.state for result in results]
        say("\n" + "\n".join(_wrap(_summary(states), self._width)))
        if "missing" not in states:
            # Not wrapped: they are to be copied.
            for word, command in zip(("next:", "  or:"), next_commands, strict=False):
                say(f"{word} {command}")

    def _wrapped(self, text: str) -> Iterator[str]:
        return _wrap(one_line(text), self._width - _INDENT)


def results_json(results: Mapping[str, CheckResult]) -> str:
    """Return whether the main job can run, and every field of every result.

    Args:
        results: By the name of their check.
    """
    checks = [{"name": name, **asdict(result)} for name, result in results.items()]
    can_run = all(result.state != "missing" for result in results.values())
    return as_json({"can_run": can_run, "checks": checks})


def _summary(states: Sequence[CheckState]) -> str:
    missing, warnings = states.count("missing"), states.count("warning")
    counts = [f"{missing} missing"] if missing else []
    counts += [counted(warnings, "warning")] if warnings else []
    told = f"; {', '.join(counts)}" if counts else ""
    if missing:
        return f"the main job cannot run here{told}: mend what is marked ✗, and type tracker doctor again"
    return f"the main job can run here{told}"


def _wrap(text: str, width: int) -> Iterator[str]:
    """Break text where words end; a path that is longer than a line is broken anywhere."""
    if not text:
        return
    for line in Text(text).wrap(Console(width=width), width, overflow="fold"):
        yield line.plain.rstrip()
