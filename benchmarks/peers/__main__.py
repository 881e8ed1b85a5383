"""The same work by tracker, by the PyTorch tutorial's loop, by Lightning and by fastai, in one run.

    python -m benchmarks.peers.install PEERS
    python -m benchmarks.peers FOLDER --peers PEERS [--images 160] [--epochs 3] [--write docs/benchmarks.md]

FOLDER holds a folder of images a class. All sides train the same torchvision network from the same weights on
the same images in the same parts, for as many epochs, with the same batch size and SGD, measure training,
validation and test images after each epoch, and record all of that in MLflow (a new sqlite store each) with
the trained network. They take turns, each in an empty folder with an empty cache. Counted is everything from
typing the command to the end of the last process that it started. Without `--torch-home`, a folder that holds
ImageNet's weights, random ones stand in for them, under their name. Linux only.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from benchmarks.peers.contestants import Contestant, Setting, contestants
from benchmarks.peers.machine import describe_machine, describe_versions
from benchmarks.peers.measure import Cost, measure
from benchmarks.peers.results import Outcome, read_outcome
from benchmarks.peers.table import Cell, markdown, write_between
from benchmarks.peers.work import Work, arrange_images, resize_images, save_weights
from tracker.io.parallel import usable_cores

_ROWS = ("feature-extractor:run", "fine-tuning:run", "feature-extractor:study", "fine-tuning:seeds")
_MOST_WORKERS = 4


def take_turns(
    work: Work, who: Sequence[Contestant], setting: Setting, place: Path, repeats: int
) -> dict[str, Cell]:
    """Have each contestant do the work, one after another, as often as asked."""
    costs: dict[str, list[Cost]] = {}
    outcomes: dict[str, Outcome] = {}
    for _ in range(repeats):
        folder = place
        for one in (one for one in who if one.takes_part(work)):
            if not one.again:
                folder = Path(tempfile.mkdtemp(dir=place))
            cost, outcomes[one.name] = do(one, work, setting, folder)
            costs.setdefault(one.name, []).append(cost)
            print(f"{work.name}: {one.name}: {cost} {outcomes[one.name]}", file=sys.stderr, flush=True)
    return {name: Cell(found, outcomes[name]) for name, found in costs.items()}


def do(one: Contestant, work: Work, setting: Setting, folder: Path) -> tuple[Cost, Outcome]:
    """Have a contestant do the work in a folder."""
    log = folder / "output.txt"
    try:
        cost = measure(
            one.command(work, setting, folder),
            cwd=folder,
            environment=one.environment(setting, folder),
            log=log,
        )
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"{error}\n{log.read_text(encoding='utf-8', errors='replace')[-3000:]}") from error
    return cost, read_outcome(folder / "mlflow.db", work, setting.epochs)


def prepare(given: argparse.Namespace, place: Path) -> tuple[Setting, Mapping[str, int]]:
    """Arrange the images and the weights that all sides are given."""
    images, resized, torch_home = place / "images", place / "resized", given.torch_home
    sizes = arrange_images(given.folder, given.images, images)
    if given.variants:
        resize_images(images, given.image_size, resized)
    weights: dict[str, Path | None] = dict.fromkeys(given.model)
    if torch_home is None:
        torch_home = place / "torch"
        weights = {name: save_weights(name, images, given.image_size, torch_home) for name in given.model}
    setting = Setting(
        images=images,
        resized=resized,
        weights=weights,
        torch_home=torch_home.resolve(),
        epochs=given.epochs,
        batch_size=given.batch_size,
        image_size=given.image_size,
        workers=given.workers,
    )
    return setting, sizes


def heading(given: argparse.Namespace, sizes: Mapping[str, int], who: Sequence[Contestant]) -> str:
    """Return the lines above the table."""
    peers = {one.name.lower(): one.python for one in who if one.name in {"Lightning", "fastai"}}
    numbers = " / ".join(str(size) for size in sizes.values())
    return (
        f"{describe_machine()}. {describe_versions(peers)}.\n\n"
        f"{numbers} images (train / val / test), {given.image_size} pixels, {given.epochs} epochs, "
        f"batches of {given.batch_size}, {'ImageNet weights' if given.torch_home else 'random weights'}, "
        f"{given.workers} workers for each peer; median of {given.repeats}.\n\n"
        f"`python -m benchmarks.peers {shlex.join(sys.argv[1:])}`\n"
    )


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("folder", type=Path, help="images, a folder a class")
    add("--peers", type=Path, help="what benchmarks.peers.install made; without it, the tutorial alone")
    add("--images", type=int, default=160, help="how many of them; 0: all")
    add("--epochs", type=int, default=3)
    add("--batch-size", type=int, default=32)
    add("--image-size", type=int, default=224)
    add("--model", action="append", help="a ResNet, DenseNet or AlexNet; repeat for several")
    add("--row", action="append", metavar="MODE:KIND", help="KIND: run, study or seeds; repeat for several")
    add("--repeats", type=int, default=1)
    add("--variants", action="store_true", help="also what shows where the difference is from")
    add("--workers", type=int, default=min(_MOST_WORKERS, usable_cores()), help="of a peer's loader")
    add("--device", choices=("auto", "cpu"), default="auto")
    add("--torch-home", type=Path, help="TORCH_HOME with ImageNet's weights")
    add("--write", type=Path, help="a page that takes the table, between its two comments")
    return parser.parse_args()


def main() -> None:
    given = parse()
    given.model, rows = given.model or ["resnet18"], given.row or _ROWS
    if given.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    who = contestants(given.peers, given.variants)
    for one in who:
        if one.python is None:
            print(f"{one.name} is left out: install it with `python -m benchmarks.peers.install FOLDER`")
    who = [one for one in who if one.python]
    cells: dict[Work, Mapping[str, Cell]] = {}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        setting, sizes = prepare(given, place)
        for model in given.model:
            for row in rows:
                mode, _, kind = row.partition(":")
                work = Work(model, mode, kind)
                cells[work] = take_turns(work, who, setting, place, given.repeats)
    text = f"{heading(given, sizes, who)}\n{markdown(cells, sizes)}"
    print(text)
    if given.write:
        write_between(given.write, f"peers, {'GPU' if torch.cuda.is_available() else 'CPU'}", text)


if __name__ == "__main__":
    main()
