"""How far a GPU is used, beside what the card can do; and that numbers hold.

    python -m benchmarks.gpu [--model alexnet ...] [--epochs 40] [--output gpu.md]

All tables come from one run, side by side, on random pictures and weights, whose values change no time:

1. a training step of 32 images at 224x224: the tutorial's loop, the same in bf16 with the data on the card,
   and that captured as a CUDA graph (written here by itself, after torch's documentation);
2. a fine-tuning arm as `tracker` trains it, without tracking, to its captured steps and an evaluation an
   epoch;
3. captured and eager epochs: how far their losses are apart, in bf16 and in fp32;
4. `--deterministic`: its cost, and whether two trainings, and an interrupted one, give the same bits;
5. a batch that does not fit: what is told;
6. `tracker run`, the paper protocol (three networks, both modes), from start to the last line.

On a machine without a GPU it runs, too, without captured steps: small networks and few epochs are for that.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tracker.config.loading import read_options
from tracker.config.recipe import Recipe
from tracker.errors import TrackerError
from tracker.interruption import Interrupted
from tracker.io.process_environment import variables
from tracker.models.cut import cut_network
from tracker.models.networks import build_network
from tracker.training.captures import SWITCH
from tracker.training.checkpoint_writer import copied
from tracker.training.determinism import determinism
from tracker.training.device import choose_device, choose_precision, device_name, on_device
from tracker.training.examples import Examples
from tracker.training.loop import Training
from tracker.training.store import Store

DEVICE = choose_device()
ON_GPU = DEVICE.type == "cuda"
BATCH, SIZE = 32, 224
PARTS = {"train": range(486), "val": range(486, 530), "test": range(530, 662)}
STEPS = -(-486 // BATCH)
TIMED = 10 if ON_GPU else 2
NOTES: list[str] = []


class Losses:
    """Keeps the training losses of epochs."""

    def __init__(self) -> None:
        self.values: list[float] = []

    def metrics(self, values: dict[str, float], *, step: int) -> None:
        """Keep what an epoch measured."""
        self.values.append(values["train/loss"])


def seconds(work: Callable[[], object]) -> float:
    """Return how long some work takes, until the card has done it."""
    if ON_GPU:
        torch.cuda.synchronize()
    start = time.perf_counter()
    work()
    if ON_GPU:
        torch.cuda.synchronize()
    return time.perf_counter() - start


def recipe_of(model: str, epochs: int, precision: str = "auto", *, batch: int = BATCH) -> Recipe:
    options = read_options({"dataset": "phantom", "weights": "none", "epochs": epochs, "batch_size": batch})
    chosen = choose_precision(precision, model=model, device=DEVICE)
    return options.recipe(model=model, mode="fine-tuning", seed=0, split="486/44/132", precision=chosen)


def pictures() -> Examples:
    random = torch.Generator().manual_seed(0)
    rows = torch.randint(0, 256, (662, SIZE, SIZE, 1), dtype=torch.uint8, generator=random)
    return Examples.of(Store(rows), [row % 2 for row in range(662)], PARTS)


def tail_of(model: str) -> nn.Module:
    return cut_network(build_network(model, weights="none", classes=2, seed=0), "fine-tuning").tail


def training_of(model: str, examples: Examples, recipe: Recipe) -> Training:
    return Training(tail_of(model), examples, recipe, device=DEVICE, note=note)


def note(sentence: str) -> None:
    NOTES.append(sentence)
    print(f"   note: {sentence}")


def since_noted() -> str:
    """Return a mark for numbers of trainings that were not captured, and begin anew."""
    marks = " (not captured)" if NOTES or not ON_GPU else ""
    NOTES.clear()
    return marks


def plain_step(model: str, examples: Examples) -> Callable[[], None]:
    """Return the tutorial's step: fp32, a batch normalized on the host and copied."""
    tail, rows = tail_of(model).to(DEVICE).train(), examples.store.rows
    optimizer = torch.optim.SGD(tail.parameters(), 1e-3, 0.9, weight_decay=1e-4)
    images = (rows[:BATCH].expand(-1, -1, -1, 3).float() / 255).permute(0, 3, 1, 2).contiguous()
    labels, network = torch.arange(BATCH) % 2, tail[1]

    def step() -> None:
        loss = F.cross_entropy(network(images.to(DEVICE)), labels.to(DEVICE))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()

    return step


