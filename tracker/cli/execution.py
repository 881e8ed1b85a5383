"""What `tracker run` and `tracker tune` do once their options are parsed: plan, show, execute, sum up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tracker.cli.progress import LiveReporter
from tracker.cli.study_lines import found_lines
from tracker.cli.summary import left_out_lines, plan_lines, summary_lines, tuned_lines
from tracker.config.loading import read_options
from tracker.config.options import RunOptions
from tracker.interruption import Interruption
from tracker.records import RunState
from tracker.runs.execute import execute
from tracker.runs.plan import Prepared, make_plan, prepare
from tracker.tracking.backend.uri import database_file
from tracker.tracking.journal.run_folder import tracker_home
from tracker.tracking.shipping.process import start_shipper

_INTERRUPTED = 130
_TRIALS = 50
# A database in the user's folder is certain to answer, and the next command reads from it.
_DRAIN_EMBEDDED_S, _DRAIN_SERVER_S = 20.0, 8.0

Job = Callable[[Prepared, LiveReporter, Interruption], tuple[int, Sequence[str]]]
"""Carries out a plan that is prepared; returns the exit code and what is said at the end."""


def plan_and_execute(given: Mapping[str, Any], config: Path | None) -> int:
    """Make the plan of a study, show it, and carry it out.

    Args:
        given: The options of the command line; None means "not given".
        config: A YAML file of options.

    Returns:
        The exit code: 0, 1 if a run failed, 130 if the user interrupted.
    """
    return _carry_out(read_options(given, config), _run)


def plan_and_tune(given: Mapping[str, Any], config: Path | None) -> int:
    """Plan the study of every arm, show the plan, and spend its trials.

    Args:
        given: The options of the command line; None means "not given".
        config: A YAML file of options.

    Returns:
        The exit code: 0, or 130 if the user interrupted.
    """
    return _carry_out(read_options(given, config, otherwise={"tune": _TRIALS}), _tune)


def _carry_out(options: RunOptions, job: Job) -> int:
    with LiveReporter() as reporter:
        plan = make_plan(options, reporter.progress)
        reporter.show(plan_lines(plan))
        if options.dry_run:
            return 0
        try:
            prepared = prepare(plan, reporter.progress)
            reporter.show(left_out_lines(prepared.images))
            return _while_sending(prepared, reporter, job)
        except KeyboardInterrupt:
            reporter.show(["", "interrupted; what is done is kept, and the same command goes on from there"])
            return _INTERRUPTED


def _while_sending(prepared: Prepared, reporter: LiveReporter, job: Job) -> int:
    """Do something while a process of its own sends what is recorded."""
    uri = prepared.plan.tracking_uri
    shipper = start_shipper(tracker_home(), uri)
    interruption = Interruption()
    try:
        with interruption.taking_signals():
            code, lines = job(prepared, reporter, interruption)
    finally:
        reporter.waiting("sending the last records")
        unsent = shipper.drain(_DRAIN_EMBEDDED_S if database_file(uri) else _DRAIN_SERVER_S)
        reporter.show(unsent.lines() if unsent or unsent.refused_in else [])
    reporter.show(lines)
    return code


def _run(prepared: Prepared, reporter: LiveReporter, interruption: Interruption) -> tuple[int, Sequence[str]]:
    prepared = _with_tuned(prepared, reporter, interruption)
    results = execute(prepared, reporter, interruption)
    failed = any(result.status is RunState.FAILED for result in results)
    return int(failed), summary_lines(prepared.plan, results)


def _with_tuned(prepared: Prepared, reporter: LiveReporter, interruption: Interruption) -> Prepared:
    """Put what studies found into the recipes, if that is asked for."""
    options = prepared.plan.options
    if options.tune is not None:
        from tracker.tuning.execute import tune

        prepared = prepared.with_tuned(tune(prepared, reporter, interruption))
        reporter.show([""])
    elif options.tuned:
        from tracker.tuning.plan import find_tuned

        prepared = prepared.with_tuned(find_tuned(prepared))
        reporter.show([*found_lines(prepared.tuned), ""])
    return prepared


def _tune(
    prepared: Prepared, reporter: LiveReporter, interruption: Interruption
) -> tuple[int, Sequence[str]]:
    from tracker.tuning.execute import tune

    tune(prepared, reporter, interruption)
    return 0, tuned_lines(prepared.plan)
