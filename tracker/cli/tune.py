"""`tracker tune`: a fair learning rate for every arm, found on validation images alone."""

from __future__ import annotations

import typer

from tracker.cli import asked


def tune(
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
    epochs: asked.Epochs = None,
    batch_size: asked.BatchSize = None,
    optimizer: asked.Optimizer = None,
    lr: asked.Lr = None,
    weight_decay: asked.WeightDecay = None,
    momentum: asked.Momentum = None,
    schedule: asked.Schedule = None,
    precision: asked.Precision = None,
    trials: asked.Trials = None,
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
    config: asked.Config = None,
    dry_run: asked.DryRun = None,
) -> None:
    """Search each arm's settings with equal budgets; the test images take no part.

    The same command again goes on with the trials that are missing. `tracker run --tuned` trains with what
    was found.
    """
    given = {name: value for name, value in locals().items() if name not in ("config", "trials")}
    from tracker.cli.execution import plan_and_tune

    raise typer.Exit(plan_and_tune(given | {"tune": trials}, config))
