"""What a tail is trained and measured on: stored rows, their labels, and the part that each belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tracker.records import Part
from tracker.training.store import Store


@dataclass(frozen=True)
class Examples:
    """What a tail is trained and measured on.

    Attributes:
        store: One row a sample.
        labels: int64 [samples], the class of each row.
        parts: The rows of each part; where `test` is missing, nothing is measured of it.
        positive: Of two classes, the one that is the finding; None: the last.
        groups: int64 [samples]: those with one number belong together, as the images of a patient do; None:
            each stands for itself.
    """

    store: Store
    labels: Tensor
    parts: Mapping[Part, Tensor]
    positive: int | None = None
    groups: Tensor | None = None

    @classmethod
    def of(
        cls,
        store: Store,
        labels: Sequence[int],
        parts: Mapping[Part, Sequence[int]],
        *,
        positive: int | None = None,
        groups: Sequence[int] | None = None,
    ) -> Examples:
        """Return the examples whose labels, rows and groups come as plain lists."""
        rows = {part: torch.tensor(indexes, dtype=torch.int64) for part, indexes in parts.items()}
        together = torch.tensor(groups, dtype=torch.int64) if groups is not None else None
        return cls(store, torch.tensor(labels, dtype=torch.int64), rows, positive, together)
