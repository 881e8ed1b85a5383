"""Which study each arm of a plan has, and which earlier one tuned it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tracker.errors import TuningError
from tracker.plan import Prepared
from tracker.recipe import Recipe, digest_of
from tracker.search import SEARCHABLE
from tracker.tracking.home import tracker_home
from tracker.tuned import Tuned
from tracker.tuning.found import FoundStudy, find_studies
from tracker.tuning.spec import StudySpec

STUDIES = "studies.db"


@dataclass(frozen=True)
class StudyPlan:
    """The study of one arm.

    Attributes:
        base: The arm's recipe; trials differ from it in what is searched.
        spec: The study.
    """

    base: Recipe
    spec: StudySpec


def storage_of(prepared: Prepared) -> str:
    """Return the address of the database that holds the studies."""
    return prepared.plan.options.study_storage or f"sqlite:///{tracker_home() / STUDIES}"


def plan_studies(prepared: Prepared) -> list[StudyPlan]:
    """Return the study of each arm, in the order of the plan."""
    options = prepared.plan.options
    assert options.tune is not None
    return [
        StudyPlan(
            base,
            StudySpec(
                name=f"{options.experiment_name}/{base.model}/{base.mode}/{digest_of(attributes)[:10]}",
                storage=storage_of(prepared),
                direction="minimize" if options.objective == "val/loss" else "maximize",
                trials=options.tune,
                space=options.space(base.mode),
                epochs=base.epochs,
                seed=options.study_seed,
                sampler=options.sampler,
                pruner=options.pruner,
                attributes=attributes,
            ),
        )
        for base in _bases(prepared)
        for attributes in [_attributes(prepared, base)]
    ]


def find_tuned(prepared: Prepared) -> dict[tuple[str, str], Tuned]:
    """Return what the latest study of each arm found.

    Raises:
        TuningError: If an arm has none; all of them are named.
    """
    found = {base.arm: _latest(prepared, base) for base in _bases(prepared)}
    missing = [" ".join(arm) for arm, tuned in found.items() if tuned is None]
    if missing:
        experiment = prepared.plan.options.experiment_name
        raise TuningError(
            "--tuned needs an earlier study of every arm with the same images and settings",
            but=f"{len(missing)} of {len(found)} arms have none in experiment {experiment!r}",
            do="Tune them first: tracker tune with the same options, or tracker run --tune 50.",
            details=missing,
        )
    return {arm: tuned for arm, tuned in found.items() if tuned is not None}


def _bases(prepared: Prepared) -> Iterator[Recipe]:
    """Yield a recipe of each arm, on the split that is left after unreadable images were skipped."""
    rule = prepared.images.split.rule
    arms = {recipe.arm: recipe for recipe in prepared.plan.recipes}
    for recipe in arms.values():
        yield recipe.model_copy(update={"split": rule, "seed": 0})


def _attributes(prepared: Prepared, base: Recipe) -> dict[str, str]:
    """Return what a study is of; studies that differ in any of it are not the same study."""
    options = prepared.plan.options
    space = options.space(base.mode)
    return {
        **_arm_attributes(prepared, base),
        "fixed": _fixed(base, list(space)),
        "searched": json.dumps({name: str(values) for name, values in space.items()}),
        "objective": options.objective,
        "at": options.tune_at,
        "seeds": str(options.tune_seeds),
        "folds": str(options.tune_folds or ""),
    }


def _arm_attributes(prepared: Prepared, base: Recipe) -> dict[str, str]:
    fields = base.model_dump(mode="json", exclude={"seed", *SEARCHABLE})
    fields["weights"] = prepared.weights_digests[base.weights] or base.weights
    return {
        "experiment": prepared.plan.options.experiment_name,
        "model": base.model,
        "mode": base.mode,
        "arm": digest_of([fields, prepared.images.manifest.digest]),
    }


def _fixed(base: Recipe, searched: Sequence[str]) -> str:
    """Return the settings that could be searched and are not, as JSON."""
    return json.dumps({name: getattr(base, name) for name in SEARCHABLE if name not in searched})


def _latest(prepared: Prepared, base: Recipe) -> Tuned | None:
    studies = find_studies(storage_of(prepared), _arm_attributes(prepared, base))
    usable = (study for study in studies if study.best is not None and _is_fixed_alike(study, base))
    return next((_tuned_by(study) for study in usable), None)


def _tuned_by(study: FoundStudy) -> Tuned:
    assert study.best is not None
    assert study.best.value is not None
    objective = study.attributes["objective"]
    return Tuned(study.name, study.best.params, study.trials, objective, study.best.value)


def _is_fixed_alike(study: FoundStudy, base: Recipe) -> bool:
    fixed = json.loads(study.attributes["fixed"])
    return all(getattr(base, name) == value for name, value in fixed.items())
