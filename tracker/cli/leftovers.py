"""Before a command reads from MLflow, it sends what earlier ones could not; what is left is said."""

from __future__ import annotations

import typer


def print_unsent(unsent: object) -> None:
    """Print what could not be sent, beside what the command prints.

    Args:
        unsent: As `tracker.ui.stores.open_store` tells it.
    """
    typer.echo(str(unsent), err=True)
