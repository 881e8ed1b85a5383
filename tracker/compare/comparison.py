"""What a comparison comes back as: its table in every format, its trials, and its figures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from tracker.compare.render.formats import render
from tracker.compare.table import Table
from tracker.compare.trials import TrialsByStudy


@dataclass(frozen=True, repr=False)
class Comparison:
    """A comparison of modes, model by model; as text it is the table.

    Attributes:
        table: The table, with the runs behind it and those that are not in it.
        trials: The trials of tuned arms, by study; None where they were not asked for.
    """

    table: Table
    trials: TrialsByStudy | None = None

    def render(self, format: str = "table", *, width: int = 80) -> str:
        """Return it in a format, ending with a line break.

        Args:
            format: table, markdown, csv, json, latex or html.
            width: The widest line of the format `table`, in characters.

        Raises:
            UsageError: There is no such format, or it has no room for trials.
        """
        return render(self.table, format, width=width, trials=self.trials)

    def write_figures(self, folder: Path | str) -> list[Path]:
        """Write loss and accuracy curves as PNG and SVG, and return the files.

        Args:
            folder: Where they go; it is made where it is not there.

        Raises:
            ComparisonError: The comparison was made without curves, or the folder cannot be written.
        """
        # A table alone does not wait for matplotlib.
        from tracker.figures.curve_files import write_curves

        return write_curves(self.table.selection.runs, Path(folder))

    def __repr__(self) -> str:
        return self.render()

    def _repr_markdown_(self) -> str:
        """Return what a notebook shows: the table, which has no room for trials there."""
        return replace(self, trials=None).render("markdown")
