"""`tracker compare`: the feature-extractor against fine-tuning table."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tracker.cli.opened import Example, opened
from tracker.records import RunRecord


class At(StrEnum):
    """Which epoch of a run is compared."""

    FINAL = "final"
    BEST = "best"


class Format(StrEnum):
    """How the table is written."""

    TABLE = "table"
    MARKDOWN = "markdown"
    CSV = "csv"
    JSON = "json"
    LATEX = "latex"


def compare(
    experiment: Annotated[
        str | None, typer.Option(help="MLflow experiment. Default: the only one there is, or tb-xray.")
    ] = None,
    metric: Annotated[str, typer.Option(help="What is compared, such as test/auroc or val/loss.")] = (
        "test/accuracy"
    ),
    at: Annotated[
        At, typer.Option(help="The last epoch, or the one with the lowest validation loss.")
    ] = At.FINAL,
    split: Annotated[str | None, typer.Option(help="Digest of the split, where runs have several.")] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="Only runs with this parameter, such as lr=0.01; repeatable.")
    ] = None,
    format: Annotated[Format, typer.Option(help="How the table is written.")] = Format.TABLE,
    output: Annotated[Path | None, typer.Option(help="Write the table to this file.")] = None,
    figures: Annotated[
        Path | None, typer.Option(help="Write loss and accuracy curves (PNG, SVG) to this folder.")
    ] = None,
    include_trials: Annotated[
        bool, typer.Option("--include-trials", help="List the trials of tuned arms, too.")
    ] = False,
    tracking_uri: Annotated[
        str | None,
        typer.Option(help="MLflow server or store. Default: MLFLOW_TRACKING_URI, or sqlite:///mlflow.db."),
    ] = None,
    example: Example = False,
) -> None:
    """Pull an experiment's runs back from MLflow and compare modes, model by model."""
    from tracker.compare.render.formats import render
    from tracker.compare.selection import select_runs
    from tracker.compare.table import build_table
    from tracker.compare.trials import trials_by_study
    from tracker.tracking.backend.reader import only_experiment, read_runs

    with opened(tracking_uri, example=example) as uri:
        asked = experiment or only_experiment(uri) or "tb-xray"
        runs = read_runs(uri, asked, metrics=_drawn() if figures else ())
    selection = select_runs(runs, split=split, where=where or ())
    trials = trials_by_study(runs) if include_trials else None
    text = render(build_table(selection, metric=metric, at=at.value), format.value, trials=trials)
    if output is None:
        typer.echo(text.rstrip("\n"))
    else:
        _write(output, text)
    if figures is not None:
        _draw(selection.runs, figures)


def _drawn() -> Sequence[str]:
    from tracker.figures.curve_files import CURVE_METRICS

    return CURVE_METRICS


def _draw(runs: Sequence[RunRecord], folder: Path) -> None:
    from tracker.figures.curve_files import write_curves

    for path in write_curves(runs, folder):
        typer.echo(f"wrote {path}", err=True)


def _write(output: Path, text: str) -> None:
    from tracker.errors import ComparisonError

    try:
        output.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
    except OSError as error:
        raise ComparisonError(
            "the table's file must be writable",
            but=f"{output}: {error.strerror}",
            do="Check --output.",
        ) from None
    typer.echo(f"wrote {output}", err=True)
