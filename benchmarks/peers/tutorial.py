"""The training loop of PyTorch's transfer learning tutorial, with MLflow's own calls.

    python tutorial.py JOB

As https://docs.pytorch.org/tutorials/beginner/transfer_learning_tutorial.html has it: `ImageFolder`,
workers that decode every image in every epoch, `requires_grad = False` for a fixed feature extractor (whose
batch norms go on adapting in training mode), and the best weights so far saved to a temporary folder. Without
its random crops and flips, so that all sides see the same pixels.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import mlflow
import torch
from torch import nn, optim
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def loaders_of(job: dict[str, Any]) -> dict[str, DataLoader]:
    size = job["image_size"]
    transform = transforms.Compose(
        [transforms.Resize((size, size)), transforms.ToTensor(), transforms.Normalize(MEAN, STD)]
    )
    return {
        part: DataLoader(
            datasets.ImageFolder(Path(job["images"]) / part, transform),
            batch_size=job["batch_size"],
            shuffle=part == "train",
            num_workers=job["workers"],
        )
        for part in job["parts"]
    }


def network_of(job: dict[str, Any], classes: int) -> nn.Module:
    model = models.get_model(job["model"], weights="IMAGENET1K_V1")
    if job["mode"] == "feature-extractor":
        for parameter in model.parameters():
            parameter.requires_grad = False
    if hasattr(model, "fc"):
        model.fc = nn.Linear(model.fc.in_features, classes)
    elif isinstance(model.classifier, nn.Linear):
        model.classifier = nn.Linear(model.classifier.in_features, classes)
    else:
        model.classifier[-1] = nn.Linear(model.classifier[-1].in_features, classes)
    return model


def train_model(
    model: nn.Module, loaders: dict[str, DataLoader], optimizer: optim.Optimizer, epochs: int, device: str
) -> None:
    criterion, best_accuracy = nn.CrossEntropyLoss(), -1.0
    with tempfile.TemporaryDirectory() as folder:
        best = Path(folder) / "best_model_params.pt"
        for epoch in range(epochs):
            for phase, loader in loaders.items():
                model.train(phase == "train")
                total_loss, correct = 0.0, 0
                for batch, answers in loader:
                    inputs, labels = batch.to(device), answers.to(device)
                    optimizer.zero_grad()
                    with torch.set_grad_enabled(phase == "train"):
                        outputs = model(inputs)
                        loss = criterion(outputs, labels)
                        if phase == "train":
                            loss.backward()
                            optimizer.step()
                    total_loss += loss.item() * inputs.size(0)
                    correct += (outputs.argmax(1) == labels).sum().item()
                images = len(loader.dataset)
                mlflow.log_metric(f"{phase}/loss", total_loss / images, step=epoch)
                mlflow.log_metric(f"{phase}/accuracy", correct / images, step=epoch)
                if phase == "val" and correct / images > best_accuracy:
                    best_accuracy = correct / images
                    torch.save(model.state_dict(), best)


def run(job: dict[str, Any], lr: float, seed: int) -> None:
    torch.manual_seed(seed)
    device = torch.accelerator.current_accelerator().type if torch.accelerator.is_available() else "cpu"
    loaders = loaders_of(job)
    model = network_of(job, len(loaders["train"].dataset.classes)).to(device)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = optim.SGD(trained, lr=lr, momentum=0.9, weight_decay=1e-4)
    with mlflow.start_run():
        mlflow.log_params({"model": job["model"], "mode": job["mode"], "lr": lr, "seed": seed})
        train_model(model, loaders, optimizer, job["epochs"], device)
        if job["store_model"]:
            example = next(iter(loaders["val"]))[0][:2].numpy()
            mlflow.pytorch.log_model(model.cpu().eval(), name="model", input_example=example)


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    mlflow.set_tracking_uri(job["store"])
    mlflow.set_experiment(job["experiment"])
    for lr in job["rates"]:
        for seed in job["seeds"]:
            run(job, lr, seed)


if __name__ == "__main__":
    main()