def resident_step(model: str, examples: Examples) -> Callable[[], None]:
    """Return a step in the precision of `tracker`, channels-last, with the batch on the device."""
    tail = on_device(tail_of(model), DEVICE).train()
    optimizer = torch.optim.SGD(tail.parameters(), 1e-3, 0.9, weight_decay=1e-4, fused=ON_GPU or None)
    batch, labels = examples.store.rows[:BATCH].to(DEVICE), (torch.arange(BATCH) % 2).to(DEVICE)
    precision = recipe_of(model, 1).precision

    def step() -> None:
        with torch.autocast(
            DEVICE.type, torch.bfloat16, enabled=precision == "bf16", cache_enabled=not ON_GPU
        ):
            loss = F.cross_entropy(tail(batch), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def captured(step: Callable[[], None]) -> Callable[[], None]:
    """Return what repeats a step as a CUDA graph; the step itself where there is no GPU."""
    if not ON_GPU:
        return step
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()

    def repeat(_what_it_reads_and_writes: Callable[[], None] = step) -> None:
        graph.replay()

    return repeat


def timed(step: Callable[[], None]) -> float:
    """Return milliseconds a step."""
    step()
    took = [seconds(lambda: [step() for _ in range(TIMED)]) / TIMED for _ in range(3)]
    return 1000 * statistics.median(took)


def seconds_of_steps(step: Callable[[], None], count: int) -> float:
    return seconds(lambda: [step() for _ in range(count)])


def steps(models: Sequence[str], examples: Examples) -> Iterator[str]:
    yield "| ms a step | tutorial's loop, fp32 | data on the card | captured |\n|---|---|---|---|"
    for model in models:
        plain, resident = timed(plain_step(model, examples)), timed(resident_step(model, examples))
        graph = timed(captured(resident_step(model, examples)))
        yield f"| {model} | {plain:.1f} | {resident:.1f} | {graph:.1f} |"


def arms(models: Sequence[str], examples: Examples, epochs: int) -> Iterator[str]:
    yield f"| {epochs} epochs, s | `tracker` | captured steps | one evaluation | ratio |"
    yield "|---|---|---|---|---|"
    for model in models:
        bare = seconds_of_steps(captured(resident_step(model, examples)), STEPS * epochs)
        training = training_of(model, examples, recipe_of(model, epochs))
        training.logits("test")
        evaluation = seconds(lambda: [training.logits(part) for part in ("val", "test")])  # noqa: B023
        whole = seconds(lambda: training.run(Losses()))  # noqa: B023
        ratio = whole / (bare + epochs * evaluation)
        yield f"| {model} | {whole:.1f}{since_noted()} | {bare:.1f} | {evaluation:.3f} | {ratio:.2f} |"


def losses_of(model: str, examples: Examples, recipe: Recipe, *, graphs: bool) -> Tensor:
    losses = Losses()
    with variables({SWITCH: "on" if graphs else "off"}):
        training_of(model, examples, recipe).run(losses)
    return torch.tensor(losses.values, dtype=torch.float64)


def captured_and_eager(models: Sequence[str], examples: Examples) -> Iterator[str]:
    yield "| largest relative difference of a training loss, 3 epochs | bf16 | fp32 |\n|---|---|---|"
    for model in models:
        found = []
        for precision in ("bf16", "fp32"):
            recipe = recipe_of(model, 3, precision)
            eager, graph = (losses_of(model, examples, recipe, graphs=graphs) for graphs in (False, True))
            found.append(f"{((eager - graph).abs() / eager).max().item():.2g}{since_noted()}")
        yield f"| {model} | {' | '.join(found)} |"


def trained(
    model: str, examples: Examples, recipe: Recipe, *, stop_after: int = 0
) -> tuple[float, list[Tensor]]:
    """Train, interrupted after so many batches if at all; return the seconds and the weights."""
    training, calls = training_of(model, examples, recipe), iter(range(10**9))

    def stop_point() -> None:
        if stop_after and next(calls) == stop_after:
            raise Interrupted

    def work() -> None:
        nonlocal training
        try:
            training.run(Losses(), stop_point=stop_point)
        except Interrupted:
            state = copied(training.state())
            training = training_of(model, examples, recipe)
            training.restore(state)
            training.run(Losses())

    took = seconds(work)
    return took, [value.cpu() for value in training.tail.state_dict().values()]


def same(some: list[Tensor], others: list[Tensor]) -> str:
    return (
        "yes" if all(torch.equal(one, other) for one, other in zip(some, others, strict=True)) else "**no**"
    )


def repeated(models: Sequence[str], examples: Examples) -> Iterator[str]:
    yield "| `--deterministic`, 3 epochs | cost | same bits again | same after an interruption | without it |"
    yield "|---|---|---|---|---|"
    for model in models:
        recipe = recipe_of(model, 3)
        free, first = trained(model, examples, recipe)
        _, second = trained(model, examples, recipe)
        with determinism(True, note):
            took, one = trained(model, examples, recipe)
            _, other = trained(model, examples, recipe)
            _, resumed = trained(model, examples, recipe, stop_after=STEPS + 5)
        found = [same(one, other), same(one, resumed), same(first, second)]
        yield f"| {model} | {took / free:.2f}x | {' | '.join(found)} |"


def too_large(model: str, examples: Examples, batch: int) -> Iterator[str]:
    order = torch.arange(batch) % len(examples.labels)
    many = Examples(examples.store, examples.labels, {**examples.parts, "train": order})
    try:
        training_of(model, many, recipe_of(model, 1, batch=batch)).run_epoch()
        yield f"{batch} images of {model} fit."
    except TrackerError as error:
        yield f"{batch} images of {model}: {error}"


def protocol(models: Sequence[str], epochs: int) -> Iterator[str]:
    """Time the whole command, a first and a second time; the second finds the features of the first."""
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-m", "tracker", "run", "--dataset", "phantom", "--weights", "none"]
        command += [word for model in models for word in ("--model", model)] + ["--epochs", str(epochs)]
        variables = os.environ | {"TRACKER_CACHE": f"{place}/cache", "TRACKER_HOME": f"{place}/home"}
        for words in ([], ["--rerun"]):
            start = time.perf_counter()
            run = subprocess.run(
                [*command, *words], cwd=place, env=variables, text=True, capture_output=True, check=False
            )
            took = time.perf_counter() - start
            which = "again" if words else "pictures drawn first"
            yield f"`tracker run`, {which}: {took:.1f} s (exit code {run.returncode})"
            yield f"```\n{run.stdout[-1500:]}{run.stderr[-500:]}\n```"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", action="append")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--too-large", type=int, default=8192 if ON_GPU else 0)
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    models = given.model or ["alexnet", "resnet152", "densenet201"]
    examples, lines = pictures(), []
    print(f"{device_name(DEVICE)}, torch {torch.__version__}, {models}")
    tables: list[tuple[str, Callable[[], Iterator[str]]]] = [
        ("Steps", lambda: steps(models, examples)),
        ("Arms", lambda: arms(models, examples, given.epochs)),
        ("Captured and eager", lambda: captured_and_eager(models, examples)),
        ("Deterministic", lambda: repeated(models, examples)),
        ("Memory", lambda: too_large(models[-1], examples, given.too_large) if given.too_large else iter(())),
        ("The command", lambda: protocol(models, given.epochs)),
    ]
    for title, table in tables:
        print(f"\n{title}\n", flush=True)
        for line in table():
            print(line, flush=True)
            lines.append(line)
        if given.output:
            given.output.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
