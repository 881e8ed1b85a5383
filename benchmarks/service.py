"""What a tracking server bears: many runs at once, each shipping metrics to it through its journal.

    python -m benchmarks.service [--server-pid PID] [--database-pid PID] [--json FILE]

The server is that of MLFLOW_TRACKING_URI, with the account of MLFLOW_TRACKING_USERNAME and _PASSWORD. Each
run records ten metrics a second for a minute, and a home folder of its own stands for its machine. Real are
recorder, journals, senders (`Sender.follow`), their requests with an account, and the server. Simulated are
training, and the senders' processes: they are threads in a few processes here, which is kinder to memory, and
harder on the senders. What MLflow holds afterwards is compared with what was recorded, value by value. With
--down and --up, which are commands, the server is away for a while after a third of the time:

    --outage 20 --down 'docker compose kill mlflow' --up 'docker compose start mlflow'

A container's process is given by `docker inspect --format '{{.State.Pid}}' NAME`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import secrets
import statistics
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.processes import Usage, busy_seconds, measured
from tracker.records import RunState
from tracker.tracking.backend.client import open_client
from tracker.tracking.backend.environment import prepare_environment, request_timeout
from tracker.tracking.backend.run_pages import runs_by_page
from tracker.tracking.backend.uri import resolve_uri
from tracker.tracking.journal.entries import Metrics
from tracker.tracking.journal.recorder import RunRecorder
from tracker.tracking.journal.run_folder import RunFolder, run_folder
from tracker.tracking.shipping.cursor import load_cursor

START_S, DRAIN_S, READING_S = 20.0, 900.0, 120
HISTORY, MOST_RUNS, MOST_POINTS = "/ajax-api/2.0/mlflow/metrics/get-history-bulk", 100, 25_000


@dataclass(frozen=True)
class Load:
    """What is recorded: by how many runs, from when on, how many values a second, for how long."""

    uri: str
    experiment: str
    homes: Path
    runs: int
    values: int
    seconds: int
    start: float

    def home(self, run: int) -> Path:
        """Return the folder of a run's machine."""
        return self.homes / f"machine-{run}"

    def record(self, run: int, second: int) -> dict[str, float]:
        """Return what a run records in a second: numbers that no other run and second has."""
        return {
            f"load/metric_{metric}": run + second / 1000 + metric / 1_000_000 for metric in range(self.values)
        }

    def due(self, run: int, second: int) -> float:
        """Return when that is: the runs are spread over each second."""
        return self.start + second + run / self.runs

    @property
    def end(self) -> float:
        """Return when the last run has recorded all."""
        return self.due(self.runs - 1, self.seconds)


@dataclass
class Shipped:
    """One run's way to MLflow: when each of its records came there, and how late."""

    came: list[tuple[float, float]] = field(default_factory=list)
    problems: Counter[str] = field(default_factory=Counter)
    drained: float = 0.0


class Watch:
    """Waits between two passes of a sender, and sees what the last one brought to MLflow."""

    def __init__(self, run: RunFolder) -> None:
        self.shipped = Shipped()
        self.ended = threading.Event()
        self._run, self._offset, self._problem = run, 0, ""

    def __call__(self, seconds: float) -> bool:
        """Wait so long; say whether the run has ended."""
        self.look()
        return self.ended.wait(seconds)

    def look(self) -> None:
        """Note what MLflow has that it did not have before."""
        if not self._run.exists():
            return
        cursor, now = load_cursor(self._run), time.time()
        if cursor.problem and cursor.problem != self._problem:
            self.shipped.problems[cursor.problem] += 1
        self._problem = cursor.problem
        if cursor.offset > self._offset:
            sent = [line.entry for line in self._run.lines(self._offset) if line.end <= cursor.offset]
            self.shipped.came += [(now, now - one.time / 1000) for one in sent if isinstance(one, Metrics)]
            self._offset = cursor.offset


