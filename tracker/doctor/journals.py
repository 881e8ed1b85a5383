"""Journals of earlier runs: what MLflow does not have of them yet."""

from __future__ import annotations

from tracker.doctor.result import CheckResult
from tracker.errors import counted
from tracker.records import RunState
from tracker.tracking.journal.run_folder import tracker_home
from tracker.tracking.shipping.lost import lost_stores
from tracker.tracking.shipping.unsent import Unsent
from tracker.tracking.status import run_summaries


def unsent() -> CheckResult:
    """Look whether all runs that have ended are sent and taken, and all journals can be read."""
    runs = run_summaries(tracker_home())
    # The records of a run that is at work are sent by its own process.
    left = [run.unsent for run in runs if run.unsent and run.state is not RunState.RUNNING]
    unreadable = sum(run.state is RunState.UNREADABLE for run in runs)
    refused = sum(run.refused for run in runs)
    facts = {"runs": len(runs), "unsent_runs": len(left), "unsent": sum(left), "unreadable": unreadable}
    facts |= {"refused": refused}
    told, advice = [], []
    if left:
        told.append(str(Unsent(len(left), sum(left))).removesuffix(": tracker sync"))
        advice.append("tracker sync sends them.")
    if unreadable:
        told.append(f"{counted(unreadable, 'journal')} cannot be read")
        advice.append("tracker status says why.")
    if refused:
        told.append(f"{counted(refused, 'record')} refused by MLflow")
        advice.append("tracker status says by which server, and why.")
    for lost in lost_stores(tracker_home()):
        told.append("a store is gone that had runs")
        advice.append(f"{lost}")
    if told:
        return CheckResult(state="warning", found="; ".join(told), advice=" ".join(advice), facts=facts)
    return CheckResult(state="good", found="none", facts=facts)
