"""Which runs of a home are meant for which MLflow store or server.

Journals of earlier versions have the address of a server as it was typed; here all its forms are one.
"""

from __future__ import annotations

from pathlib import Path

from tracker.tracking.backend.uri import normalized
from tracker.tracking.journal.log import UNREADABLE
from tracker.tracking.journal.run_folder import RunFolder, run_folders


def runs_for(home: Path, tracking_uri: str | None) -> list[RunFolder]:
    """List the runs that are meant for an MLflow store or server.

    Args:
        home: The folder that holds all journals.
        tracking_uri: Where MLflow is, as `resolve_uri` gives it; None: anywhere.
    """
    return [
        run
        for run in run_folders(home)
        if (typed := _typed_address(run)) is not None and tracking_uri in (None, normalized(typed))
    ]


def destinations(home: Path) -> list[str]:
    """List the addresses of the stores and servers that the runs of a home are meant for.

    Args:
        home: The folder that holds all journals.
    """
    return sorted({normalized(typed) for typed in _typed_addresses(home)})


def address_forms(home: Path, tracking_uri: str) -> list[str]:
    """List the forms of an address that the ids of runs can contain: itself, and those that were typed.

    Args:
        home: The folder that holds all journals.
        tracking_uri: Where MLflow is, as `resolve_uri` gives it.
    """
    typed = {typed for typed in _typed_addresses(home) if normalized(typed) == tracking_uri}
    return [tracking_uri, *sorted(typed - {tracking_uri})]


def _typed_addresses(home: Path) -> set[str]:
    typed = (_typed_address(run) for run in run_folders(home))
    return {address for address in typed if address is not None}


def _typed_address(run: RunFolder) -> str | None:
    try:
        creation = run.creation()
    except UNREADABLE:
        return None
    return creation.tracking_uri if creation is not None else None
