"""`tracker register`: the network of an arm in MLflow's registry, with its model card."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from tracker.cli.completion import experiments
from tracker.cli.parameters import TrackingUri
from tracker.cli.terminal import print_unsent, say

_WIDTH = 80


def register(
    name: Annotated[str, typer.Option(help="The registered model; it is made where there is none.")],
    experiment: Annotated[
        str | None,
        typer.Option(help="MLflow experiment. Default: the only one there is.", autocompletion=experiments),
    ] = None,
    arm: Annotated[
        str | None,
        typer.Option(metavar="MODEL/MODE", help="Whose network. Default: the only arm there is."),
    ] = None,
    alias: Annotated[
        str | None, typer.Option(help="What names this version from now on, such as champion.")
    ] = None,
    run: Annotated[
        str | None, typer.Option(metavar="RUN_ID", help="The run itself. Default: as validation chooses.")
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="Only runs with this parameter, such as fold=0; repeatable.")
    ] = None,
    tracking_uri: TrackingUri = None,
) -> None:
    """Hand an arm's network on: chosen by validation, never by test images, with a model card."""
    import shlex

    from tracker import api
    from tracker.addresses import typed_again

    done = api.register(
        experiment,
        name=name,
        arm=arm,
        alias=alias,
        run=run,
        where=where or (),
        tracking_uri=tracking_uri,
        tell=partial(say, err=True),
        on_unsent=print_unsent,
    )
    say(f"{done.run.in_words} is version {done.version} of {done.name}{'' if done.is_new else ' already'}")
    say(_under("chosen", done.chosen))
    if done.note:
        say(_under("note", done.note), err=True)
    if done.alias:
        say(_under("alias", f"{done.alias}{_moved(done.moved_from)}"))
    where = ["--tracking-uri", typed_again(tracking_uri)] if tracking_uri else []
    named = ["--model", _address(done.name, done.version, done.alias), *where]
    say(f"use     tracker predict {shlex.join(named)} \\")
    say("          --data FOLDER --output predictions.csv")


def _moved(before: str) -> str:
    return f" (moved from version {before})" if before else ""


def _address(name: str, version: str, alias: str) -> str:
    """Return how a version, or an alias, is named."""
    return f"models:/{name}@{alias}" if alias else f"models:/{name}/{version}"


def _under(title: str, text: str) -> str:
    """Return a text of several lines beside its title."""
    import textwrap

    return textwrap.fill(text, _WIDTH, initial_indent=f"{title:8}", subsequent_indent=" " * 8)
