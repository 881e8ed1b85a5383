"""What tracking costs training: a journal's record, and an epoch while MLflow or the disk fails.

    python -m benchmarks.tracking [--pairs 8] [--epochs 12] [--only WORD]

Prints lines for docs/log.md: the microseconds of a record of ten metrics, and for each fault the time of an
epoch with it and without it. Blocks of epochs with and without the fault take turns while one `tracker run`
goes on, with its checkpoints and its shipper; a block without it begins when everything is sent. Training
has one core, so that the server and its client, which are on the same machine, do not take its time: what is
measured is waiting. For the disk a small one is mounted in memory, which only root can do.
"""

from __future__ import annotations

import argparse
import itertools
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.proxies import Mode, Proxy, proxy_to
from tests.support.servers import MlflowServer, running_server
from tracker.tracking.journal.entries import Metrics
from tracker.tracking.journal.log import JOURNAL, Journal
from tracker.tracking.journal.run_folder import run_folders
from tracker.tracking.shipping.cursor import is_sent

RECORDS, SYNCED_RECORDS = 20_000, 2_000
TEN = {f"part/metric_{number}": number / 7 for number in range(10)}
IMAGES, SIZE, DISK_MIB = 480, 64, 64
PATIENCE_S = 120.0
DISK_FAULT = "disk of the journal full"
PROXIED: tuple[Mode, ...] = ("refuse", "reset", "hang", "401", "503")

Switch = Callable[[], None]
Span = tuple[float, float]


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong as long as one wants it to."""

    name: str
    begin: Switch
    end: Switch


class Ballast:
    """What fills a disk."""

    def __init__(self, disk: Path) -> None:
        self._file = disk / "ballast"

    def fill(self) -> None:
        """Leave no byte."""
        with self._file.open("wb", buffering=0) as file:
            for size in (2**20, 2**12, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    continue

    def drop(self) -> None:
        """Leave room again."""
        self._file.unlink()


def record_costs() -> None:
    """Print what one record of ten metrics costs."""
    with tempfile.TemporaryDirectory() as folder, Journal(Path(folder) / JOURNAL) as journal:
        plain = [_write_seconds(journal, step, sync=False) for step in range(RECORDS)]
        synced = [_write_seconds(journal, step, sync=True) for step in range(SYNCED_RECORDS)]
    for name, seconds in (("written", plain), ("written and synced", synced)):
        micros = sorted(1e6 * value for value in seconds)
        print(
            f"| a record of ten metrics, {name} | median {statistics.median(micros):.0f} µs, "
            f"99 of 100 under {micros[len(micros) * 99 // 100]:.0f} µs, {len(micros)} records |"
        )


def _write_seconds(journal: Journal, step: int, *, sync: bool) -> float:
    entry = Metrics(values=TEN, step=step, time=1_700_000_000_000)
    start = time.perf_counter()
    journal.write(entry)
    if sync:
        journal.sync()
    return time.perf_counter() - start


def draw_images(folder: Path) -> Path:
    rng = np.random.default_rng(0)
    for number in range(IMAGES):
        path = folder / ("healthy", "sick")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (SIZE, SIZE), dtype=np.uint8)).save(path)
    return folder


@dataclass(frozen=True)
class Training:
    """A `tracker run` that goes on and on."""

    home: Path
    said: Path

    def shown(self) -> int:
        """Count the epochs that it has shown."""
        return self.said.read_text().count(" epoch ")

    def ends(self) -> list[float]:
        """Return when each epoch was recorded, in seconds since 1970."""
        return [
            line.entry.time / 1000
            for run in run_folders(self.home)
            for line in run.lines()
            if isinstance(line.entry, Metrics)
        ]

    def wait_until_sent(self) -> None:
        """Wait until there are epochs, and MLflow has all of them."""
        _wait_until(lambda: self.shown() > 2 and all(is_sent(run) for run in run_folders(self.home)))

    def span(self, epochs: int) -> Span:
        """Wait for some epochs, and return from when to when that took."""
        last, start = self.shown() + epochs + 1, time.time()
        _wait_until(lambda: self.shown() > last)
        return start, time.time()


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "nothing happens any more"
        time.sleep(0.05)


@contextmanager
def training(place: Path, home: Path, uri: str) -> Iterator[Training]:
    """Train as long as the block lasts."""
    options = "run --dataset folder --weights none --model squeezenet1_1 --mode fine-tuning --log-model none"
    options += f" --epochs 100000 --image-size {SIZE} --experiment endless --data {place / 'images'}"
    environment = {"TRACKER_HOME": str(home), "TRACKER_CACHE": str(place / "cache"), "OMP_NUM_THREADS": "1"}
    output = place / f"{home.parent.name}.out"
    with output.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "tracker", *options.split(), "--tracking-uri", uri],
            cwd=place,
            env=os.environ | environment,
            stdout=said,
            stderr=said,
        )
    try:
        yield Training(home, output)
    finally:
        assert process.poll() is None, output.read_text()
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE_S)


def blocks(fault: Fault, trained: Training, pairs: int, epochs: int) -> tuple[list[Span], list[Span]]:
    """Let blocks without and with a fault take turns; return when each of them was."""
    without, with_it = [], []
    for _ in range(pairs):
        trained.wait_until_sent()
        without.append(trained.span(epochs))
        fault.begin()
        with_it.append(trained.span(epochs))
        fault.end()
    trained.wait_until_sent()
    return without, with_it


def epochs_in(span: Span, ends: Sequence[float]) -> list[float]:
    """Return the seconds of the epochs that began and ended within a block."""
    epochs = itertools.pairwise(ends)
    return [end - begin for begin, end in epochs if span[0] <= begin and end <= span[1]]


def measure(fault: Fault, trained: Training, pairs: int, epochs: int) -> None:
    """Print a fault's line: medians over all epochs, their ratio, and the ratio of each pair of blocks."""
    without, with_it = blocks(fault, trained, pairs, epochs)
    ends = trained.ends()
    calm, hurt = ([epochs_in(span, ends) for span in spans] for spans in (without, with_it))
    ratios = sorted(statistics.median(b) / statistics.median(a) for a, b in zip(calm, hurt, strict=True))
    medians = [1000 * statistics.median(itertools.chain.from_iterable(epochs)) for epochs in (calm, hurt)]
    print(
        f"| {fault.name} | {medians[0]:.0f} ms | {medians[1]:.0f} ms | {medians[1] / medians[0]:.3f} "
        f"| {ratios[0]:.3f} to {ratios[-1]:.3f} | {sum(map(len, calm))} and {sum(map(len, hurt))} |",
        flush=True,
    )


