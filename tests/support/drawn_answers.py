"""Answers of an arm, drawn by chance: with ties, with infinite scores, of patients with several images."""

from __future__ import annotations

import numpy as np
from scipy.special import softmax

from tracker.compare.statistics.answers import Answers, Floats

TEMPERATURE = 2.0


def drawn_answers(
    *,
    images: int = 40,
    repetitions: int = 3,
    classes: int = 2,
    images_a_patient: int = 1,
    separation: float = 1.0,
    tied: bool = False,
    infinite: bool = False,
    positive: int | None = 1,
    seed: int = 0,
) -> Answers:
    generator = np.random.default_rng(seed)
    labels = np.arange(images) // images_a_patient % classes
    logits = generator.normal(size=(repetitions, images, classes))
    logits += separation * (labels[:, None] == np.arange(classes))
    if tied:
        logits = logits.round()
    scores = log_odds(logits)
    if infinite:
        best = np.argsort(scores[:, :, -1], axis=1)[:, -3:]
        for repetition, places in enumerate(best):
            scores[repetition, places, -1] = np.inf
    return Answers(
        labels=labels,
        patients=np.arange(images) // images_a_patient,
        probabilities=np.exp(logits) / np.exp(logits).sum(2, keepdims=True),
        scores=scores,
        positive=positive if classes == 2 else None,
        called=scores[:, :, positive] > 0.25 if classes == 2 and positive is not None else None,
        calibrated=softmax(logits / TEMPERATURE, axis=2),
    )


def of_scores(scores_RN: Floats, labels: list[int]) -> Answers:
    """Return answers of two classes with these scores of the second, which is the finding."""
    scores = np.atleast_2d(np.asarray(scores_RN, float))
    probabilities, calibrated = (1 / (1 + np.exp(-scores / by)) for by in (1, TEMPERATURE))
    return Answers(
        labels=np.asarray(labels),
        patients=np.arange(len(labels)),
        probabilities=np.stack([1 - probabilities, probabilities], 2),
        scores=np.stack([-scores, scores], 2),
        positive=1,
        called=scores >= 0,
        calibrated=np.stack([1 - calibrated, calibrated], 2),
    )


def log_odds(logits: Floats) -> Floats:
    if logits.shape[2] == 2:
        return logits - logits[:, :, ::-1]
    exponentials = np.exp(logits)
    return np.log(exponentials) - np.log(exponentials.sum(2, keepdims=True) - exponentials)
