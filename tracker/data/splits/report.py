"""What is told of a split before anything is trained on it."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.data.manifest import Manifest
from tracker.data.sources import SOURCES
from tracker.data.splits.checks import class_table
from tracker.data.splits.groups import duplicates, patients
from tracker.data.splits.rule import GIVEN, part_sizes
from tracker.data.splits.split import Split
from tracker.errors import counted
from tracker.records import PARTS, Part


def split_report(manifest: Manifest, split: Split) -> list[str]:
    """Describe what a split came to.

    Args:
        manifest: The images.
        split: Their split.

    Returns:
        A line a part, and a line each about validation images that were drawn out of a given training part,
        about copies and about differences from the rule, where there are any.
    """
    return [
        *_part_lines(manifest, [split]),
        *_drawn_line(split),
        *_copies_line(manifest),
        *_difference_line(manifest, split),
    ]


def patients_report(manifest: Manifest, split: Split) -> str:
    """Say whose images they are, and what that means for their split where nobody knows.

    Args:
        manifest: The images.
        split: Their split.
    """
    known, source = patients(manifest), SOURCES.get(manifest.dataset)
    if not known and source is not None and source.one_image_a_patient:
        return f"{len(manifest.samples)}, of one image each"
    if not known:
        drawn = split.rule != GIVEN or split.drawn_validation
        means = "images are split one by one" if drawn else "none is looked for in two parts"
        how = "--patient-pattern" + (", --column" if source is not None and source.with_columns else "")
        return f"unknown: {means} ({how})"
    name, ids = next(iter(known.items()))
    others = len(manifest.samples) - sum(map(len, known.values()))
    return f"{len(known)}, such as {name} of {ids[0]}" + (
        f"; {counted(others, 'image')} of unknown ones" if others else ""
    )


def folds_report(manifest: Manifest, splits: Sequence[Split]) -> list[str]:
    """Describe what the folds of a cross-validation came to.

    Args:
        manifest: The images.
        splits: The split of each fold.

    Returns:
        A line a part, with the smallest and the largest number over the folds, and one about copies.
    """
    return [*_part_lines(manifest, splits), *_copies_line(manifest)]


def training_line(manifest: Manifest, splits: Sequence[Split]) -> str:
    """Describe the training part, such as `train: 46 images (23 normal, 23 tuberculosis) of 46 patients`.

    Args:
        manifest: The images.
        splits: One split, or that of each fold.
    """
    return _part_lines(manifest, splits)[PARTS.index("train")]


def patients_in(manifest: Manifest, split: Split, part: Part) -> set[str]:
    """Name the known patients of a part.

    Args:
        manifest: The images.
        split: Their split.
        part: Which part.
    """
    return {
        sample.patient
        for sample in manifest.samples
        if sample.patient is not None and split.part_of.get(sample.id) == part
    }


def _part_lines(manifest: Manifest, splits: Sequence[Split]) -> list[str]:
    tables = [class_table(manifest, split.part_of) for split in splits]
    lines = []
    for part in PARTS:
        images = [split.counts[part] for split in splits]
        classes = [f"{_range([table[part][name] for table in tables])} {name}" for name in manifest.classes]
        number = [len(patients_in(manifest, split, part)) for split in splits]
        of = f" of {_counted(number, 'patient')}" if max(number) else ""
        lines.append(f"{part}: {_counted(images, 'image')} ({', '.join(classes)}){of}")
    return lines


def _range(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low} to {high}"


def _counted(numbers: Sequence[int], noun: str) -> str:
    return f"{_range(numbers)} {noun}{'' if set(numbers) == {1} else 's'}"


def _copies_line(manifest: Manifest) -> list[str]:
    copies = sum(len(names) for names in duplicates(manifest))
    return [f"{copies} images have copies with the same content: kept in one part"] if copies else []


def _drawn_line(split: Split) -> list[str]:
    if not split.drawn_validation:
        return []
    return ["val is drawn from train, which came without; test stays as it came"]


def _difference_line(manifest: Manifest, split: Split) -> list[str]:
    asked, got = _asked(manifest, split), list(split.counts.values())
    if asked == got:
        return []
    kept = "patients" if patients(manifest) else "copies"
    return [f"asked {_slashed(asked)}, got {_slashed(got)}: {kept} are kept together"]


def _asked(manifest: Manifest, split: Split) -> list[int]:
    """Return the counts that a split should have: its own where all of it was given."""
    if split.rule != GIVEN:
        return list(part_sizes(split.rule, len(manifest.samples)).values())
    held_out = split.drawn_validation or split.counts["val"]
    return [split.counts["train"] + split.counts["val"] - held_out, held_out, split.counts["test"]]


def _slashed(numbers: Sequence[int]) -> str:
    return "/".join(str(number) for number in numbers)
