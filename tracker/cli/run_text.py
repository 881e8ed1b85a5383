"""What `tracker run` and `tracker tune` print before they start and after they have ended."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tracker.addresses import typed_again, what_to_set, without_accounts
from tracker.cli.class_text import class_notes, majority_lines, positive_line
from tracker.cli.line_breaks import broken
from tracker.cli.mean_lines import mean_lines
from tracker.config.modes import find_mode
from tracker.config.options import RunOptions
from tracker.config.recipe import Recipe
from tracker.config.tuned import Tuned, values_text
from tracker.data.left_out import left_out_report, left_out_warnings
from tracker.data.splits.report import patients_report
from tracker.errors import counted
from tracker.records import SYNTHETIC_DATASETS, DataPart, RunState, StudyKey
from tracker.runs.events import RunResult
from tracker.runs.images import Images
from tracker.runs.plan import Plan
from tracker.runs.workers import worker_environments, workers_in_words
from tracker.tracking.backend.uri import describe
from tracker.training.device import device_name

_WIDTH = 80
_INDENT = " " * 12


def plan_lines(plan: Plan) -> list[str]:
    """Return the plan of a study, at most 80 columns wide where names allow."""
    manifest = plan.images.manifest
    counts = ", ".join(f"{name} {count}" for name, count in manifest.counts.items())
    recipe = next((one for one in plan.recipes if not find_mode(one.mode).convex), None)
    weights = ", ".join(dict.fromkeys(recipe.weights for recipe in plan.recipes))
    return [
        f"experiment  {plan.options.experiment_name}",
        *_paragraph("images", [f"{len(manifest.samples)} ({counts})", f"from {manifest.root}"]),
        f"patients    {patients_report(manifest, plan.images.split)}",
        *_paragraph("left out", left_out_report(manifest)),
        *_paragraph(
            "split", [*_folds_lines(plan), *plan.images.report(plan.data_parts), _drawn_line(plan.images)]
        ),
        *_paragraph("positive", list(filter(None, [positive_line(plan.images, plan.options)]))),
        *_paragraph("arms", list(_arm_lines(plan.recipes, plan.options))),
        *_paragraph("runs", _runs_lines(plan)),
        *_paragraph("tuning", _tuning_lines(plan.options)),
        *_paragraph("training", [*_training(recipe), _computed(plan, weights)]),
        *_paragraph("processes", _processes(plan)),
        f"tracked in  {describe(plan.tracking_uri)}",
        *_paragraph("note", broken(_all_notes(plan), _WIDTH - len(_INDENT))),
        *_paragraph("warning", left_out_warnings(manifest)),
        "",
    ]


def _training(recipe: Recipe | None) -> list[str]:
    """Return what the arms that are trained step by step share; nothing where none is."""
    if recipe is None:
        return []
    return [
        f"{recipe.epochs} epochs, batches of {recipe.batch_size}, {recipe.optimizer}, "
        f"{recipe.schedule} schedule"
    ]


def _computed(plan: Plan, weights: str) -> str:
    size, resize = plan.options.image_size, plan.options.resize
    return (
        f"{size}x{size} pixels ({resize}), weights {without_accounts(weights)}, on {device_name(plan.device)}"
    )


def _processes(plan: Plan) -> list[str]:
    """Return how many processes work at once, where that is more than one."""
    count = len(worker_environments(plan.options.jobs, plan.device))
    if plan.options.tune is None:
        count = min(count, len(plan.recipes))
    return [workers_in_words(count, plan.device)] if count > 1 else []


def left_out_lines(plan: Plan) -> list[str]:
    """Return which images were left out and how the split is then, if any were."""
    images = plan.images
    if not images.left_out:
        return []
    return [
        *_paragraph("left out", [f"{counted(len(images.left_out), 'image')} left out as unreadable:"]),
        *(f"{_INDENT}  {sample}: {reason}" for sample, reason in images.left_out.items()),
        *_paragraph("split now", images.report(plan.data_parts)),
        *_paragraph("note", class_notes(images)),
        "",
    ]


def found_by(label: str, tuned: Tuned, *, spent: Sequence[str] = ()) -> list[str]:
    """Return what the study of an arm found, on two lines where one would be too long.

    Args:
        label: The arm.
        tuned: What was found.
        spent: What it took, such as a number of trials.
    """
    pieces = [f"{tuned.objective} {tuned.objective_value:.3g}", values_text(tuned.values), *spent]
    line = f"{label:42} {'  '.join(pieces)}"
    if len(line) <= _WIDTH:
        return [line]
    return [f"{label:42} {'  '.join([pieces[0], *spent])}", f"      {pieces[1]}"]


def found_lines(tuned: Mapping[StudyKey, Tuned]) -> list[str]:
    """Return what earlier studies found, an arm after the other."""
    return [
        line for arm, one in tuned.items() for line in found_by(f"= {arm.in_words}, {one.trials} trials", one)
    ]


def summary_lines(plan: Plan, results: Sequence[RunResult], table: Sequence[str] | None) -> list[str]:
    """Return what came of a plan, and what to type next.

    Args:
        plan: The plan.
        results: How its runs ended.
        table: The arguments of `tracker compare`; None where there is nothing to compare.
    """
    words = {
        RunState.FINISHED: "finished",
        RunState.SKIPPED: "skipped",
        RunState.TAKEN: "left to another process",
        RunState.FAILED: "failed",
    }
    counts = Counter(result.state for result in results)
    told = ", ".join(f"{counts[state]} {word}" for state, word in words.items() if counts[state])
    return [
        "",
        f"{counted(len(results), 'run')}: {told}",
        *mean_lines(results),
        *majority_lines(plan.images, results),
        f"curves  {_with_uri('tracker ui', plan)}",
        *([f"table   {shlex.join(['tracker', 'compare', *table])}"] if table is not None else []),
        *_account_lines(plan.options.tracking_uri),
    ]


def tuned_lines(plan: Plan, run: str) -> list[str]:
    """Return what to type after the studies are made.

    Args:
        plan: The plan.
        run: The command that trains with what was found.
    """
    return [
        "",
        f"runs    {run}",
        f"curves  {_with_uri('tracker ui', plan)}",
        *_account_lines(plan.options.tracking_uri, plan.options.study_storage),
    ]


def _account_lines(*addresses: str | None) -> list[str]:
    note = what_to_set(*addresses)
    return [f"        ({note})"] if note else []


def _all_notes(plan: Plan) -> list[str]:
    return [
        *_notes(plan.recipes),
        *plan.notes,
        *plan.images.manifest.notes,
        *class_notes(plan.images),
    ]


def _paragraph(name: str, lines: Sequence[str]) -> list[str]:
    return [f"{name if not number else '':12}{line}" for number, line in enumerate(lines)]


def _folds_lines(plan: Plan) -> list[str]:
    """Return how images are divided into folds; nothing where they are not."""
    folds, repeats = plan.options.folds, plan.options.repeats
    if folds is None:
        return []
    repeated = f" x {repeats} repeats" if repeats > 1 else ""
    return [f"{folds} folds{repeated}: each is the test part of its own runs"]


def _drawn_line(images: Images) -> str:
    folds = images.cross_validation
    digest = images.split.digest if folds is None else folds.digest
    return f"seed {images.split.seed}, digest {digest[:12]}"


def _arm_lines(recipes: Sequence[Recipe], options: RunOptions) -> Iterator[str]:
    arms = {recipe.arm: recipe for recipe in recipes}
    widths = [max(len(arm[i]) for arm in arms) for i in (0, 1)]
    for (model, mode), recipe in arms.items():
        seeds = len({other.seed for other in recipes if other.arm == recipe.arm})
        runs = f"  {seeds} seeds" if seeds > 1 else ""
        settings = _settings(options, mode, recipe.lr)
        yield f"{model:{widths[0]}}  {mode:{widths[1]}}  {settings} {recipe.precision}{runs}"


def _runs_lines(plan: Plan) -> list[str]:
    """Return how many runs an arm has, where it is not only several seeds."""
    if all(part == DataPart() for part in plan.data_parts):
        return []
    arms = [
        [one for one in plan.recipes if one.arm == arm] for arm in {recipe.arm for recipe in plan.recipes}
    ]
    # A mode in which seeds mean nothing has fewer.
    first = max(arms, key=len)
    numbers = {
        "seed": len({recipe.seed for recipe in first}),
        "fold": len({recipe.fold for recipe in first}),
        "repeat": len({recipe.repeat for recipe in first}),
        "share": len({recipe.train_fraction for recipe in first}),
    }
    each = "of each arm" if len({len(arm) for arm in arms}) == 1 else "of an arm at most"
    several = " x ".join(counted(number, name) for name, number in numbers.items() if number > 1)
    return [f"{len(plan.recipes)}, {each} {len(first)}{f' ({several})' if several else ''}"]


def _settings(options: RunOptions, mode: str, lr: float) -> str:
    """Return what an arm is trained with, or what is searched for it."""
    if find_mode(mode).convex:
        return "L2 penalty by cross-validation"
    if options.tune is not None:
        return ", ".join(f"{name} {values}" for name, values in options.space(mode).items())
    return "lr of its study" if options.tuned else f"lr {lr:<6g}"


def _tuning_lines(options: RunOptions) -> list[str]:
    """Return how the arms are tuned; nothing where they are not."""
    if options.tune is None:
        return []
    repeated = [
        f"{options.tune_folds} folds of training and validation images" if options.tune_folds else "",
        f"{options.tune_seeds} seeds" if options.tune_seeds > 1 else "",
    ]
    over = " x ".join(filter(None, repeated))
    epoch = "last epoch" if options.tune_at == "final" else "epoch of the lowest validation loss"
    return [
        f"{options.tune} trials an arm ({options.sampler}), judged by {options.objective} of the {epoch}",
        *([f"each the mean over {over}"] if over else []),
    ]


def _notes(recipes: Sequence[Recipe]) -> list[str]:
    notes = {
        "weights none: frozen layers are random, for a try and not a result": any(
            recipe.weights == "none" and recipe.frozen for recipe in recipes
        ),
        "synthetic images: they show the tool, and nothing about medicine": any(
            recipe.dataset in SYNTHETIC_DATASETS for recipe in recipes
        ),
    }
    return [note for note, holds in notes.items() if holds]


def _with_uri(command: str, plan: Plan) -> str:
    uri = plan.options.tracking_uri
    return f"{command} --tracking-uri {shlex.quote(typed_again(uri))}" if uri else command
