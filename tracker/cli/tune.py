"""`tracker tune`: a fair learning rate for every arm, found on validation images alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from tracker.cli.parameters import with_run_options
from tracker.cli.store_first import look_at_store


@with_run_options
def tune(given: Mapping[str, Any], config: Path | None) -> None:
    """Search each arm's settings with equal budgets; the test images take no part.

    The same command again goes on with the trials that are missing. `tracker run --tuned` trains with what
    was found.
    """
    look_at_store(given, config)
    from tracker.cli.execution import tune_and_show

    raise typer.Exit(tune_and_show(given, config))
