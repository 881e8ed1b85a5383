"""What tests of several rooms share."""

from __future__ import annotations

import pytest

from tests.servers import mlflow_server

__all__ = ["mlflow_server"]

# What MLflow's own code warns of, by name: nothing here can mend it.
_WARNINGS_OF_MLFLOW = [
    "ignore:The ``noload`` loader strategy:DeprecationWarning",
    "ignore:.*Any type hint is inferred as AnyType:UserWarning",
]


def pytest_configure(config: pytest.Config) -> None:
    for line in _WARNINGS_OF_MLFLOW:
        config.addinivalue_line("filterwarnings", line)
