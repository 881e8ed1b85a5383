"""What tests of several rooms share."""

from __future__ import annotations

from tests.servers import mlflow_server

__all__ = ["mlflow_server"]
