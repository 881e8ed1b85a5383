"""Asking a server whether it takes runs, before any is trained."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.proxies import proxy_to
from tests.support.servers import MlflowServer, free_port
from tracker.tracking.backend.client import open_client
from tracker.tracking.backend.knock import Knock, refusal


def test_a_server_that_takes_everything_has_nothing_to_say_and_is_not_changed(
    mlflow_server: MlflowServer, experiment: str
) -> None:
    assert refusal(mlflow_server.uri, experiment) == ""
    client = open_client(mlflow_server.uri)
    assert client.get_experiment_by_name(experiment) is None
    experiment_id = client.create_experiment(experiment)
    before = client.get_experiment(experiment_id)
    assert refusal(mlflow_server.uri, experiment) == ""
    after = client.get_experiment(experiment_id)
    assert (after.tags, after.last_update_time) == (before.tags, before.last_update_time)


def test_a_server_that_hangs_or_is_not_there_holds_nobody_up() -> None:
    with proxy_to(free_port()) as proxy:
        proxy.be("hang")
        knock = Knock(proxy.uri, "cxr")
        assert knock.answer(0.2) == ""
        proxy.let_go()
        assert "401" in knock.answer(30), "the question was still on its way"
    assert Knock(f"http://127.0.0.1:{free_port()}", "cxr").answer() == ""
    assert Knock("sqlite:////nowhere/mlflow.db", "cxr").answer() == ""


def test_a_refusal_of_a_proxy_is_told() -> None:
    with proxy_to(free_port()) as proxy:
        proxy.be("401")
        told = Knock(proxy.uri, "cxr").answer(5)
    assert told.startswith(f"{proxy.uri} is behind something else that answers 401")


@pytest.mark.parametrize("module", ["mlflow", "torch"])
def test_it_is_asked_without_what_takes_long_to_import(module: str) -> None:
    program = (
        "import sys; from tracker.tracking.backend.knock import Knock\n"
        f"Knock('http://127.0.0.1:{free_port()}', 'cxr').answer(5); print({module!r} in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "False\n"
