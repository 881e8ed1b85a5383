"""What trained networks reach on an external data set: each of them, and the arms that they are of."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean

from tracker.compare.arm_findings import ArmFindings, arm_findings
from tracker.compare.elsewhere import as_asked_elsewhere
from tracker.compare.evidence import gather
from tracker.compare.together import differences
from tracker.records import Arm, EpochKind, HeldOut, Prediction, RunRecord

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
        is_new: Whether this was recorded now; else a run with these numbers was recorded before.
    """

    asked: str
    run: RunRecord
    model_id: str
    findings: ArmFindings
    loss: float
    threshold: float | None
    predictions: Sequence[Prediction] = field(repr=False)
    is_new: bool = True


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

    Networks that were trained in several ways have no mean: it would be of no arm.

    Args:
        answered: The runs, and what their networks answered to the same external images.
    """
    arms: dict[Arm, list[tuple[RunRecord, HeldOut]]] = defaultdict(list)
    for run, held_out in answered:
        arms[run.arm].append((run, held_out))
    found = {}
    for arm, several in arms.items():
        runs = [run for run, _ in several]
        if len({run.repetition for run in runs}) == len(runs) > 1 and not differences(runs):
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
