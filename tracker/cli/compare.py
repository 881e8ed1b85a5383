"""`tracker compare`: the feature-extractor against fine-tuning table."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from tracker.cli.completion import experiments, metrics
from tracker.cli.parameters import Example, TrackingUri
from tracker.cli.terminal import print_unsent, say
from tracker.compare.render.formats import Format
from tracker.records import EpochKind


def compare(
    experiment: Annotated[
        str | None,
        typer.Option(help="MLflow experiment. Default: the only one there is.", autocompletion=experiments),
    ] = None,
    metric: Annotated[
        str,
        typer.Option(help="What is compared, such as test/auroc or val/loss.", autocompletion=metrics),
    ] = "test/accuracy",
    at: Annotated[
        EpochKind, typer.Option(help="The last epoch, or the one with the lowest validation loss.")
    ] = "final",
    split: Annotated[str | None, typer.Option(help="Digest of the split, where runs have several.")] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="Only runs with this parameter, such as lr=0.01; repeatable.")
    ] = None,
    format: Annotated[
        Format | None, typer.Option(help="How the table is written. Default: as --output ends, or table.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="Write the table to this file; .csv, .json, .md, .tex, .html and .txt say how."),
    ] = None,
    figures: Annotated[
        Path | None,
        typer.Option(help="Write figures (PNG, SVG) to this folder: arms, views, loss and accuracy."),
    ] = None,
    details: Annotated[
        bool, typer.Option("--details", help="Every measure of every arm, and every test of every pair.")
    ] = False,
    include_trials: Annotated[
        bool, typer.Option("--include-trials", help="List the trials of tuned arms, too.")
    ] = False,
    paper: Annotated[
        bool, typer.Option("--paper", help="Published numbers beside yours, and what they could show.")
    ] = False,
    depth: Annotated[
        bool, typer.Option("--depth", help="Freeze depth: runs of --mode freeze:all in one table and figure.")
    ] = False,
    curve: Annotated[
        bool, typer.Option("--curve", help="Learning curve: runs on several --train-fraction in one table.")
    ] = False,
    external: Annotated[
        bool,
        typer.Option(
            "--external", help="What networks reach elsewhere (tracker evaluate) beside the internal test."
        ),
    ] = False,
    log: Annotated[
        bool, typer.Option("--log", help="Record the comparison in MLflow, too, as a run of its experiment.")
    ] = False,
    tracking_uri: TrackingUri = None,
    example: Example = False,
) -> None:
    """Pull an experiment's runs back from MLflow and compare modes, model by model."""
    from tracker import api
    from tracker.compare.render.formats import format_of

    # Before runs are read: that can take long.
    chosen = format_of(output, format)
    comparison = api.compare(
        experiment,
        metric=metric,
        at=at,
        split=split,
        where=where or (),
        curves=figures is not None,
        trials=include_trials,
        paper=paper,
        depth=depth,
        curve=curve,
        external=external,
        tracking_uri=tracking_uri,
        example=example,
        log=log,
        on_unsent=print_unsent,
        on_lost=partial(say, err=True),
    )
    text = comparison.render(chosen, details=details)
    if output is None:
        say(text.rstrip("\n"))
    else:
        _write(output, text)
    if log:
        say("logged in MLflow, beside the runs that were compared", err=True)
    if figures is not None:
        for path in comparison.write_figures(figures):
            say(f"wrote {path}", err=True)


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
    say(f"wrote {output}", err=True)
