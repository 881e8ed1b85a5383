"""`tracker evaluate`: trained networks on images of elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tracker.cli.completion import experiments
from tracker.cli.parameters import TrackingUri
from tracker.cli.terminal import print_unsent, say

if TYPE_CHECKING:
    from tracker.compare.views.evaluated import Evaluation


def evaluate(
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="RUN_ID, models:/NAME@ALIAS, runs:/ID/NAME or a folder; repeat for several. "
            "Default: those of --experiment."
        ),
    ] = None,
    experiment: Annotated[
        str | None,
        typer.Option(
            help="All finished runs of this MLflow experiment that stored a network.",
            autocompletion=experiments,
        ),
    ] = None,
    arm: Annotated[
        list[str] | None,
        typer.Option(help="Of these, only those of MODEL/MODE; repeat for several. Default: all."),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(help="tb-xray, montgomery, phantom, folder or csv. Default: what --data is."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Where the external images are: a folder or a csv file.")
    ] = None,
    class_map: Annotated[
        list[str] | None,
        typer.Option(
            help="THEIRS=OURS where a class has another name; THEIRS= leaves it out. Repeat for several. "
            "Equal names match by themselves."
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="NAME=COLUMN for a table with other names, as for tracker run."),
    ] = None,
    patient_pattern: Annotated[
        str | None, typer.Option(help="Regular expression that finds the patient, as for tracker run.")
    ] = None,
    include: Annotated[
        list[str] | None, typer.Option(help="Take only images whose path fits a glob; repeat for several.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="Leave out images whose path fits a glob; repeat for several.")
    ] = None,
    on_unreadable: Annotated[
        Literal["stop", "skip"] | None, typer.Option(help="stop, or skip such images. Default: stop.")
    ] = None,
    other_patients: Annotated[
        bool,
        typer.Option(
            "--other-patients",
            help="A patient of the same name in the training images is another person: two hospitals, "
            "one number.",
        ),
    ] = False,
    output: Annotated[
        Path | None, typer.Option(help="Write every number to this file, nothing rounded: .csv or .json.")
    ] = None,
    tracking_uri: TrackingUri = None,
) -> None:
    """Ask trained networks about images of elsewhere: does it hold on the other hospital's?

    Images and patients that a network was trained on are refused.

    What is measured is recorded in MLflow. Side by side with the internal test: tracker compare --external.
    """
    from tracker import api
    from tracker.cli.progress import LiveObserver

    _check(output)
    with LiveObserver() as observer:
        found = api.evaluate(
            model or (),
            experiment=experiment,
            arm=arm or (),
            dataset=dataset,
            data=data,
            class_map=class_map or (),
            column=column or (),
            patient_pattern=patient_pattern,
            include=include or (),
            exclude=exclude or (),
            on_unreadable=on_unreadable,
            other_patients=other_patients,
            tracking_uri=tracking_uri,
            progress=observer.progress,
            on_unsent=print_unsent,
        )
    say(found.render().rstrip("\n"))
    if output is not None:
        _write(output, found)
    for line in [*_recorded(found), "side by side with the internal test: tracker compare --external"]:
        say(line, err=True)


def _check(output: Path | None) -> None:
    from tracker.errors import UsageError

    if output is not None and output.suffix.lower() not in (".csv", ".json"):
        raise UsageError(
            "--output must end with .csv or .json", but=f"it is {str(output)!r}", do="Choose one of them."
        )
    if output is not None and not output.parent.is_dir():
        raise UsageError(
            "--output must be a file in a folder that is there",
            but=f"{output.parent} is none",
            do="Make that folder, or choose another one.",
        )


def _write(output: Path, found: Evaluation) -> None:
    from tracker.compare.render.view_formats import render_view_csv, view_content
    from tracker.errors import DataError
    from tracker.foreign_text import as_json

    text = (
        render_view_csv(found.view)
        if output.suffix.lower() == ".csv"
        else as_json(view_content(found.view)) + "\n"
    )
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(
            "the file of the evaluation must be writable",
            but=f"{output}: {error.strerror}",
            do="Check --output; the same command writes it again.",
        ) from None
    say(f"wrote {output}", err=True)


def _recorded(found: Evaluation) -> list[str]:
    new = sum(one.is_new for one in found.models)
    if not new:
        return ["evaluated before: nothing new was recorded"]
    before = len(found.models) - new
    told = f"; {before} evaluated before" if before else ""
    return [f"recorded in MLflow: {new} of kind evaluation{told}"]
