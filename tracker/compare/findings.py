"""What the stored answers of a table's networks say: of each arm, of each pair, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from tracker.compare.arm_findings import ArmFindings, Finding, arm_findings
from tracker.compare.evidence import Evidence, gather
from tracker.compare.pairs import Pair, compare_pair
from tracker.compare.statistics.answers import Answers
from tracker.compare.statistics.intervals import Interval
from tracker.compare.statistics.measures import MEASURES
from tracker.compare.table import MINUEND, SUBTRAHEND, Table
from tracker.compare.verdict import Overall, Verdict, overall, verdicts_of
from tracker.figures.labels import order_arms
from tracker.records import Arm, HeldOut

_TEST = "test/"
_CHECKED_AGAINST = {"accuracy": "auroc", "auroc": "accuracy"}


@dataclass(frozen=True, eq=False)
class Findings:
    """What the stored answers of a table's networks say.

    Attributes:
        measure: The measure of the table, such as accuracy.
        arms: Each arm's measures.
        missing: Why an arm is not among them.
        main: The verdicts on feature extractor and fine-tuning, one a model.
        further: The verdicts on all other pairs of modes; a family of their own for Holm's correction.
        overall: The verdict over all models; None where no model has the two modes.
        answers: What each arm answered, image by image.
    """

    measure: str
    arms: Mapping[Arm, ArmFindings]
    missing: Mapping[Arm, str]
    main: tuple[Verdict, ...]
    further: tuple[Verdict, ...]
    overall: Overall | None
    answers: Mapping[Arm, Answers] = field(default_factory=dict)

    def of(self, arm: Arm) -> Finding | None:
        """Return the table's measure of an arm; None where it is not known."""
        return self.arms[arm].measures.get(self.measure) if arm in self.arms else None

    def interval_of(self, arm: Arm) -> Interval | None:
        """Return the interval that a table shows of an arm; None where there is none."""
        found = self.of(arm)
        return found.interval if found is not None else None

    def main_of(self, model: str) -> Verdict | None:
        """Return the verdict on feature extractor and fine-tuning of a model."""
        return next((verdict for verdict in self.main if verdict.pair.model == model), None)


def measure_of_metric(metric: str) -> str | None:
    """Return the measure that answers to test images give of a metric; None for losses and other parts.

    Args:
        metric: Such as `test/accuracy`.
    """
    name = metric.removeprefix(_TEST)
    return name if metric != name and name in MEASURES else None


def find(table: Table, held_out: Mapping[str, HeldOut]) -> Findings | None:
    """Find out what the answers say about a table.

    Args:
        table: The table.
        held_out: What its runs answered, by run id.

    Returns:
        None where the table's metric is none of test images.

    Raises:
        ComparisonError: The runs do not agree about an image's class.
    """
    measure = measure_of_metric(table.metric)
    if measure is None:
        return None
    evidence = gather(table.selection, held_out, at=table.at)
    arms = {arm: arm_findings(known) for arm, known in evidence.arms.items()}
    main, further = _families(evidence)
    decided = [_decide(evidence, family, measure) for family in (main, further)]
    return Findings(
        measure=measure,
        arms=arms,
        missing=evidence.missing,
        main=tuple(decided[0]),
        further=tuple(decided[1]),
        overall=overall(decided[0]) if decided[0] else None,
        answers={arm: known.answers for arm, known in evidence.arms.items()},
    )


def _families(evidence: Evidence) -> tuple[list[tuple[Arm, Arm]], list[tuple[Arm, Arm]]]:
    """Return the pairs that are the question, and all others.

    Another mode in a table leaves the correction of the question as it is.
    """
    pairs = list(_pairs(evidence))
    main = [pair for pair in pairs if (pair[0].mode, pair[1].mode) == (MINUEND, SUBTRAHEND)]
    return main, [pair for pair in pairs if pair not in main]


def _pairs(evidence: Evidence) -> Iterator[tuple[Arm, Arm]]:
    ordered = order_arms(evidence.arms)
    yield from (pair for pair in combinations(ordered, 2) if pair[0].model == pair[1].model)


def _decide(evidence: Evidence, family: list[tuple[Arm, Arm]], measure: str) -> list[Verdict]:
    pairs = _compared(evidence, family, measure)
    against = _CHECKED_AGAINST.get(measure)
    others = _compared(evidence, family, against) if against is not None else []
    return verdicts_of(pairs, higher_is_better=MEASURES[measure].higher_is_better, others=others)


def _compared(evidence: Evidence, family: list[tuple[Arm, Arm]], measure: str) -> list[Pair]:
    found = (
        compare_pair(
            first.model, (first.mode, second.mode), (evidence.arms[first], evidence.arms[second]), measure
        )
        for first, second in family
    )
    return [pair for pair in found if pair is not None]
