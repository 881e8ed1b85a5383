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
    """

    store: Store
    labels: Tensor
    parts: Mapping[Part, Tensor]
    positive: int | None = None

    @classmethod
    def of(
        cls,
        store: Store,
        labels: Sequence[int],
        parts: Mapping[Part, Sequence[int]],
        *,
        positive: int | None = None,
    ) -> Examples:
        """Return the examples whose labels and rows come as plain lists."""
        rows = {part: torch.tensor(indexes, dtype=torch.int64) for part, indexes in parts.items()}
        return cls(store, torch.tensor(labels, dtype=torch.int64), rows, positive)
