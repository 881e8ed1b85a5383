"""What each of several processes has of the machine; no GPU is needed to decide it."""

from __future__ import annotations

import os

import pytest
import torch

from tracker.io.memory import SHARE
from tracker.io.parallel import usable_cores
from tracker.runs.workers import (
    THREADS,
    VISIBLE,
    single_gpus,
    threads_each,
    with_shares,
    worker_environments,
    workers_in_words,
)

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("count", "visible", "each"),
    [
        (3, None, ["0", "1", "2"]),
        (2, "2,3", ["2", "3"]),
        (2, " 3 , 1 ", ["3", "1"]),
        (2, "GPU-1a, GPU-2b", ["GPU-1a", "GPU-2b"]),
        # CUDA takes names until one names none.
        (2, "1,0,-1,2", ["1", "0"]),
        (0, "", []),
        (0, "-1", []),
        # Of parts of GPUs it sees one a process.
        (1, "MIG-1a,MIG-2b,MIG-3c", ["MIG-1a", "MIG-2b", "MIG-3c"]),
        (0, "MIG-1a", []),
    ],
)
def test_each_process_sees_one_gpu_of_those_that_are_visible(
    count: int, visible: str | None, each: list[str]
) -> None:
    environment = {} if visible is None else {VISIBLE: visible}
    assert single_gpus(count, environment) == each


def test_without_gpus_auto_is_one_process() -> None:
    assert worker_environments("auto", CPU) == [{}]
    assert worker_environments(3, CPU) == [{}, {}, {}]


def test_processes_share_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    cores = usable_cores()
    assert [threads_each(count) for count in (1, cores, 2 * cores)] == [min(8, cores), 1, 1]
    assert [each[THREADS] for each in with_shares([{}, {}], CPU)] == [str(threads_each(2))] * 2
    assert with_shares([{VISIBLE: "1"}], torch.device("cuda")) == [{VISIBLE: "1"}]


@pytest.mark.parametrize(("free", "each"), [(9_000_000, "3000000"), (None, None)])
def test_processes_share_the_memory_that_is_free_before_they_begin(
    monkeypatch: pytest.MonkeyPatch, free: int | None, each: str | None
) -> None:
    monkeypatch.setattr("tracker.runs.workers.shared_memory", lambda: free)
    assert [environment.get(SHARE) for environment in with_shares([{}] * 3, CPU)] == [each] * 3


def test_nobody_computes_with_more_threads_than_were_asked_for() -> None:
    assert torch.get_num_threads() == 1
    assert os.environ[THREADS] == "1"
    assert threads_each(1) == 1
    assert workers_in_words(2, CPU) == "2 at once, of 1 thread each"
