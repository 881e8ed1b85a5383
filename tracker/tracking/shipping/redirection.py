"""Journals that wait for an address that is wrong, or is no longer that of their store: given another one."""

from __future__ import annotations

from pathlib import Path

from tracker.addresses import shown, sqlite_file, typed_again
from tracker.errors import TrackingError, counted
from tracker.records import RunState
from tracker.tracking.backend.typed_address import canonical_file, checked, normalized
from tracker.tracking.backend.uri import resolve_uri
from tracker.tracking.journal.run_folder import RunFolder, run_folders
from tracker.tracking.shipping.cursor import rewind
from tracker.tracking.shipping.destinations import destination, recorded_address
from tracker.tracking.shipping.lock import sole_sender


def redirect(home: Path, before: str, now: str) -> str:
    """Have the journals that are meant for one store or server be meant for another one.

    They are sent from their start: to the runs that they have there already, or to new ones.

    Args:
        home: The folder that holds all journals.
        before: Where they are meant for, as a user gives it; it need not be an address.
        now: Where they are to go, as a user gives it.

    Returns:
        The address, as `resolve_uri` gives it.

    Raises:
        TrackingError: The new address is none, no journal is meant for the old one, or one is at work.
    """
    uri = resolve_uri(now)
    runs = _meant_for(home, before)
    busy = [run.name for run in runs if _is_at_work(run)]
    if busy:
        raise TrackingError(
            "the runs of an address must have ended before they get another one",
            but=f"{counted(len(busy), 'run')} of {shown(before)} {'is' if len(busy) == 1 else 'are'} at work",
            do="Wait, or end them with Ctrl-C; then type the same again.",
            details=busy,
        )
    for run in runs:
        with sole_sender(run) as alone:
            if not alone:
                raise TrackingError(
                    "journals must not be on their way while they get another address",
                    but=f"{run.name} is being sent",
                    do="Type the same again in a moment.",
                )
            run.redirect(typed_again(recorded_address(home, uri)))
            rewind(run)
    return uri


def _is_at_work(run: RunFolder) -> bool:
    try:
        return run.state() is RunState.RUNNING
    except TrackingError:
        # A damaged journal holds nobody up.
        return False


def _meant_for(home: Path, before: str) -> list[RunFolder]:
    forms = _forms(home, before)
    begun = {run: creation for run in run_folders(home) if (creation := run.creation()) is not None}
    found = [run for run, creation in begun.items() if destination(run, creation) in forms]
    if not found:
        known = sorted({destination(run, creation) for run, creation in begun.items()})
        raise TrackingError(
            "--from must be an address that journals of this folder are meant for",
            but=f"none is meant for {shown(before)}",
            do="Those that there are:" if known else "There are no journals here.",
            details=[str(sqlite_file(address) or shown(address)) for address in known],
        )
    return found


def _forms(home: Path, before: str) -> set[str]:
    """Return what an address can be called: as it is, from the current folder on, from the home's on."""
    forms = {before, normalized(before)}
    database = sqlite_file(before)
    if database is not None:
        folders = (Path.cwd(), home.parent)
        return forms | {canonical_file(folder / database) for folder in folders}
    try:
        return forms | {checked(before)}
    except TrackingError:
        return forms
