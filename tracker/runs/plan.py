"""What is decided and fetched before any run begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import torch

from tracker.config.modes import find_mode, meaningless_settings
from tracker.config.options import RunOptions
from tracker.config.recipe import Recipe
from tracker.config.tuned import Tuned
from tracker.data.pixels import Pixels, earlier_digest
from tracker.data.positive_class import positive_class
from tracker.data.same_pixels import check_pixels
from tracker.engines import find_engine
from tracker.errors import ModelError, collect_errors
from tracker.io.progress import Progress, silent
from tracker.models.networks import build_network, check_network_names
from tracker.models.weights import is_file, look_at_weights, prepare_weights, weights_digest
from tracker.records import DataPart, StudyKey
from tracker.runs.arms import find_arms, norms_note
from tracker.runs.images import Images, decode_images, find_images
from tracker.runs.single_images import check_single_images
from tracker.runs.unsaid import with_dataset, with_experiment
from tracker.tracking.backend.uri import resolve_uri
from tracker.training.device import choose_device, choose_precision


@dataclass(frozen=True)
class Plan:
    """Everything that is decided before any image is decoded.

    Attributes:
        options: What the user asked for.
        images: The images and their parts.
        recipes: The runs, an arm's seeds and folds together.
        device: Where they compute.
        tracking_uri: Where they are tracked.
        notes: What was decided because the user did not say it, a line each.
    """

    options: RunOptions
    images: Images
    recipes: Sequence[Recipe]
    device: torch.device
    tracking_uri: str
    notes: Sequence[str] = ()

    @property
    def data_parts(self) -> list[DataPart]:
        """What the runs have of the images, each once."""
        return list(dict.fromkeys(recipe.data_part for recipe in self.recipes))


def make_plan(options: RunOptions, progress: Progress = silent) -> Plan:
    """Decide everything that can be decided without decoding an image.

    Raises:
        TrackerError: If an option, an image, a label, the split or a cut is not as it must be.
    """
    check_network_names(options.model)
    find_engine(options.engine)
    tracking_uri = resolve_uri(options.tracking_uri)
    options, as_dataset = with_dataset(options)
    images = find_images(options, progress)
    options, in_experiment = with_experiment(options, images.manifest)
    device = choose_device()
    # Where nothing that differs means anything, several recipes are one.
    recipes = tuple(dict.fromkeys(_recipes(options, images, device=device)))
    # Every repeat is another draw: that it can be made is known before anything is decoded.
    images.whole_splits(recipe.data_part for recipe in recipes)
    check_single_images(options, recipes, classes=len(images.manifest.classes))
    notes = (*as_dataset, *in_experiment, *_notes(options, recipes))
    return Plan(options, images, recipes, device, tracking_uri, notes)


def _recipes(options: RunOptions, images: Images, *, device: torch.device) -> Iterator[Recipe]:
    split, classes = images.split.rule, images.manifest.classes
    # Whoever names the class that is taken anyway asks for the same runs.
    as_ever = options.positive == positive_class(classes)
    options = options.model_copy(update={"positive": None}) if as_ever else options
    for model, mode in find_arms(options, classes=len(classes)):
        precision = choose_precision(options.precision, model=model, device=device)
        for one in options.repetitions():
            yield options.recipe(model=model, mode=mode, split=split, precision=precision, **one)


def _notes(options: RunOptions, recipes: Sequence[Recipe]) -> Iterator[str]:
    """Say which modes have fewer runs or no study, because nothing of what would differ means anything.

    So do variants of modes that would be the same as these.
    """
    convex = ", ".join(dict.fromkeys(recipe.mode for recipe in recipes if find_mode(recipe.mode).convex))
    if convex and any("seed" in meaningless_settings(recipe.mode, recipe.weights) for recipe in recipes):
        yield f"{convex}: one run for all seeds, whose numbers would be the same; it counts as seed 0"
    if convex and (options.tune is not None or options.tuned):
        yield f"{convex}: has nothing to tune, its penalty is chosen inside the training part: no study"
    if note := norms_note(options, {recipe.arm for recipe in recipes}):
        yield note


@dataclass(frozen=True)
class Prepared:
    """A plan whose weights are there and whose images are decoded.

    Attributes:
        plan: The plan.
        images: Its images, without those that were left out.
        pixels: What they decode to.
        weights_digests: What identifies the weights' content, by their name; empty where the name does.
        tuned: What each study found, by model and mode, and by fold and share of the training part where
            there are several; empty where nothing was tuned.
    """

    plan: Plan
    images: Images
    pixels: Pixels
    weights_digests: Mapping[str, str]
    tuned: Mapping[StudyKey, Tuned] = field(default_factory=dict)

    def images_of(self, recipe: Recipe) -> Images:
        """Return the images of a run, in the parts that they have for it.

        Args:
            recipe: The run.
        """
        return self.images.of(recipe.data_part)

    def same_pixels(self, recorded: str) -> bool | None:
        """Say whether something was made from these pixels; None where that cannot be known.

        Args:
            recorded: The digest of the pixels that it was made from; empty where it was made by 0.1.0, which
                did not record it.
        """
        digest = self.pixels_of(recorded)
        return digest == self.pixels.digest if digest and self.pixels.digest else None

    def pixels_of(self, recorded: str) -> str:
        """Return the digest of the pixels that something was made from; empty where that cannot be known.

        Args:
            recorded: As for `same_pixels`.
        """
        return recorded or self._earlier_digest

    @cached_property
    def _earlier_digest(self) -> str:
        options = self.plan.options
        return earlier_digest(self.images.manifest, image_size=options.image_size, resize=options.resize)

    def with_tuned(self, tuned: Mapping[StudyKey, Tuned]) -> Prepared:
        """Return it with the values that studies found in the recipes of their arms.

        Args:
            tuned: What was found, by `Recipe.study_key`.
        """
        recipes = [
            tuned[recipe.study_key].applied(recipe) if recipe.study_key in tuned else recipe
            for recipe in self.plan.recipes
        ]
        return replace(self, plan=replace(self.plan, recipes=tuple(recipes)), tuned=tuned)


def prepare(plan: Plan, progress: Progress = silent) -> Prepared:
    """Fetch what is missing and decode the images; nothing is recorded yet.

    Raises:
        TrackerError: If weights cannot be had or do not fit, images cannot be read, or the same picture is in
            two parts.
    """
    _each_weights(plan, prepare_weights)
    digests = weights_digests(plan)
    images, pixels = decode_images(plan.images, plan.options, progress)
    for split in images.whole_splits(plan.data_parts):
        check_pixels(images.manifest, split, pixels)
    return Prepared(plan, images, pixels, digests)


def rehearse_weights(plan: Plan) -> list[str]:
    """Try the weights of every network that are on this machine; return the addresses of the others.

    Raises:
        ModelError: As of `prepare`, but for what only fetching shows.
    """
    fetched: list[str] = []
    _each_weights(plan, lambda model, weights: fetched.append(look_at_weights(model, weights)))
    return list(filter(None, fetched))


def weights_digests(plan: Plan) -> dict[str, str]:
    """Return what identifies the weights' content, by their name; empty where the name does."""
    return {weights: weights_digest(weights) for weights in {recipe.weights for recipe in plan.recipes}}


def _each_weights(plan: Plan, have: Callable[[str, str], None]) -> None:
    """Have and try the weights of every network, and say of all that are missing at once."""
    classes = len(plan.images.manifest.classes)
    needed = dict.fromkeys((recipe.model, recipe.weights) for recipe in plan.recipes)
    collect_errors(
        [partial(_try_weights, model, weights, have, classes=classes) for model, weights in needed],
        error=ModelError,
        must="the weights of every network must be at hand",
        but="those of {count} are not",
    )


def _try_weights(model: str, weights: str, have: Callable[[str, str], None], *, classes: int) -> None:
    have(model, weights)
    if is_file(weights):
        build_network(model, weights=weights, classes=classes, seed=0)
