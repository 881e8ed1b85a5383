"""A share of the training part: nested subsets of its patients, for learning curves."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from tracker.data.manifest import Manifest
from tracker.data.splits.groups import inseparable
from tracker.data.splits.split import Split

_Group = list[int]
"""Places in the manifest that stay together."""


def training_subset(split: Split, manifest: Manifest, fraction: float, seed: int) -> Split:
    """Leave only a share of the patients in the training part; validation and test stay as they are.

    A smaller share is part of every larger one of the same seed. Classes keep their proportions, as nearly as
    whole patients allow, and each class keeps a patient, whatever the share. An image whose patient is not
    known, and that has no copies, counts as a patient.

    Args:
        split: The whole split.
        manifest: The images that were split.
        fraction: The share of the patients, above 0 and at most 1.
        seed: Of the order in which patients are taken.

    Returns:
        The split, of the same digest, with the images that are left out as its unused ones.
    """
    places = set(split.indexes(manifest)["train"])
    groups = [group for group in inseparable(manifest) if group[0] in places]
    firsts, others = _in_order(groups, manifest.labels, seed)
    count = max(int(fraction * len(groups) + 0.5), len(firsts))
    used = {manifest.samples[place].id for group in [*firsts, *others][:count] for place in group}
    train = split.parts["train"]
    return replace(
        split,
        parts={**split.parts, "train": tuple(name for name in train if name in used)},
        unused=tuple(name for name in train if name not in used),
    )


def _in_order(groups: list[_Group], labels: Sequence[int], seed: int) -> tuple[list[_Group], list[_Group]]:
    """Return a group of each class, and the others in an order of which each beginning is in proportion.

    Groups of the same classes are spread evenly over the order: the i-th of n stands at (i + 1/2) / n.
    """
    groups = list(groups)
    random.Random(seed).shuffle(groups)
    kinds: dict[frozenset[int], list[_Group]] = defaultdict(list)
    for group in groups:
        kinds[frozenset(labels[place] for place in group)].append(group)
    spread = [((i + 0.5) / len(its), kind, i) for kind, its in kinds.items() for i in range(len(its))]
    ordered = [kinds[kind][i] for _, kind, i in sorted(spread, key=lambda one: one[0])]
    seen: set[int] = set()
    firsts: list[_Group] = []
    for group in ordered:
        held = {labels[place] for place in group}
        if not held <= seen:
            firsts.append(group)
            seen |= held
    return firsts, [group for group in ordered if group not in firsts]
