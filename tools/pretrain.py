"""Pretrains the small networks on synthetic radiographs, and writes their weights into the package.

From the repository's root:

    python -m tools.pretrain [--images 16000] [--epochs 8] [--output FOLDER]

What is learned: which of six findings are in an image, and the numbers that its anatomy and its exposure were
drawn from. The numbers matter: networks that learned the findings alone told real radiographs apart no better
than random ones (docs/log.md). Patients are others than those of `--dataset phantom`. The same command, with
the same versions, as many threads and the same kind of processor, makes the same weights.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tools.lessons import OF_ANATOMY, OF_PROJECTION, draw_lesson
from tracker.io.parallel import parallel_map
from tracker.models.catalog import BUNDLED
from tracker.models.digests import SUMS, file_digest
from tracker.models.minis import MINIS
from tracker.models.normalize import Intake
from tracker.models.weights import IMAGENET
from tracker.phantom.findings import FINDINGS
from tracker.training.device import autocast, choose_device, on_device
from tracker.training.metrics import aurocs

SEED, HELD_OUT = 2026, 1000
_BATCH, _EVALUATION_BATCH = 32, 64
_LR, _WEIGHT_DECAY = 2e-3, 1e-2
# The squared errors of numbers of variance 1 beside cross-entropies of about a third.
_SHARE_OF_QUANTITIES = 0.5

Say = Callable[[str], None]


@dataclass(frozen=True)
class Lessons:
    """What is learned from. N images, K findings, Q quantities.

    Attributes:
        pixels: uint8 [N, 224, 224, 1].
        findings: float32 [N, K], 1 where a finding is in an image.
        quantities: float32 [N, Q], of mean 0 and variance 1 each.
    """

    pixels: Tensor
    findings: Tensor
    quantities: Tensor

    def __getitem__(self, rows: slice | Tensor) -> Lessons:
        return Lessons(self.pixels[rows], self.findings[rows], self.quantities[rows])

    def __len__(self) -> int:
        return len(self.pixels)

    def batches(self, order: torch.Generator) -> Iterator[Lessons]:
        """Yield all of it once, shuffled."""
        for rows in torch.randperm(len(self), generator=order).split(_BATCH):  # type: ignore[no-untyped-call]
            yield self[rows]


def draw_lessons(count: int) -> Lessons:
    """Draw images and what is to be learned of them, on all cores."""
    drawn = list(parallel_map(partial(draw_lesson, seed=SEED), range(count)))
    quantities = torch.tensor([lesson.quantities for lesson in drawn])
    return Lessons(
        pixels=torch.from_numpy(np.stack([lesson.image for lesson in drawn])[..., None]),
        findings=torch.tensor([lesson.findings for lesson in drawn]),
        quantities=(quantities - quantities.mean(0)) / quantities.std(0),
    )


def pretrain(name: str, train: Lessons, held_out: Lessons, *, epochs: int, say: Say) -> nn.Module:
    """Return a network that has learned all of it, by AdamW with one cycle of the learning rate.

    Args:
        name: Which of the small networks.
        train: What it is trained on.
        held_out: What it is measured on after every epoch; nothing is chosen by that.
        epochs: Passes over the images.
        say: Takes a line an epoch.
    """
    torch.manual_seed(SEED)
    device = choose_device()
    network = MINIS[name](len(FINDINGS) + len(OF_ANATOMY) + len(OF_PROJECTION))
    whole = on_device(nn.Sequential(Intake(IMAGENET.mean, IMAGENET.std), network), device)
    optimizer = torch.optim.AdamW(network.parameters(), lr=_LR, weight_decay=_WEIGHT_DECAY)
    steps = epochs * -(-len(train) // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=_LR, total_steps=steps)
    order = torch.Generator().manual_seed(SEED)
    for epoch in range(1, epochs + 1):
        start, losses = time.perf_counter(), []
        whole.train()
        for batch in train.batches(order):
            loss = _loss(whole, batch, device)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        told = f"loss {sum(losses) / len(losses):.4f}  {_in_words(*measured(whole, held_out, device))}"
        say(f"{name}  epoch {epoch:2}/{epochs}  {told}  {time.perf_counter() - start:.0f} s")
    return network.cpu()


def _loss(whole: nn.Module, batch: Lessons, device: torch.device) -> Tensor:
    with autocast(device, "bf16"):
        outputs = whole(batch.pixels.to(device)).float()
    findings, quantities = outputs[:, : len(FINDINGS)], outputs[:, len(FINDINGS) :]
    return F.binary_cross_entropy_with_logits(
        findings, batch.findings.to(device)
    ) + _SHARE_OF_QUANTITIES * F.mse_loss(quantities, batch.quantities.to(device))


@torch.inference_mode()
def measured(whole: nn.Module, lessons: Lessons, device: torch.device) -> tuple[dict[str, float], float]:
    """Return the area under each finding's ROC curve, and the mean R² of the quantities."""
    whole.eval()
    parts = lessons.pixels.split(_EVALUATION_BATCH)  # type: ignore[no-untyped-call]
    outputs = torch.cat([whole(part.to(device)).float().cpu() for part in parts])
    areas: dict[str, float] = {
        finding: float(aurocs(torch.stack([-score, score], 1)[:, None], truth.long())[0])
        for finding, score, truth in zip(FINDINGS, outputs.T, lessons.findings.T, strict=False)
    }
    errors = (outputs[:, len(FINDINGS) :] - lessons.quantities).square().mean(0)
    return areas, float((1 - errors / lessons.quantities.var(0)).mean())


