"""What `tracker run` does once its options are parsed: plan, show, execute, sum up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tracker.cli.progress import LiveReporter
from tracker.cli.summary import left_out_lines, plan_lines, summary_lines
from tracker.interruption import Interruption
from tracker.options import read_options
from tracker.plan import Prepared, make_plan, prepare
from tracker.reporting import RunResult
from tracker.run import execute
from tracker.tracking.home import tracker_home
from tracker.tracking.shipper import start_shipper
from tracker.tracking.store import database_file

_INTERRUPTED = 130
# A database in the user's folder is certain to answer, and the next command reads from it.
_DRAIN_EMBEDDED_S, _DRAIN_SERVER_S = 20.0, 8.0


def plan_and_execute(given: Mapping[str, Any], config: Path | None) -> int:
    """Make the plan of a study, show it, and carry it out.

    Args:
        given: The options of the command line; None means "not given".
        config: A YAML file of options.

    Returns:
        The exit code: 0, 1 if a run failed, 130 if the user interrupted.
    """
    with LiveReporter() as reporter:
        plan = make_plan(read_options(given, config), reporter.progress)
        reporter.show(plan_lines(plan))
        if plan.options.dry_run:
            return 0
        try:
            prepared = prepare(plan, reporter.progress)
            reporter.show(left_out_lines(prepared.images))
            results = _execute(prepared, reporter)
        except KeyboardInterrupt:
            reporter.show(["", "interrupted; what is done is kept, and the same command goes on from there"])
            return _INTERRUPTED
        reporter.show(summary_lines(plan, results))
    return 1 if any(result.status == "FAILED" for result in results) else 0


def _execute(prepared: Prepared, reporter: LiveReporter) -> Sequence[RunResult]:
    """Run everything while a process of its own sends what is recorded."""
    uri = prepared.plan.tracking_uri
    shipper = start_shipper(tracker_home(), uri)
    interruption = Interruption()
    try:
        with interruption.taking_signals():
            return execute(prepared, reporter, interruption)
    finally:
        reporter.waiting("sending the last records")
        unsent = shipper.drain(_DRAIN_EMBEDDED_S if database_file(uri) else _DRAIN_SERVER_S)
        reporter.show(unsent.lines() if unsent or unsent.refused_in else [])
