"""What several commands print alike: text of others in one line, and what is not sent yet."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import typer
from rich.cells import cell_len, set_cell_size

from tracker.foreign_text import printable, printable_lines

if TYPE_CHECKING:
    from tracker.tracking.shipping.unsent import Unsent


def say(text: str, *, err: bool = False, nl: bool = True, mark: str = "", color: bool | None = None) -> None:
    """Print text, in which others may have written anything: no command prints in another way.

    Args:
        text: Lines.
        err: Whether it goes to the standard error.
        nl: Whether the line ends.
        mark: What stands before it, with the colors of a terminal.
        color: Whether the mark has its colors; None: in a terminal.
    """
    typer.echo(f"{mark}{printable_lines(text)}", err=err, nl=nl, color=color)


class _Notes(logging.Handler):
    """Prints what rooms below tell in passing; the causes of faults are for logs."""

    def emit(self, record: logging.LogRecord) -> None:
        if not record.exc_info:
            say(f"  note: {record.getMessage()}", err=True)


_NOTES = _Notes(logging.WARNING)


def print_notes() -> None:
    """Have what rooms below tell in passing be printed beside what a command prints."""
    logging.getLogger("tracker").addHandler(_NOTES)


def shortened(text: str, width: int) -> str:
    """Return text in one line that is no wider than a terminal.

    Args:
        text: Any text.
        width: Columns, of which a Chinese letter takes two.
    """
    line = one_line(text)
    return line if cell_len(line) <= width else f"{set_cell_size(line, width - 2).rstrip()} …"


def one_line(text: str) -> str:
    """Return text without line ends and whatever else could move a terminal's cursor.

    Args:
        text: Any text.
    """
    return printable(" ".join(text.split()))


def print_unsent(unsent: Unsent) -> None:
    """Print what earlier runs could not send and why, beside what a command prints.

    Args:
        unsent: As `tracker.ui.stores.open_store` tells it.
    """
    for line in unsent.lines():
        say(line, err=True)


def duration(seconds: float) -> str:
    """Return a time as people say it, such as `1 min 03 s`.

    Args:
        seconds: How long something takes.
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
