"""What the networks of one arm answered to the same images, as arrays.

Letters of shapes: R repetitions (seeds, or seeds and repeats of folds), N images, K classes, B resamples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Truth = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Answers:
    """What the networks of one arm answered to the same N images.

    Attributes:
        labels: [N] The true class of each image, as its place among the K classes.
        patients: [N] A number for each image; images with the same one are of one patient, and hang together.
            Images whose patient is not known have numbers of their own.
        probabilities: [R, N, K] What each repetition gave each image; sums to one over the classes.
        scores: [R, N, K] What ranks images for a class: log-odds, which tell images apart where
            probabilities are 0 or 1; may be infinite.
        positive: Of two classes, the place of the one that is the finding; None: there are more than two.
        called: [R, N] Of two classes, whether an image was called the finding at the threshold that the
            validation images chose; None: there are more than two classes, or no threshold is known.
        calibrated: [R, N, K] The probabilities at the temperature that the validation images of each network
            gave; None: a network has none.
        folds: [R, N] Which network of its repetition answered each image, as the number of the fold that it
            tested; None: one network answered all. Scores of two networks do not rank images together.
    """

    labels: Whole
    patients: Whole
    probabilities: Floats
    scores: Floats
    positive: int | None = None
    called: Truth | None = None
    calibrated: Floats | None = None
    folds: Whole | None = None

    @property
    def repetitions(self) -> int:
        """The number of repetitions."""
        return len(self.probabilities)

    @property
    def images(self) -> int:
        """The number of images."""
        return len(self.labels)

    @property
    def classes(self) -> int:
        """The number of classes."""
        return int(self.probabilities.shape[2])

    @property
    def correct(self) -> Truth:
        """[R, N] Whether each repetition gave the highest score to the true class."""
        truth: Truth = self.scores.argmax(2) == self.labels
        return truth

    @property
    def clustered(self) -> bool:
        """Whether some patient has several images."""
        return len(np.unique(self.patients)) < self.images
