"""How every run of a home stands: each journal read once, nothing written, MLflow not asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tracker.records import RunState
from tracker.tracking.backend.uri import describe
from tracker.tracking.journal.entries import Creation, Entry, Metrics, Params, Status, Tags
from tracker.tracking.journal.log import UNREADABLE
from tracker.tracking.journal.run_folder import RunFolder, run_folders, state_of
from tracker.tracking.shipping.cursor import Cursor, load_cursor
from tracker.tracking.shipping.dead_letters import count_dead_letters, first_reason
from tracker.tracking.shipping.destinations import creation_of, destination

_OF_EVERY_EPOCH = "train/loss"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """How a run stands.

    Attributes:
        folder: The run's folder.
        state: Whether it is at work, and how it ended.
        reason: Why it did not finish, or why its journal cannot be read; empty where that is not recorded.
        creation: How the run began; None where that cannot be read.
        goes_to: The address of the store or server that it is meant for; empty where it is not known.
        params: Its parameters, by name.
        tags: Its tags, by name.
        epoch: The last epoch that was recorded, 0 before the first.
        records: Entries of its journal.
        sent: Those of them that MLflow has.
        refused: Records that MLflow did not take, however often they were sent.
        refusal: Why it did not take the first of them.
        cursor: How far it was sent, and why no further.
        trials: How many trials of a study stand for it here (`with_trials_folded`).
    """

    folder: RunFolder
    state: RunState
    reason: str = ""
    creation: Creation | None = None
    goes_to: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    epoch: int = 0
    records: int = 0
    sent: int = 0
    refused: int = 0
    refusal: str = ""
    cursor: Cursor = field(default_factory=Cursor)
    trials: int = 0

    def of(self, name: str) -> str:
        """Return a field of its recipe, empty where it is not recorded.

        Args:
            name: Such as `model`, `mode` or `seed`.
        """
        tags = self.creation.tags if self.creation else {}
        return self.params.get(name) or tags.get(f"tracker.{name}", "")

    @property
    def experiment(self) -> str:
        """MLflow's experiment, empty where it is not known."""
        return self.creation.experiment if self.creation else ""

    @property
    def server(self) -> str:
        """The store or server that it is meant for, as a user knows it; empty where it is not known."""
        return describe(self.goes_to) if self.goes_to else ""

    @property
    def attempt(self) -> int:
        """How often the run was begun, this time included."""
        return self.creation.attempt if self.creation else 1

    @property
    def unsent(self) -> int:
        """Entries that MLflow is still to get; none where a user deleted the run."""
        return 0 if self.cursor.deleted else self.records - self.sent


def run_summaries(home: Path) -> list[RunSummary]:
    """Read how every run of a home stands, in the order in which they began.

    Args:
        home: The folder that holds all journals; one that is not there has no runs.

    Returns:
        Also runs whose journals cannot be read, at the end where not even their beginning can be.
    """
    found = [summary for run in run_folders(home) if (summary := _summary(run)) is not None]
    return sorted(found, key=lambda one: one.creation.start_time if one.creation else float("inf"))


def _summary(run: RunFolder) -> RunSummary | None:
    """Read how a run stands; None while it has not written its first entry, or where it was just removed."""
    try:
        return _read(run)
    except FileNotFoundError:
        return None
    except UNREADABLE as error:
        begun = creation_of(run)
        goes_to = destination(run, begun) if begun else ""
        return RunSummary(
            folder=run, state=RunState.UNREADABLE, reason=str(error), creation=begun, goes_to=goes_to
        )


def _read(run: RunFolder) -> RunSummary | None:
    # Asked before the journal is read: a run that ends in between is finished, not interrupted.
    at_work = run.has_writer()
    lines = run.lines()
    cursor = load_cursor(run)
    entries = [line.entry for line in lines]
    if not entries or not isinstance(entries[0], Creation):
        return None
    refused = count_dead_letters(run)
    return RunSummary(
        folder=run,
        state=state_of(entries, at_work=at_work),
        reason=_reason(entries),
        creation=entries[0],
        goes_to=destination(run, entries[0]),
        params=_params(entries),
        tags=_tags(entries),
        epoch=_epoch(entries),
        records=len(lines),
        sent=sum(line.end <= cursor.offset for line in lines),
        refused=refused,
        refusal=first_reason(run) if refused else "",
        cursor=cursor,
    )


def _reason(entries: Sequence[Entry]) -> str:
    return next((entry.reason for entry in reversed(entries) if isinstance(entry, Status)), "")


def _params(entries: Sequence[Entry]) -> dict[str, str]:
    recorded = (entry.values for entry in entries if isinstance(entry, Params))
    return {name: value for values in recorded for name, value in values.items()}


def _tags(entries: Sequence[Entry]) -> dict[str, str]:
    recorded = [
        entry.tags if isinstance(entry, Creation) else entry.values
        for entry in entries
        if isinstance(entry, Creation | Tags)
    ]
    return {name: value for values in recorded for name, value in values.items()}


def _epoch(entries: Sequence[Entry]) -> int:
    for entry in reversed(entries):
        if isinstance(entry, Metrics) and _OF_EVERY_EPOCH in entry.values:
            return entry.step
    return 0


def with_trials_folded(runs: Sequence[RunSummary]) -> list[RunSummary]:
    """Put the trials of a study into the study's own line: their records, and how many there are.

    Args:
        runs: How all runs of a home stand.
    """
    folded = {run.folder.name: run for run in runs}
    for trial in runs:
        study = folded.get(trial.creation.parent_uid) if trial.creation else None
        if study is not None:
            del folded[trial.folder.name]
            folded[study.folder.name] = replace(
                study,
                trials=study.trials + 1,
                records=study.records + trial.records,
                sent=study.sent + (trial.records if trial.cursor.deleted else trial.sent),
                refused=study.refused + trial.refused,
                refusal=study.refusal or trial.refusal,
            )
    return list(folded.values())


def begun_again(runs: Sequence[RunSummary]) -> set[RunFolder]:
    """Return the folders of the attempts that a later attempt at the same run has replaced.

    Args:
        runs: How all runs of a home stand.
    """
    latest: dict[tuple[str, str], int] = {}
    for run in runs:
        latest[_identity(run)] = max(run.attempt, latest.get(_identity(run), 0))
    return {run.folder for run in runs if run.attempt < latest[_identity(run)]}


def _identity(run: RunSummary) -> tuple[str, str]:
    return run.folder.name.removesuffix(f".{run.attempt}"), run.goes_to
