"""Trained networks on an external data set beside their own test images: which mode travels better."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tracker.compare.evidence import Evidence, Repetition, gather
from tracker.compare.findings import Findings, find
from tracker.compare.selection import Selection
from tracker.compare.settings import oldest_first
from tracker.compare.statistics.bootstrap import PairedSpread
from tracker.compare.statistics.drops import BothPlaces, difference_of_drops, drop_of
from tracker.compare.statistics.holm import holm
from tracker.compare.statistics.intervals import Interval
from tracker.compare.table import MINUEND, SUBTRAHEND, Table
from tracker.compare.verdict import ALPHA
from tracker.figures.labels import natural_key, order_models
from tracker.records import EVALUATION, Arm, EpochKind, HeldOut, RunRecord

DATA_NAME, DATA_DIGEST = "tracker.external_name", "tracker.external_digest"
"""The tags of an evaluation that say what the external data set is called, and what is in it."""

CLASS_MAP, THRESHOLD = "tracker.class_map", "tracker.threshold"
"""The tags that say, as JSON, which class of theirs is which of ours; and from which log-odds of the finding
an image was called so."""

EVALUATED_UID, EVALUATED_ID = "tracker.evaluated_run_uid", "tracker.evaluated_run_id"
MODEL_ID = "tracker.model_id"
"""The tags that name the run that trained the network, and MLflow's id of the network."""


@dataclass(frozen=True, slots=True)
class ExternalData:
    """An external data set.

    Attributes:
        name: What it is called.
        digest: What is in it: images, labels as they were mapped, patients.
        class_map: Which class of theirs is which of ours; empty: they have the same names.
    """

    name: str
    digest: str
    class_map: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Travel:
    """How two modes of one model fare elsewhere.

    Attributes:
        model: The model.
        difference: How much more feature extractor loses there than fine-tuning.
        interval: The interval of that difference, the widest one; None where there is none.
        p: Its p-value; None where there is none.
        adjusted_p: The same after Holm's correction over the models.
        better: The mode that is established to lose less; empty where none is.
    """

    model: str
    difference: float
    interval: Interval | None
    p: float | None
    adjusted_p: float | None
    better: str


@dataclass(frozen=True, eq=False)
class Elsewhere:
    """What the networks of a table answered to one external data set.

    Attributes:
        data: The data set.
        runs: The runs whose networks were asked.
        here: What the same networks say of their own test images.
        there: What they say of the external images.
        drops: How much worse each arm is there: positive where it is.
        travels: Of each model that has both modes, which one loses less.
        unasked: The runs of the table that stored a network and were not asked.
    """

    data: ExternalData
    runs: tuple[RunRecord, ...]
    here: Findings | None
    there: Findings | None
    drops: Mapping[Arm, PairedSpread]
    travels: tuple[Travel, ...]
    unasked: tuple[RunRecord, ...]

    def travel_of(self, model: str) -> Travel | None:
        """Return what is known of the drops of the two modes of a model."""
        return next((one for one in self.travels if one.model == model), None)


def is_evaluation(run: RunRecord) -> bool:
    """Say whether a run is what a network answered to external images, and has ended well."""
    return run.tags.get("tracker.kind") == EVALUATION and run.status == "FINISHED"


def evaluations_of(runs: Sequence[RunRecord], chosen: Sequence[RunRecord]) -> list[RunRecord]:
    """Return the evaluations of some runs: of each run and data set the newest.

    Args:
        runs: All runs of an experiment.
        chosen: The runs whose networks were asked.
    """
    known = {run.run_id for run in chosen}
    newest: dict[tuple[str, str], RunRecord] = {}
    for run in oldest_first(run for run in runs if is_evaluation(run)):
        if (asked := run.tags.get(EVALUATED_ID, "")) in known:
            newest[asked, run.tags.get(DATA_DIGEST, "")] = run
    return list(newest.values())


def external_data(evaluation: RunRecord) -> ExternalData:
    """Return the data set of an evaluation."""
    tags = evaluation.tags
    return ExternalData(tags[DATA_NAME], tags[DATA_DIGEST], json.loads(tags.get(CLASS_MAP, "{}")))


def compare_elsewhere(
    table: Table,
    evaluations: Sequence[RunRecord],
    answers: Mapping[str, HeldOut],
    findings: Findings | None = None,
    with_network: Sequence[str] = (),
) -> list[Elsewhere]:
    """Put what networks answered elsewhere beside their own test images, a data set at a time.

    Args:
        table: The table of the study, of a measure of test images.
        evaluations: As `evaluations_of` returns them.
        answers: What the runs of the table, and the evaluations, answered, by run id.
        findings: What is known of the table already; None: it is found out.
        with_network: The ids of the runs of the table that stored a network.

    Returns:
        By name of the data sets, those of one name the newest last.
    """
    sets: dict[str, list[RunRecord]] = defaultdict(list)
    for run in oldest_first(evaluations):
        sets[run.tags[DATA_DIGEST]].append(run)
    found = [_one_set(table, several, answers, findings, with_network) for several in sets.values()]
    return sorted(found, key=lambda one: natural_key(one.data.name))


