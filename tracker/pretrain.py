"""Pretrains the small networks on synthetic radiographs, and writes their weights into the package.

    python -m tracker.pretrain [--images 12000] [--epochs 12] [--output FOLDER]

The task: which of six findings are in an image (several can be, or none). Images and anatomies are others
than those of `--dataset phantom`. The same command, with the same versions and on the same kind of
processor, makes the same weights.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tracker.data.parallel import parallel_map
from tracker.data.phantom.findings import FINDINGS
from tracker.data.phantom.lessons import draw_lesson
from tracker.models.intake import Intake
from tracker.models.minis import MINIS
from tracker.models.weights import BUNDLED, IMAGENET
from tracker.training.device import autocast, choose_device, on_device
from tracker.training.metrics import aurocs

SEED, SIZE, HELD_OUT = 2026, 224, 1000
_BATCH, _EVALUATION_BATCH = 32, 64
_LR, _WEIGHT_DECAY = 2e-3, 1e-2
_LARGEST_SHIFT = 12

Say = Callable[[str], None]


@dataclass(frozen=True)
class Lessons:
    """What is learned from.

    Attributes:
        pixels: uint8 [N, SIZE, SIZE, 1].
        findings: float32 [N, K], 1 where a finding is in an image.
    """

    pixels: Tensor
    findings: Tensor

    def split(self) -> tuple[Lessons, Lessons]:
        """Return what is trained on, and the last images, which are not."""
        cut = len(self.pixels) - HELD_OUT
        return (
            Lessons(self.pixels[:cut], self.findings[:cut]),
            Lessons(self.pixels[cut:], self.findings[cut:]),
        )


def draw_lessons(count: int) -> Lessons:
    """Draw images with their findings, in all processors at once."""
    drawn = list(parallel_map(partial(draw_lesson, seed=SEED), range(count)))
    pixels = torch.from_numpy(np.stack([image for image, _ in drawn])[..., None])
    rows = [[float(name in names) for name in FINDINGS] for _, names in drawn]
    return Lessons(pixels, torch.tensor(rows))


def pretrain(name: str, train: Lessons, held_out: Lessons, epochs: int, say: Say) -> nn.Module:
    """Return a network that tells findings apart.

    Args:
        name: Which of the small networks.
        train: What it is trained on.
        held_out: What it is measured on after every epoch; nothing is chosen by that.
        epochs: Passes over the images.
        say: Takes a line an epoch.
    """
    torch.manual_seed(SEED)
    device = choose_device()
    network = MINIS[name]()
    _give_outputs(network, len(FINDINGS))
    whole = on_device(nn.Sequential(Intake(IMAGENET.mean, IMAGENET.std), network), device)
    steps = epochs * -(-len(train.pixels) // _BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), lr=_LR, weight_decay=_WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=_LR, total_steps=steps)
    order = torch.Generator().manual_seed(SEED)
    for epoch in range(1, epochs + 1):
        whole.train()
        start, losses = time.perf_counter(), []
        for pixels, findings in _batches(train, order):
            with autocast(device, "bf16"):
                logits = whole(pixels.to(device))
            loss = F.binary_cross_entropy_with_logits(logits.float(), findings.to(device))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        areas = measured(whole, held_out, device)
        mean = sum(losses) / len(losses)
        say(
            f"{name} epoch {epoch}/{epochs} loss {mean:.4f} held-out AUROC {areas.mean():.4f} "
            f"({', '.join(f'{finding} {area:.3f}' for finding, area in zip(FINDINGS, areas, strict=True))}) "
            f"{time.perf_counter() - start:.0f} s"
        )
    return network.cpu()


@torch.inference_mode()
def measured(whole: nn.Module, lessons: Lessons, device: torch.device) -> Tensor:
    """Return the area under the ROC curve of each finding, float64 [K]."""
    whole.eval()
    logits = torch.cat(
        [whole(part.to(device)).float().cpu() for part in lessons.pixels.split(_EVALUATION_BATCH)]
    )
    return torch.stack(
        [
            aurocs(torch.stack([-column, column], 1)[:, None], truth.long())[0]
            for column, truth in zip(logits.T, lessons.findings.T, strict=True)
        ]
    )


def _batches(lessons: Lessons, order: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield shuffled batches, every image moved by some pixels."""
    for rows in torch.randperm(len(lessons.pixels), generator=order).split(_BATCH):
        down, right = torch.randint(-_LARGEST_SHIFT, _LARGEST_SHIFT + 1, (2,), generator=order).tolist()
        yield lessons.pixels[rows].roll((down, right), dims=(1, 2)), lessons.findings[rows]


def _give_outputs(network: nn.Module, outputs: int) -> None:
    name, layer = [(name, layer) for name, layer in network.named_modules() if isinstance(layer, nn.Linear)][
        -1
    ]
    network.set_submodule(name, nn.Linear(layer.in_features, outputs))


def save(network: nn.Module, file: Path) -> None:
    """Write weights in half precision, with how images are normalised for them."""
    state = {
        key: value.half().contiguous() if value.is_floating_point() else value
        for key, value in network.state_dict().items()
    }
    metadata = {
        "mean": json.dumps(IMAGENET.mean),
        "std": json.dumps(IMAGENET.std),
        "findings": json.dumps(FINDINGS),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    safetensors.torch.save_file(state, file, metadata)


def main() -> None:
    """Draw the images, pretrain every small network, and write weights and log."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=12_000, help="of which 1000 are held out")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--output", type=Path, default=BUNDLED)
    given = parser.parse_args()
    lines = [f"{given.images} images, {given.epochs} epochs, seed {SEED}, torch {torch.__version__}"]

    def say(line: str) -> None:
        lines.append(line)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    train, held_out = draw_lessons(given.images).split()
    for name in MINIS:
        save(pretrain(name, train, held_out, given.epochs, say), given.output / f"{name}.safetensors")
    (given.output / "pretraining.log").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
