"""What a comparison comes back as: its table in every format, its verdict, its trials, and its figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.compare.render.conclusions import headline
from tracker.compare.render.formats import render
from tracker.compare.render.method_notes import interval_words
from tracker.compare.render.notes import unsent_note
from tracker.compare.table import Table
from tracker.compare.trials import TrialsByStudy
from tracker.compare.view import View
from tracker.figures.labels import order_models
from tracker.records import Arm, NotSent

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from tracker.compare.findings import Findings
    from tracker.compare.verdict import Overall, Verdict
    from tracker.figures.arms import DrawnArm


@dataclass(frozen=True, repr=False)
class Comparison:
    """A comparison of modes, model by model; as text it is the table and the verdict.

    Attributes:
        results: The cells, with the runs behind them and those that are not among them.
        findings: What the stored answers of the networks say: intervals, tests and verdicts; None where the
            metric is none of test images.
        trials: The trials of tuned arms, by study; None where they were not asked for.
        views: What was asked for beside them: `paper`, `depth`, `curve`, `external`. With a curve, the
            rest is of the largest share of the training part.
    """

    results: Table
    findings: Findings | None = None
    trials: TrialsByStudy | None = None
    views: Mapping[str, View] = field(default_factory=dict)

    @property
    def table(self) -> pd.DataFrame:
        """One row an arm and measure: mean, standard deviation over seeds, and intervals."""
        import pandas as pd

        from tracker.compare.rows import arm_rows

        return pd.DataFrame(list(arm_rows(self.results, self.findings)))

    @property
    def pairs(self) -> pd.DataFrame:
        """One row a pair of modes of one model: difference, interval, every test, verdict."""
        import pandas as pd

        from tracker.compare.rows import pair_rows

        return pd.DataFrame(list(pair_rows(self.findings)))

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdicts on feature extractor and fine-tuning, one a model; empty where there is none."""
        return self.findings.main if self.findings is not None else ()

    @property
    def verdict(self) -> Overall | None:
        """The verdict over all models; None where there is none."""
        return self.findings.overall if self.findings is not None else None

    @property
    def unsent(self) -> NotSent:
        """What of the experiment this machine has not sent to MLflow yet: the table is without it."""
        return self.results.selection.unsent

    def render(self, format: str = "table", *, width: int = 80, details: bool = False) -> str:
        """Return it in a format, ending with a line break.

        Args:
            format: table, markdown, csv, json, latex or html.
            width: The widest line of the format `table`, in characters.
            details: Whether every measure of every arm and every test follow; csv and json have them anyway.

        Raises:
            UsageError: There is no such format, or it has no room for trials, details or several views.
        """
        return render(
            self.results,
            format,
            width=width,
            trials=self.trials,
            findings=self.findings,
            details=details,
            views=tuple(self.views.values()),
        )

    def plot(self) -> Figure:
        """Draw each arm's value with its interval, the models side by side."""
        from tracker.figures.arms import arms_figure

        return arms_figure(
            self._drawn(),
            metric=self.results.metric,
            note=self._note(),
            synthetic=self.results.selection.is_synthetic,
        )

    def write_figures(self, folder: Path | str) -> list[Path]:
        """Write the arms with their intervals, the views, reliability, and curves, as PNG and SVG.

        Of each model there is a reliability diagram, its modes side by side, where their answers are stored.

        Args:
            folder: Where they go; it is made where it is not there.

        Returns:
            The files.

        Raises:
            ComparisonError: The comparison was made without curves, or the folder cannot be written.
        """
        # A table alone does not wait for matplotlib.
        from tracker.figures.curve_files import write_curves, write_figure

        curves = write_curves(self.results.selection.runs, Path(folder))
        metric = self.results.metric
        figures = {f"{metric}.arms": self.plot()}
        figures |= {f"{metric}.{name}": view.plot() for name, view in self.views.items()}
        figures |= self._reliability()
        written = (write_figure(figure, Path(folder), name) for name, figure in figures.items())
        return [*(path for some in written for path in some), *curves]

    def _reliability(self) -> dict[str, Figure]:
        from tracker.compare.reliability import reliability_of_modes

        answers = self.findings.answers if self.findings is not None else {}
        synthetic = self.results.selection.is_synthetic
        return {
            f"reliability.{model}": reliability_of_modes(answers, model, synthetic=synthetic)
            for model in order_models(arm.model for arm in answers)
        }

    def _note(self) -> str:
        """Return what stands under a figure: the verdict, and what its intervals hold."""
        said = [unsent_note(self.results).removesuffix(".")]
        said += [f"Verdict: {headline(self.verdict)}" if self.verdict is not None else ""]
        said.append(interval_words(self.findings) if self.findings is not None else "")
        return ". ".join(filter(None, said))

    def _drawn(self) -> list[DrawnArm]:
        from tracker.figures.arms import DrawnArm

        drawn = []
        for mode, model, cell in self.results.by_arm():
            interval = self.findings.interval_of(Arm(model, mode)) if self.findings else None
            low, high = interval or (None, None)
            drawn.append(DrawnArm(model, mode, cell.mean, low, high))
        return drawn

    def __repr__(self) -> str:
        return self.render()

    def _repr_markdown_(self) -> str:
        """Return what a notebook shows: the table, which has no room for trials there."""
        return replace(self, trials=None).render("markdown")
