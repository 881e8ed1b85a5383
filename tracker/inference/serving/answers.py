"""What is told of an image: probabilities by name, and what the network calls it."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from tracker.inference.ensemble import Answered, Ensemble
from tracker.inference.loading import TrainedNetwork
from tracker.inference.serving.questions import NoImage


def prediction(network: TrainedNetwork, found: Tensor | NoImage) -> dict[str, Any]:
    """Return what `/predict` tells of one image: what `tracker predict` writes of it.

    Args:
        network: What answered.
        found: Logits [K], or why there are none.
    """
    if isinstance(found, NoImage):
        return {"problem": found.why}
    answered = _answered(network, found)
    answer: dict[str, Any] = {"probabilities": answered.probabilities}
    if answered.calibrated:
        answer["calibrated"] = answered.calibrated
    return answer | {"decision": answered.decision, "threshold": answered.threshold}


def probabilities(network: TrainedNetwork, logits_K: Tensor, *, calibrated: bool = False) -> dict[str, float]:
    """Return probabilities by the names of the classes.

    Args:
        network: What answered; it has a temperature where calibrated ones are asked for.
        logits_K: Its logits.
        calibrated: Whether at its temperature.
    """
    answered = _answered(network, logits_K)
    return dict(answered.calibrated if calibrated else answered.probabilities)


def _answered(network: TrainedNetwork, logits_K: Tensor) -> Answered:
    return next(Ensemble([network]).of_logits(logits_K[None, None]))


def description(network: TrainedNetwork) -> dict[str, Any]:
    """Return what `/model` tells of the network that answers."""
    return {
        "model": network.asked,
        "network": network.model,
        "classes": list(network.classes),
        "positive": network.positive,
        "threshold": Ensemble([network]).threshold,
        "temperature": network.temperature,
        "image_size": network.image_size,
        "resize": network.resize,
        "run_id": None if network.run is None else network.run.run_id,
        "model_id": network.model_id or None,
    }
