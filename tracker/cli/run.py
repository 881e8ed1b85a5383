"""`tracker run`: train every arm and track every epoch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DATA, NETWORKS, TRAINING, TRACKING = "Images", "Networks", "Training", "Tracking"


def run(
    dataset: Annotated[
        str | None,
        typer.Option(help="tb-xray, montgomery, folder or csv. Default: tb-xray.", rich_help_panel=DATA),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Where the images are: a folder or a csv file.", rich_help_panel=DATA)
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            help="train/val/test as counts (486/44/132) or fractions (0.7/0.1/0.2). "
            "Default: 486/44/132, or these proportions.",
            rich_help_panel=DATA,
        ),
    ] = None,
    split_seed: Annotated[
        int | None, typer.Option(help="Seed of the split. Default: 0.", rich_help_panel=DATA)
    ] = None,
    patient_pattern: Annotated[
        str | None,
        typer.Option(
            help="Regular expression that finds the patient in a file name; "
            "all images of a patient then stay in one part.",
            rich_help_panel=DATA,
        ),
    ] = None,
    image_size: Annotated[
        int | None, typer.Option(help="Height and width in pixels. Default: 224.", rich_help_panel=DATA)
    ] = None,
    resize: Annotated[
        str | None, typer.Option(help="stretch, pad or crop. Default: stretch.", rich_help_panel=DATA)
    ] = None,
    on_unreadable: Annotated[
        str | None, typer.Option(help="stop, or skip such images. Default: stop.", rich_help_panel=DATA)
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="A torchvision network; repeat for several. Default: alexnet, resnet152, densenet201.",
            rich_help_panel=NETWORKS,
        ),
    ] = None,
    mode: Annotated[
        list[str] | None,
        typer.Option(
            help="feature-extractor, fine-tuning, freeze:NODE or scratch; repeat for several. "
            "Default: feature-extractor, fine-tuning.",
            rich_help_panel=NETWORKS,
        ),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            help="imagenet, none, or a .pth or .safetensors file. Default: imagenet.",
            rich_help_panel=NETWORKS,
        ),
    ] = None,
    seed: Annotated[
        list[int] | None,
        typer.Option(help="Seed of a run; repeat for several. Default: 0.", rich_help_panel=TRAINING),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Passes over the images. Default: 40.", rich_help_panel=TRAINING)
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(help="Images a step. Default: 32.", rich_help_panel=TRAINING)
    ] = None,
    optimizer: Annotated[
        str | None, typer.Option(help="sgd, adam or adamw. Default: sgd.", rich_help_panel=TRAINING)
    ] = None,
    lr: Annotated[
        float | None,
        typer.Option(
            help="Learning rate. Default with sgd: 0.01 for feature-extractor and scratch, "
            "0.001 for fine-tuning and freeze; a tenth of that with adam.",
            rich_help_panel=TRAINING,
        ),
    ] = None,
    weight_decay: Annotated[
        float | None, typer.Option(help="L2 penalty. Default: 0.0001.", rich_help_panel=TRAINING)
    ] = None,
    momentum: Annotated[
        float | None, typer.Option(help="Momentum of sgd. Default: 0.9.", rich_help_panel=TRAINING)
    ] = None,
    schedule: Annotated[
        str | None,
        typer.Option(help="constant, cosine or step. Default: constant.", rich_help_panel=TRAINING),
    ] = None,
    precision: Annotated[
        str | None, typer.Option(help="auto, fp32 or bf16. Default: auto.", rich_help_panel=TRAINING)
    ] = None,
    experiment: Annotated[
        str | None,
        typer.Option(help="MLflow experiment. Default: the data set's name.", rich_help_panel=TRACKING),
    ] = None,
    tracking_uri: Annotated[
        str | None,
        typer.Option(
            help="MLflow server or store. Default: MLFLOW_TRACKING_URI, or sqlite:///mlflow.db.",
            rich_help_panel=TRACKING,
        ),
    ] = None,
    log_model: Annotated[
        str | None,
        typer.Option(
            help="Which networks to store: all, first (of each arm) or none. Default: first.",
            rich_help_panel=TRACKING,
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="A YAML file of these options; options given here win.", rich_help_panel=TRACKING),
    ] = None,
    rerun: Annotated[
        bool | None,
        typer.Option("--rerun", help="Run again what has finished; the comparison takes the newest."),
    ] = None,
    keep_checkpoints: Annotated[
        bool | None,
        typer.Option("--keep-checkpoints", help="Keep the last two checkpoints of runs that finish."),
    ] = None,
    dry_run: Annotated[bool | None, typer.Option("--dry-run", help="Print the plan and stop.")] = None,
) -> None:
    """Train every model in every mode, and track every epoch in MLflow.

    Without options: AlexNet, ResNet-152 and DenseNet-201 on 662 chest X-rays.
    """
    given = {name: value for name, value in locals().items() if name != "config"}
    from tracker.cli.execution import plan_and_execute

    raise typer.Exit(plan_and_execute(given, config))
