"""The images of a study, ready for training: manifest, split and pixels."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from tracker.config.columns import column_mapping
from tracker.config.options import RunOptions
from tracker.data.choice import Choice
from tracker.data.first_sight import undecodable_at_first_sight
from tracker.data.manifest import Manifest, build_manifest
from tracker.data.pixels import Pixels, build_pixels, pixels_key
from tracker.data.positive_class import positive_class
from tracker.data.splits.cross_validation import CrossValidation
from tracker.data.splits.report import folds_report, split_report, training_line
from tracker.data.splits.rule import default_rule, rule_after_skipping, validate_rule
from tracker.data.splits.split import Split, make_split
from tracker.data.splits.subset import training_subset
from tracker.errors import UnreadableImages
from tracker.io.cache import cache_dir
from tracker.io.kept import is_whole, kept_folder
from tracker.io.progress import Progress, silent
from tracker.records import DataPart

_REASONS = "reasons.json"


@dataclass(frozen=True)
class Images:
    """What a study trains and measures on.

    Attributes:
        manifest: The images that take part.
        split: Their parts; of a cross-validation, those of the first fold.
        left_out: Why an image was left out, by sample id.
        asked: The rule of the split for all images, also for those that were left out.
        cross_validation: The splits of all folds; None: there is one split.
    """

    manifest: Manifest
    split: Split
    left_out: Mapping[str, str]
    asked: str
    cross_validation: CrossValidation | None = None

    def of(self, part: DataPart) -> Images:
        """Return them with the split that runs on a part of them have.

        Args:
            part: A fold, a share of the training part, or both.
        """
        split = self.split
        if self.cross_validation is not None and part.fold is not None:
            split = self.cross_validation.splits(part.repeat)[part.fold]
        if part.train_fraction is not None:
            split = training_subset(split, self.manifest, part.train_fraction, self.split.seed)
        return self if split is self.split else replace(self, split=split)

    def whole_splits(self, parts: Iterable[DataPart]) -> list[Split]:
        """Return all splits that runs have, each with its whole training part.

        Args:
            parts: What the runs have of the images.
        """
        whole = dict.fromkeys(part._replace(train_fraction=None) for part in parts)
        return [self.of(part).split for part in whole]

    def report(self, parts: Iterable[DataPart]) -> list[str]:
        """Return lines that say how many images of each class are in each part.

        Args:
            parts: What the runs have of the images.
        """
        parts = list(parts)
        if self.cross_validation is None:
            told = split_report(self.manifest, self.split)
        else:
            told = folds_report(self.manifest, self.whole_splits(parts))
        shares: dict[float, list[Split]] = defaultdict(list)
        for part in dict.fromkeys(parts):
            if part.train_fraction is not None:
                shares[part.train_fraction].append(self.of(part).split)
        lines = [f"{100 * share:g} % of {training_line(self.manifest, its)}" for share, its in shares.items()]
        return [*told, *lines]


def find_images(options: RunOptions, progress: Progress = silent) -> Images:
    """Return the manifest and the split that the options ask for; nothing is decoded yet.

    Raises:
        TrackerError: If the images, labels, patients or the split are not as they must be.
    """
    if options.split is not None:
        validate_rule(options.split)
    manifest = find_manifest(options, progress)
    positive_class(manifest.classes, options.positive)
    asked, unopened = options.split or default_rule(manifest), manifest.unopened
    rule = rule_after_skipping(asked, len(unopened))
    return _divided(manifest, rule, options.folds, options.split_seed, unopened, asked)


def find_manifest(options: RunOptions, progress: Progress = silent) -> Manifest:
    """List and digest the images that the options ask for.

    Raises:
        TrackerError: If the images, labels or patients are not as they must be.
    """
    return build_manifest(
        options.dataset,
        options.data,
        columns=column_mapping(options.column),
        patient_pattern=options.patient_pattern,
        choice=Choice(options.include, options.exclude),
        skip_unopened=options.on_unreadable == "skip",
        progress=progress,
    )


def decode_images(images: Images, options: RunOptions, progress: Progress = silent) -> tuple[Images, Pixels]:
    """Return the pixels of all images, and the images without those that were skipped.

    Raises:
        UnreadableImages: If some cannot be decoded and none are to be skipped.
    """
    build = partial(build_pixels, image_size=options.image_size, resize=options.resize, progress=progress)
    while True:
        known = _place_of_reasons(images.manifest, options)
        reasons = _known_reasons(known, images.manifest)
        if not reasons or options.on_unreadable == "stop":
            try:
                return images, build(images.manifest)
            except UnreadableImages as error:
                reasons = error.reasons
                _remember(known, images.manifest, error)
                if options.on_unreadable == "stop":
                    raise
        images = _without(images, reasons)


def look_at_images(images: Images, options: RunOptions) -> Images:
    """Return the images without those that would be skipped, as far as that can be seen without decoding.

    Raises:
        UnreadableImages: Some cannot be decoded and none are to be skipped.
        DataError: Too few would be left.
    """
    known = _known_reasons(_place_of_reasons(images.manifest, options), images.manifest)
    reasons = known or undecodable_at_first_sight(images.manifest)
    if reasons and options.on_unreadable == "stop":
        raise UnreadableImages(reasons)
    return _without(images, reasons) if reasons else images


def _place_of_reasons(manifest: Manifest, options: RunOptions) -> Path:
    return cache_dir() / "undecodable" / _key(manifest, options)


def _key(manifest: Manifest, options: RunOptions) -> str:
    return pixels_key(manifest, image_size=options.image_size, resize=options.resize)


def _known_reasons(folder: Path, manifest: Manifest) -> dict[str, str]:
    """Return why images cannot be decoded, by id, as far as an earlier command found it in their content."""
    if not is_whole(folder, _fits):
        return {}
    by_content = _reasons(folder)
    return {one.id: by_content[one.sha256] for one in manifest.samples if one.sha256 in by_content}


def _remember(folder: Path, manifest: Manifest, error: UnreadableImages) -> None:
    """Keep what follows from the images' content: the next command need not decode everything for it."""
    lasting = {
        one.sha256: error.reasons[one.id]
        for one in manifest.samples
        if one.id in error.reasons and one.id not in error.passing
    }
    if lasting:

        def write(new: Path) -> None:
            (new / _REASONS).write_text(json.dumps(lasting), encoding="utf-8")

        kept_folder(folder, write, fits=_fits, what="reasons why images cannot be decoded")


def _reasons(folder: Path) -> dict[str, str]:
    return dict(json.loads((folder / _REASONS).read_text(encoding="utf-8")))


def _fits(folder: Path) -> bool:
    return bool(_reasons(folder))


def _without(images: Images, reasons: Mapping[str, str]) -> Images:
    manifest = images.manifest.without(reasons)
    rule = rule_after_skipping(images.split.rule, len(reasons))
    left_out = {**images.left_out, **reasons}
    return _divided(manifest, rule, images.split.folds, images.split.seed, left_out, images.asked)


def _divided(
    manifest: Manifest, rule: str, folds: int | None, seed: int, left_out: Mapping[str, str], asked: str
) -> Images:
    if folds is None:
        return Images(manifest, make_split(manifest, rule, seed=seed), left_out, asked)
    all_folds = CrossValidation(manifest, rule, folds=folds, seed=seed)
    return Images(manifest, all_folds.splits(0)[0], left_out, asked, all_folds)
