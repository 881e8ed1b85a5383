"""Reads how every run of a home stands: each journal once, nothing is written, MLflow is not asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tracker.errors import TrackingError
from tracker.tracking.entries import Creation, Entry, Metrics, Params, Status
from tracker.tracking.home import creation_of, run_folders
from tracker.tracking.journal import JOURNAL, has_writer, read_journal
from tracker.tracking.position import load_position
from tracker.tracking.quarantine import refused_of
from tracker.tracking.standing import Standing, State

_ENDED: Mapping[str, State] = {"FINISHED": "finished", "FAILED": "failed", "KILLED": "killed"}
_OF_EVERY_EPOCH = "train/loss"


def survey(home: Path) -> list[Standing]:
    """Read how every run of a home stands, in the order in which they began.

    Args:
        home: The folder that holds all journals; one that is not there has no runs.

    Returns:
        Also runs whose journals cannot be read, at the end where not even their beginning can be.
    """
    found = [standing for folder in run_folders(home) if (standing := _standing(folder)) is not None]
    return sorted(found, key=lambda one: one.creation.start_time if one.creation else float("inf"))


def _standing(folder: Path) -> Standing | None:
    """Read how a run stands; None while it has not written its first entry, or where it was just removed."""
    try:
        return _read(folder)
    except FileNotFoundError:
        return None
    except (TrackingError, ValueError, OSError) as error:
        return Standing(folder=folder, state="unreadable", reason=str(error), creation=_beginning(folder))


def _read(folder: Path) -> Standing | None:
    # Asked before the journal is read: a run that ends in between is finished, not interrupted.
    at_work = has_writer(folder / JOURNAL)
    lines, _ = read_journal(folder / JOURNAL)
    position = load_position(folder)
    entries = [line.entry for line in lines]
    if not entries or not isinstance(entries[0], Creation):
        return None
    end = next((entry for entry in reversed(entries) if isinstance(entry, Status)), None)
    return Standing(
        folder=folder,
        state=_state(end, at_work=at_work),
        reason=end.reason if end else "",
        creation=entries[0],
        params=_params(entries),
        epoch=_epoch(entries),
        records=len(lines),
        sent=sum(line.end <= position.offset for line in lines),
        refused=refused_of(folder),
        position=position,
    )


def _state(end: Status | None, *, at_work: bool) -> State:
    if end is not None and end.status in _ENDED:
        return _ENDED[end.status]
    return "running" if at_work else "interrupted"


def _params(entries: Sequence[Entry]) -> dict[str, str]:
    said = (entry.values for entry in entries if isinstance(entry, Params))
    return {name: value for values in said for name, value in values.items()}


def _epoch(entries: Sequence[Entry]) -> int:
    for entry in reversed(entries):
        if isinstance(entry, Metrics) and _OF_EVERY_EPOCH in entry.values:
            return entry.step
    return 0


def _beginning(folder: Path) -> Creation | None:
    """Read how a run began, of which the journal cannot be read as a whole."""
    try:
        return creation_of(folder)
    except (TrackingError, ValueError, OSError):
        return None
