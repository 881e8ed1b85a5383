"""`tracker status --json`: every field of every run."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.foreign_text import as_json
from tracker.tracking.status import RunSummary, begun_again


def status_json(runs: Sequence[RunSummary]) -> str:
    """Return a list with an object a run.

    Args:
        runs: How the runs stand.
    """
    replaced = begun_again(runs)
    rows = [_fields(run) | {"begun_again": run.folder in replaced} for run in runs]
    return as_json(rows)


def _fields(run: RunSummary) -> dict[str, object]:
    """Return what there is to say of a run; no password, which an address may have."""
    return {
        "folder": str(run.folder.path),
        "run_uid": run.creation.run_uid if run.creation else None,
        "attempt": run.attempt,
        "run_name": run.creation.run_name if run.creation else None,
        "experiment": run.experiment or None,
        "server": run.server or None,
        "model": run.of("model") or None,
        "mode": run.of("mode") or None,
        "seed": _number(run.of("seed")),
        "fold": _number(run.of("fold")),
        "repeat": _number(run.of("repeat")),
        "train_fraction": float(share) if (share := run.of("train_fraction")) else None,
        "start_time": run.creation.start_time if run.creation else None,
        "epoch": run.epoch,
        "epochs": _number(run.of("epochs")),
        "state": run.state.lower(),
        "reason": run.reason,
        "records": run.records,
        "sent": run.sent,
        "unsent": run.unsent,
        "refused": run.refused,
        "refusal": run.refusal,
        "problem": run.cursor.problem,
        "deleted": run.cursor.deleted,
        "mlflow_run_id": run.cursor.run_id or None,
    }


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None
