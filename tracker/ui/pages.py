"""The pages of MLflow's UI that a person looks for: an experiment's runs as charts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from tracker.errors import TrackingError
from tracker.tracking.backend.client import reading
from tracker.tracking.backend.uri import describe
from tracker.ui.charts import VIEW_TAG, charts_address, view_value
from tracker.ui.keys import Keys, with_key

if TYPE_CHECKING:
    from mlflow.entities import Experiment

    from tracker.tracking.backend.client import MlflowClient

_LISTED = 10
_MADE_BY_MLFLOW = "Default"


@dataclass(frozen=True, slots=True)
class Page:
    """An experiment, and the address of its charts."""

    experiment: str
    address: str


@dataclass(frozen=True, slots=True)
class Pages:
    """What MLflow's UI has to show.

    Attributes:
        server: Its address.
        first: The experiment that was asked for, or tracked last; None where there is none yet.
        others: Other experiments, by name.
        left_out: How many more there are.
        ours: Whether the server was started by this command, and ends with it.
        problem: Why its experiments cannot be told; empty where they can.
        keys: What lets somebody in; None: it has no keys of ours.
    """

    server: str
    first: Page | None = None
    others: Sequence[Page] = ()
    left_out: int = 0
    ours: bool = False
    problem: str = ""
    keys: Keys | None = None

    @property
    def address(self) -> str:
        """What to open."""
        return self.with_key(self._bare)

    @property
    def address_once(self) -> str:
        """What to start a browser with: others can read that, so it opens the page once."""
        return with_key(self._bare, self.keys.once if self.keys else "")

    def with_key(self, address: str) -> str:
        """Return the address of a page as the terminal shows it.

        Args:
            address: The address without any key.
        """
        return with_key(address, self.keys.lasting if self.keys else "")

    @property
    def _bare(self) -> str:
        return self.first.address if self.first else self.server


def find_pages(uri: str, *, experiment: str | None = None, ours: bool) -> Pages:
    """Find the experiments of a server, and give them the view with the losses first.

    The view is written to the experiments of the user's own store, and to that one of a shared server that is
    shown; where it cannot be, MLflow's own order holds.

    Args:
        uri: The address of the server.
        experiment: The experiment to show first; None: the one that was tracked last.
        ours: Whether it serves the user's own store.

    Raises:
        TrackingError: The server does not answer, or there is no such experiment.
    """
    server = describe(uri)
    with reading(uri, experiment or "") as client:
        known = {entry.experiment_id: entry for entry in client.search_experiments()}
        if experiment and experiment not in {entry.name for entry in known.values()}:
            # One that this account may not read is in no list; asked for by name, the server says why.
            client.get_experiment_by_name(experiment)
        first = _named(known.values(), experiment) if experiment else _tracked_last(client, known)
        rest = sorted(
            (entry for entry in known.values() if entry is not first and entry.name != _MADE_BY_MLFLOW),
            key=lambda entry: entry.name,
        )
        return Pages(
            server,
            _page(client, server, first, write=True) if first else None,
            [_page(client, server, entry, write=ours) for entry in rest[: _LISTED - 1]],
            len(rest[_LISTED - 1 :]),
            ours=ours,
        )


def pages_text(pages: Pages) -> str:
    """Return what a terminal is told: the address to open, alone in its line, and the others.

    Args:
        pages: As `find_pages` returns them.
    """
    shown = f"the curves of {pages.first.experiment}" if pages.first else "no runs yet"
    end = "; Ctrl-C ends it" if pages.ours else ""
    closed = ["the key in the address keeps other accounts of this machine out"] if pages.keys else []
    if pages.problem:
        return (
            f"{pages.address}\nopen it in a browser (--open does); its experiments cannot be told here: "
            f"{pages.problem}"
        )
    lines = [pages.address, f"{shown}: open it in a browser (--open does){end}", *closed]
    if pages.others:
        width = max(cell_len(page.experiment) for page in pages.others)
        lines += ["", "other experiments"]
        lines += [
            f"  {set_cell_size(page.experiment, width)}  {pages.with_key(page.address)}"
            for page in pages.others
        ]
    if pages.left_out:
        lines.append(f"  and {pages.left_out} more: tracker ui --experiment NAME")
    return "\n".join(lines)


def _named(known: Iterable[Experiment], name: str) -> Experiment:
    by_name = {entry.name: entry for entry in known}
    if name in by_name:
        return by_name[name]
    names = sorted(by_name.keys() - {_MADE_BY_MLFLOW})
    raise TrackingError(
        f"experiment {name!r} must be in this store",
        but=f"those there are {', '.join(names[:_LISTED])}" if names else "there is none",
        do="Name one of them, or none: then it is the one that was tracked last.",
    )


def _tracked_last(client: MlflowClient, known: Mapping[str, Experiment]) -> Experiment | None:
    newest = client.search_runs(list(known), max_results=1, order_by=["attributes.start_time DESC"])
    return known[newest[0].info.experiment_id] if newest else None


def _page(client: MlflowClient, server: str, experiment: Experiment, *, write: bool) -> Page:
    has_view = _has_view(client, experiment, write=write)
    return Page(experiment.name, charts_address(server, experiment.experiment_id, view=has_view))


def _has_view(client: MlflowClient, experiment: Experiment, *, write: bool) -> bool:
    from tracker.tracking.backend.failures import FAILURES

    value = view_value()
    if experiment.tags.get(VIEW_TAG) == value or not write:
        return VIEW_TAG in experiment.tags
    try:
        client.set_experiment_tag(experiment.experiment_id, VIEW_TAG, value)
    except FAILURES:
        # Who may only read a shared server still sees the charts.
        return VIEW_TAG in experiment.tags
    return True
