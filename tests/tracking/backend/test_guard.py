"""A server that is none of MLflow's is told in one line, whatever it answers, and costs no record."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from tests.support.command import Outcome
from tests.support.odd_servers import ODD_ANSWERS, answering, odd_server
from tests.support.recorded import Start
from tests.support.workplace import shared_cache, tracker, workplace
from tracker.errors import TrackingError
from tracker.tracking.backend.client import ask, open_client
from tracker.tracking.backend.failures import SENDING_FAILURES, OddAnswer, failure_of
from tracker.tracking.backend.guard import guarded
from tracker.tracking.backend.knock import Knock
from tracker.tracking.backend.reader import read_predictions, read_runs
from tracker.tracking.shipping.cursor import load_cursor
from tracker.tracking.shipping.sender import Sender
from tracker.tracking.shipping.unsent import count_unsent
from tracker.ui.server import run_ui

__all__ = ["shared_cache", "tracker", "workplace"]

# MLflow answers so where a store has no experiments at all, and to much that is sent.
EMPTY = ("nothing", "no letters")


@pytest.mark.parametrize("kind", ODD_ANSWERS)
def test_an_odd_answer_is_one_line_for_whoever_reads(kind: str) -> None:
    with odd_server(kind) as uri:
        with pytest.raises(TrackingError) as caught:
            read_runs(uri, "small")
        assert str(caught.value).startswith(f"{uri} must answer, but it ")
        assert "\n" not in str(caught.value)
        with pytest.raises(TrackingError):
            read_predictions(uri, "a1b2")
        with pytest.raises(TrackingError):
            run_ui(uri, 5000, experiment="small", ready=print)
        assert Knock(uri, "small").answer(5) == ""
        answer = ask(uri)
        assert answer.failure in ("temporary", "lacking") or kind in EMPTY
        assert answer.problem.startswith(uri) or kind in EMPTY


@pytest.mark.parametrize("kind", ODD_ANSWERS)
def test_an_odd_answer_ends_no_shipper_and_costs_no_record(kind: str, start: Start, home: Path) -> None:
    with odd_server(kind) as uri:
        with start(uri) as recorder:
            recorder.metrics({"train/loss": 0.5}, step=1)
        sender = Sender(home, uri)
        assert sender.send() in ("temporary", "held")
        left = count_unsent(home, uri)
        assert left.records == len(recorder.folder.lines())
        assert not left.refused_in
        (problem,) = left.problems
        assert problem.startswith(uri)
        assert load_cursor(recorder.folder).run_id == ""


def test_a_server_that_repeats_its_page_is_not_asked_for_ever() -> None:
    run = {"info": {"run_id": "a1", "experiment_id": "1", "start_time": 1}, "data": {}}
    experiment = {"experiment_id": "1", "name": "small", "lifecycle_stage": "active"}
    page = {"runs": [run], "experiments": [experiment], "experiment": experiment, "next_page_token": "more"}
    with answering(200, {}, json.dumps(page).encode()) as (uri, asked):
        with pytest.raises(TrackingError, match="one page of runs after the other"):
            read_runs(uri, "small")
        assert len(asked) < 10


def test_the_command_line_says_it_in_one_line_and_debug_shows_the_cause(
    tracker: Callable[..., Outcome],
) -> None:
    with odd_server("wrong types") as uri:
        told = tracker("compare", "--experiment", "small", "--tracking-uri", uri)
        assert (told.code, told.out) == (1, "")
        assert told.err.count("\n") == 1
        with pytest.raises(TrackingError) as caught:
            tracker("--debug", "compare", "--experiment", "small", "--tracking-uri", uri)
    assert isinstance(caught.value.__cause__, OddAnswer)
    assert type(caught.value.__cause__.__cause__).__name__ == "ParseError"


def test_a_value_that_fits_into_no_request_is_still_refused(database: str) -> None:
    client = open_client(database)
    experiment_id = client.create_experiment("of a value")
    with pytest.raises(SENDING_FAILURES) as caught:
        client.create_run(experiment_id, tags={"a": "\ud800"})
    assert not isinstance(caught.value, OddAnswer)
    with pytest.raises(TypeError) as wrong:
        client.create_run(experiment_id, of_no_name=1)  # type: ignore[call-arg]
    assert failure_of(wrong.value) == "refused"


def test_what_is_known_leaves_the_guard_as_it_is() -> None:
    for known in (MlflowException("a"), OSError("b"), TrackingError("c", but="d", do="e")):
        with pytest.raises(type(known)) as caught, guarded():
            raise known
        assert caught.value is known
    with pytest.raises(OddAnswer, match="KeyError: 'f'") as odd, guarded():
        raise KeyError("f")
    assert failure_of(odd.value) == "temporary"
    with pytest.raises(KeyboardInterrupt), guarded():
        raise KeyboardInterrupt


def test_a_guarded_client_is_read_like_the_one_behind_it(database: str) -> None:
    client: MlflowClient = open_client(database)
    assert client.tracking_uri == database
