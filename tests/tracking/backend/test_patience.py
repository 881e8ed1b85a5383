"""A server that sends byte after byte and never ends holds nobody up."""

from __future__ import annotations

import pytest
from requests.exceptions import ReadTimeout

from tests.support.odd_servers import trickling
from tracker.tracking.backend import client as asking
from tracker.tracking.backend.client import ask_anything, open_client
from tracker.tracking.backend.failures import failure_of, problem_of
from tracker.tracking.backend.patience import answered_in_time


def test_an_answer_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_ASKING_S", 1)
    with trickling() as uri, pytest.raises(ReadTimeout) as caught:
        ask_anything(open_client(uri))
    assert failure_of(caught.value) == "temporary"
    assert problem_of(caught.value, uri) == f"{uri} is there but does not answer in time"


def test_what_a_question_raises_is_raised_as_it_is() -> None:
    def question() -> None:
        raise TimeoutError("of its own")

    with pytest.raises(TimeoutError, match="of its own"):
        answered_in_time(question)
    assert answered_in_time(lambda: 5) == 5
