"""Metrics by epoch of many runs at once; MLflow's client asks for one metric of one run after the other.

What MLflow's own pages ask with, and its SQL stores answer, is cut off after so many points without a word,
and a server or proxy may have fewer: what comes of a run counts if it reaches what the run says is its latest
value. Not every server has that address, or lets everyone use it: then each run is asked alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mlflow.utils.credentials import get_default_host_creds
from mlflow.utils.rest_utils import http_request

from tracker.records import Point
from tracker.tracking.backend.failures import FAILURES, OddAnswer
from tracker.tracking.backend.guard import guarded
from tracker.tracking.backend.patience import answered_in_time

if TYPE_CHECKING:
    from mlflow import MlflowClient

_ADDRESS = "/ajax-api/2.0/mlflow/metrics/get-history-bulk"
_MOST_POINTS = 25_000
# A server takes 100, but some take no line of a request that is longer than 4,094 bytes.
_MOST_RUNS = 80


class _Logged(NamedTuple):
    """One value of a metric, as MLflow has it."""

    run_id: str
    step: int
    timestamp: int
    value: float


class Latest(NamedTuple):
    """Where the latest value of a metric stands.

    Attributes:
        step: Its epoch.
        timestamp: When it was logged, milliseconds since 1970.
    """

    step: int
    timestamp: int


_Ask = Callable[[Sequence[str], str], list[_Logged]]


class Histories:
    """Reads metrics by epoch of runs.

    Args:
        client: Of a store or server that answers.
        uri: Its address, as `resolve_uri` gives it.
    """

    def __init__(self, client: MlflowClient, uri: str) -> None:
        self._client = client
        self._ask: _Ask | None = _asking_server(uri) if uri.startswith("http") else _asking_store(client)

    def of(self, latest: Mapping[str, Latest], metric: str) -> dict[str, list[Point]]:
        """Return the values of a metric by epoch, by run.

        Of two values of one epoch the later one counts, as for MLflow's own latest value.

        Args:
            latest: What runs that have it say is its latest value, by MLflow's ids of them.
            metric: The metric's name.

        Raises:
            Exception: One of FAILURES: they cannot be read.
        """
        run_ids = list(latest)
        together: dict[str, list[_Logged]] = {}
        for start in range(0, len(run_ids), _MOST_RUNS):
            for logged in self._together(run_ids[start : start + _MOST_RUNS], metric):
                together.setdefault(logged.run_id, []).append(logged)
        whole = {run_id: found for run_id, found in together.items() if _reaches(found, latest.get(run_id))}
        return {run_id: _by_step(whole.get(run_id) or self._alone(run_id, metric)) for run_id in run_ids}

    def _together(self, run_ids: Sequence[str], metric: str) -> list[_Logged]:
        """Ask for several runs at once; a run of which nothing comes back is to be asked for alone."""
        if self._ask is None or len(run_ids) < 2:
            return []
        try:
            with guarded():
                found = self._ask(run_ids, metric)
        except FAILURES:
            self._ask = None
            return []
        if len(found) < _MOST_POINTS:
            return found
        half = len(run_ids) // 2
        return self._together(run_ids[:half], metric) + self._together(run_ids[half:], metric)

    def _alone(self, run_id: str, metric: str) -> list[_Logged]:
        found = self._client.get_metric_history(run_id, metric)
        return [_Logged(run_id, point.step, point.timestamp, point.value) for point in found]


def _reaches(logged: Iterable[_Logged], latest: Latest | None) -> bool:
    return latest is not None and max(Latest(one.step, one.timestamp) for one in logged) >= latest


def _by_step(logged: Iterable[_Logged]) -> list[Point]:
    latest = {point.step: point.value for point in sorted(logged, key=lambda p: (p.step, p.timestamp))}
    return [Point(step, value) for step, value in latest.items()]


def _asking_server(uri: str) -> _Ask:
    account = get_default_host_creds(uri)  # type: ignore[no-untyped-call]

    def ask(run_ids: Sequence[str], metric: str) -> list[_Logged]:
        question = {"run_id": list(run_ids), "metric_key": metric, "max_results": _MOST_POINTS}
        response = answered_in_time(
            lambda: http_request(account, _ADDRESS, "GET", params=question, max_retries=0)  # type: ignore[no-untyped-call]
        )
        if not response.ok:
            raise OddAnswer(f"it answers {response.status_code}")
        return [
            _Logged(str(one["run_id"]), int(one["step"]), int(one["timestamp"]), float(one["value"]))
            for one in response.json()["metrics"]
        ]

    return ask


def _asking_store(client: MlflowClient) -> _Ask | None:
    # A private name: the public client has no way to ask for several runs.
    ask_all = getattr(client._tracking_client.store, "get_metric_history_bulk", None)
    if ask_all is None:
        return None

    def ask(run_ids: Sequence[str], metric: str) -> list[_Logged]:
        found = (one.to_dict() for one in ask_all(list(run_ids), metric, _MOST_POINTS))
        return [_Logged(one["run_id"], one["step"], one["timestamp"], one["value"]) for one in found]

    return ask
