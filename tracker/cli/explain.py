"""`tracker explain`: which places of an image speak for what a trained network answers."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tracker.cli.parameters import TrackingUri
from tracker.cli.terminal import say
from tracker.config.recipe import OnUnreadable
from tracker.errors import counted, listed

if TYPE_CHECKING:
    from tracker.inference.explanations.explained_model import ExplainedModel

_LEFT_OUT, _WIDTH = 5, 79
HeldOut = Literal["val", "test"]


def explain(
    model: Annotated[
        list[str],
        typer.Option(help="RUN_ID, models:/NAME@ALIAS, runs:/RUN_ID/NAME or a folder; repeat for several."),
    ],
    data: Annotated[
        list[Path],
        typer.Option(help="A folder of images, a table with a column path, images (repeat), or phantom."),
    ],
    output: Annotated[Path, typer.Option(help="Folder for pictures, contact sheet, maps and maps.csv.")],
    images: Annotated[
        int,
        typer.Option(
            min=1, max=10_000, metavar="N", help="How many pictures, of images spread evenly over all."
        ),
    ] = 12,
    part: Annotated[
        HeldOut | None,
        typer.Option(help="Only images of this part of the split that the network's run had. Default: all."),
    ] = None,
    class_name: Annotated[
        str | None,
        typer.Option(
            "--class",
            help="The class that maps are of. Default: what each image is called; with masks, the finding.",
        ),
    ] = None,
    masks: Annotated[
        Path | None,
        typer.Option(
            help="Do maps point at lesions? A folder of masks named like their images, a table of boxes "
            "(image, x, y, width, height), or phantom."
        ),
    ] = None,
    no_sanity: Annotated[
        bool,
        typer.Option("--no-sanity", help="Do not check that maps depend on what the network has learned."),
    ] = False,
    on_unreadable: Annotated[
        OnUnreadable, typer.Option(help="Whether to go on without images that cannot be decoded.")
    ] = "stop",
    tracking_uri: TrackingUri = None,
) -> None:
    """Draw which places of images speak for what a trained network answers, by Grad-CAM."""
    from tracker import api
    from tracker.cli.runs_at_work import items
    from tracker.io.progress import Seldom

    explained = api.explain(
        model,
        data,
        output=output,
        images=images,
        part=part,
        class_name=class_name,
        masks=masks,
        sanity=not no_sanity,
        on_unreadable=on_unreadable,
        tracking_uri=tracking_uri,
        progress=Seldom(lambda *stage: say(f"  {items(*stage)}", err=True), every_s=3),
        on_explained=_tell,
    )
    for line in _side_by_side(explained):
        say(line)


def _tell(one: ExplainedModel) -> None:
    for line in _lines(one):
        say(textwrap.fill(line, _WIDTH, subsequent_indent="    ", break_on_hyphens=False))
    say(f"wrote {one.folder}", err=True)


def _lines(one: ExplainedModel) -> list[str]:
    rows, columns = one.explanations[0].signed.shape
    images = counted(len(one.explanations), "image")
    empty = sum(explanation.says_no_place for explanation in one.explanations)
    left_out = [f"{name}: {why}" for name, why in one.unreadable.items()]
    return [
        f"{one.arm}: {images} explained ({rows} x {columns} places of {one.layer})",
        *([f"  {empty} of them without a place that speaks for the class"] if empty else []),
        *([f"  {one.sanity.sentence}"] if one.sanity is not None else []),
        *([f"  {one.pointing.sentence}"] if one.pointing is not None else []),
        *(f"  left out: {line}" for line in listed(left_out, _LEFT_OUT)),
    ]


def _side_by_side(explained: Sequence[ExplainedModel]) -> list[str]:
    """Return how often each model points at lesions, a line a model; nothing of a single one."""
    played = [(one.arm, one.pointing) for one in explained if one.pointing is not None]
    if len(played) < 2:
        return []
    head = "points at the lesion (%)"
    wide = max(map(len, [head, *(arm for arm, _ in played)]))
    lines = [f"{head:{wide}}  images  share  95 % interval  by chance"]
    for arm, one in played:
        low, high = (f"{100 * end:.1f}" for end in one.interval)
        shares = f"{100 * one.share:5.1f}  {f'{low} to {high}':>13}  {100 * one.chance:9.1f}"
        lines.append(f"{arm:{wide}}  {one.images:6}  {shares}")
    return lines
