"""What comparing costs: reading many runs beside one bare search, and the statistics of an arm.

    python -m benchmarks.comparing [--runs 2000] [--pairs 5]

Prints lines for docs/log.md. Runs with 20 parameters and 20 metrics are put into MLflow's store, a local
server is started over it, and `tracker`'s reading of them takes turns with a bare `search_runs`.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from mlflow.entities import Metric, Param, RunTag

from tests.support.servers import running_server
from tracker.addresses import sqlite_address
from tracker.compare.arm_findings import arm_findings
from tracker.compare.evidence import ArmEvidence
from tracker.compare.pairs import compare_pair
from tracker.compare.statistics.answers import Answers
from tracker.tracking.backend.client import open_client
from tracker.tracking.backend.reader import read_runs

EXPERIMENT = "many"
ORDER = ["attributes.start_time ASC"]
"""That in which tracker reads, too."""
IMAGES, SEEDS = 132, 5


def fill(uri: str, runs: int) -> str:
    """Put runs into a store, and return the id of their experiment."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    store = SqlAlchemyStore(uri, "mlflow-artifacts:/")
    experiment = str(store.create_experiment(EXPERIMENT))
    for number in range(runs):
        tags = [RunTag("tracker.run_uid", f"uid{number}"), RunTag("mlflow.runName", f"run {number}")]
        run = store.create_run(experiment, "", 1_760_000_000_000 + number, tags, f"run {number}")
        store.log_batch(
            run.info.run_id,
            [Metric(f"final/test/metric_{key}", key / 7, 1_760_000_000_000, 0) for key in range(20)],
            [Param(f"param_{key}", str(number + key)) for key in range(20)],
            [],
        )
    return experiment


def search(uri: str, experiment: str) -> int:
    """Search all runs as plainly as MLflow's client can."""
    client, token, count = open_client(uri), None, 0
    while token != "":
        page = client.search_runs([experiment], max_results=1000, order_by=ORDER, page_token=token)
        count, token = count + len(page), page.token or ""
    return count


def seconds(work: Callable[[], object]) -> float:
    """Return how long something takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def reading(runs: int, pairs: int) -> None:
    """Print how long reading takes beside a bare search."""
    with tempfile.TemporaryDirectory() as folder:
        uri = sqlite_address(Path(folder, "mlflow.db"))
        experiment = fill(uri, runs)
        with running_server(Path(folder)) as server:
            assert search(server.uri, experiment) == len(read_runs(server.uri, EXPERIMENT)) == runs
            measured = [
                (
                    seconds(lambda: search(server.uri, experiment)),
                    seconds(lambda: read_runs(server.uri, EXPERIMENT)),
                )
                for _ in range(pairs)
            ]
    bare, ours = (min(times) for times in zip(*measured, strict=True))
    ratios = sorted(ours / bare for bare, ours in measured)
    print(
        f"| {runs:,} runs of 20 parameters and 20 metrics read from a local server | {ours:.2f} s, a bare "
        f"search {bare:.2f} s: {ours / bare:.2f} times as long (least of {pairs} each; pairs {ratios[0]:.2f} "
        f"to {ratios[-1]:.2f}) |"
    )


def arm(seed: int, skill: float) -> ArmEvidence:
    """Return what the networks of an arm could have answered."""
    rng = np.random.default_rng(seed)
    labels = np.arange(IMAGES) % 2
    odds_RN = rng.normal(skill * (2 * labels - 1), 1.5, (SEEDS, IMAGES))
    share_RN = 1 / (1 + np.exp(-odds_RN))
    answers = Answers(
        labels=labels,
        patients=np.arange(IMAGES),
        probabilities=np.stack([1 - share_RN, share_RN], 2),
        scores=np.stack([-odds_RN, odds_RN], 2),
        positive=1,
        called=odds_RN > 0,
    )
    return ArmEvidence(answers, tuple(map(str, range(SEEDS))))


def findings() -> None:
    """Print how long the statistics of an arm and of a pair take."""
    first, second = arm(0, 1.0), arm(1, 0.8)
    modes = ("feature-extractor", "fine-tuning")
    # Libraries are imported.
    compare_pair("alexnet", modes, (first, second), "accuracy")
    of_arm = [seconds(lambda: arm_findings(first)) for _ in range(5)]
    of_pair = [
        seconds(partial(compare_pair, "alexnet", modes, (first, second), name))
        for name in ("accuracy", "auroc") * 3
    ]
    print(
        f"| all measures of an arm with intervals, {SEEDS} seeds, {IMAGES} images | median "
        f"{statistics.median(of_arm):.2f} s |"
    )
    print(f"| a pair of such arms, all tests | median {statistics.median(of_pair):.2f} s |")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--pairs", type=int, default=5)
    given = parser.parse_args()
    findings()
    reading(given.runs, given.pairs)


if __name__ == "__main__":
    main()