def simulate(load: Load, runs: Sequence[int]) -> tuple[list[Shipped], float]:
    """Record and ship some of the runs; return how they came to MLflow, and the processor's seconds."""
    prepare_environment()
    os.environ["MLFLOW_HTTP_POOL_MAXSIZE"] = str(len(runs))
    from tracker.tracking.shipping.sender import Sender

    watches = {run: Watch(run_folder(load.home(run), uid_of(run))) for run in runs}

    def ship(run: int) -> Shipped:
        watch = watches[run]
        Sender(load.home(run), load.uri).follow(watch, drain_s=DRAIN_S)
        watch.look()
        watch.shipped.drained = time.time()
        return watch.shipped

    wait_until(load.start)
    before = time.process_time()
    with ThreadPoolExecutor(len(runs)) as pool:
        shipping = [pool.submit(ship, run) for run in runs]
        record(load, watches)
        shipped = [one.result() for one in shipping]
    return shipped, time.process_time() - before


def record(load: Load, watches: dict[int, Watch]) -> None:
    """Record all runs of a process, each in its time."""
    recorders = {}
    for second in range(load.seconds + 1):
        for run, watch in watches.items():
            wait_until(load.due(run, second))
            if second == 0:
                recorders[run] = begin(load, run)
                continue
            recorders[run].metrics(load.record(run, second), step=second)
            if second == load.seconds:
                recorders[run].finish(RunState.FINISHED)
                recorders[run].close()
                watch.ended.set()


def uid_of(run: int) -> str:
    return f"load-{run}"


def begin(load: Load, run: int) -> RunRecorder:
    return RunRecorder.start(
        load.home(run),
        run_uid=uid_of(run),
        experiment=load.experiment,
        run_name=uid_of(run),
        params={f"param_{number}": number for number in range(20)},
        tags={"tracker.kind": "load"},
        tracking_uri=load.uri,
    )


def wait_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.time()))


def compare(load: Load) -> tuple[int, int]:
    """Return how many values MLflow lacks of those recorded, and how many it has that were not, or twice."""
    with request_timeout(READING_S):
        client = open_client(load.uri)
        experiment = client.get_experiment_by_name(load.experiment)
        found = list(runs_by_page(client, [experiment.experiment_id], order="ASC"))
        ids = {run.info.run_id: run.data.tags["tracker.run_uid"] for run in found}
        assert len(ids) == len(set(ids.values())), "MLflow has a run twice"
        assert all(run.info.status == RunState.FINISHED for run in found), "a run has not finished in MLflow"
        held = Counter(points_of(load, ids))
    recorded = Counter(
        (uid_of(run), name, second, value)
        for run in range(load.runs)
        for second in range(1, load.seconds + 1)
        for name, value in load.record(run, second).items()
    )
    return (recorded - held).total(), (held - recorded).total()


