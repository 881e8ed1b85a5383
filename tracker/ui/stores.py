"""The store that a command reads from: the user's, or the example that comes with the package."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tracker.addresses import typed_again
from tracker.errors import UsageError
from tracker.interruption import Interruption
from tracker.tracking.backend.moved_store import find_artifacts_again
from tracker.tracking.backend.uri import resolve_uri
from tracker.tracking.journal.run_folder import tracker_home
from tracker.tracking.shipping.flush import send_leftovers
from tracker.tracking.shipping.unsent import Unsent
from tracker.ui.example import example_store

_PATIENCE_S = 8.0


@contextmanager
def open_store(
    tracking_uri: str | None = None,
    *,
    example: bool = False,
    on_unsent: Callable[[Unsent], None] | None = None,
) -> Iterator[str]:
    """Have a store to read from; what earlier runs could not send to it is sent first.

    Args:
        tracking_uri: As a user gives it; None: MLFLOW_TRACKING_URI, or mlflow.db in this folder.
        example: The store that comes with tracker, in a folder that is gone afterwards.
        on_unsent: Told what could not be sent, if anything.

    Yields:
        The store's address.

    Raises:
        UsageError: Both are asked for.
        TrackingError: The address is none, or the example did not come with this installation.
    """
    if not example:
        uri = resolve_uri(tracking_uri)
        find_artifacts_again(uri)
        unsent = send_leftovers(tracker_home(), uri, _PATIENCE_S)
        if (unsent or unsent.problems) and on_unsent is not None:
            on_unsent(unsent)
        yield uri
    elif tracking_uri is None:
        interruption = Interruption()
        # Whatever ends the command, the copy goes with it.
        with interruption.taking_signals(), interruption.taking_hangups(), example_store() as uri:
            yield uri
    else:
        raise UsageError(
            "--example has a store of its own",
            but=f"--tracking-uri {typed_again(tracking_uri)} names another one",
            do="Leave one of them out.",
        )
