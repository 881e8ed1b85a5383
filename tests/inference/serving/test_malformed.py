"""Whatever is sent, the server lives, blames nobody but the sender, and answers the next one rightly."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.malformed_requests import good_requests, malformed
from tests.support.raw_requests import answered, problem_with
from tests.support.served import Served, drawn
from tests.support.servers import free_port

CLIENTS = 8


def statuses(port: int, first: int, last: int) -> Counter[str]:
    """Send the requests of some numbers, several at once, and count what came back."""

    def outcome(number: int) -> str:
        received = answered(port, malformed(number))
        problem = problem_with(received)
        assert not problem, f"request {number}: {problem}"
        return received[9:12].decode() or "hung up"

    with ThreadPoolExecutor(CLIENTS) as clients:
        return Counter(clients.map(outcome, range(first, last)))


def good_answers(port: int) -> list[Any]:
    """Return what all good requests are answered."""
    answers = [answered(port, sent) for sent in good_requests()]
    assert [answer[:12] for answer in answers] == [b"HTTP/1.1 200"] * len(answers)
    return [json.loads(answer.partition(b"\r\n\r\n")[2], parse_float=rounded) for answer in answers]


def rounded(number: str) -> float:
    """Leave out the digits that depend on how many images were computed together."""
    return round(float(number), 5)


def test_two_hundred_malformed_requests_change_nothing(served: Served) -> None:
    before = good_answers(served.port)
    found = statuses(served.port, 0, 200)
    assert found["400"] > 50
    assert good_answers(served.port) == before


@contextmanager
def own_process(model: Path, folder: Path) -> Iterator[tuple[int, int]]:
    """Serve a network by the command, and yield its port and its process."""
    command = [sys.executable, "-m", "tracker", "serve", "--model", str(model), "--port", str(free_port())]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, cwd=folder)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        address = re.search(r"http://127.0.0.1:(\d+)", said)
        assert address, (folder / "log").read_text()
        yield int(address[1]), process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(60)
        if process.stdout is not None:
            process.stdout.close()
    assert code == 0
    assert "Traceback" not in (folder / "log").read_text()


def open_files(pid: int) -> int:
    return len([*Path(f"/proc/{pid}/fd").iterdir()])


def mebibytes(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.slow
def test_ten_thousand_malformed_requests_leave_no_file_open_and_no_memory_taken(
    model: Path, tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    with own_process(model, tmp_path) as (port, pid):
        before, files = good_answers(port), open_files(pid)
        # Buffers of the allocator and of the decoders grow with the first few.
        found = statuses(port, 0, 3000)
        early = mebibytes(pid)
        found += statuses(port, 3000, 10_000)
        late = mebibytes(pid)
        assert good_answers(port) == before
        headers = {"Content-Type": "image/png"}
        requests.post(f"http://127.0.0.1:{port}/predict", data=drawn(1), headers=headers, timeout=30)
        left = open_files(pid)
    told = f"{dict(found.most_common())}; {early:.0f} MiB after 3000, {late:.0f} after 10,000; {left} files"
    record_property("told", told)
    assert left <= files + 1
    assert late - early < 60, told
