"""Where the first command spends its time: `tracker run --dataset phantom`, beside bare steps.

    python benchmarks/first_command.py [--epochs 40] [--bare 20] [OPTION OF TRACKER RUN ...]

The command runs in this process, from nothing (no cache, no store), with a stopwatch at the functions that
work: what one of them spends in another is the other's. Seconds of processor time, of all threads, and of
the clock. Then the networks that were fine-tuned make bare steps, on normalized floats in memory.
"""

from __future__ import annotations

import argparse
import importlib
import os
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tracker.io.process_environment import prepare_process

BATCH, SIZE = 32, 224
_WORK = {
    "drawing the images": "tracker.phantom.files:sample_folder",
    "decoding them": "tracker.data.pixels:build_pixels",
    "frozen passes": "tracker.training.features:stored_features",
    "training steps": "tracker.training.steps:EagerStep.__call__",
    "evaluation": "tracker.training.evaluation:Evaluator.logits",
    "metrics": "tracker.training.evaluation:measure_parts",
    "checkpoints": "tracker.runs.callbacks:CheckpointKeeper.__call__",
    "building the networks": "tracker.runs.prepared_network:prepare_network",
    "storing the networks": "tracker.runs.recording:record_model",
}
_ARM = "tracker.runs.train:train"
_BY_ARM = ("training steps", "evaluation")


class Stopwatch:
    """Spends each second on the innermost piece of work that is timed."""

    def __init__(self) -> None:
        self.processor, self.clock, self.calls = Counter[str](), Counter[str](), Counter[str]()
        self._causes, self._arm = ["the rest"], ""
        self._last = time.process_time(), time.perf_counter()

    @contextmanager
    def on(self, cause: str) -> Iterator[None]:
        """Spend the time of a block on a cause."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self.tick()
        self._causes.append(f"{cause}, {self._arm}" if cause in _BY_ARM else cause)
        self.calls[self._causes[-1]] += 1
        try:
            yield
        finally:
            self.tick()
            self._causes.pop()

    def tick(self) -> None:
        """Spend the time since the last tick on the work at hand."""
        now = time.process_time(), time.perf_counter()
        self.processor[self._causes[-1]] += now[0] - self._last[0]
        self.clock[self._causes[-1]] += now[1] - self._last[1]
        self._last = now

    def timed(self, cause: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function whose time is spent on a cause."""

        def call(*arguments: Any, **named: Any) -> Any:
            with self.on(cause):
                return function(*arguments, **named)

        return call

    def of_arm(self, train: Callable[..., Any]) -> Callable[..., Any]:
        """Return a training that says whose steps follow."""

        def call(recipe: Any, *arguments: Any, **named: Any) -> Any:
            self._arm = f"{recipe.model} {recipe.mode}"
            return train(recipe, *arguments, **named)

        return call


def put_in_place(address: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Wrap a function wherever it was imported by name."""
    module, _, path = address.partition(":")
    owner: Any = importlib.import_module(module)
    *outer, name = path.split(".")
    for one in outer:
        owner = getattr(owner, one)
    before = getattr(owner, name)
    after = wrap(before)
    setattr(owner, name, after)
    for loaded in [other for key, other in sys.modules.items() if key.startswith("tracker.")]:
        if vars(loaded).get(name) is before:
            setattr(loaded, name, after)


def first_command(arguments: list[str], watch: Stopwatch) -> None:
    """Run the command as a user does who has nothing yet."""
    with watch.on("imports"):
        for cause, address in _WORK.items():
            put_in_place(address, lambda function, cause=cause: watch.timed(cause, function))
        put_in_place(_ARM, watch.of_arm)
        from tracker.cli import main
    sys.argv = ["tracker", "run", "--dataset", "phantom", *arguments]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
    watch.tick()


def bare_step_s(model: str, count: int) -> float:
    """Return the median processor time of a plain training step over normalized floats in memory, seconds."""
    import torch
    import torch.nn.functional as F

    from tracker.models.networks import build_network
    from tracker.training.device import autocast, choose_precision, on_device

    device = torch.device("cpu")
    module = on_device(build_network(model, weights="none", classes=2, seed=0).module, device).train()
    optimizer = torch.optim.SGD(module.parameters(), 1e-3, 0.9, weight_decay=1e-4)
    images = torch.randn(BATCH, 3, SIZE, SIZE).contiguous(memory_format=torch.channels_last)
    labels, took = torch.arange(BATCH) % 2, []
    for _ in range(count + 2):
        start = time.process_time()
        with autocast(device, choose_precision("auto", model=model, device=device)):
            loss = F.cross_entropy(module(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        took.append(time.process_time() - start)
    return statistics.median(took[2:])


def report(watch: Stopwatch, others: float, bare: int) -> None:
    import torch

    whole = sum(watch.processor.values()) + others
    print(
        f"\n{torch.get_num_threads()} threads\n\n| | CPU s | share | wall s | calls |\n|---|---|---|---|---|"
    )
    for cause, spent in watch.processor.most_common():
        count, clock = watch.calls[cause] or "", watch.clock[cause]
        print(f"| {cause} | {spent:.1f} | {spent / whole:.0%} | {clock:.1f} | {count} |")
    print(f"| other processes (the shipper) | {others:.1f} | {others / whole:.0%} | | |")
    print(f"| **all** | {whole:.1f} | | {sum(watch.clock.values()):.1f} | |\n")
    for cause, spent in watch.processor.items():
        if cause.startswith("training steps") and cause.endswith("fine-tuning"):
            model = cause.split()[2]
            plain = bare_step_s(model, bare)
            step = spent / watch.calls[cause]
            print(f"{model}: {1e3 * step:.1f} ms a step, bare {1e3 * plain:.1f} ms, ratio {step / plain:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--bare", type=int, default=20, help="bare steps of each network")
    given, more = parser.parse_known_args()
    prepare_process()
    watch, folder = Stopwatch(), Path.cwd()
    with tempfile.TemporaryDirectory() as place:
        os.environ |= {"TRACKER_CACHE": f"{place}/cache", "TRACKER_HOME": f"{place}/home"}
        os.chdir(place)
        first_command(["--epochs", str(given.epochs), *more], watch)
        os.chdir(folder)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    report(watch, ended.ru_utime + ended.ru_stime, given.bare)


if __name__ == "__main__":
    main()
