"""The command line: parse, call the API, print. It knows how things look in a terminal.

Every command imports what it needs when it is called; nothing is decided or computed here.
"""

from __future__ import annotations

import sys
from pathlib import Path
from signal import SIGTERM

import typer

from tracker import __version__
from tracker.addresses import without_accounts
from tracker.cli.choices import command_with, left_out
from tracker.cli.compare import compare
from tracker.cli.doctor import doctor
from tracker.cli.evaluate import evaluate
from tracker.cli.explain import explain
from tracker.cli.models import models
from tracker.cli.predict import predict
from tracker.cli.register import register
from tracker.cli.run import run
from tracker.cli.serve import serve
from tracker.cli.status import status
from tracker.cli.sync import sync
from tracker.cli.terminal import print_notes, say
from tracker.cli.tune import tune
from tracker.cli.ui import ui
from tracker.errors import TrackerError
from tracker.foreign_text import printable
from tracker.interruption import Interruption, exit_code
from tracker.io.process_environment import prepare_process
from tracker.io.text_output import write_whatever_is_said
from tracker.io.tracebacks import hide_accounts_in_tracebacks

# What Python's `tempfile` says, which torch needs from its import on.
_NO_TEMPORARY = "No usable temporary directory"

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Freeze an ImageNet network or fine-tune it? Train both, track every epoch, compare them fairly.",
)
app.command()(run)
app.command()(tune)
app.command()(status)
app.command()(compare)
app.command()(predict)
app.command()(evaluate)
app.command()(explain)
app.command()(register)
app.command()(serve)
app.command()(ui)
app.command()(sync)
app.command()(models)
app.command()(doctor)


@app.callback(invoke_without_command=True)
def options(
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error."),
) -> None:
    """Take the options that every command shares."""
    if version:
        say(f"tracker {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line; an error that a user can mend is one line, and an exit code."""
    write_whatever_is_said()
    print_notes()
    debug = "--debug" in sys.argv
    arguments = [_printable_name(argument) for argument in sys.argv[1:] if argument != "--debug"]
    try:
        with Interruption().taking_terminations():
            prepare_process()
            try:
                app(args=arguments)
            finally:
                # Typer sets a hook of its own.
                hide_accounts_in_tracebacks()
    except SystemExit as end:
        # Typer answers every interruption like a Ctrl-C.
        asked = getattr(end.__context__, "__cause__", None)
        if not isinstance(asked, KeyboardInterrupt) or not asked.args:
            raise
        if SIGTERM in asked.args:
            say("tracker: ended by SIGTERM, as asked", err=True)
        sys.exit(exit_code(asked))
    except TrackerError as error:
        if debug:
            raise
        commands = (command_with(choice, arguments) for choice in error.choices)
        say(without_accounts(f"tracker: {error.told(commands)}"), err=True)
        if error.choices and (note := left_out(arguments)):
            say(f"  ({note})", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        if debug:
            raise
        say(f"tracker: {_text_of(error)}", err=True)
        sys.exit(1)


def _printable_name(argument: str) -> str:
    """Return an argument whose option has a printable name: Typer prints one that it does not know."""
    name, separator, value = argument.partition("=")
    return f"{printable(name)}{separator}{value}" if argument.startswith("-") else argument


def _current_folder_is_gone() -> bool:
    try:
        Path.cwd()
    except OSError:
        return True
    return False


def _text_of(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    if _current_folder_is_gone():
        return (
            "the current folder must be there, but it was removed, or its drive is gone. "
            "Go to where it is now (cd), and type the command again."
        )
    if _NO_TEMPORARY in str(error):
        return (
            "a folder for temporary files must be writable, but none is. "
            "Give a container one (--tmpfs /tmp), or name another: TMPDIR."
        )
    return (
        f"files must be readable and writable, but {where}{error.strerror or error}. "
        "Check permissions and free space; TRACKER_HOME and TRACKER_CACHE name other folders."
    )
