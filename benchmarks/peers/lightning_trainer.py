"""Lightning's Trainer with its MLFlowLogger.

    python lightning_trainer.py JOB

As https://lightning.ai/docs/pytorch/stable/advanced/transfer_learning.html has it: the backbone in evaluation
mode under `no_grad`, a new `nn.Linear` behind it; the Trainer's own checkpoints, which
`MLFlowLogger(log_model=True)` stores at the end. Validation and test images are two validation loaders, so
that both are measured after every epoch.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import lightning
import torch
import torch.nn.functional as F
from lightning.pytorch.loggers import MLFlowLogger
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def backbone_of(name: str) -> tuple[nn.Module, int]:
    """Return a network without its last layer, and how many features it makes."""
    backbone = models.get_model(name, weights="IMAGENET1K_V1")
    if hasattr(backbone, "fc"):
        features, backbone.fc = backbone.fc.in_features, nn.Identity()
    elif isinstance(backbone.classifier, nn.Linear):
        features, backbone.classifier = backbone.classifier.in_features, nn.Identity()
    else:
        features, backbone.classifier[-1] = backbone.classifier[-1].in_features, nn.Identity()
    return backbone, features


class TransferLearning(lightning.LightningModule):
    """A pretrained backbone and a new last layer."""

    def __init__(self, job: dict[str, Any], classes: int, lr: float) -> None:
        super().__init__()
        self.save_hyperparameters({"model": job["model"], "mode": job["mode"], "lr": lr})
        self.parts, self.frozen = job["parts"][1:], job["mode"] == "feature-extractor"
        self.backbone, features = backbone_of(job["model"])
        self.classifier = nn.Linear(features, classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the logits of images."""
        if not self.frozen:
            return self.classifier(self.backbone(images))
        self.backbone.eval()
        with torch.no_grad():
            representations = self.backbone(images)
        return self.classifier(representations)

    def measure(self, part: str, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        """Log what a batch of a part comes to, and return its loss."""
        images, labels = batch
        logits = self(images)
        loss = F.cross_entropy(logits, labels)
        values = {f"{part}/loss": loss, f"{part}/accuracy": (logits.argmax(1) == labels).float().mean()}
        self.log_dict(values, on_step=False, on_epoch=True, batch_size=len(images), add_dataloader_idx=False)
        return loss

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], index: int) -> torch.Tensor:
        """Return a training batch's loss."""
        return self.measure("train", batch)

    def validation_step(
        self, batch: tuple[torch.Tensor, torch.Tensor], index: int, dataloader_idx: int = 0
    ) -> None:
        """Measure a batch of one of the loaders."""
        self.measure(self.parts[dataloader_idx], batch)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Return SGD over what is to be trained."""
        trained = self.classifier.parameters() if self.frozen else self.parameters()
        return torch.optim.SGD(trained, lr=self.hparams.lr, momentum=0.9, weight_decay=1e-4)


def loader_of(job: dict[str, Any], part: str) -> DataLoader:
    size = job["image_size"]
    transform = transforms.Compose(
        [transforms.Resize((size, size)), transforms.ToTensor(), transforms.Normalize(MEAN, STD)]
    )
    return DataLoader(
        datasets.ImageFolder(Path(job["images"]) / part, transform),
        batch_size=job["batch_size"],
        shuffle=part == "train",
        num_workers=job["workers"],
    )


def run(job: dict[str, Any], lr: float, seed: int) -> None:
    lightning.seed_everything(seed)
    train, *measured = (loader_of(job, part) for part in job["parts"])
    logger = MLFlowLogger(job["experiment"], tracking_uri=job["store"], log_model=job["store_model"])
    trainer = lightning.Trainer(
        max_epochs=job["epochs"],
        logger=logger,
        precision="bf16-mixed" if job["precision"] == "bf16" else "32-true",
        enable_checkpointing=job["store_model"],
    )
    trainer.fit(TransferLearning(job, len(train.dataset.classes), lr), train, measured)


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    for lr in job["rates"]:
        for seed in job["seeds"]:
            run(job, lr, seed)


if __name__ == "__main__":
    main()
