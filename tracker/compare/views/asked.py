"""Which further views of a comparison are asked for, and what they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tracker.compare.choices import select_or_offer
from tracker.compare.elsewhere import Elsewhere
from tracker.compare.selection import Selection
from tracker.compare.shares import select_shares
from tracker.compare.view import View
from tracker.compare.views.curve import Tables, curve_view
from tracker.compare.views.depth import depth_view
from tracker.compare.views.external import external_view, refuse_other_than_test
from tracker.compare.views.paper import paper_view, refuse_other_metrics
from tracker.records import EpochKind, RunRecord


@dataclass(frozen=True, slots=True)
class Asked:
    """The views that are asked for.

    Attributes:
        paper: Published numbers beside the user's own.
        depth: The metric against freeze depth.
        curve: The metric against the number of training patients.
        external: The networks on external data sets beside their own test images.
    """

    paper: bool = False
    depth: bool = False
    curve: bool = False
    external: bool = False

    def check(self, metric: str, at: EpochKind) -> None:
        """Refuse what cannot be, before runs are read.

        Raises:
            UsageError: Nothing was published of this metric or epoch, or networks are not asked for it.
        """
        if self.paper:
            refuse_other_metrics(metric, at)
        if self.external:
            refuse_other_than_test(metric, at)

    def select(
        self, runs: Sequence[RunRecord], *, split: str | None, where: Sequence[str]
    ) -> list[Selection]:
        """Choose the runs of the comparison, as `select_or_offer` does; for a curve those of each share.

        Args:
            runs: All runs of an experiment.
            split: The beginning of the digest of the split to compare on.
            where: Conditions on the runs' parameters.

        Returns:
            The selections; the last one is that of the comparison itself.
        """
        if self.curve:
            return select_shares(runs, split=split, where=where)
        return [select_or_offer(runs, split=split, where=where)]

    def views(
        self, tables: Tables, elsewhere: Sequence[Elsewhere] = (), experiment: str = ""
    ) -> dict[str, View]:
        """Return the views, by name.

        Args:
            tables: The table of each selection, and what the answers of its networks say.
            elsewhere: What the networks of the last table answered to external data sets.
            experiment: MLflow's experiment.

        Raises:
            ComparisonError: The runs have not what a view needs.
        """
        table, findings = tables[-1]
        found = [
            paper_view(table, findings) if self.paper else None,
            depth_view(table, findings) if self.depth else None,
            curve_view(tables) if self.curve else None,
            external_view(table, elsewhere, experiment) if self.external else None,
        ]
        return {view.name: view for view in found if view is not None}
