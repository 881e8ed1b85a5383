"""What tests of several rooms share."""

from __future__ import annotations

import os

import pytest

from tests.support.phantoms import phantoms
from tests.support.postgres import postgres
from tests.support.radiographs import radiographs
from tests.support.servers import mlflow_server
from tests.support.workplace import one_thread, place_stays

__all__ = ["mlflow_server", "one_thread", "phantoms", "place_stays", "postgres", "radiographs"]

# What MLflow's own code warns of, by name: nothing here can mend it.
_WARNINGS_OF_MLFLOW = [
    "ignore:The ``noload`` loader strategy:DeprecationWarning",
    "ignore:.*Any type hint is inferred as AnyType:UserWarning",
]


def pytest_configure(config: pytest.Config) -> None:
    # Read when numpy is imported, which is before any fixture; the processes of `-n` are started after this.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    for line in _WARNINGS_OF_MLFLOW:
        config.addinivalue_line("filterwarnings", line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have to say also when they pass (`record_property("told", ...)`)."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", []) if hasattr(report, "when") else []:
                if name == "told" and report.when == "call":
                    terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {value}")
