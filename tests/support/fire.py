"""Kills at random instants: who is killed when, drawn from a seed.

Each target has a thread and random numbers of its own. The pace is the same on slow machines and on fast
ones: a trainer is killed some time after something more was recorded, so that the work gets done; but early,
while the work is further than the kills; and not any more once enough of all were killed.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.processes import Place, Shipper, Started
from tests.support.servers import MlflowServer

TRAINER, SHIPPER, WATCH, SERVER = "tracker run", "its shipper", "tracker sync", "server"
_POLL_S = 0.02
_PATIENCE_S = 300.0
# More than any process's number.
_NOBODY = 2**22 + 1

Work = Callable[[random.Random], None]


@dataclass
class Fire:
    """A study whose processes are killed until it is done.

    Args:
        place: Where the study is made.
        arguments: Of `tracker run`.
        runs: How many runs the study has.
        records: How many records it makes undisturbed.
        server: Where it is tracked; it answers.
        enough: How many kills of each target there must be.
        seed: What all instants are drawn from.
    """

    place: Place
    arguments: Sequence[str]
    runs: int
    records: int
    server: MlflowServer
    enough: Mapping[str, int]
    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    stops: Counter[str] = field(default_factory=Counter)
    _living: set[Started] = field(default_factory=set)
    _counting: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)

    def burn(self) -> None:
        """Make the study under fire; the server answers again at the end."""
        works: list[Work] = [self._trainers, self._other_trainers, self._watchers, self._watchers]
        works += [self._shippers, self._servers, self._pauses]
        with ThreadPoolExecutor(len(works)) as pool:
            ends = [
                pool.submit(self._until_over, work, random.Random(f"{self.seed}/{number}"))
                for number, work in enumerate(works)
            ]
        for end in ends:
            end.result()

    def said(self) -> str:
        """Say in one line what was done to whom."""
        kills = ", ".join(f"{name} {self.kills[name]}" for name in self.enough)
        return f"{self.kills.total()} kills ({kills}), {self.stops.total()} stops"

    def too_few(self) -> list[str]:
        """Name the targets that were not killed often enough."""
        return [target for target, count in self.enough.items() if self.kills[target] < count]

    def _until_over(self, work: Work, draw: random.Random) -> None:
        try:
            work(draw)
        finally:
            # Also when something went wrong: the others have nothing to do any more.
            self._over.set()

    def _trainers(self, draw: random.Random) -> None:
        """Give the same command again until it ends well and all is done."""
        while not self._over.is_set() and self.place.finished() < self.runs:
            self._train(draw)

    def _other_trainers(self, draw: random.Random) -> None:
        """Have a second one over the same plan for a part of the time."""
        while not self._over.wait(draw.uniform(0, 8)):
            self._train(draw)

    def _train(self, draw: random.Random) -> None:
        before = self.place.records()
        with self._started(*self.arguments) as trainer:
            if self.too_few():
                self._let_live(trainer, before, draw)
                self._kill(TRAINER, trainer)
                if draw.random() < 0.3:
                    # As at a power cut.
                    self._kill_one_of(self.place.warm.shippers(), draw)
            code = trainer.wait(_PATIENCE_S)
            assert code in (0, -signal.SIGKILL), f"a trainer ended with {code}:\n{trainer.said()}"

    def _let_live(self, trainer: Started, before: int, draw: random.Random) -> None:
        """Wait until a random instant, at a random count of records or on the way to the first one."""
        share = min(self.kills[target] / count for target, count in self.enough.items())
        if before / self.records < share + 0.1:
            self._wait_for_records(trainer, before + draw.choice((0, 0, 1, 2, 4, 8)))
        recorded = self.place.records()
        seconds = draw.uniform(0, 0.3 if recorded > before else 2)
        # A fast machine would do all the work in that time.
        self._wait_for_records(trainer, recorded + 2, seconds)

    def _wait_for_records(self, trainer: Started, count: int, patience: float = _PATIENCE_S) -> None:
        deadline = time.monotonic() + patience
        while self.place.records() < count and trainer.code() is None and time.monotonic() < deadline:
            time.sleep(_POLL_S)

    def _watchers(self, draw: random.Random) -> None:
        while not self._over.is_set():
            with self._started("sync", "--watch") as watcher:
                self._over.wait(draw.choice((0.3, 2, 6)) * draw.random())
                self._kill(WATCH, watcher)
                code = watcher.wait(_PATIENCE_S)
                assert code == -signal.SIGKILL, f"tracker sync ended with {code}:\n{watcher.said()}"

    def _shippers(self, draw: random.Random) -> None:
        while not self._over.wait(draw.uniform(0, 3)):
            self._kill_one_of(self.place.warm.shippers(), draw)

    def _kill_one_of(self, shippers: Sequence[Shipper], draw: random.Random) -> None:
        if shippers:
            self._kill(SHIPPER, draw.choice(shippers))

    def _servers(self, draw: random.Random) -> None:
        while not self._over.wait(draw.uniform(0, 3)):
            self.server.kill()
            self.kills[SERVER] += 1
            self._over.wait(draw.uniform(0, 2))
            self.server.start()

    def _pauses(self, draw: random.Random) -> None:
        """Stop something for a while: a machine that is put to sleep, or a disk that does not answer."""
        while not self._over.wait(draw.uniform(0, 3)):
            shippers = [(SHIPPER, shipper.signal) for shipper in self.place.warm.shippers()]
            choices: list[tuple[str, Callable[[signal.Signals], bool]]] = [
                *((started.name, started.signal) for started in list(self._living)),
                *(shippers[:2]),
                (SERVER, self._signal_of_the_server()),
            ]
            name, send = draw.choice(choices)
            self.stops[name] += send(signal.SIGSTOP)
            self._over.wait(draw.uniform(0, 2.5))
            send(signal.SIGCONT)

    def _signal_of_the_server(self) -> Callable[[signal.Signals], bool]:
        """Return what signals the server that runs now, and not the one that comes after it."""
        process = self.server.process

        def send(number: signal.Signals) -> bool:
            try:
                os.killpg(process.pid if process else _NOBODY, number)
            except ProcessLookupError:
                return False
            return True

        return send

    @contextmanager
    def _started(self, *arguments: str) -> Iterator[Started]:
        started = self.place.start(*arguments)
        self._living.add(started)
        try:
            yield started
        finally:
            self._living.discard(started)
            started.signal(signal.SIGKILL)

    def _kill(self, target: str, process: Started | Shipper) -> None:
        if process.signal(signal.SIGKILL):
            with self._counting:
                self.kills[target] += 1
