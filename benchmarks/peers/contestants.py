"""Who does the work, and the command of each."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.peers.work import SEEDS, TRIALS, Work

_SCRIPTS = Path(__file__).parent


@dataclass(frozen=True)
class Setting:
    """What the work is done on, and how much of it.

    Attributes:
        images: The folder above the folders of the parts.
        resized: The same images in the size that a network takes.
        weights: A file of weights for tracker; None: ImageNet's.
        torch_home: The folder where torchvision finds the same weights under the name of ImageNet's.
        workers: How many processes decode images for a peer.
    """

    images: Path
    resized: Path
    weights: Mapping[str, Path | None]
    torch_home: Path
    epochs: int
    batch_size: int
    image_size: int
    workers: int


@dataclass(frozen=True)
class Contestant:
    """One of those who do the work.

    Attributes:
        name: Its name in the table.
        python: The interpreter of its environment; None: not installed here.
        script: A peer's script; empty for tracker.
        extra: More arguments for tracker.
        precision: What a peer that can choose computes in.
        resized: Whether it is given images that were resized beforehand.
        again: Whether it works in the folder, and with the cache, of the one before it.
        variant: Whether it stands beside the others to show what makes the difference.
    """

    name: str
    python: str | None = sys.executable
    script: str = ""
    extra: tuple[str, ...] = ()
    precision: str = "fp32"
    resized: bool = False
    again: bool = False
    variant: bool = False

    def takes_part(self, work: Work) -> bool:
        """Say whether it does a work.

        fastai keeps a network's convolutions alone; what was stored before matters to a frozen network;
        single runs are enough to see what makes the difference.
        """
        if self.script == "fastai_learner.py" and not work.model.startswith(("resnet", "densenet")):
            return False
        if self.again and work.mode != "feature-extractor":
            return False
        return work.kind == "run" or not self.variant

    def command(self, work: Work, setting: Setting, folder: Path) -> list[str]:
        """Return what is typed in a folder."""
        if not self.script:
            return [str(self.python), "-m", "tracker", *_tracker_arguments(work, setting), *self.extra]
        images = setting.resized if self.resized else setting.images
        settings = {
            name: getattr(setting, name) for name in ("epochs", "batch_size", "image_size", "workers")
        }
        job = work.job(images, settings) | {"precision": self.precision}
        (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        return [str(self.python), "-P", str(_SCRIPTS / self.script), "job.json"]

    def environment(self, setting: Setting, folder: Path) -> dict[str, str]:
        """Return its environment: nothing is in its caches but the weights."""
        mine = {
            "TORCH_HOME": str(setting.torch_home),
            "TRACKER_CACHE": str(folder / "cache"),
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }
        hidden = {"MLFLOW_TRACKING_URI", "TRACKER_HOME", *({"PYTHONPATH"} if self.script else ())}
        return {name: value for name, value in os.environ.items() if name not in hidden} | mine


def _tracker_arguments(work: Work, setting: Setting) -> list[str]:
    weights = setting.weights[work.model]
    shared = ["--data", str(setting.images), "--model", work.model, "--mode", work.mode]
    shared += ["--epochs", str(setting.epochs), "--batch-size", str(setting.batch_size)]
    shared += ["--image-size", str(setting.image_size), *(["--weights", str(weights)] if weights else [])]
    if work.kind == "study":
        return ["tune", *shared, "--trials", str(TRIALS), "--sampler", "grid", "--pruner", "none"]
    seeds = ["--seeds", str(SEEDS), "--log-model", "all"] if work.kind == "seeds" else []
    return ["run", *shared, *seeds]


def contestants(peers: Path | None, variants: bool) -> list[Contestant]:
    """List who takes part.

    Args:
        peers: The folder that `benchmarks.peers.install` made.
        variants: With those that show what makes the difference.
    """
    tutorial = Contestant("tutorial's loop", script="tutorial.py")
    lightning = Contestant("Lightning", _python(peers, "lightning"), "lightning_trainer.py")
    fastai = Contestant("fastai", _python(peers, "fastai"), "fastai_learner.py")
    tracker = Contestant("tracker")
    again = Contestant("tracker, again", extra=("--experiment", "again"), again=True)
    more = [
        Contestant("tracker in fp32", extra=("--precision", "fp32"), variant=True),
        replace(lightning, name="Lightning in bf16", precision="bf16", variant=True),
        replace(tutorial, name="tutorial's loop, images resized beforehand", resized=True, variant=True),
    ]
    return [tracker, again, tutorial, lightning, fastai, *(more if variants else [])]


def _python(peers: Path | None, name: str) -> str | None:
    python = peers / name / "bin" / "python" if peers else None
    return str(python) if python and python.exists() else None
