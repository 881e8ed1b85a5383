"""Images that must stay together: of one patient, or of the same content."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.data.content import same_content
from tracker.data.manifest import Manifest


def patients(manifest: Manifest) -> dict[str, list[str]]:
    """Name the images of each known patient.

    Args:
        manifest: The images.

    Returns:
        Sample ids by patient.
    """
    by_patient: dict[str, list[str]] = {}
    for sample in manifest.samples:
        if sample.patient is not None:
            by_patient.setdefault(sample.patient, []).append(sample.id)
    return by_patient


def duplicates(manifest: Manifest) -> list[list[str]]:
    """Name the images whose content is the same.

    Args:
        manifest: The images.

    Returns:
        The sample ids of each content that more than one file has.
    """
    return same_content((sample.id, sample.sha256) for sample in manifest.samples)


def inseparable(manifest: Manifest) -> list[list[int]]:
    """Group images that are linked by a patient or by their content, directly or through others.

    Args:
        manifest: The images.

    Returns:
        Groups of places in the manifest; every place is in exactly one.
    """
    parent = list(range(len(manifest.samples)))

    def top(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    place_of = {sample.id: place for place, sample in enumerate(manifest.samples)}
    for ids in [*patients(manifest).values(), *duplicates(manifest)]:
        for other in ids[1:]:
            parent[top(place_of[other])] = top(place_of[ids[0]])
    groups: dict[int, list[int]] = {}
    for place in range(len(parent)):
        groups.setdefault(top(place), []).append(place)
    return list(groups.values())


def group_numbers(manifest: Manifest) -> list[int]:
    """Return a number for each image; those that must stay together share theirs.

    Args:
        manifest: The images.
    """
    number_of = {place: number for number, group in enumerate(inseparable(manifest)) for place in group}
    return [number_of[place] for place in range(len(manifest.samples))]


def class_counts(manifest: Manifest, places: Sequence[int]) -> list[int]:
    """Count the images of each class among some.

    Args:
        manifest: The images.
        places: Some of its places.

    Returns:
        Counts in the order of the classes.
    """
    counts = [0] * len(manifest.classes)
    for place in places:
        counts[manifest.labels[place]] += 1
    return counts