def _in_words(areas: Mapping[str, float], explained: float) -> str:
    each = ", ".join(f"{finding} {area:.3f}" for finding, area in areas.items())
    return f"held out: AUROC {sum(areas.values()) / len(areas):.4f} ({each}), R² {explained:.3f}"


def save(network: nn.Module, file: Path) -> None:
    """Write weights in half precision, with how images are normalized for them."""
    state = {
        key: value.half().contiguous() if value.is_floating_point() else value
        for key, value in network.state_dict().items()
    }
    metadata = {
        "mean": json.dumps(IMAGENET.mean),
        "std": json.dumps(IMAGENET.std),
        "outputs": json.dumps([*FINDINGS, *OF_ANATOMY, *OF_PROJECTION]),
        "trained_on": "synthetic chest radiographs; not ImageNet, not for clinical use",
    }
    file.write_bytes(safetensors.torch.save(state, metadata))


def _sums(folder: Path) -> str:
    """Return what `sha256sum` says of the weights in a folder: the package holds them against it."""
    return "".join(f"{file_digest(file)}  {file.name}\n" for file in sorted(folder.glob("*.safetensors")))


def main() -> None:
    """Draw the images, pretrain every small network, and write weights and log, all of them or none."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=16_000, help=f"of which {HELD_OUT} are held out")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--output", type=Path, default=BUNDLED)
    given = parser.parse_args()
    if given.images < HELD_OUT + _BATCH or given.epochs < 1:
        parser.error(f"--images must be at least {HELD_OUT + _BATCH}, and --epochs 1")
    given.output.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(line)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    versions = f"torch {torch.__version__}, {torch.get_num_threads()} threads, {choose_device().type}"
    say(f"{given.images} images, {given.epochs} epochs, seed {SEED}, {versions}")
    lessons = draw_lessons(given.images)
    train, held_out = lessons[:-HELD_OUT], lessons[-HELD_OUT:]
    with tempfile.TemporaryDirectory(dir=given.output) as unfinished:
        for name in MINIS:
            network = pretrain(name, train, held_out, epochs=given.epochs, say=say)
            save(network, Path(unfinished) / f"{name}.safetensors")
        (Path(unfinished) / SUMS).write_text(_sums(Path(unfinished)), encoding="utf-8")
        (Path(unfinished) / "pretraining.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
        for file in Path(unfinished).iterdir():
            file.replace(given.output / file.name)


if __name__ == "__main__":
    main()
