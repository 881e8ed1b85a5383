"""What can happen to the server during a run: training ends as ever, and all arrives later, once."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.command import MODELS, Outcome, small_run
from tests.support.found import Found, differences, find_study
from tests.support.proxies import Mode, Proxy, proxy_to
from tests.support.servers import MlflowServer, running_server

Tracker = Callable[..., Outcome]
ARM = ("--model", MODELS[0], "--mode", "fine-tuning")
Run = Callable[..., Outcome]


@pytest.fixture
def run(tracker: Tracker, radiographs: Path, request: pytest.FixtureRequest) -> Run:
    """`tracker run` of one network, for a server."""

    def call(uri: str, experiment: str = request.node.name) -> Outcome:
        return tracker(*small_run(radiographs, *ARM, "--experiment", experiment, "--tracking-uri", uri))

    return call


@pytest.fixture
def check_all_is_there(
    tracker: Tracker, run: Run, mlflow_server: MlflowServer, request: pytest.FixtureRequest
) -> Callable[..., None]:
    """Sync once, and compare with the same run on a server to which nothing happened."""

    def check(uri: str) -> None:
        sent = tracker("sync")
        assert (sent.code, sent.out) == (0, "everything is sent\n")
        assert differences(undisturbed(run, mlflow_server), find_study(uri, request.node.name)) == []

    return check


_UNDISTURBED: dict[str, dict[str, Found]] = {}


def undisturbed(run: Run, server: MlflowServer) -> dict[str, Found]:
    """Return what MLflow holds of the run, made once for all tests."""
    if server.uri not in _UNDISTURBED:
        assert "not sent" not in run(server.uri, "undisturbed").out
        _UNDISTURBED[server.uri] = find_study(server.uri, "undisturbed")
    return _UNDISTURBED[server.uri]


@pytest.fixture
def proxy(mlflow_server: MlflowServer) -> Iterator[Proxy]:
    with proxy_to(mlflow_server.port) as between:
        yield between


def check_it_ended_well(told: Outcome) -> None:
    assert told.code == 0, told
    assert "1 run: 1 finished" in told.out
    assert "Traceback" not in told.out + told.err


@pytest.mark.parametrize(
    "mode", ["refuse", "503", *(pytest.param(mode, marks=pytest.mark.slow) for mode in ("hang", "401"))]
)
def test_a_server_that_answers_nobody_costs_a_line(
    run: Run, proxy: Proxy, check_all_is_there: Callable[..., None], mode: Mode
) -> None:
    proxy.be(mode)
    told = run(proxy.uri)
    check_it_ended_well(told)
    assert "1 run, " in told.out
    assert "records not sent yet: tracker sync" in told.out
    assert proxy.failed or mode == "refuse"
    proxy.be("pass")
    check_all_is_there(proxy.uri)


def test_a_server_without_logged_models_gets_all_else(
    run: Run, tracker: Tracker, proxy: Proxy, check_all_is_there: Callable[..., None]
) -> None:
    proxy.answer("logged-models", "404", "<!doctype html><title>404 Not Found</title>")
    lack = f"{proxy.uri} has no logged models, which MLflow 3.0 brought (404)"
    told = run(proxy.uri)
    check_it_ended_well(told)
    assert "not sent" not in told.out
    assert f"1 record refused by MLflow ({lack}" in told.out
    assert f"refused: {lack}" in " ".join(tracker("status").out.split())
    found = tracker("doctor", "--tracking-uri", proxy.uri)
    assert lack in " ".join((found.out + found.err).split())
    proxy.answers.clear()
    assert tracker("sync", "--all").code == 0
    check_all_is_there(proxy.uri)


@pytest.mark.parametrize("mode", ["swallow", pytest.param("reset", marks=pytest.mark.slow)])
def test_requests_whose_answers_are_lost_change_nothing_the_second_time(
    run: Run, proxy: Proxy, check_all_is_there: Callable[..., None], mode: Mode
) -> None:
    proxy.be(mode)
    check_it_ended_well(run(proxy.uri))
    assert proxy.failed > 5
    proxy.be("pass")
    check_all_is_there(proxy.uri)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[MlflowServer]:
    with running_server(tmp_path / "server") as server:
        yield server


@pytest.mark.slow
def test_a_server_that_is_stopped_for_the_whole_run_has_all_of_it_later(
    run: Run, own_server: MlflowServer, check_all_is_there: Callable[..., None]
) -> None:
    own_server.stop()
    told = run(own_server.uri)
    check_it_ended_well(told)
    assert "records not sent yet: tracker sync" in told.out
    own_server.start()
    check_all_is_there(own_server.uri)


@pytest.mark.slow
def test_a_server_that_is_frozen_for_the_whole_run_has_all_of_it_later(
    run: Run, own_server: MlflowServer, check_all_is_there: Callable[..., None]
) -> None:
    own_server.signal(signal.SIGSTOP)
    told = run(own_server.uri)
    check_it_ended_well(told)
    assert "records not sent yet: tracker sync" in told.out
    own_server.signal(signal.SIGCONT)
    check_all_is_there(own_server.uri)


def test_a_name_that_mlflow_cannot_have_is_refused_before_anything_is_made(
    tracker: Tracker, radiographs: Path, workplace: Path
) -> None:
    told = tracker(*small_run(radiographs, *ARM, "--experiment", "x" * 257))
    assert told.code == 2
    assert "a name has at most 256 letters in MLflow's databases, and this one has 257" in told.err
    assert len(told.err.splitlines()) == 1
    assert list(workplace.iterdir()) == []
