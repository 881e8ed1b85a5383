"""How often each class was taken for each, and the shares that come of it.

Letters of shapes: N images, H networks, K classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import torch
from torch import Tensor


@dataclass(frozen=True)
class Confusion:
    """The answers of H networks, counted.

    Attributes:
        counts: float64 [H, K, K], how many images of a class (second index) were given to a class (third).
        positive: Of two classes, the one that is the finding.
    """

    counts: Tensor
    positive: int

    @classmethod
    def of(cls, logits_NHK: Tensor, labels_N: Tensor, *, positive: int | None = None) -> Self:
        """Count the answers.

        Args:
            logits_NHK: The largest one of an image is its answer.
            labels_N: int64, 0 to K - 1.
            positive: Of two classes, the one that is the finding; None: the last.
        """
        _, networks, classes = logits_NHK.shape
        # One number a pair of classes, so that one count counts all pairs of all networks.
        pairs_NH = labels_N[:, None] * classes + logits_NHK.argmax(2)
        places_NH = torch.arange(networks) * classes**2 + pairs_NH
        counts = torch.bincount(places_NH.flatten(), minlength=networks * classes**2)
        shape = (networks, classes, classes)
        return cls(counts.view(shape).double(), classes - 1 if positive is None else positive)

    def of_the_finding(self, shares_HK: Tensor) -> Tensor:
        """Return the shares [H] of the class that is the finding; of more than two classes, their mean."""
        return shares_HK[:, self.positive] if shares_HK.shape[1] == 2 else shares_HK.mean(1)

    @cached_property
    def recalls(self) -> Tensor:
        """[H, K] The share of each class's images that were given to it; nan where it has none."""
        return self._hits / self._actual

    @cached_property
    def specificities(self) -> Tensor:
        """[H, K] The share of the other images that were not given to a class; nan without others."""
        others_HK = self.counts.sum((1, 2))[:, None] - self._actual
        wrong_HK = self._given - self._hits
        return (others_HK - wrong_HK) / others_HK

    @cached_property
    def f1(self) -> Tensor:
        """[H, K] The harmonic mean of recall and precision; nan where a class has no image.

        It is 0 where no image of a class was given to it, and also where nothing at all was, so that there
        is no precision (scikit-learn's `zero_division=0`).
        """
        f1_HK = 2 * self._hits / (self._actual + self._given).clamp(min=1)
        return f1_HK.masked_fill(self._actual == 0, float("nan"))

    @property
    def _hits(self) -> Tensor:
        return self.counts.diagonal(dim1=1, dim2=2)

    @property
    def _actual(self) -> Tensor:
        return self.counts.sum(2)

    @property
    def _given(self) -> Tensor:
        return self.counts.sum(1)