def server_faults(server: MlflowServer, proxy: Proxy) -> list[Fault]:
    return [
        Fault("server stopped", server.stop, server.start),
        Fault(
            "server frozen", partial(server.signal, signal.SIGSTOP), partial(server.signal, signal.SIGCONT)
        ),
        *(Fault(f"proxy: {mode}", partial(proxy.be, mode), partial(proxy.be, "pass")) for mode in PROXIED),
    ]


@contextmanager
def small_disk(place: Path) -> Iterator[Path]:
    """Mount a small disk as long as the block lasts."""
    disk = place / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", disk], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def epoch_costs(pairs: int, epochs: int, only: str) -> None:
    """Print what an epoch costs with each fault whose name has a word in it, and without it."""
    print("\n| fault | epoch without | with | ratio | of each pair of blocks | epochs |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder) / "server") as server:
        place = Path(folder)
        draw_images(place / "images")
        with proxy_to(server.port) as proxy:
            faults = [fault for fault in server_faults(server, proxy) if only in fault.name]
            if faults:
                with training(place, place / "home", proxy.uri) as trained:
                    for fault in faults:
                        measure(fault, trained, pairs, epochs)
        if only not in DISK_FAULT:
            return
        if os.getuid():
            print("the full disk is left out: only root can mount a small one", file=sys.stderr)
            return
        with small_disk(place) as disk, training(place, disk / "home", server.uri) as trained:
            ballast = Ballast(disk)
            measure(Fault(DISK_FAULT, ballast.fill, ballast.drop), trained, pairs, epochs)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=8, help="blocks with and without each fault")
    parser.add_argument("--epochs", type=int, default=12, help="epochs of a block")
    parser.add_argument("--only", default="", help="faults with this in their names, such as proxy")
    given = parser.parse_args()
    record_costs()
    epoch_costs(given.pairs, given.epochs, given.only)


if __name__ == "__main__":
    main()
