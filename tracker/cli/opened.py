"""The store that a command reads from: the user's, or the example that comes with the package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

_PATIENCE_S = 8.0

Example = Annotated[
    bool, typer.Option("--example", help="Look at the runs that come with tracker, before making any.")
]


@contextmanager
def opened(tracking_uri: str | None, *, example: bool) -> Iterator[str]:
    """Have a store to read from; what earlier runs could not send to it is sent first.

    Args:
        tracking_uri: As a user gives it.
        example: Whether the example is asked for.

    Yields:
        The store's address.

    Raises:
        UsageError: Both are asked for.
        TrackingError: The address is none, or the example did not come with this installation.
    """
    from tracker.errors import UsageError
    from tracker.interruption import Interruption
    from tracker.tracking.backend.uri import resolve_uri
    from tracker.ui.example import example_store

    if not example:
        uri = resolve_uri(tracking_uri)
        _send_leftovers(uri)
        yield uri
    elif tracking_uri is None:
        interruption = Interruption()
        # Whatever ends the command, the copy goes with it.
        with interruption.taking_signals(), interruption.taking_hangups(), example_store() as uri:
            yield uri
    else:
        raise UsageError(
            "--example has a store of its own",
            but=f"--tracking-uri {tracking_uri} names another one",
            do="Leave one of them out.",
        )


def _send_leftovers(uri: str) -> None:
    """Send what earlier commands could not, and say so if it cannot be sent."""
    from tracker.tracking.journal.run_folder import tracker_home
    from tracker.tracking.shipping.flush import send_leftovers

    unsent = send_leftovers(tracker_home(), uri, _PATIENCE_S)
    if unsent:
        typer.echo(str(unsent), err=True)
