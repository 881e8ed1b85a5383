"""Work for all cores, in threads, as a stream."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from tracker.io.control_group import cpu_limit

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def usable_cores() -> int:
    """Count the cores that this process has time on: those it may run on, or fewer in a container."""
    allowed = allowed_cores()
    return min(allowed, cpu_limit() or allowed)


def allowed_cores() -> int:
    """Count the cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def parallel_map(function: Callable[[_Item], _Result], items: Iterable[_Item]) -> Iterator[_Result]:
    """Apply a function that frees the GIL, in as many threads as there are cores.

    A few results a thread are in flight at most, so that a stream larger than memory can pass.

    Args:
        function: What to do with one item; its exceptions reach the caller.
        items: The items.

    Yields:
        The results, in the order of the items.
    """
    threads = usable_cores()
    source = iter(items)
    pool = ThreadPoolExecutor(threads, thread_name_prefix="tracker-data")
    try:
        pending: deque[Future[_Result]] = deque(
            pool.submit(function, item) for item in islice(source, 4 * threads)
        )
        while pending:
            result = pending.popleft().result()
            pending.extend(pool.submit(function, item) for item in islice(source, 1))
            yield result
    finally:
        pool.shutdown(cancel_futures=True)
