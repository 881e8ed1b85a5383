"""What `tracker run` prints before it starts and after it has ended."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence

from tracker.cli.study_lines import settings_of_arm, tuning_lines
from tracker.config.options import RunOptions
from tracker.config.recipe import Recipe
from tracker.records import SYNTHETIC_DATASETS, RunState
from tracker.runs.events import RunResult
from tracker.runs.images import Images
from tracker.runs.plan import Plan
from tracker.tracking.backend.uri import describe
from tracker.training.device import device_name

_INDENT = " " * 12


def plan_lines(plan: Plan) -> list[str]:
    """Return the plan of a study, at most 80 columns wide where names allow."""
    manifest, split = plan.images.manifest, plan.images.split
    counts = ", ".join(f"{name} {count}" for name, count in manifest.counts.items())
    recipe = plan.recipes[0]
    weights = ", ".join(dict.fromkeys(recipe.weights for recipe in plan.recipes))
    return [
        f"experiment  {plan.options.experiment_name}",
        *_paragraph("images", [f"{len(manifest.samples)} ({counts})", f"from {manifest.root}"]),
        *_paragraph("split", [*plan.images.report(), f"seed {split.seed}, digest {split.digest[:12]}"]),
        *_paragraph("arms", list(_arm_lines(plan.recipes, plan.options))),
        *_paragraph("tuning", tuning_lines(plan.options)),
        f"training    {recipe.epochs} epochs, batches of {recipe.batch_size}, {recipe.optimizer}, "
        f"{recipe.schedule} schedule",
        f"            {recipe.image_size}x{recipe.image_size} pixels ({recipe.resize}), "
        f"weights {weights}, on {device_name(plan.device)}",
        f"tracked in  {describe(plan.tracking_uri)}",
        *_paragraph("note", _warnings(plan.recipes)),
        "",
    ]


def _warnings(recipes: Sequence[Recipe]) -> list[str]:
    said = {
        "weights none: frozen layers are random, for a try and not a result": any(
            recipe.weights == "none" and recipe.frozen for recipe in recipes
        ),
        "synthetic images: they show the tool, and nothing about medicine": any(
            recipe.dataset in SYNTHETIC_DATASETS for recipe in recipes
        ),
    }
    return [note for note, holds in said.items() if holds]


def left_out_lines(prepared: Images) -> list[str]:
    """Return which images were left out and how the split is then, if any were."""
    if not prepared.left_out:
        return []
    count = len(prepared.left_out)
    return [
        *_paragraph("left out", [f"{count} {'image' if count == 1 else 'images'} left out as unreadable:"]),
        *(f"{_INDENT}  {sample}: {reason}" for sample, reason in prepared.left_out.items()),
        *_paragraph("split now", prepared.report()),
        "",
    ]


def _paragraph(name: str, lines: Sequence[str]) -> list[str]:
    return [f"{name if not number else '':12}{line}" for number, line in enumerate(lines)]


def _arm_lines(recipes: Sequence[Recipe], options: RunOptions) -> Iterator[str]:
    arms = {recipe.arm: recipe for recipe in recipes}
    widths = [max(len(arm[i]) for arm in arms) for i in (0, 1)]
    seeds = len(recipes) // len(arms)
    for (model, mode), recipe in arms.items():
        runs = f"  {seeds} seeds" if seeds > 1 else ""
        settings = settings_of_arm(options, mode, recipe.lr)
        yield f"{model:{widths[0]}}  {mode:{widths[1]}}  {settings} {recipe.precision}{runs}"


def summary_lines(plan: Plan, results: Sequence[RunResult]) -> list[str]:
    """Return what came of a study, and what to type next."""
    words = {
        RunState.FINISHED: "finished",
        RunState.SKIPPED: "skipped",
        RunState.TAKEN: "left to another process",
        RunState.FAILED: "failed",
    }
    counts = Counter(result.status for result in results)
    told = ", ".join(f"{counts[status]} {word}" for status, word in words.items() if counts[status])
    return [
        "",
        f"{len(results)} {'run' if len(results) == 1 else 'runs'}: {told}",
        f"curves  {_with_uri('tracker ui', plan)}",
        f"table   {_with_uri(_compare(plan), plan)}",
    ]


def tuned_lines(plan: Plan) -> list[str]:
    """Return what to type after the studies are made."""
    return [
        "",
        "runs    with these values: tracker run --tuned, and the same options without --trials",
        f"curves  {_with_uri('tracker ui', plan)}",
    ]


def _compare(plan: Plan) -> str:
    asked = plan.options
    tuned = " --where tuned=yes" if asked.tuned or asked.tune is not None else ""
    return f"tracker compare --experiment {shlex.quote(asked.experiment_name)}{tuned}"


def _with_uri(command: str, plan: Plan) -> str:
    asked = plan.options.tracking_uri
    return f"{command} --tracking-uri {shlex.quote(asked)}" if asked else command
