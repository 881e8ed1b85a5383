"""Trained networks that answer together: the mean of their probabilities, their decision, their disagreement.

An image is called the finding where the mean of the networks' probabilities of it is at least the mean of
their thresholds, as probabilities: where the networks, each measured from its own threshold, are for it on
average. Probabilities are bounded: one network that is far too sure cannot outvote all others, as it could in
a mean of log-odds. And no answer is cut down to a yes or no, as in a majority, which an even number of
networks need not have. Of one network it is its own decision.

Letters of shapes: M networks, N images, K classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tracker.config.recipe import Resize
from tracker.errors import ModelError
from tracker.inference.as_trained import BATCH
from tracker.inference.loading import TrainedNetwork

Shape = tuple[int, Resize]
"""How images are made those of a network: their size, and how they become square."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Answered:
    """What networks answered to one image; fields as those of `ImagePrediction`."""

    probabilities: Mapping[str, float]
    calibrated: Mapping[str, float]
    decision: str
    threshold: float | None
    disagreement: float | None
    agreement: float | None


class Ensemble:
    """Networks that answer together; one is asked in the same way.

    Attributes:
        members: The networks.
        classes: The names of their classes.
        finding: Of two classes, the one that is the finding; None where it is not known.

    Args:
        members: The networks, of the same classes.

    Raises:
        ModelError: They do not agree on which class is the finding.
    """

    def __init__(self, members: Sequence[TrainedNetwork]) -> None:
        self.members = list(members)
        self.classes = members[0].classes
        findings = {one.positive for one in members}
        if len(findings) > 1:
            raise ModelError(
                "models that answer together must have the same finding",
                but="; ".join(f"{one.asked} has {one.positive or 'none'}" for one in members),
                do="Ask them one by one.",
            )
        two = len(self.classes) == 2
        self.finding = members[0].positive if two and members[0].positive in self.classes else None
        thresholds = [one.threshold for one in members if one.threshold is not None]
        self._thresholds = np.array(thresholds) if self.finding and len(thresholds) == len(members) else None
        temperatures = [one.temperature for one in members if one.temperature is not None]
        self._temperatures = temperatures if len(temperatures) == len(members) else None

    @property
    def shapes(self) -> set[Shape]:
        """The sizes of image that the networks take."""
        return {shape_of(one) for one in self.members}

    @property
    def threshold(self) -> float | None:
        """The finding's probability from which an image is called so; None: what is likeliest is decided."""
        return None if self._thresholds is None else float(_shares(self._thresholds).mean())

    @property
    def is_calibrated(self) -> bool:
        """Whether all networks have a temperature."""
        return self._temperatures is not None

    def answers(self, pixels: Mapping[Shape, NDArray[np.uint8]]) -> Iterator[Answered]:
        """Yield what the networks answer to images.

        Args:
            pixels: The images in each size that is needed: uint8 [N, H, W, 3].
        """
        yield from self.of_logits(torch.stack([_logits(one, pixels[shape_of(one)]) for one in self.members]))

    def of_logits(self, logits_MNK: Tensor) -> Iterator[Answered]:
        """Yield what the networks' logits mean: this is the only place where an image is decided.

        Args:
            logits_MNK: Of each network, in their order.

        Raises:
            ModelError: Some are no numbers: such a network would call every image the same.
        """
        self._refuse_no_numbers(logits_MNK)
        logits_MNK = logits_MNK.double()
        shares_MNK = logits_MNK.softmax(2).numpy()
        calibrated_NK = self._calibrated(logits_MNK)
        decided_MN = self._own_decisions(logits_MNK.numpy())
        decided_N = self._decisions(decided_MN, shares_MNK)
        for image, decided in enumerate(decided_N):
            yield Answered(
                probabilities=self._by_class(shares_MNK[:, image].mean(0)),
                calibrated=self._by_class(calibrated_NK[image]) if calibrated_NK is not None else {},
                decision=self.classes[decided],
                threshold=self.threshold,
                **self._agreement(shares_MNK[:, image], decided_MN[:, image] == decided),
            )

    def _refuse_no_numbers(self, logits_MNK: Tensor) -> None:
        for network, logits_NK in zip(self.members, logits_MNK, strict=True):
            if not logits_NK.isfinite().all():
                raise ModelError(
                    "a network must answer numbers",
                    but=f"{network.asked} answers some that are none: its training broke down",
                    do="Train it again, with a lower --lr or --precision fp32.",
                )

    def _by_class(self, shares_K: Floats) -> dict[str, float]:
        return dict(zip(self.classes, shares_K.tolist(), strict=True))

    def _calibrated(self, logits_MNK: Tensor) -> Floats | None:
        if self._temperatures is None:
            return None
        warmth_M11 = torch.tensor(self._temperatures, dtype=torch.float64)[:, None, None]
        calibrated: Floats = (logits_MNK / warmth_M11).softmax(2).mean(0).numpy()
        return calibrated

    def _own_decisions(self, logits_MNK: Floats) -> NDArray[np.int64]:
        """Return the class [M, N] that each network decides by itself, from log-odds, which do not round."""
        if self._thresholds is None or self.finding is None:
            return np.asarray(logits_MNK.argmax(2))
        place = self.classes.index(self.finding)
        others_MN = np.delete(logits_MNK, place, 2)[:, :, 0]
        return self._called(logits_MNK[:, :, place] - others_MN >= self._thresholds[:, None])

    def _decisions(self, own_MN: NDArray[np.int64], shares_MNK: Floats) -> NDArray[np.int64]:
        if len(self.members) == 1:
            return np.asarray(own_MN[0])
        if self.threshold is None or self.finding is None:
            return np.asarray(shares_MNK.mean(0).argmax(1))
        return self._called(shares_MNK.mean(0)[:, self.classes.index(self.finding)] >= self.threshold)

    def _called(self, is_finding: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the class of images: the finding, or the other one of two."""
        assert self.finding is not None
        place = self.classes.index(self.finding)
        return np.asarray(np.where(is_finding, place, 1 - place))

    def _agreement(self, shares_MK: Floats, same_M: NDArray[np.bool_]) -> dict[str, float | None]:
        if len(self.members) == 1:
            return {"disagreement": None, "agreement": None}
        spread_K = shares_MK.std(0)
        spread = spread_K.mean() if self.finding is None else spread_K[self.classes.index(self.finding)]
        return {"disagreement": float(spread), "agreement": float(same_M.mean())}


def shape_of(network: TrainedNetwork) -> Shape:
    """Return how images are made those of a network."""
    return network.image_size, network.resize


def _shares(log_odds: Floats) -> Floats:
    """Return probabilities, also of log-odds that are infinite."""
    with np.errstate(over="ignore"):
        shares: Floats = 1 / (1 + np.exp(-log_odds))
    return shares


def _logits(network: TrainedNetwork, pixels_NHWC: NDArray[np.uint8]) -> Tensor:
    """Return logits [N, K] that do not depend on how many images are asked about at once."""
    missing = -len(pixels_NHWC) % BATCH
    padding = np.repeat(pixels_NHWC[-1:], missing, axis=0)
    return network.logits(np.concatenate([pixels_NHWC, padding]))[: len(pixels_NHWC)]
