"""What is told of an image: probabilities by name, and what the network calls it."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from tracker.inference.loading import TrainedNetwork
from tracker.inference.serving.questions import NoImage


def prediction(network: TrainedNetwork, found: Tensor | NoImage) -> dict[str, Any]:
    """Return what `/predict` tells of one image.

    Args:
        network: What answered.
        found: Logits [K], or why there are none.
    """
    if isinstance(found, NoImage):
        return {"problem": found.why}
    answer: dict[str, Any] = {"probabilities": probabilities(network, found)}
    if network.temperature is not None:
        answer["calibrated"] = probabilities(network, found, temperature=network.temperature)
    return answer | {"decision": decision(network, found), "threshold": network.threshold}


def probabilities(network: TrainedNetwork, logits_K: Tensor, *, temperature: float = 1.0) -> dict[str, float]:
    """Return probabilities by the names of the classes.

    Args:
        network: What answered.
        logits_K: Its logits.
        temperature: What they are divided by.
    """
    # In single precision, images that are as good as certain would all be exactly that.
    values = (logits_K.double() / temperature).softmax(0).tolist()
    return dict(zip(network.classes, values, strict=True))


def decision(network: TrainedNetwork, logits_K: Tensor) -> str:
    """Return the class that an image is called: by the threshold of the finding, or the most probable one."""
    logits = logits_K.double()
    if network.positive is None or network.threshold is None:
        return network.classes[int(logits.argmax())]
    found = network.classes.index(network.positive)
    (other,) = {0, 1} - {found}
    called = float(logits[found] - logits[other]) >= network.threshold
    return network.classes[found if called else other]


def description(network: TrainedNetwork) -> dict[str, Any]:
    """Return what `/model` tells of the network that answers."""
    return {
        "model": network.asked,
        "network": network.model,
        "classes": list(network.classes),
        "positive": network.positive,
        "threshold": network.threshold,
        "temperature": network.temperature,
        "image_size": network.image_size,
        "resize": network.resize,
        "run_id": None if network.run is None else network.run.run_id,
        "model_id": network.model_id or None,
    }
