from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.served import Served, serving, tiny_model


@pytest.fixture(scope="package")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("served") / "model")


@pytest.fixture(scope="package")
def served(model: Path) -> Iterator[Served]:
    """One server for what keeps its limits."""
    with serving(model, max_bytes=2_000_000, max_images=8, max_pixels=1_000_000) as served:
        yield served
