"""Studies and their runs: run, tune, compare, load runs, status, sync.

Options are keywords with the names of `RunOptions`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tracker.config.keywords import resolve_options, takes_options
from tracker.config.options import TRIALS, RunOptions
from tracker.config.tuned import Tuned
from tracker.errors import UsageError
from tracker.interruption import Interruption
from tracker.io.process_environment import give_temporary_folder, prepare_process
from tracker.records import EpochKind, RunRecord, StudyKey
from tracker.runs.events import Reporter, RunResult, StudyReporter

if TYPE_CHECKING:
    from tracker.compare.comparison import Comparison
    from tracker.runs.plan import Plan, Prepared
    from tracker.tracking.backend.knock import Knock
    from tracker.tracking.shipping.unsent import Unsent
    from tracker.tracking.status import RunSummary

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


def compare(
    experiment: str | None = None,
    *,
    metric: str = "test/accuracy",
    at: EpochKind = "final",
    split: str | None = None,
    where: Sequence[str] = (),
    curves: bool = False,
    trials: bool = False,
    paper: bool = False,
    depth: bool = False,
    curve: bool = False,
    external: bool = False,
    tracking_uri: str | None = None,
    example: bool = False,
    log: bool = False,
    on_unsent: Callable[[Unsent], None] | None = None,
    on_lost: Callable[[str], None] | None = None,
) -> Comparison:
    """Pull an experiment's runs back from MLflow and compare modes, model by model.

    Args:
        experiment: MLflow's experiment; None: the only one there is.
        metric: What is compared, such as `test/auroc` or `val/loss`.
        at: The last epoch (`final`), or the one with the lowest validation loss (`best`).
        split: The beginning of the split's digest, where runs have several.
        where: Conditions such as `lr=0.01`; only runs that meet them count.
        curves: Read metrics by epoch, too, for figures.
        trials: List the trials of tuned arms, too.
        paper: Put what the reference study published beside your own numbers, too.
        depth: Show the metric against freeze depth, too.
        curve: Show the metric against the number of training patients, too: runs on several shares of the
            training part; the table itself is of the largest.
        external: Put what the networks reach on external data sets (`tracker.evaluate`) beside it, too.
        tracking_uri: MLflow's server or store; None: MLFLOW_TRACKING_URI, or mlflow.db in this folder.
        example: Compare the runs that come with tracker.
        log: Record the comparison in MLflow, too, as a run of its experiment.
        on_unsent: Told what earlier runs could not send before they are read, and what of the record could
            not be sent.
        on_lost: Told which runs were sent from here and are not there any more, a line each.

    Raises:
        UsageError: A condition cannot be read, an example of another store, or its record, is asked for, or
            nothing was published of this metric.
        TrackingError: There is no such store, server or experiment, or there are several and none was named.
        ComparisonError: No run has finished, the runs do not belong in one table, or they lack what a view
            needs.
    """
    if example and log:
        raise UsageError(
            "--log records a comparison beside its runs",
            but="--example reads a copy of the example that is gone afterwards",
            do="Leave one of them out.",
        )
    prepare_process()
    from tracker.compare.views.asked import Asked
    from tracker.runs.experiment import compare_runs, log_comparison, open_experiment

    asked = Asked(paper, depth, curve, external)
    asked.check(metric, at)
    with open_experiment(experiment, tracking_uri, example=example, on_unsent=on_unsent) as (uri, named):
        comparison = compare_runs(
            uri,
            named,
            metric=metric,
            at=at,
            split=split,
            where=where,
            curves=curves,
            trials=trials,
            asked=asked,
            on_lost=on_lost,
        )
        if log:
            log_comparison(comparison, experiment=named, uri=uri, on_unsent=on_unsent)
        return comparison


def load_runs(
    experiment: str | None = None,
    *,
    metrics: Sequence[str] = (),
    tracking_uri: str | None = None,
    example: bool = False,
    on_unsent: Callable[[Unsent], None] | None = None,
    on_lost: Callable[[str], None] | None = None,
) -> list[RunRecord]:
    """Read all runs of an experiment, the oldest first: trials and studies, too.

    Args:
        experiment: MLflow's experiment; None: the only one there is.
        metrics: Metrics whose whole history is read.
        tracking_uri: MLflow's server or store; None: MLFLOW_TRACKING_URI, or mlflow.db in this folder.
        example: Read the runs that come with tracker.
        on_unsent: Told what earlier runs could not send before they are read.
        on_lost: Told which runs were sent from here and are not there any more, a line each.

    Raises:
        UsageError: An example of another store is asked for.
        TrackingError: There is no such store, server or experiment, or there are several and none was named.
    """
    prepare_process()
    from tracker.runs.experiment import open_experiment, read_all

    with open_experiment(experiment, tracking_uri, example=example, on_unsent=on_unsent) as (uri, named):
        return read_all(uri, named, metrics=metrics, on_lost=on_lost)


def status(*, experiment: str | None = None, tracking_uri: str | None = None) -> list[RunSummary]:
    """Return how this folder's runs stand, in the order in which they began; MLflow is not asked.

    Args:
        experiment: Only runs of this MLflow experiment; None: of all.
        tracking_uri: Only runs that are meant for this server or store; None: for any.

    Returns:
        Also runs whose journals cannot be read: nobody can say whether they were meant.

    Raises:
        TrackingError: The address is none, or the folder of journals cannot be read.
    """
    from tracker.tracking.backend.uri import resolve_uri
    from tracker.tracking.journal.run_folder import require_listed, tracker_home
    from tracker.tracking.status import run_summaries

    server = resolve_uri(tracking_uri) if tracking_uri else None
    require_listed(tracker_home())
    return [
        run
        for run in run_summaries(tracker_home())
        if run.creation is None or (experiment in (None, run.experiment) and server in (None, run.goes_to))
    ]


def sync(
    *, tracking_uri: str | None = None, again: bool = False, moved: tuple[str, str] | None = None
) -> Unsent:
    """Send the journals of this folder's runs to MLflow; sending something again changes nothing.

    Args:
        tracking_uri: Only runs that are meant for this server or store; None: all.
        again: Send everything, as for a server that was restored from an old backup.
        moved: An address that journals wait for, and the one that they are to go to from now on; then only
            theirs are sent.

    Returns:
        What could not be sent, and why.

    Raises:
        TrackingError: An address is none, no journal of this folder can be given the other one, or the folder
            of journals cannot be read.
    """
    from tracker.tracking.backend.uri import resolve_uri
    from tracker.tracking.journal.run_folder import require_listed, tracker_home
    from tracker.tracking.shipping.flush import sync as send
    from tracker.tracking.shipping.redirection import redirect

    require_listed(tracker_home())
    if moved is not None:
        uri: str | None = redirect(tracker_home(), *moved)
    else:
        uri = resolve_uri(tracking_uri) if tracking_uri else None
    return send(tracker_home(), tracking_uri=uri, again=again)


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
