"""What is told of an image: probabilities by name, and what the network calls it."""

from __future__ import annotations

from typing import Any

import torch
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
    return answer | {"decision": decision(network, found), "threshold": threshold(network)}


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


def threshold(network: TrainedNetwork) -> float | None:
    """Return the finding's probability from which an image is called so; None: the likeliest is."""
    if network.positive not in network.classes or len(network.classes) != 2 or network.threshold is None:
        return None
    return float(torch.tensor(network.threshold, dtype=torch.float64).sigmoid())


def decision(network: TrainedNetwork, logits_K: Tensor) -> str:
    """Return the class that an image is called."""
    logits = logits_K.double()
    if threshold(network) is None or network.positive is None or network.threshold is None:
        return network.classes[int(logits.argmax())]
    found = network.classes.index(network.positive)
    # Probabilities that are close to one would be rounded to it.
    called = float(logits[found] - logits[1 - found]) >= network.threshold
    return network.classes[found if called else 1 - found]


def description(network: TrainedNetwork) -> dict[str, Any]:
    """Return what `/model` tells of the network that answers."""
    return {
        "model": network.asked,
        "network": network.model,
        "classes": list(network.classes),
        "positive": network.positive,
        "threshold": threshold(network),
        "temperature": network.temperature,
        "image_size": network.image_size,
        "resize": network.resize,
        "run_id": None if network.run is None else network.run.run_id,
        "model_id": network.model_id or None,
    }
