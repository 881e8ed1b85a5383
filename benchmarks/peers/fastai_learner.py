"""fastai's `vision_learner` with MLflow's own calls in a callback (neither project brings one for the other).

    python fastai_learner.py JOB

As https://docs.fast.ai/tutorial.vision.html has it: `ImageDataLoaders.from_folder`, `vision_learner`,
`unfreeze` and `fit`, `export` at the end. So that all sides do the same work, its head is a single linear
layer behind the pool, the last short batch is trained, too, the learning rate is constant, and a frozen
network is frozen whole: `train_bn=False` and `BnFreeze`. By default fastai goes on training a frozen
network's batch norms, which sends gradients through all of it.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

import mlflow
import torch
from fastai.callback.training import BnFreeze
from fastai.data.transforms import get_image_files
from fastai.layers import Flatten
from fastai.learner import Callback, Learner
from fastai.metrics import accuracy
from fastai.optimizer import SGD
from fastai.torch_core import set_seed
from fastai.vision.augment import Resize
from fastai.vision.data import ImageDataLoaders
from fastai.vision.learner import vision_learner
from torch import nn
from torchvision import models

BEFORE_POOL = {"resnet": [], "densenet": [nn.ReLU]}


class LogToMLflow(Callback):
    """Logs the recorder's row after each epoch, and what the test images make of the network."""

    order = 60

    def __init__(self, parts: list[str]) -> None:
        self.parts = parts

    def after_epoch(self) -> None:
        """Log the epoch."""
        names = ("train/loss", "val/loss", "val/accuracy")
        values = dict(zip(names, self.recorder.values[-1], strict=True))
        if "test" in self.parts:
            values |= measure_test(self.learn)
        mlflow.log_metrics(values, step=self.epoch)


def measure_test(learner: Learner) -> dict[str, float]:
    loader = learner.dls.test_dl(get_image_files(learner.dls.path / "test"), with_labels=True)
    learner.model.eval()
    with torch.no_grad():
        answers = [(learner.model(images), labels) for images, labels in loader]
    logits, labels = (torch.cat(values) for values in zip(*answers, strict=True))
    loss = learner.loss_func(logits, labels)
    return {"test/loss": loss.item(), "test/accuracy": accuracy(logits, labels).item()}


def learner_of(job: dict[str, Any]) -> Learner:
    loaders = ImageDataLoaders.from_folder(
        Path(job["images"]),
        train="train",
        valid="val",
        item_tfms=Resize(job["image_size"], method="squish"),
        bs=job["batch_size"],
        num_workers=job["workers"],
        drop_last=False,
    )
    kind = next(kind for kind in BEFORE_POOL if job["model"].startswith(kind))
    features = nn.Linear(
        models.get_model(job["model"]).get_submodule(last_layer(kind)).in_features, loaders.c
    )
    head = nn.Sequential(
        *(layer() for layer in BEFORE_POOL[kind]), nn.AdaptiveAvgPool2d(1), Flatten(), features
    )
    return vision_learner(
        loaders,
        getattr(models, job["model"]),
        weights="IMAGENET1K_V1",
        custom_head=head,
        metrics=accuracy,
        opt_func=partial(SGD, mom=0.9, decouple_wd=False),
        wd=1e-4,
        train_bn=job["mode"] != "feature-extractor",
        cbs=[LogToMLflow(job["parts"])],
    )


def last_layer(kind: str) -> str:
    return "fc" if kind == "resnet" else "classifier"


def run(job: dict[str, Any], lr: float, seed: int) -> None:
    set_seed(seed)
    learner = learner_of(job)
    frozen = job["mode"] == "feature-extractor"
    if not frozen:
        learner.unfreeze()
    with mlflow.start_run():
        mlflow.log_params({"model": job["model"], "mode": job["mode"], "lr": lr, "seed": seed})
        learner.fit(job["epochs"], lr, cbs=[BnFreeze()] if frozen else [])
        if job["store_model"]:
            learner.remove_cb(LogToMLflow)
            learner.export(Path("export.pkl").resolve())
            mlflow.log_artifact("export.pkl")


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    mlflow.set_tracking_uri(job["store"])
    mlflow.set_experiment(job["experiment"])
    for lr in job["rates"]:
        for seed in job["seeds"]:
            run(job, lr, seed)


if __name__ == "__main__":
    main()
