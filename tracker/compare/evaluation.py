"""What trained networks reach on an external data set: each of them, and the arms that they are of."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING

from tracker.compare.arm_findings import ArmFindings, arm_findings
from tracker.compare.elsewhere import as_asked_elsewhere
from tracker.compare.evidence import gather
from tracker.records import Arm, EpochKind, HeldOut, Prediction, RunRecord

if TYPE_CHECKING:
    from tracker.compare.view import View

_AT: EpochKind = "final"


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What one trained network reaches on an external data set.

    Attributes:
        asked: How the user named it.
        run: The run that trained it; of a folder that names none, what its card says.
        model_id: MLflow's id of the network; empty of a folder.
        findings: Every measure, with its interval.
        loss: The mean cross-entropy of the external images.
        threshold: The finding's log-odds from which an image is called so; None where it is not known.
        predictions: What it answered to each image.
        is_new: Whether this was recorded now; None: it was recorded before.
    """

    asked: str
    run: RunRecord
    model_id: str
    findings: ArmFindings
    loss: float
    threshold: float | None
    predictions: Sequence[Prediction] = field(repr=False)
    is_new: bool = True


@dataclass(frozen=True, slots=True, repr=False)
class Evaluation:
    """What trained networks reach on an external data set.

    Attributes:
        name: What the data set is called.
        digest: What is in it: 64 hexadecimal digits.
        counts: How many images there are of each class, under the networks' names.
        patients: Of how many patients; images whose patient is not known are counted one by one.
        class_map: Which class of theirs is which of ours; empty: it was left out.
        left_out: Why an image was left out, by its id.
        models: The networks.
        arms: The arms of which several networks were asked: every measure of their mean.
        notes: What a reader should know, a line each.
    """

    name: str
    digest: str
    counts: Mapping[str, int]
    patients: int
    class_map: Mapping[str, str]
    left_out: Mapping[str, str]
    models: tuple[Evaluated, ...]
    arms: Mapping[Arm, ArmFindings]
    notes: tuple[str, ...]

    @property
    def view(self) -> View:
        """It as a table."""
        from tracker.compare.views.evaluated import evaluated_view

        return evaluated_view(self)

    def render(self, *, width: int = 80) -> str:
        """Return it as text for a terminal.

        Args:
            width: The widest line, in characters.
        """
        from tracker.compare.render.view_text import render_view_text

        return render_view_text(self.view, width=width)

    def __repr__(self) -> str:
        return self.render()


def findings_of(run: RunRecord, held_out: HeldOut) -> ArmFindings:
    """Return every measure of what one network answered to external images.

    Args:
        run: The run that trained it.
        held_out: What it answered; the part is `test`, the epoch `final`.
    """
    evidence = gather(as_asked_elsewhere([run]), {run.run_id: held_out}, at=_AT)
    (arm,) = evidence.arms.values()
    return arm_findings(arm)


def findings_of_arms(answered: Sequence[tuple[RunRecord, HeldOut]]) -> dict[Arm, ArmFindings]:
    """Return every measure of the arms of which several networks were asked, each another repetition.

    Args:
        answered: The runs, and what their networks answered to the same external images.
    """
    arms: dict[Arm, list[tuple[RunRecord, HeldOut]]] = defaultdict(list)
    for run, held_out in answered:
        arms[run.arm].append((run, held_out))
    found = {}
    for arm, several in arms.items():
        runs = [run for run, _ in several]
        if len({run.repetition for run in runs}) == len(runs) > 1:
            evidence = gather(
                as_asked_elsewhere(runs), {run.run_id: answers for run, answers in several}, at=_AT
            )
            found[arm] = arm_findings(evidence.arms[arm])
    return found


def loss_of(predictions: Sequence[Prediction]) -> float:
    """Return the mean cross-entropy of answers: how sure they were of what was not so, in nats."""
    return fmean(_softplus(-one.score(one.label)) for one in predictions)


def _softplus(x: float) -> float:
    """Return log(1 + exp(x)) without an overflow."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))
