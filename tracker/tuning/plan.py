"""Which study each arm of a plan has, and which earlier one tuned it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tracker.addresses import sqlite_address
from tracker.config.options import RunOptions
from tracker.config.paths import from_folder
from tracker.config.recipe import Recipe, digest_of
from tracker.config.search_space import Range
from tracker.config.tuned import Tuned
from tracker.errors import TuningError
from tracker.records import StudyKey
from tracker.runs.events import StudyReporter
from tracker.runs.plan import Prepared
from tracker.search.reading import FoundStudy, find_studies
from tracker.search.records import StudySpec
from tracker.tracking.journal.run_folder import tracker_home
from tracker.tuning.earlier import choose, doubt, fitting, ranking, unlike, without_ranking

STORAGE = "TRACKER_STUDY_STORAGE"
"""The variable that names the database of studies where no option does."""

_STUDIES = "studies.db"
_GRID = "grid"
_OF_THE_ARM = ("experiment", "model", "mode")


@dataclass(frozen=True)
class StudyPlan:
    """The study of one arm, on all images or on some.

    Attributes:
        base: The arm's recipe; trials differ from it in what is searched.
        spec: The study.
        note: What became of an earlier study of the arm that does not go on, or may not fit.
    """

    base: Recipe
    spec: StudySpec
    note: str = ""


def plan_studies(prepared: Prepared) -> list[StudyPlan]:
    """Return the study of each arm, on each fold and share of the training part, in the order of the plan."""
    return [_study_plan(prepared, base) for base in _bases(prepared)]


def find_tuned(prepared: Prepared, reporter: StudyReporter | None = None) -> dict[StudyKey, Tuned]:
    """Return what the study of each arm found that the same options make.

    Args:
        prepared: The plan.
        reporter: Told of studies that may have seen other pixels.

    Raises:
        TuningError: If an arm has none; all of them are named, with the studies that they have.
    """
    found: dict[StudyKey, Tuned] = {}
    missing: list[str] = []
    for base in _bases(prepared):
        wanted = {name: value for name, value in _attributes(prepared, base).items() if name != _GRID}
        studies = fitting(prepared, find_studies(storage_of(prepared), wanted))
        tuned = next(_tuned_by(studies, prepared.plan.options, base), None)
        if tuned is None:
            missing.append(_missing(prepared, base))
            continue
        found[base.study_key] = tuned
        (study,) = [study for study in studies if study.name == tuned.study]
        if reporter is not None and (note := doubt(prepared, study)):
            reporter.note(f"{base.study_key}: {note}")
    if missing:
        raise TuningError(
            "--tuned needs an earlier study of every arm with the same images and options",
            but=f"{len(missing)} of {len(found) + len(missing)} arms have none in experiment "
            f"{prepared.plan.options.experiment_name!r}",
            do="Tune them first: tracker tune with the same options, or tracker run --tune 50.",
            details=missing,
        )
    return found


def how_tuned(options: RunOptions, mode: str) -> str:
    """Say how an arm is tuned, in the words in which arms are compared: equal words are equal care."""
    widths = [
        f"{name} over a {values.high / values.low:.3g}-fold range"
        if isinstance(values, Range)
        else f"{name} among {len(values.values)}"
        for name, values in options.space(mode).items()
    ]
    over = [f"{options.tune_folds} folds"] if options.tune_folds else []
    over += [f"{options.tune_seeds} seeds"] if options.tune_seeds > 1 else []
    mean = f", the mean over {' x '.join(over)}" if over else ""
    judged = f"by {options.objective} of the {options.tune_at} epoch{mean}"
    return f"{', '.join(widths)}, {judged} ({options.sampler})"


def _study_plan(prepared: Prepared, base: Recipe) -> StudyPlan:
    """Return the study that goes on, or a new one where that was judged otherwise."""
    storage, attributes = storage_of(prepared), _attributes(prepared, base)
    earlier = {study.name: study for study in find_studies(storage, without_ranking(attributes))}
    chosen = choose(prepared, attributes, earlier, partial(_name, base))
    note = f"{base.study_key}: {chosen.note}" if chosen.note else ""
    return StudyPlan(base, _spec(prepared, base, chosen.name, chosen.attributes), note)


def _name(base: Recipe, attributes: Mapping[str, str]) -> str:
    return f"{attributes['experiment']}/{base.model}/{base.mode}/{digest_of(attributes)[:10]}"


def _spec(prepared: Prepared, base: Recipe, name: str, attributes: Mapping[str, str]) -> StudySpec:
    options = prepared.plan.options
    assert options.tune is not None
    return StudySpec(
        name=name,
        storage=storage_of(prepared),
        direction="minimize" if options.objective == "val/loss" else "maximize",
        trials=options.tune,
        space=options.space(base.mode),
        epochs=base.epochs,
        seed=options.study_seed,
        sampler=options.sampler,
        pruner=options.study_pruner,
        attributes=attributes,
    )


def storage_of(prepared: Prepared) -> str:
    """Return the address of the database that holds the studies; it means the same in every folder."""
    named = prepared.plan.options.study_storage or os.environ.get(STORAGE)
    named = named or sqlite_address(tracker_home() / _STUDIES)
    return str(from_folder("study_storage", named, Path.cwd()))


def _tuned_by(studies: Iterable[FoundStudy], options: RunOptions, base: Recipe) -> Iterator[Tuned]:
    """Yield what each study found; nothing of one without a best trial."""
    how = how_tuned(options, base.mode)
    for study in studies:
        best, objective = study.best, study.attributes["objective"]
        if best is not None and best.value is not None:
            yield Tuned(study.name, best.params, study.trials, objective, best.value, how)


def _missing(prepared: Prepared, base: Recipe) -> str:
    attributes = _attributes(prepared, base)
    arm = {name: attributes[name] for name in _OF_THE_ARM}
    others = find_studies(storage_of(prepared), arm)
    told = [
        f"{', '.join(json.loads(study.attributes['searched']))} by {study.attributes['objective']}"
        + unlike(prepared, study, fixed=attributes["fixed"])
        for study in others
        if study.trials
    ]
    return str(base.study_key) + (f" (but with other options: {'; '.join(told)})" if told else "")


def _bases(prepared: Prepared) -> Iterator[Recipe]:
    """Yield a recipe of each study, on the split that is left after unreadable images were skipped."""
    rule = prepared.images.split.rule
    of_studies = {recipe.study_key: recipe for recipe in prepared.plan.recipes}
    for recipe in of_studies.values():
        if not prepared.plan.options.is_tuned(recipe.mode):
            continue
        yield recipe.model_copy(update={"split": rule, "seed": 0})


def _attributes(prepared: Prepared, base: Recipe) -> dict[str, str]:
    """Return what a study is of; studies that differ in any of it are not the same study."""
    options = prepared.plan.options
    space = options.space(base.mode)
    # As in a fingerprint: settings that came later count where they are no defaults.
    fields = base.model_dump(mode="json", exclude={"seed", *space}, exclude_defaults=True)
    fields["weights"] = prepared.weights_digests[base.weights] or base.weights
    return {
        "experiment": options.experiment_name,
        "model": base.model,
        "mode": base.mode,
        "fixed": digest_of([fields, prepared.images.manifest.digest]),
        "searched": json.dumps({name: str(values) for name, values in space.items()}),
        "objective": options.objective,
        **ranking(options.objective),
        "at": options.tune_at,
        "seeds": str(options.tune_seeds),
        "folds": str(options.tune_folds or ""),
        "sampler": options.sampler,
        "pruner": options.study_pruner,
        "study_seed": str(options.study_seed),
        # Another budget is another grid.
        _GRID: str(options.tune) if options.sampler == "grid" else "",
    }
