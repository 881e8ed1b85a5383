"""The service as it really runs; only `docker/check` asks for these tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stack import Stack, running_stack

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("TRACKER_SERVICE"):
        return
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.skip(reason="the service really runs in docker/check"))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack that the tests share, from images built now."""
    folder = tmp_path_factory.mktemp("service") / "docker"
    with running_stack(folder, f"tracker-check-{os.getpid()}") as stack:
        yield stack
