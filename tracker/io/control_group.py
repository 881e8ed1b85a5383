"""What a container, or a job of a cluster, may take of its machine: its control group's limits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

_ROOT = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")


def cpu_limit(root: Path = _ROOT, membership: Path = _MEMBERSHIP) -> int | None:
    """Return how many cores' time this process may take, rounded up; None where nothing limits it.

    Args:
        root: The folder of all control groups, of version 2 or 1.
        membership: The file that says which of them this process is in.
    """
    return _tightest(_cores, _groups("cpu", root, membership))


def memory_left(root: Path = _ROOT, membership: Path = _MEMBERSHIP) -> int | None:
    """Return how many bytes this process may still take; None where nothing limits it.

    Args:
        root: The folder of all control groups, of version 2 or 1.
        membership: The file that says which of them this process is in.
    """
    return _tightest(_bytes_left, _groups("memory", root, membership))


def _tightest(limit_of: Callable[[Path], int | None], groups: Iterator[Path]) -> int | None:
    limits = (limit_of(group) for group in groups)
    return min((limit for limit in limits if limit is not None), default=None)


def _groups(controller: str, root: Path, membership: Path) -> Iterator[Path]:
    """Yield the groups that this process is in, outwards; some are not there for a container to see."""
    with suppress(OSError, ValueError):
        for line in membership.read_text().splitlines():
            _, controllers, place = line.split(":", 2)
            if controllers and controller not in controllers.split(","):
                continue
            top, path = root / controller if controllers else root, PurePosixPath(place)
            # In a container of version 1, the path is the host's, and the top is the container's own group.
            yield from (
                top / group.relative_to("/") for group in (path, *path.parents) if ".." not in group.parts
            )


def _cores(group: Path) -> int | None:
    with suppress(OSError, ValueError):
        quota, period = (group / "cpu.max").read_text().split()
        return None if quota == "max" else _ratio(quota, period)
    with suppress(OSError, ValueError):
        quota, period = ((group / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        return None if int(quota) < 0 else _ratio(quota, period)
    return None


def _ratio(quota: str, period: str) -> int:
    return max(1, math.ceil(int(quota) / int(period)))


def _bytes_left(group: Path) -> int | None:
    for limit, used, given_up in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        with suppress(OSError, ValueError):
            # Pages of files that were read count as used, and are given up when memory is asked for.
            stat = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
            # "max" is no number: nothing limits it.
            most = int((group / limit).read_text())
            return most - int((group / used).read_text()) + int(stat.get(given_up, 0))
    return None
