"""The runs of experiments, page by page: MLflow stops after one page without a word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from mlflow.entities import Run

    from tracker.tracking.backend.client import MlflowClient

PAGE = 1000


def runs_by_page(
    client: MlflowClient,
    experiment_ids: Sequence[str],
    *,
    order: Literal["ASC", "DESC"],
    filter_string: str = "",
    page_size: int = PAGE,
    most_pages: int | None = None,
    view: int = 1,
) -> Iterator[Run]:
    """Yield the runs of experiments in the order of their start.

    Args:
        client: Where they are.
        experiment_ids: MLflow's ids.
        order: The first ones first, or the latest.
        filter_string: Which of them, as MLflow writes it.
        page_size: How many one answer brings.
        most_pages: Pages after which nothing more is asked for; None: all.
        view: MLflow's `ViewType`: those that are not deleted.

    Raises:
        OddAnswer: A page brings nothing new, and names a next one all the same: that would never end.
    """
    known: set[str] = set()
    token: str | None = None
    for _ in count() if most_pages is None else range(most_pages):
        page = client.search_runs(
            list(experiment_ids),
            filter_string=filter_string,
            run_view_type=view,
            max_results=page_size,
            # The second name keeps pages apart while runs are added.
            order_by=[f"attributes.start_time {order}", "attributes.run_id ASC"],
            page_token=token,
        )
        new = [run for run in page if run.info.run_id not in known]
        known |= {run.info.run_id for run in new}
        yield from new
        token = page.token
        if not token:
            return
        if not new:
            raise _endless()


def _endless() -> Exception:
    from tracker.tracking.backend.failures import OddAnswer

    return OddAnswer("it names one page of runs after the other, and they bring nothing new")
