"""The same training written as a textbook writes it: no cut, no store, the whole network every step."""

from __future__ import annotations

import copy

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from tracker.config.recipe import Recipe
from tracker.data.pixels import Pixels
from tracker.models.networks import Network


def normalized(pixels: Pixels, rows: torch.Tensor) -> torch.Tensor:
    images = torch.from_numpy(np.array(pixels.array)[rows.numpy()]).permute(0, 3, 1, 2).expand(-1, 3, -1, -1)
    mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    return (images / 255 - mean) / std


def losses_of_plain_loop(
    network: Network,
    frozen: list[str],
    pixels: Pixels,
    labels: list[int],
    parts: dict[str, list[int]],
    recipe: Recipe,
) -> list[dict[str, float]]:
    """Train a copy of the network with the named modules frozen; return losses of every epoch."""
    module = copy.deepcopy(network.module)
    modules = [module.get_submodule(name) for name in frozen]
    for parameter in (p for part in modules for p in part.parameters()):
        parameter.requires_grad_(False)
    trained = [p for p in module.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(trained, recipe.lr, recipe.momentum, weight_decay=recipe.weight_decay)
    order = torch.Generator().manual_seed(recipe.seed)
    targets = torch.tensor(labels)
    torch.manual_seed(recipe.seed)
    epochs = []
    for _ in range(recipe.epochs):
        losses = _train_epoch(module, modules, optimizer, order, pixels, targets, parts["train"], recipe)
        epochs.append({"train/loss": losses, **_held_out(module, pixels, targets, parts)})
    return epochs


def _train_epoch(
    module: nn.Module,
    frozen: list[nn.Module],
    optimizer: torch.optim.Optimizer,
    order: torch.Generator,
    pixels: Pixels,
    targets: torch.Tensor,
    train: list[int],
    recipe: Recipe,
) -> float:
    module.train()
    for part in frozen:
        part.eval()
    rows = torch.tensor(train)[torch.randperm(len(train), generator=order)]
    total = 0.0
    for start in range(0, len(rows), recipe.batch_size):
        batch = rows[start : start + recipe.batch_size]
        loss = F.cross_entropy(module(normalized(pixels, batch)), targets[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch)
    return total / len(rows)


def _held_out(
    module: nn.Module, pixels: Pixels, targets: torch.Tensor, parts: dict[str, list[int]]
) -> dict[str, float]:
    module.eval()
    with torch.no_grad():
        return {
            f"{part}/loss": F.cross_entropy(
                module(normalized(pixels, torch.tensor(parts[part]))), targets[parts[part]]
            ).item()
            for part in ("val", "test")
        }
