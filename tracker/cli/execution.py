"""What `tracker run` and `tracker tune` do once their options are parsed: call the API, show, sum up."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tracker import api
from tracker.cli.choices import run_after_tune
from tracker.cli.progress import LiveObserver
from tracker.cli.run_text import summary_lines, tuned_lines
from tracker.interruption import exit_code
from tracker.records import RunState
from tracker.runs.comparing import compare_arguments


def run_and_show(given: Mapping[str, Any], config: Path | None) -> int:
    """Make the runs of a plan, and show how far they are.

    Args:
        given: The options of the command line; None means "not given".
        config: A YAML file of options.

    Returns:
        The exit code: 0, 1 if a run failed, 128 and the signal that ended it.
    """
    with LiveObserver() as observer:
        try:
            results = api.run(config=config, observer=observer, **given)
        except KeyboardInterrupt as asked:
            return _interrupted(observer, asked)
        if observer.plan is not None and not observer.plan.options.dry_run:
            table = compare_arguments(observer.plan, results)
            observer.show(summary_lines(observer.plan, results, table))
        return int(any(result.state is RunState.FAILED for result in results))


def tune_and_show(given: Mapping[str, Any], config: Path | None) -> int:
    """Make the studies of a plan, and show how far they are.

    Args:
        given: The options of the command line; None means "not given".
        config: A YAML file of options.

    Returns:
        The exit code: 0, or 128 and the signal that ended it.
    """
    with LiveObserver() as observer:
        try:
            api.tune(config=config, observer=observer, **given)
        except KeyboardInterrupt as asked:
            return _interrupted(observer, asked)
        if observer.plan is not None and not observer.plan.options.dry_run:
            observer.show(tuned_lines(observer.plan, run_after_tune(sys.argv[1:])))
        return 0


def _interrupted(observer: LiveObserver, asked: KeyboardInterrupt) -> int:
    observer.show(["", "interrupted; what is done is kept, and the same command goes on from there"])
    return exit_code(asked)
