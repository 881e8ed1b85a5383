"""Sends what MLflow does not have: all of it once, or until Ctrl-C, or what earlier runs left."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.addresses import shown, sqlite_file
from tracker.errors import TrackingError
from tracker.records import RunState
from tracker.tracking.backend.account import forget_accounts
from tracker.tracking.backend.environment import prepare_environment
from tracker.tracking.backend.typed_address import checked
from tracker.tracking.backend.uri import resolve_uri
from tracker.tracking.journal.log import UNREADABLE
from tracker.tracking.journal.run_folder import RunFolder
from tracker.tracking.shipping.cursor import is_sent, save_problem
from tracker.tracking.shipping.destinations import destinations, runs_for
from tracker.tracking.shipping.kept_back import keep_back, obstacle_to_sending
from tracker.tracking.shipping.process import NotStarted, start_shipper
from tracker.tracking.shipping.unsent import Unsent, count_unsent

if TYPE_CHECKING:
    from tracker.tracking.shipping.sender import Sender

_PAUSE_S = 1.0
_BUSY_PATIENCE_S = 30.0


def sync(home: Path, *, tracking_uri: str | None = None, again: bool = False) -> Unsent:
    """Send what MLflow does not have yet.

    Args:
        home: The folder that holds all journals.
        tracking_uri: Only runs that are meant for this MLflow store or server; None: all.
        again: Send everything, also what MLflow took before: it may have been restored from a backup.

    Returns:
        What could not be sent, and why.
    """
    for sender in _senders(home, _open_ones(home, _addresses(home, tracking_uri))):
        if again:
            sender.send_again()
        deadline = time.monotonic() + _BUSY_PATIENCE_S
        while sender.send() == "busy" and time.monotonic() < deadline:
            time.sleep(_PAUSE_S / 5)
    return count_unsent(home, tracking_uri)


def watch(home: Path, tell: Callable[[Unsent], None], *, tracking_uri: str | None = None) -> Unsent:
    """Send what there is and what comes, until Ctrl-C.

    Args:
        home: The folder that holds all journals.
        tell: Told what is left, whenever that changes.
        tracking_uri: Only runs that are meant for this MLflow store or server; None: all.

    Returns:
        What could not be sent, and why.
    """
    senders: dict[str, Sender] = {}
    left: Unsent | None = None
    try:
        while True:
            uris = [uri for uri in _addresses(home, tracking_uri) if uri not in senders]
            senders |= dict(zip(uris, _senders(home, uris), strict=True))
            for sender in senders.values():
                sender.send_due()
            before, left = left, count_unsent(home, tracking_uri)
            if left != before:
                tell(left)
            time.sleep(_PAUSE_S)
    except KeyboardInterrupt:
        return count_unsent(home, tracking_uri)


def send_leftovers(home: Path, tracking_uri: str, timeout_s: float) -> Unsent:
    """Send what is left of runs whose process is gone; where nothing is, this takes milliseconds.

    Args:
        home: The folder that holds all journals.
        tracking_uri: The MLflow store or server that is about to be asked.
        timeout_s: How long to wait at most, seconds.

    Returns:
        What could not be sent, and why.
    """
    if not any(_is_left(run) for run in runs_for(home, tracking_uri)):
        return Unsent(0, 0)
    try:
        with start_shipper(home, tracking_uri) as shipper:
            return shipper.drain(timeout_s)
    except NotStarted as error:
        return count_unsent(home, tracking_uri).because(str(error))


def _open_ones(home: Path, uris: Sequence[str]) -> Sequence[str]:
    """Leave out stores that cannot be opened, and keep why: MLflow would try for minutes."""
    obstacles = {uri: obstacle_to_sending(home, uri) for uri in uris}
    for uri, obstacle in obstacles.items():
        if obstacle is not None:
            keep_back(runs_for(home, uri), uri, obstacle)
    return [uri for uri, obstacle in obstacles.items() if obstacle is None]


def _senders(home: Path, uris: Sequence[str]) -> Iterable[Sender]:
    if not uris:
        return ()
    prepare_environment()
    from tracker.tracking.shipping.sender import Sender

    return (Sender(home, uri) for uri in uris)


def _addresses(home: Path, tracking_uri: str | None) -> Sequence[str]:
    if tracking_uri is not None:
        return [tracking_uri]
    forget_accounts()
    with suppress(TrackingError):
        # The address in the environment may hold the account of one of them.
        resolve_uri()
    return [uri for uri in destinations(home) if _is_address(home, uri)]


def _is_address(home: Path, uri: str) -> bool:
    """Say whether anything can be sent to an address; if not, its runs say so.

    Versions before took more for an address than they could send to.
    """
    try:
        checked(uri)
    except TrackingError:
        name = sqlite_file(uri) or shown(uri)
        problem = (
            f"{name} is no store or server: tracker sync --from '{name}' --to ADDRESS gives them another"
        )
        for run in runs_for(home, uri):
            save_problem(run, problem)
        return False
    return True


def _is_left(run: RunFolder) -> bool:
    """Say whether a run has something to send that no living process sends."""
    try:
        state = run.state()
    except UNREADABLE:
        # A damaged journal, which `tracker status` and `tracker sync` tell of.
        return False
    if state in (None, RunState.RUNNING):
        return False
    return state is RunState.INTERRUPTED or not is_sent(run)