def _one_set(
    table: Table,
    evaluations: Sequence[RunRecord],
    answers: Mapping[str, HeldOut],
    findings: Findings | None,
    with_network: Sequence[str],
) -> Elsewhere:
    by_asked = {run.tags[EVALUATED_ID]: run for run in evaluations}
    asked = [run for run in table.selection.runs if run.run_id in by_asked]
    held_out = {run.run_id: _elsewhere_of(by_asked[run.run_id], answers) for run in asked}
    here_table = replace(table, selection=Selection(tuple(asked), (), table.selection.split_digest))
    there_table = replace(table, selection=as_asked_elsewhere(asked))
    here = gather(here_table.selection, answers, at=table.at)
    there = gather(there_table.selection, held_out, at=table.at)
    arms = _both_places(asked, here, there)
    measure = table.metric.rpartition("/")[2]
    drops = {arm: drop for arm, both in arms.items() if (drop := drop_of(both, measure)) is not None}
    return Elsewhere(
        external_data(evaluations[-1]),
        tuple(asked),
        findings if len(asked) == len(table.selection.runs) and findings else find(here_table, answers),
        find(there_table, held_out),
        drops,
        tuple(_travels(arms, measure)),
        tuple(run for run in table.selection.runs if run.run_id in with_network and run not in asked),
    )


def beside_validation(
    external: HeldOut,
    own: HeldOut | None,
    threshold: float | None,
    temperature: float | None = None,
    *,
    at: EpochKind = "final",
) -> HeldOut:
    """Return answers to external images beside those that choose threshold and temperature.

    Args:
        external: What a network answered to external images.
        own: What its run answered to the images of its study; None: that is not known.
        threshold: From which log-odds of the finding an image is called so; None: as validation chooses it.
        temperature: What logits are divided by; None: as validation gives it.
        at: The epoch whose network answered.
    """
    known = own.predictions if own is not None else ()
    validated = [one for one in known if one.part == "val" and one.epoch_kind == at]
    return HeldOut([*validated, *external.predictions], external.patients, threshold, temperature)


def _elsewhere_of(evaluation: RunRecord, answers: Mapping[str, HeldOut]) -> HeldOut:
    """Return what was answered, with the threshold that the evaluation was made at."""
    told = evaluation.tags.get(THRESHOLD)
    own = answers.get(evaluation.tags[EVALUATED_ID])
    return beside_validation(answers[evaluation.run_id], own, float(told) if told is not None else None)


def as_asked_elsewhere(runs: Sequence[RunRecord]) -> Selection:
    """Return runs as those that answered external images: there, a fold's network answers all of them.

    Args:
        runs: Runs of arms, each with a repetition of its own.
    """
    return Selection(tuple(map(_without_folds, runs)), (), "")


def _without_folds(run: RunRecord) -> RunRecord:
    if "fold" not in run.params:
        return run
    kept = {name: value for name, value in run.params.items() if name not in ("fold", "folds", "repeat")}
    return replace(run, params=kept | {"seed": run.repetition})


def _both_places(runs: Sequence[RunRecord], here: Evidence, there: Evidence) -> dict[Arm, BothPlaces]:
    places = {}
    for arm in [arm for arm in here.arms if arm in there.arms]:
        own, other = here.arms[arm], there.arms[arm]
        homes = {_without_folds(run).params["seed"]: _repetition(run) for run in runs if run.arm == arm}
        networks = [
            [place for place, asked in enumerate(other.repetitions) if homes[asked.seed] == one]
            for one in own.repetitions
        ]
        if all(networks):
            places[arm] = BothPlaces(own.answers, other.answers, networks)
    return places


def _repetition(run: RunRecord) -> Repetition:
    return Repetition(run.params["seed"], run.params.get("repeat", "0"))


def _travels(arms: Mapping[Arm, BothPlaces], measure: str) -> list[Travel]:
    models = [model for model in order_models(arm.model for arm in arms) if _has_both(arms, model)]
    spreads = {
        model: spread
        for model in models
        if (spread := difference_of_drops(arms[Arm(model, MINUEND)], arms[Arm(model, SUBTRAHEND)], measure))
    }
    known = {model: p for model, spread in spreads.items() if (p := _p(spread)) is not None}
    adjusted = holm(known)
    return [_travel(model, spread, adjusted.get(model)) for model, spread in spreads.items()]


def _has_both(arms: Mapping[Arm, BothPlaces], model: str) -> bool:
    return Arm(model, MINUEND) in arms and Arm(model, SUBTRAHEND) in arms


def _p(spread: PairedSpread) -> float | None:
    return spread.p_patients if spread.both is None else spread.p_both


def widest(spread: PairedSpread) -> Interval | None:
    """Return the interval that holds patients and seeds; of one training each, that of patients."""
    return spread.both or spread.patients


def _travel(model: str, spread: PairedSpread, adjusted: float | None) -> Travel:
    interval = widest(spread)
    established = (
        adjusted is not None and adjusted <= ALPHA and interval is not None and not interval.covers_zero
    )
    better = (SUBTRAHEND if spread.estimate > 0 else MINUEND) if established else ""
    return Travel(model, spread.estimate, interval, _p(spread), adjusted, better)
