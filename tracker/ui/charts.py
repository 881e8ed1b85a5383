"""The view of an experiment that `tracker ui` opens: curves by epoch, the losses first.

MLflow's runs page keeps named views in tags of the experiment, and an address can name one. Without a view
its charts are in alphabetical order: those of `best/...`, a point a run, stand above every curve.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

VIEW = "tracker"
"""What an address calls the view."""

VIEW_TAG = f"mlflow.sharedViewState.{VIEW}"
"""The tag of an experiment that holds it."""

_NAME = "Curves by epoch"
_CURVES = ("train/loss", "val/loss", "train/accuracy", "val/accuracy", "val/auroc")
# MLflow puts every other metric into the section that is named by what stands before the last slash.
_CLOSED = (
    *("train", "val", "test", "final/train", "final/val", "final/test"),
    *("best", "best/train", "best/val", "best/test"),
)
_LINE = {
    "type": "LINE",
    "deleted": False,
    "isGenerated": True,
    "lineSmoothness": 0,
    "scaleType": "linear",
    "xAxisScaleType": "linear",
    "range": {},
    "xAxisKey": "step",
    "selectedXAxisMetricKey": "",
    "yAxisKey": "metric",
    "yAxisExpressions": [],
    "ignoreOutliers": False,
    "useGlobalXaxisKey": True,
    "useGlobalLineSmoothing": True,
    "runsCountToCompare": 10,
}


def view_value() -> str:
    """Return what the tag says: the same text whenever and wherever it is asked for."""
    curves = _section(_NAME, opened=True)
    state = {
        "compareRunCharts": _charts(_CURVES, curves["uuid"]),
        "compareRunSections": [curves, *(_section(name, opened=False) for name in _CLOSED)],
        # The order of the sections is the one given here, and not the alphabet's.
        "isAccordionReordered": True,
        "runsHiddenMode": "SHOW_ALL",
    }
    return json.dumps({"name": _NAME, "createdAt": 0, "updatedAt": 0, "state": json.dumps(state)})


def charts_address(server: str, experiment_id: str, *, view: bool) -> str:
    """Return where MLflow shows an experiment's runs as charts, and not its pages for language models.

    Args:
        server: The address of MLflow's UI.
        experiment_id: MLflow's id of the experiment.
        view: Whether the experiment has the view.
    """
    query = "workflowType=machine_learning&compareRunsMode=CHART"
    named = f"&viewStateShareKey={VIEW}" if view else ""
    return f"{server.rstrip('/')}/#/experiments/{experiment_id}/runs?{query}{named}"


def _section(name: str, *, opened: bool) -> dict[str, Any]:
    return {"uuid": _id(f"section {name}"), "name": name, "display": opened, "isReordered": True}


def _charts(metrics: Sequence[str], section: str) -> list[dict[str, Any]]:
    return [
        {**_LINE, "uuid": _id(metric), "metricKey": metric, "displayName": metric, "metricSectionId": section}
        for metric in metrics
    ]


def _id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))