def points_of(load: Load, ids: dict[str, str]) -> Iterator[tuple[str, str, int, float]]:
    """Read what MLflow holds: the run, the metric, the second and the value of each point."""
    # MLflow's client asks for one metric of one run at a time: a thousand requests.
    from mlflow.utils.credentials import get_default_host_creds
    from mlflow.utils.rest_utils import http_request

    server, at_once = get_default_host_creds(load.uri), min(MOST_RUNS, MOST_POINTS // load.seconds)
    for name in load.record(0, 0):
        for first in range(0, len(ids), at_once):
            asked = {
                "run_id": list(ids)[first : first + at_once],
                "metric_key": name,
                "max_results": MOST_POINTS,
            }
            answer = http_request(server, HISTORY, "GET", params=asked)
            answer.raise_for_status()
            for point in answer.json()["metrics"]:
                yield ids[point["run_id"]], point["key"], int(point["step"]), point["value"]


@contextmanager
def outage(load: Load, given: argparse.Namespace) -> Iterator[None]:
    """Have the server go away and come back meanwhile, where that was asked for."""

    def away() -> None:
        wait_until(load.start + load.seconds / 3)
        subprocess.run(given.down, shell=True, check=True)
        time.sleep(given.outage)
        subprocess.run(given.up, shell=True, check=True)

    thread = threading.Thread(target=away)
    if given.outage:
        thread.start()
    yield
    if given.outage:
        thread.join()


def summary(load: Load, shipped: Sequence[Shipped], lost: tuple[int, int]) -> dict[str, str]:
    """Return the rows of the table but the processes'."""
    came = [one for run in shipped for one in run.came]
    delays = sorted(delay for _, delay in came)
    in_time = sum(moment <= load.end for moment, _ in came) * load.values
    problems = sum((run.problems for run in shipped), Counter())
    hundredths = statistics.quantiles(delays, n=100)
    return {
        "runs, values recorded": f"{load.runs}, {load.runs * load.seconds * load.values:,}",
        "recorded a second": f"{load.runs * load.values:,} values",
        "taken a second while they ran": f"{in_time / load.seconds:,.0f} values",
        "all sent after the last record": f"{max(run.drained for run in shipped) - load.end:.1f} s",
        "behind the journal: half / 95 of 100 / most": (
            f"{hundredths[49]:.1f} / {hundredths[94]:.1f} / {delays[-1]:.1f} s"
        ),
        "lost / extra values": f"{lost[0]} / {lost[1]}",
        "errors met, by runs": ", ".join(f"{n} x {what}" for what, n in problems.items()) or "none",
    }


def usage_rows(name: str, usage: Usage) -> dict[str, str]:
    return {
        f"{name}: memory at most": f"{usage.memory_mib:.0f} MiB in {usage.processes} processes",
        f"{name}: processor": f"{usage.cores:.2f} cores",
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=100, help="runs at once")
    parser.add_argument("--values", type=int, default=10, help="metrics that a run records a second")
    parser.add_argument("--seconds", type=int, default=60, help="how long they run")
    parser.add_argument("--processes", type=int, default=4, help="processes that simulate them")
    parser.add_argument("--server-pid", type=int, default=0, help="the MLflow server's process")
    parser.add_argument("--database-pid", type=int, default=0, help="PostgreSQL's process")
    parser.add_argument("--outage", type=float, default=0, help="seconds that the server is away")
    parser.add_argument("--down", default="", help="command that ends the server")
    parser.add_argument("--up", default="", help="command that starts it again")
    parser.add_argument("--json", type=Path, help="file for the same as JSON")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tracker-load-") as homes:
        rows = measure(given, Path(homes))
    print("| | |\n|---|---|")
    for name, value in rows.items():
        print(f"| {name} | {value} |")
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1))


def measure(given: argparse.Namespace, homes: Path) -> dict[str, str]:
    experiment, start = f"load-{secrets.token_hex(4)}", time.time() + START_S
    load = Load(resolve_uri(), experiment, homes, given.runs, given.values, given.seconds, start)
    context = multiprocessing.get_context("spawn")
    # A server that is away ends as that process.
    pids = {"server": 0 if given.outage else given.server_pid, "database": given.database_pid}
    with ProcessPoolExecutor(given.processes, mp_context=context) as pool, outage(load, given):
        shares = [range(load.runs)[number :: given.processes] for number in range(given.processes)]
        parts = [pool.submit(simulate, load, runs) for runs in shares]
        wait_until(load.start)
        busy = busy_seconds()
        with measured({name: pid for name, pid in pids.items() if pid}) as usages:
            results = [part.result() for part in parts]
        took, busy = time.time() - load.start, busy_seconds() - busy
    shipped = [run for runs, _ in results for run in runs]
    rows = summary(load, shipped, compare(load))
    for name, usage in usages.items():
        rows |= usage_rows(name, usage)
    simulated = sum(seconds for _, seconds in results) / took
    others = busy / took - simulated - sum(usage.cores for usage in usages.values())
    return rows | {
        "simulated machines: processor": f"{simulated:.2f} cores",
        "everything else on this machine": f"{others:.2f} of {os.cpu_count()} cores",
    }


if __name__ == "__main__":
    main()
