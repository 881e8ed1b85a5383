"""The options that commands share, each with its type, its help and the panel that it stands in.

Which default holds is said in the help and decided in `tracker.options`: None means "not given".
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DATA, NETWORKS, TRAINING, TUNING, TRACKING = "Images", "Networks", "Training", "Tuning", "Tracking"

Dataset = Annotated[
    str | None,
    typer.Option(help="tb-xray, montgomery, phantom, folder or csv. Default: tb-xray.", rich_help_panel=DATA),
]
Data = Annotated[
    Path | None, typer.Option(help="Where the images are: a folder or a csv file.", rich_help_panel=DATA)
]
Split = Annotated[
    str | None,
    typer.Option(
        help="train/val/test as counts (486/44/132) or fractions (0.7/0.1/0.2). "
        "Default: 486/44/132, or these proportions.",
        rich_help_panel=DATA,
    ),
]
SplitSeed = Annotated[int | None, typer.Option(help="Seed of the split. Default: 0.", rich_help_panel=DATA)]
PatientPattern = Annotated[
    str | None,
    typer.Option(
        help="Regular expression that finds the patient in a file name; "
        "all images of a patient then stay in one part.",
        rich_help_panel=DATA,
    ),
]
ImageSize = Annotated[
    int | None, typer.Option(help="Height and width in pixels. Default: 224.", rich_help_panel=DATA)
]
Resize = Annotated[
    str | None, typer.Option(help="stretch, pad or crop. Default: stretch.", rich_help_panel=DATA)
]
OnUnreadable = Annotated[
    str | None, typer.Option(help="stop, or skip such images. Default: stop.", rich_help_panel=DATA)
]
Model = Annotated[
    list[str] | None,
    typer.Option(
        help="A network (see tracker models); repeat for several. "
        "Default: alexnet, resnet152, densenet201 (three mini-... with phantom).",
        rich_help_panel=NETWORKS,
    ),
]
Mode = Annotated[
    list[str] | None,
    typer.Option(
        help="feature-extractor, fine-tuning, freeze:NODE or scratch; repeat for several. "
        "Default: feature-extractor, fine-tuning.",
        rich_help_panel=NETWORKS,
    ),
]
Weights = Annotated[
    str | None,
    typer.Option(
        help="imagenet, bundled, none, or a .pth or .safetensors file. "
        "Default: imagenet (bundled for mini-... networks).",
        rich_help_panel=NETWORKS,
    ),
]
Seed = Annotated[
    list[int] | None,
    typer.Option(help="Seed of a run; repeat for several. Default: 0.", rich_help_panel=TRAINING),
]
Epochs = Annotated[
    int | None, typer.Option(help="Passes over the images. Default: 40.", rich_help_panel=TRAINING)
]
BatchSize = Annotated[int | None, typer.Option(help="Images a step. Default: 32.", rich_help_panel=TRAINING)]
Optimizer = Annotated[
    str | None, typer.Option(help="sgd, adam or adamw. Default: sgd.", rich_help_panel=TRAINING)
]
Lr = Annotated[
    float | None,
    typer.Option(
        help="Learning rate. Default with sgd: 0.01 for feature-extractor and scratch, "
        "0.001 for fine-tuning and freeze; a tenth of that with adam.",
        rich_help_panel=TRAINING,
    ),
]
WeightDecay = Annotated[
    float | None, typer.Option(help="L2 penalty. Default: 0.0001.", rich_help_panel=TRAINING)
]
Momentum = Annotated[
    float | None, typer.Option(help="Momentum of sgd. Default: 0.9.", rich_help_panel=TRAINING)
]
Schedule = Annotated[
    str | None,
    typer.Option(help="constant, cosine or step. Default: constant.", rich_help_panel=TRAINING),
]
Precision = Annotated[
    str | None, typer.Option(help="auto, fp32 or bf16. Default: auto.", rich_help_panel=TRAINING)
]
Experiment = Annotated[
    str | None,
    typer.Option(help="MLflow experiment. Default: the data set's name.", rich_help_panel=TRACKING),
]
TrackingUri = Annotated[
    str | None,
    typer.Option(
        help="MLflow server or store. Default: MLFLOW_TRACKING_URI, or sqlite:///mlflow.db.",
        rich_help_panel=TRACKING,
    ),
]
LogModel = Annotated[
    str | None,
    typer.Option(
        help="Which networks to store: all, first (of each arm) or none. Default: first.",
        rich_help_panel=TRACKING,
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(help="A YAML file of these options; options given here win.", rich_help_panel=TRACKING),
]
Rerun = Annotated[
    bool | None,
    typer.Option("--rerun", help="Run again what has finished; the comparison takes the newest."),
]
KeepCheckpoints = Annotated[
    bool | None,
    typer.Option("--keep-checkpoints", help="Keep the last two checkpoints of runs that finish."),
]
DryRun = Annotated[bool | None, typer.Option("--dry-run", help="Print the plan and stop.")]
Tune = Annotated[
    int | None,
    typer.Option(
        help="Tune each arm first: trials of a study an arm. Default: no tuning.", rich_help_panel=TUNING
    ),
]
Tuned = Annotated[
    bool | None,
    typer.Option(
        "--tuned", help="Train with the best values of earlier studies of these arms.", rich_help_panel=TUNING
    ),
]
Trials = Annotated[
    int | None,
    typer.Option(
        help="Trials an arm; finished ones of an earlier command count. Default: 50.", rich_help_panel=TUNING
    ),
]
Search = Annotated[
    str | None,
    typer.Option(
        help="What is searched: lr, weight_decay, optimizer, batch_size, with commas; "
        "ranges go into --config. Default: lr.",
        rich_help_panel=TUNING,
    ),
]
Objective = Annotated[
    str | None,
    typer.Option(
        help="What a trial is judged by, on validation images: val/loss, val/auroc or val/accuracy. "
        "Default: val/loss.",
        rich_help_panel=TUNING,
    ),
]
TuneAt = Annotated[
    str | None,
    typer.Option(
        help="Which epoch is judged: final, or best (lowest validation loss). Default: final.",
        rich_help_panel=TUNING,
    ),
]
TuneSeeds = Annotated[
    int | None, typer.Option(help="Seeds that each trial is the mean of. Default: 1.", rich_help_panel=TUNING)
]
TuneFolds = Annotated[
    int | None,
    typer.Option(
        help="Folds of training and validation images that each trial is the mean of. "
        "Default: the validation part alone.",
        rich_help_panel=TUNING,
    ),
]
Sampler = Annotated[
    str | None, typer.Option(help="tpe, gp, random or grid. Default: tpe.", rich_help_panel=TUNING)
]
Pruner = Annotated[
    str | None,
    typer.Option(
        help="What ends poor fine-tuning trials early: median, hyperband or none. Default: median.",
        rich_help_panel=TUNING,
    ),
]
StudySeed = Annotated[
    int | None, typer.Option(help="Seed of the draws of a study. Default: 0.", rich_help_panel=TUNING)
]
StudyStorage = Annotated[
    str | None,
    typer.Option(
        help="Database of the studies, such as postgresql://USER@HOST/NAME. "
        "Default: studies.db in TRACKER_HOME.",
        rich_help_panel=TUNING,
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        help="Processes on this machine that train trials at once. Default: 1.", rich_help_panel=TUNING
    ),
]
