"""Kill anything, at any instant: MLflow ends with what it holds of an undisturbed study, each thing once."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.fire import SERVER, SHIPPER, TRAINER, WATCH, Fire
from tests.support.found import Found, differences, find_study
from tests.support.processes import Place, Warm, warm_parent
from tests.support.servers import MlflowServer, running_server

MODELS = ("squeezenet1_1", "shufflenet_v2_x0_5")
MODES = ("feature-extractor", "fine-tuning")
PATIENCE_S = 60.0

Tell = Callable[[str, object], None]


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    with warm_parent() as parent:
        yield parent


@pytest.fixture
def seed(record_property: Tell) -> int:
    """Another one each time."""
    drawn = int(os.environ.get("TRACKER_CHAOS_SEED") or secrets.randbelow(10**6))
    record_property("told", f"TRACKER_CHAOS_SEED={drawn} kills at the same instants")
    return drawn


@dataclass(frozen=True)
class Trial:
    """A study, and where it is made.

    Attributes:
        folder: For everything.
        warm: What starts `tracker`.
        data: The images.
        seed: What all instants are drawn from.
        tell: Takes what the summary of all tests says.
    """

    folder: Path
    warm: Warm
    data: Path
    seed: int
    tell: Tell

    def check(self, enough: Mapping[str, int], *, database: str = "", **grid: Any) -> None:
        """Make a study undisturbed and under fire, and compare what MLflow holds of the two."""
        with running_server(self.folder / "server", database) as server:
            place = self._place("undisturbed", server)
            reference = undisturbed(place, [*arguments_of(self.data, **grid), "--experiment", "undisturbed"])
            records = place.records()
            place = self._place("fire", server)
            arguments = [*arguments_of(self.data, **grid), "--experiment", "fire"]
            fire = Fire(place, arguments, len(reference), records, server, enough, self.seed)
            start = time.monotonic()
            try:
                fire.burn()
            finally:
                self.tell("told", f"{fire.said()} in {time.monotonic() - start:.0f} s")
            say_all_is_done(place, arguments, len(reference))
            found = find_study(server.uri, "fire")
        resumed = sum(run.resumed for run in found.values())
        self.tell("told", f"{resumed} times a killed run was gone on with")
        assert differences(reference, found) == []
        assert fire.too_few() == []
        assert resumed >= enough[TRAINER] // 2, "most kills did not hit training"

    def _place(self, name: str, server: MlflowServer) -> Place:
        settings = {"TRACKER_HOME": "", "TRACKER_CACHE": f"{self.folder}/cache"}
        return Place(self.warm, self.folder / name, settings | {"MLFLOW_TRACKING_URI": server.uri})


@pytest.fixture
def trial(tmp_path: Path, warm: Warm, radiographs: Path, seed: int, record_property: Tell) -> Trial:
    return Trial(tmp_path, warm, radiographs, seed, record_property)


def arguments_of(data: Path, *, seeds: int, epochs: int, log_model: str) -> list[str]:
    """Return a grid of tiny runs: dropout, batch norms and features that are stored."""
    fixed = (
        "run --dataset folder --weights none --batch-size 8 --image-size 64 --precision fp32 --split 16/6/8"
    )
    arguments = [*fixed.split(), "--data", str(data), "--log-model", log_model]
    arguments += ["--schedule", "cosine", "--epochs", str(epochs)]
    for name, values in (("model", MODELS), ("mode", MODES), ("seed", range(seeds))):
        for value in values:
            arguments += [f"--{name}", str(value)]
    return arguments


def undisturbed(place: Place, arguments: list[str]) -> dict[str, Found]:
    trained = place.call(*arguments)
    assert trained.code() == 0, trained.said()
    assert place.call("sync").code() == 0
    found = find_study(place.environment["MLFLOW_TRACKING_URI"], "undisturbed")
    assert {run.status for run in found.values()} == {"FINISHED"}
    assert not any("tracker.reason" in run.tags for run in found.values())
    return found


def say_all_is_done(place: Place, arguments: list[str], runs: int) -> None:
    again = place.call(*arguments)
    assert again.code() == 0, again.said()
    assert f"{runs} runs: {runs} skipped" in again.said()
    deadline = time.monotonic() + PATIENCE_S
    while place.warm.shippers() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert place.warm.shippers() == [], "a shipper without a trainer goes on although all is sent"
    sent = place.call("sync")
    assert (sent.code(), sent.said()) == (0, "everything is sent\n")


def test_after_some_kills_mlflow_holds_what_it_would_hold(trial: Trial) -> None:
    enough = {TRAINER: 4, SHIPPER: 1, WATCH: 3, SERVER: 1}
    trial.check(enough, seeds=1, epochs=8, log_model="none")


HUNDRED = {TRAINER: 40, SHIPPER: 16, WATCH: 40, SERVER: 4}


@pytest.mark.slow
def test_after_a_hundred_kills_mlflow_holds_what_it_would_hold(trial: Trial) -> None:
    trial.check(HUNDRED, seeds=2, epochs=30, log_model="first")


@pytest.mark.slow
def test_after_a_hundred_kills_postgresql_holds_what_it_would_hold(trial: Trial, postgres: str) -> None:
    trial.check(HUNDRED, seeds=2, epochs=30, log_model="first", database=postgres)
