"""Runs as MLflow would give them back."""

from __future__ import annotations

from tests.support.records import make_predictions, make_run, make_study, reference_runs

__all__ = ["make_predictions", "make_run", "make_study", "reference_runs"]
