"""A comparison as a run of MLflow: its numbers, its table and figures, and links to the runs it compares."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace

from tracker.compare.comparison import Comparison
from tracker.compare.render.view_formats import render_view_csv
from tracker.compare.rows import Row, arm_rows, pair_rows
from tracker.figures.style import to_bytes
from tracker.records import COMPARISON, RunRecord
from tracker.runs.own_record import begin_record
from tracker.runs.provenance import origin_tags
from tracker.tracking.journal.entries import NOTE

_TABLES = {
    "comparison.md": "markdown",
    "comparison.csv": "csv",
    "comparison.json": "json",
    "comparison.tex": "latex",
}
_FIGURE = "comparison.png"
_RUNS = "compared_runs.csv"


def record_comparison(comparison: Comparison, *, experiment: str, tracking_uri: str) -> bool:
    """Record a comparison; the same one again is the same run.

    Args:
        comparison: What was compared.
        experiment: MLflow's experiment.
        tracking_uri: The MLflow store or server, as `resolve_uri` gives it.

    Returns:
        Whether there was anything new to record.
    """
    # Trials have runs of their own, and no room in the other formats.
    comparison = replace(comparison, trials=None)
    results = comparison.results
    recorder = begin_record(
        [COMPARISON, comparison.render("json")],
        experiment=experiment,
        tracking_uri=tracking_uri,
        run_name=f"comparison {results.metric}",
        params={"metric": results.metric, "at": results.at, "compared_runs": len(results.selection.runs)},
        tags=_tags(comparison),
    )
    if recorder is None:
        return False
    with recorder:
        recorder.metrics(dict(_metrics(comparison)), step=0)
        for name, text in _texts(comparison):
            recorder.artifact(name, text.encode())
        recorder.artifact(_FIGURE, to_bytes(comparison.plot(), "png"))
        for view in comparison.views.values():
            recorder.artifact(f"comparison.{view.name}.png", to_bytes(view.plot(), "png"))
        recorder.artifact(_RUNS, _runs(results.selection.runs).encode())
    return True


def _texts(comparison: Comparison) -> Iterator[tuple[str, str]]:
    """Yield the files of the comparison; CSV holds one table, so that each view has a file of its own."""
    alone = replace(comparison, views={})
    for name, format in _TABLES.items():
        yield name, (alone if format == "csv" else comparison).render(format)
    for view in comparison.views.values():
        yield f"comparison.{view.name}.csv", render_view_csv(view)


def _tags(comparison: Comparison) -> dict[str, str]:
    selection, decided = comparison.results.selection, comparison.verdict
    return {
        **origin_tags(),
        "tracker.kind": COMPARISON,
        "tracker.split_digest": selection.split_digest,
        **({"tracker.verdict": str(decided.kind)} if decided else {}),
        NOTE: "\n".join([comparison.render("markdown"), "", *_links(selection.runs)]),
    }


def _links(runs: tuple[RunRecord, ...]) -> list[str]:
    where = ((run, f"#/experiments/{run.experiment_id}/runs/{run.run_id}") for run in runs)
    return ["Runs compared:", "", *(f"- [{run.in_words}]({address})" for run, address in where)]


def _runs(runs: tuple[RunRecord, ...]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["run_id", "model", "mode", "seed"])
    for run in runs:
        writer.writerow([run.run_id, *(run.params[name] for name in ("model", "mode", "seed"))])
    return text.getvalue()


def _metrics(comparison: Comparison) -> Iterator[tuple[str, float]]:
    for row in arm_rows(comparison.results, comparison.findings):
        name = f"{row['metric']}/{row['model']}/{row['mode']}"
        yield from _numbers(name, row, ("mean", "sd", "interval_low", "interval_high"))
    for row in pair_rows(comparison.findings):
        name = f"{row['metric']}/{row['model']}/{row['first']} minus {row['second']}"
        yield from _numbers(name, row, ("difference", "interval_low", "interval_high", "p", "adjusted_p"))


def _numbers(name: str, row: Row, keys: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    for key in keys:
        if isinstance(value := row[key], float):
            yield f"{name}/{key}", value
