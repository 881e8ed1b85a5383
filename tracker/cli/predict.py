"""`tracker predict`: trained networks asked about images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.completion import experiments
from tracker.cli.parameters import TrackingUri
from tracker.cli.terminal import say, shortened
from tracker.config.recipe import OnUnreadable
from tracker.errors import counted, listed

if TYPE_CHECKING:
    from tracker.inference.prediction.asking import Predictions

_WIDTH = 80
_SHOWN = 5


def predict(
    data: Annotated[
        Path,
        typer.Option(help="A folder of images, a table of them (.csv) with a column path, or one image."),
    ],
    output: Annotated[
        Path,
        typer.Option(help="Write a line an image to this file (.csv or .jsonl); go on where it ends."),
    ],
    model: Annotated[
        list[str] | None,
        typer.Option(help="RUN_ID, models:/NAME@ALIAS or a FOLDER; several answer together."),
    ] = None,
    arm: Annotated[
        str | None,
        typer.Option(help="MODEL/MODE: all its finished runs (seeds, folds) answer together."),
    ] = None,
    experiment: Annotated[
        str | None,
        typer.Option(help="MLflow experiment of --arm. Default: the only one.", autocompletion=experiments),
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="What a table calls its paths: path=COLUMN.")
    ] = None,
    on_unreadable: Annotated[
        OnUnreadable, typer.Option(help="skip: unreadable images are listed; stop: they are an error.")
    ] = "skip",
    tracking_uri: TrackingUri = None,
) -> None:
    """Ask a trained network about images, or several together; an interrupted file is gone on with."""
    from tracker import api
    from tracker.cli.progress import LiveObserver
    from tracker.config.columns import column_mapping

    with LiveObserver() as live:
        answered = api.predict(
            model or (),
            data,
            output,
            experiment=experiment,
            arm=arm,
            on_unreadable=on_unreadable,
            columns=column_mapping(column or ()),
            tracking_uri=tracking_uri,
            progress=live.progress,
        )
    for line in _lines(answered):
        say(line)


def _lines(answered: Predictions) -> list[str]:
    width = max(map(len, [*answered.classes, "unreadable"]))
    kept = len(answered) - answered.computed
    before = f" ({kept} of them answered before)" if kept else ""
    problems = [f"{image}: {problem}" for image, problem in answered.problems.items()]
    return [
        f"{counted(len(answered), 'image')}{before}, asked of {_asked(answered)}",
        _rule(answered),
        *(f"  {name:{width}}  {count}" for name, count in answered.decisions.items()),
        *([f"  {'unreadable':{width}}  {len(problems)}"] if problems else []),
        *(f"    {shortened(line, _WIDTH - 4)}" for line in listed(problems, _SHOWN)),
        *(
            [f"left out: {counted(answered.left_out, 'file')} of other kinds, no image"]
            if answered.left_out
            else []
        ),
        *([_gone(answered.gone)] if answered.gone else []),
        f"wrote {answered.output}",
    ]


def _rule(answered: Predictions) -> str:
    if answered.threshold is None:
        return "each is called the class with the highest probability"
    return f"called {answered.finding}: a probability of {answered.threshold:.3g} or more"


def _asked(answered: Predictions) -> str:
    return f"{len(answered.models)} models together" if len(answered.models) > 1 else "one model"


def _gone(lines: int) -> str:
    return f"{counted(lines, 'line')} of images that are gone {'is' if lines == 1 else 'are'} kept"
