"""What checkpoints cost a run: bytes written, the processor's time and the clock's.

    python -m benchmarks.checkpoints [--rate 20] [--epochs 10] [--size 64] [--only alexnet] [--beside TREE]

Fine-tunes each network on noise, with a checkpoint an epoch (`--checkpoint-every 1`), and as often as
`tracker run` finds right; TREE is another checkout, measured in turn with this one. With `--rate`, the disk
takes so many megabytes a second (`slow_disk.c`, which needs a C compiler). Prints lines for docs/log.md.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).resolve().parents[1]
NETWORKS = ("alexnet", "resnet18", "mini-resnet")
IMAGES = 96

# Of the command itself: what its shipper writes is another process's.
_COMMAND = """
import pathlib, runpy, sys
try:
    runpy.run_module("tracker", run_name="__main__", alter_sys=True)
finally:
    said = pathlib.Path("/proc/self/io").read_text().splitlines()
    pathlib.Path("written").write_text(next(line for line in said if line.startswith("wchar")).split()[1])
"""


@dataclass(frozen=True)
class Way:
    """A checkout and what is added to its command."""

    name: str
    tree: Path
    options: Sequence[str] = ()


def draw_images(folder: Path, size: int) -> Path:
    """Write noise of two classes."""
    rng = np.random.default_rng(0)
    for number in range(IMAGES):
        path = folder / ("healthy", "sick")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (size, size), dtype=np.uint8)).save(path)
    return folder


def slow_disk(place: Path, rate: float) -> dict[str, str]:
    """Return the environment of a process whose disk takes so many megabytes a second; 0: as it is."""
    if not rate:
        return {}
    library, source = place / "slow_disk.so", HERE / "benchmarks" / "slow_disk.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl", "-lpthread"], check=True)
    return {"LD_PRELOAD": str(library), "SLOW_DISK_MB_S": str(rate)}


def measure(way: Way, arguments: Sequence[str], place: Path, environment: dict[str, str]) -> str:
    """Run the command in a folder of its own; return a table row's end."""
    folder = Path(tempfile.mkdtemp(dir=place))
    settings = {"PYTHONPATH": str(way.tree), "TRACKER_CACHE": str(place / "cache"), "TRACKER_HOME": ""}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(
        [sys.executable, "-c", _COMMAND, *arguments, *way.options],
        cwd=folder,
        env=os.environ | settings | environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    took, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{int((folder / 'written').read_text()) / 1e6:.0f} MB | {cpu:.1f} s | {took:.1f} s"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float, default=0, help="megabytes a second that the disk takes")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--size", type=int, default=64, help="pixels")
    parser.add_argument("--only", default="", help="networks with this in their names")
    parser.add_argument("--beside", type=Path, help="another checkout")
    given = parser.parse_args()
    ways = [Way(str(given.beside), given.beside.resolve())] if given.beside else []
    ways += [Way("a checkpoint an epoch", HERE, ("--checkpoint-every", "1")), Way("by cost", HERE)]
    print("| network | checkpoints | written | CPU | clock |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        data = draw_images(place / "images", given.size)
        fixed = f"run --dataset folder --data {data} --weights none --mode fine-tuning --log-model none"
        fixed += f" --image-size {given.size} --precision fp32 --epochs {given.epochs} --experiment noise"
        environment = slow_disk(place, given.rate)
        for network in (name for name in NETWORKS if given.only in name):
            for way in ways:
                row = measure(way, [*fixed.split(), "--model", network], place, environment)
                print(f"| {network} | {way.name} | {row} |", flush=True)


if __name__ == "__main__":
    main()
