"""Studies: every network in every mode, trained and tracked (`run`), and its settings searched (`tune`).

Options are keywords with the names of `RunOptions`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tracker.config.keywords import resolve_options, takes_options
from tracker.config.options import TRIALS, RunOptions
from tracker.config.tuned import Tuned
from tracker.interruption import Interruption
from tracker.io.process_environment import give_temporary_folder, prepare_process
from tracker.records import StudyKey
from tracker.runs.events import Reporter, RunResult, StudyReporter

if TYPE_CHECKING:
    from tracker.runs.plan import Plan, Prepared
    from tracker.tracking.backend.knock import Knock
    from tracker.tracking.shipping.unsent import Unsent

# A database in the user's folder is certain to answer, and the next command reads from it.
_DRAIN_EMBEDDED_S, _DRAIN_SERVER_S = 20.0, 8.0
_GOES_ON = "The work goes on, and its records wait on disk: tracker sync sends them."

_Result = TypeVar("_Result")


class Observer(Reporter, StudyReporter):
    """Is told what `run` and `tune` do, from the plan to the last record that is sent.

    This one ignores it; subclasses override what they want to hear. Of several runs at work (`jobs`) it is
    told in turns, in the thread that called.
    """

    def planned(self, plan: Plan) -> None:
        """Everything is decided; nothing is decoded or recorded yet."""

    def prepared(self, prepared: Prepared) -> None:
        """Weights are there, and images are decoded."""

    def tuned(self, tuned: Mapping[StudyKey, Tuned], *, earlier: bool) -> None:
        """The runs are trained with these values, which studies found: earlier ones, or those made now."""

    def sending(self) -> None:
        """All is trained; the last records are being sent."""

    def sent(self, unsent: Unsent) -> None:
        """Sending has ended; what is left is sent by the next command."""


@takes_options
def run(
    options: RunOptions | None = None,
    *,
    config: Path | str | None = None,
    observer: Observer | None = None,
    **given: Any,
) -> list[RunResult]:
    """Train every model in every mode, and track every epoch in MLflow; what has finished before is skipped.

    Args:
        options: What to do; None: as the keywords say, and the reference study where they say nothing.
        config: A YAML file of options, which the keywords override.
        observer: Told how far the work is.
        **given: Fields of `RunOptions`, such as `dataset="phantom"` or `epochs=5`.

    Returns:
        How each run ended, in the order of the plan; nothing with `dry_run`. A run that failed is in it.

    Raises:
        UsageError: An option has an unknown name or a value that cannot be; all of them are named.
        TrackerError: Images, weights, networks or the store are not as they must be.
        KeyboardInterrupt: Someone asked for an end; what is done is kept, and the same call goes on.
    """
    chosen = resolve_options(options, config, given)
    return _carry_out(chosen, _run_all, observer or Observer()) or []


@takes_options
def tune(
    options: RunOptions | None = None,
    *,
    config: Path | str | None = None,
    observer: Observer | None = None,
    **given: Any,
) -> Mapping[StudyKey, Tuned]:
    """Make the study of every arm, or go on with it; the test images take no part.

    Args:
        options: What to do; None: as the keywords say. Its field `tune` is the number of trials an arm.
        config: A YAML file of options, which the keywords override.
        observer: Told how far the work is.
        **given: Fields of `RunOptions`, such as `tune=100` or `search="lr,weight_decay"`.

    Returns:
        What was found, by model and mode (and by fold and share of the training part, where those are asked
        for); nothing with `dry_run`.

    Raises:
        UsageError: An option has an unknown name or a value that cannot be; all of them are named.
        TrackerError: Images, weights, networks or the storage are not as they must be.
        KeyboardInterrupt: Someone asked for an end; what is done is kept, and the same call goes on.
    """
    chosen = resolve_options(options, config, given, otherwise={"tune": TRIALS})
    return _carry_out(chosen, _tune_all, observer or Observer()) or {}


_Job = Callable[["Prepared", Observer, Interruption], _Result]


def _carry_out(options: RunOptions, job: _Job[_Result], observer: Observer) -> _Result | None:
    prepare_process()
    from tracker.tracking.backend.database_server import require_driver
    from tracker.tracking.backend.store_file import require_usable
    from tracker.tracking.backend.uri import resolve_uri

    # Before anything that takes time to import.
    uri = resolve_uri(options.tracking_uri)
    require_usable(uri, to_write=True)
    require_driver(uri)
    from tracker.runs.disk_checks import require_disks
    from tracker.runs.plan import make_plan, prepare
    from tracker.tracking.backend.knock import Knock
    from tracker.tuning.rehearsal import check_tuning, rehearse

    plan = make_plan(options, observer.progress)
    require_disks(plan.tracking_uri)
    observer.planned(plan)
    if told := give_temporary_folder():
        observer.note(told)
    # Answered while images are looked at.
    knock = Knock(plan.tracking_uri, plan.options.experiment_name)
    if options.dry_run:
        rehearse(plan, observer.note)
        _tell_refusal(knock, observer)
        return None
    prepared = prepare(plan, observer.progress)
    observer.prepared(prepared)
    check_tuning(prepared)
    _tell_refusal(knock, observer)
    return _while_sending(prepared, job, observer)


def _tell_refusal(knock: Knock, observer: Observer) -> None:
    if refused := knock.answer():
        observer.note(f"{refused} Runs train all the same and are kept here: tracker sync sends them then.")


def _while_sending(prepared: Prepared, job: _Job[_Result], observer: Observer) -> _Result:
    """Do a job while a process of its own sends what is recorded."""
    from tracker.tracking.backend.moved_store import find_artifacts_again
    from tracker.tracking.backend.uri import database_file
    from tracker.tracking.journal.run_folder import tracker_home
    from tracker.tracking.shipping.process import NotStarted, start_shipper
    from tracker.tracking.shipping.unsent import count_unsent

    home, uri = tracker_home(), prepared.plan.tracking_uri
    find_artifacts_again(uri)
    shipper = None
    try:
        shipper = start_shipper(home, uri, on_end=lambda problem: observer.note(f"{problem}. {_GOES_ON}"))
    except NotStarted as error:
        observer.note(str(error))
    interruption = Interruption()
    try:
        with interruption.taking_signals():
            return job(prepared, observer, interruption)
    finally:
        observer.sending()
        patience_s = _DRAIN_EMBEDDED_S if database_file(uri) else _DRAIN_SERVER_S
        observer.sent(shipper.drain(patience_s) if shipper is not None else count_unsent(home, uri))


def _run_all(prepared: Prepared, observer: Observer, interruption: Interruption) -> list[RunResult]:
    from tracker.runs.execute import execute

    return execute(_with_tuned(prepared, observer, interruption), observer, interruption)


def _with_tuned(prepared: Prepared, observer: Observer, interruption: Interruption) -> Prepared:
    """Put what studies found into the recipes, if that is asked for."""
    options = prepared.plan.options
    if options.tune is None and not options.tuned:
        return prepared
    if options.tuned:
        from tracker.tuning.plan import find_tuned

        found: Mapping[StudyKey, Tuned] = find_tuned(prepared, observer)
    else:
        found = _tune_all(prepared, observer, interruption)
    observer.tuned(found, earlier=options.tuned)
    return prepared.with_tuned(found)


def _tune_all(prepared: Prepared, observer: Observer, interruption: Interruption) -> Mapping[StudyKey, Tuned]:
    from tracker.tuning.execute import tune

    return tune(prepared, observer, interruption)
