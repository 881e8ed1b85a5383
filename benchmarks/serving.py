"""What serving a network costs: `tracker serve` beside `mlflow models serve`, asked by a real client.

    python -m benchmarks.serving [--seconds 10] [--write docs/benchmarks.md]

Both serve the same network with random weights, each with one process, and take turns: at 1, 8 and 32
clients, each of which has a connection of its own, sends a PNG in base64 to `POST /invocations`, waits for
the answer and sends the next. The clients are threads of one other process on the same cores, so they cost
both sides the same. Linux only.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import mlflow.pyfunc
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema
from PIL import Image

from benchmarks.peers.machine import describe_machine, describe_versions
from benchmarks.peers.table import write_between
from tests.support.exported import copy_loader, export_network
from tests.support.servers import free_port
from tracker.interruption import Interruption
from tracker.models.networks import build_network
from tracker.phantom.cohort import cohort, draw_visit

CLASSES = ("normal", "tuberculosis")
NETWORKS = ("mini-resnet", "resnet18")
CLIENTS = (1, 8, 32)
SIZE, IMAGES, WARM_S = 512, 16, 2.0
_HEADER = "| network | clients | who | images a second | p50, ms | p95, ms | CPU, ms an image | refused |"


@dataclass(frozen=True)
class Load:
    """What came of some seconds of asking.

    Attributes:
        seconds: How long it was.
        times_ms: How long each answer took.
        refused: How many answers were none.
    """

    seconds: float
    times_ms: list[float]
    refused: int

    def cells(self, cpu_s: float) -> str:
        """Return the numbers of a row.

        Args:
            cpu_s: Processor time that the server took meanwhile.
        """
        count = len(self.times_ms)
        if count < 2:
            return f"– | – | – | – | {self.refused}"
        p95 = statistics.quantiles(self.times_ms, n=20)[18]
        numbers = (count / self.seconds, statistics.median(self.times_ms), p95, 1000 * cpu_s / count)
        return f"{' | '.join(f'{number:.0f}' for number in numbers)} | {self.refused}"


def save_model(name: str, folder: Path) -> Path:
    """Write a network with random weights as MLflow's model, as `tracker run` would."""
    network = build_network(name, weights="none", classes=2, seed=0)
    data = folder / "network"
    data.mkdir(parents=True)
    export_network(network, data, classes=CLASSES, image_size=224, resize="stretch")
    loader = copy_loader(folder)
    mlflow.pyfunc.save_model(
        folder / "model",
        loader_module=loader.stem,
        data_path=str(data),
        code_paths=[str(loader)],
        signature=ModelSignature(outputs=Schema([ColSpec(DataType.double, name) for name in CLASSES])),
        pip_requirements=["torch"],
    )
    return folder / "model"


@contextmanager
def serving(command: list[str], port: int, log: Path) -> Iterator[int]:
    """Run a server as long as the block lasts, and yield the number of its group of processes."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, stdout=output, stderr=output, env=environment, cwd=log.parent, start_new_session=True
        )
    try:
        _wait(port, server, log)
        yield server.pid
    finally:
        os.killpg(server.pid, 15)
        server.wait(60)


def _wait(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and server.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit(f"the server does not answer:\n{log.read_text(errors='replace')[-2000:]}")


def questions() -> list[bytes]:
    """Return what is asked: synthetic radiographs as PNG in base64, in MLflow's form."""
    asked = []
    for patient in cohort()[:IMAGES]:
        file = io.BytesIO()
        Image.fromarray(draw_visit(patient, 0, size=SIZE)).save(file, "PNG")
        asked.append(json.dumps({"inputs": [base64.b64encode(file.getvalue()).decode()]}).encode())
    return asked


def ask(port: int, clients: int, seconds: float, asked: list[bytes]) -> Load:
    """Have clients ask for some seconds."""
    times: list[float] = []
    refused: list[int] = []
    deadline = time.monotonic() + seconds

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while time.monotonic() < deadline:
            number += 1
            begin = time.perf_counter()
            body = asked[number % len(asked)]
            connection.request("POST", "/invocations", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            if answer.status == 200:
                times.append(1000 * (time.perf_counter() - begin))
            else:
                refused.append(answer.status)
        connection.close()

    begin = time.monotonic()
    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Load(time.monotonic() - begin, times, len(refused))


def measure(name: str, folder: Path, seconds: float, asked: list[bytes]) -> list[str]:
    """Return the rows of one network."""
    model, ours, theirs = save_model(name, folder), free_port(), free_port()
    commands = {
        "tracker serve": (
            [*("-m", "tracker", "serve", "--model", str(model), "--port", str(ours))],
            ours,
        ),
        "mlflow models serve": (
            [
                *("-m", "mlflow", "models", "serve", "--env-manager", "local", "--workers", "1"),
                *("--model-uri", str(model), "--port", str(theirs)),
            ],
            theirs,
        ),
    }
    rows, log = [], folder / "log"
    with ExitStack() as servers:
        groups = {
            who: servers.enter_context(
                serving([sys.executable, *command], port, log.with_name(f"{port}.log"))
            )
            for who, (command, port) in commands.items()
        }
        for clients in (0, *CLIENTS):
            for who, (_, port) in commands.items():
                before = cpu_s(groups[who])
                load = ask(port, max(clients, 1), seconds if clients else WARM_S, asked)
                spent = cpu_s(groups[who]) - before
                if clients:
                    rows.append(f"| {name} | {clients} | {who} | {load.cells(spent)} |")
                    print(rows[-1], file=sys.stderr, flush=True)
    return rows


def cpu_s(group: int) -> float:
    """Return the processor time that a group of processes has taken."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12]) if int(fields[2]) == group else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=10.0, help="How long each cell is asked.")
    parser.add_argument("--network", action="append", help="Networks to serve.")
    parser.add_argument("--write", type=Path, help="A page to write the table into.")
    given = parser.parse_args()
    asked = questions()
    with Interruption().taking_terminations(), tempfile.TemporaryDirectory() as place:
        networks = given.network or NETWORKS
        rows = [row for name in networks for row in measure(name, Path(place) / name, given.seconds, asked)]
    table = "\n".join(
        [
            f"{describe_machine()}. {describe_versions({})}.",
            "",
            f"Radiographs of {SIZE}x{SIZE} as PNG, {given.seconds:g} seconds a cell.",
            "",
            _HEADER,
            "|" + "---|" * (_HEADER.count("|") - 1),
            *rows,
        ]
    )
    print(table)
    if given.write:
        write_between(given.write, "serving", table)


if __name__ == "__main__":
    main()
