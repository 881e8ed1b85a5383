"""`tracker doctor`: could the main job run here?"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Annotated

import typer

from tracker.addresses import typed_again
from tracker.cli.parameters import TrackingUri
from tracker.cli.terminal import say


def doctor(
    tracking_uri: TrackingUri = None,
    weights: Annotated[
        str | None,
        typer.Option(help="imagenet, bundled, none or a file. Default: what networks take without a word."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every field, for programs.")] = False,
) -> None:
    """Say whether the main job can run here, and what to do if it cannot; nothing is changed.

    The exit code is 1 where something is missing. Warnings do not change it.
    """
    from tracker.cli.doctor_results import ResultPrinter, results_json
    from tracker.doctor.checkup import all_checks

    checks = all_checks(tracking_uri=tracking_uri, weights_asked=weights)
    if as_json:
        results = {check.name: check.run() for check in checks}
        say(results_json(results))
    else:
        printer, results = ResultPrinter(), {}
        for check in checks:
            # The name first: some packages take seconds to load.
            printer.begin(check.name)
            results[check.name] = check.run()
            printer.end(results[check.name])
        printer.summary(results.values(), _next_commands(weights, tracking_uri))
    raise typer.Exit(int(any(result.state == "missing" for result in results.values())))


def _next_commands(weights: str | None, tracking_uri: str | None) -> Iterator[str]:
    """Yield commands that need no more than what was checked."""
    given = f" --weights {shlex.quote(weights)}" if weights else ""
    if tracking_uri:
        given += f" --tracking-uri {shlex.quote(typed_again(tracking_uri))}"
    if weights in (None, "bundled", "none"):
        yield f"tracker run --dataset phantom{given}"
    if weights != "bundled":
        yield f"tracker run --dataset folder --data YOUR_IMAGES{given}"
