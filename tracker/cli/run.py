"""`tracker run`: train every arm and track every epoch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from tracker.cli.parameters import with_run_options
from tracker.cli.store_first import look_at_store


@with_run_options
def run(given: Mapping[str, Any], config: Path | None) -> None:
    """Train every model in every mode, and track every epoch in MLflow.

    Without options: AlexNet, ResNet-152 and DenseNet-201 on 662 chest X-rays.
    """
    look_at_store(given, config)
    from tracker.cli.execution import run_and_show

    raise typer.Exit(run_and_show(given, config))
