"""What a model card tells of a run, put together from what MLflow holds of it."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tracker.compare.arm_findings import ArmFindings, arm_findings
from tracker.compare.evidence import gather
from tracker.compare.selection import Selection
from tracker.records import PARTS, SPLIT_TABLE, HeldOut, Part, RunRecord
from tracker.tracking.backend.held_out import read_held_out, read_table

_FOLDS = ("folds", "fold", "repeat")


@dataclass(frozen=True, slots=True)
class PartFacts:
    """The images of one part of the split.

    Attributes:
        classes: How many images there are of each class.
        patients: Of how many patients; None where that is not known.
    """

    classes: Mapping[str, int]
    patients: int | None

    @property
    def images(self) -> int:
        """How many images there are."""
        return sum(self.classes.values())


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a run besides its record.

    Attributes:
        parts: The images of each part; empty where the run does not say.
        measured: The measures of the network of the last epoch, by part; a part without answers is not there.
    """

    parts: Mapping[Part, PartFacts]
    measured: Mapping[Part, ArmFindings]


def facts_of(uri: str, run: RunRecord) -> Facts:
    """Read what a run stored of its images and of what its network answered to them.

    Args:
        uri: As `resolve_uri` gives it.
        run: The run.

    Raises:
        TrackingError: The server does not answer, or an artifact is not what the run stored.
    """
    held_out = read_held_out(uri, [run]).get(run.run_id)
    parts: tuple[Part, ...] = ("val", "test") if held_out is not None else ()
    measured = {
        part: found
        for part in parts
        if held_out is not None and (found := _measured(run, held_out, part)) is not None
    }
    return Facts(_parts(read_table(uri, run, SPLIT_TABLE)), measured)


def _parts(table: str | None) -> dict[Part, PartFacts]:
    rows = list(csv.DictReader(io.StringIO(table or "", newline="")))
    found: dict[Part, PartFacts] = {}
    for part in PARTS:
        its = [row for row in rows if row.get("part") == part]
        patients = {row["patient"] for row in its if row.get("patient")}
        known = all(row.get("patient") for row in its)
        found[part] = PartFacts(Counter(row["label"] for row in its), len(patients) if known else None)
    return found if rows else {}


def _measured(run: RunRecord, held_out: HeldOut, part: Part) -> ArmFindings | None:
    """Return the measures of one part, alone; of validation images without what was chosen by them."""
    kept = ("val", "test") if part == "test" else ("val",)
    asked = [
        replace(one, part="test") if one.part == part else one
        for one in held_out.predictions
        if one.part in kept
    ]
    # One network answers for itself, also where it is that of a fold.
    alone = replace(run, params={name: value for name, value in run.params.items() if name not in _FOLDS})
    only = Selection((alone,), (), run.tags.get("tracker.split_digest", ""))
    evidence = gather(only, {run.run_id: HeldOut(asked, held_out.patients)}, at="final")
    return arm_findings(evidence.arms[run.arm]) if run.arm in evidence.arms else None
