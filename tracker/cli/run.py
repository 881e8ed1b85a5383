"""`tracker run`: train every arm and track every epoch."""

from __future__ import annotations

import typer

from tracker.cli import asked


def run(
    dataset: asked.Dataset = None,
    data: asked.Data = None,
    split: asked.Split = None,
    split_seed: asked.SplitSeed = None,
    patient_pattern: asked.PatientPattern = None,
    image_size: asked.ImageSize = None,
    resize: asked.Resize = None,
    on_unreadable: asked.OnUnreadable = None,
    model: asked.Model = None,
    mode: asked.Mode = None,
    weights: asked.Weights = None,
    seed: asked.Seed = None,
    epochs: asked.Epochs = None,
    batch_size: asked.BatchSize = None,
    optimizer: asked.Optimizer = None,
    lr: asked.Lr = None,
    weight_decay: asked.WeightDecay = None,
    momentum: asked.Momentum = None,
    schedule: asked.Schedule = None,
    precision: asked.Precision = None,
    tune: asked.Tune = None,
    tuned: asked.Tuned = None,
    search: asked.Search = None,
    objective: asked.Objective = None,
    tune_at: asked.TuneAt = None,
    tune_seeds: asked.TuneSeeds = None,
    tune_folds: asked.TuneFolds = None,
    sampler: asked.Sampler = None,
    pruner: asked.Pruner = None,
    study_seed: asked.StudySeed = None,
    study_storage: asked.StudyStorage = None,
    jobs: asked.Jobs = None,
    experiment: asked.Experiment = None,
    tracking_uri: asked.TrackingUri = None,
    log_model: asked.LogModel = None,
    config: asked.Config = None,
    rerun: asked.Rerun = None,
    keep_checkpoints: asked.KeepCheckpoints = None,
    dry_run: asked.DryRun = None,
) -> None:
    """Train every model in every mode, and track every epoch in MLflow.

    Without options: AlexNet, ResNet-152 and DenseNet-201 on 662 chest X-rays.
    """
    given = {name: value for name, value in locals().items() if name != "config"}
    from tracker.cli.execution import plan_and_execute

    raise typer.Exit(plan_and_execute(given, config))
