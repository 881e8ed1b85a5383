"""`tracker doctor` as text, a line a check as soon as it is known, and as JSON."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import typer
from rich.console import Console
from rich.text import Text

from tracker.cli.one_line import one_line
from tracker.doctor.finding import Finding, State

_NAME = 16
_INDENT = _NAME + 3
_NARROWEST = _INDENT + 20
_MARKS: Mapping[State, tuple[str, str]] = {
    "good": ("✓", "green"),
    "warning": ("!", "yellow"),
    "missing": ("✗", "red"),
}


class Table:
    """Prints findings below each other, no line of them wider than the terminal."""

    def __init__(self) -> None:
        self._width = max(shutil.get_terminal_size().columns, _NARROWEST)
        # None: colour in a terminal only.
        self._colour = False if os.environ.get("NO_COLOR") else None

    def begin(self, name: str) -> None:
        """Print what is looked at now."""
        typer.echo(f"{name:{_NAME}} ", nl=False)

    def end(self, finding: Finding) -> None:
        """Print what was found, and what to do."""
        mark, colour = _MARKS[finding.state]
        first, *rest = [*self._wrapped(finding.found), *self._wrapped(finding.advice)]
        typer.echo(f"{typer.style(mark, fg=colour)} {first}", color=self._colour)
        for line in rest:
            typer.echo(" " * _INDENT + line)

    def summary(self, findings: Collection[Finding], next_commands: Iterable[str]) -> None:
        """Print what comes of it, and what to type next."""
        states = [finding.state for finding in findings]
        typer.echo("\n" + "\n".join(_wrap(_summary(states), self._width)))
        if "missing" not in states:
            # Not wrapped: they are to be copied.
            for word, command in zip(("next:", "  or:"), next_commands, strict=False):
                typer.echo(f"{word} {command}")

    def _wrapped(self, text: str) -> Iterator[str]:
        return _wrap(one_line(text), self._width - _INDENT)


def findings_json(findings: Mapping[str, Finding]) -> str:
    """Return whether the main job can run, and every field of every finding.

    Args:
        findings: By the name of their check.
    """
    rows = [
        {
            "name": name,
            "state": finding.state,
            "found": finding.found,
            "advice": finding.advice,
            "facts": dict(finding.facts),
        }
        for name, finding in findings.items()
    ]
    can_run = all(finding.state != "missing" for finding in findings.values())
    return json.dumps({"can_run": can_run, "checks": rows}, indent=2, ensure_ascii=False)


def _summary(states: Sequence[State]) -> str:
    missing, warnings = states.count("missing"), states.count("warning")
    counts = [f"{missing} missing"] if missing else []
    counts += [f"{warnings} {'warning' if warnings == 1 else 'warnings'}"] if warnings else []
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
