"""One folder for all tests of a file, whose database is made once: each test has an experiment of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.command import Outcome
from tests.support.workplace import calling, working_in


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder."""
    return tmp_path_factory.mktemp("place")


@pytest.fixture(autouse=True)
def in_that_place(place: Path, shared_cache: Path) -> Iterator[None]:
    """Be in it."""
    with working_in(place, shared_cache):
        yield


@pytest.fixture
def tracker(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """`tracker ARGUMENTS` in this process, in that folder."""
    return calling(capsys)
