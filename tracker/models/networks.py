"""Torchvision's classification networks and the small ones, each with a new last layer for the classes."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torchvision
from torch import nn

from tracker.errors import ModelError, UsageError
from tracker.models.minis import MINIS
from tracker.models.weights import load_weights

_IMAGENET_CLASSES = 1000
# Their auxiliary classifiers exist for training from scratch on ImageNet only.
_AUXILIARY = ("googlenet", "inception_v3")


@dataclass(frozen=True)
class Network:
    """A network with a new last layer, and how images are normalized for it.

    Attributes:
        name: The name of the network: torchvision's, or mini-...
        module: The network: normalized images [N, 3, H, W] to logits [N, classes].
        head: The dotted name of its last layer, the new one.
        mean: The mean of each channel that is subtracted, on the scale 0 to 1.
        std: The standard deviation of each channel that is divided by.
    """

    name: str
    module: nn.Module
    head: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


def network_names() -> list[str]:
    """Return the names of all classification networks: the small ones, and those that torchvision has."""
    return [*MINIS, *torchvision.models.list_models(module=torchvision.models)]


def check_network_names(asked: Sequence[str]) -> None:
    """Accept names of networks that exist.

    Raises:
        UsageError: If there are no such ones; the nearest names are given for each.
    """
    names = network_names()
    unknown = {name: difflib.get_close_matches(name, names, n=2) for name in asked if name not in names}
    if not unknown:
        return
    found = [
        f"{name!r} is not" + (f" ({' or '.join(near)}?)" if near else "") for name, near in unknown.items()
    ]
    raise UsageError(
        "a model must be a classification network of torchvision, or a small one",
        but=", ".join(found),
        do=f"`tracker models` lists all {len(names)}.",
    )


def build_network(name: str, *, weights: str, classes: int, seed: int) -> Network:
    """Return a network whose last layer is new.

    The last layer depends on the seed and its shape alone, so that every mode of a model starts from the
    same one. With `weights="none"` the seed determines all other layers too.

    Args:
        name: The network's name.
        weights: `imagenet`, `bundled`, `none`, or the path of a state dict (.pth, .pt or .safetensors).
        classes: The number of classes, 2 or more.
        seed: The seed of what is drawn at random.

    Raises:
        UsageError: If there is no such network.
        ModelError: If the weights cannot be had or do not fit.
    """
    check_network_names([name])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = _random_network(name, pretrained=weights != "none")
    head = _last_layer_name(module, name)
    pretrained = load_weights(module, name, weights, head=head)
    _renew(module, head, classes=classes, seed=seed)
    return Network(name, module, head, pretrained.mean, pretrained.std)


def _random_network(name: str, *, pretrained: bool) -> nn.Module:
    if name in MINIS:
        return MINIS[name]()
    options = builder_options(name, pretrained=pretrained)
    module: nn.Module = torchvision.models.get_model(name, weights=None, **options)
    return module


def blueprint(name: str, *, classes: int) -> Network:
    """Return a network without values, built and traced in no time."""
    try:
        with torch.device("meta"):
            return build_network(name, weights="none", classes=classes, seed=0)
    except NotImplementedError:
        # RegNets compute their widths with tensors, which have no values on the meta device.
        return build_network(name, weights="none", classes=classes, seed=0)


def check_image_size(network: Network, size: int) -> None:
    """Accept an image size that a network can take.

    Args:
        network: The network, with values or without.
        size: Height and width, in pixels.

    Raises:
        UsageError: If the network fails on two images of this size.
    """
    device = next(network.module.parameters()).device
    was_training = network.module.training
    try:
        # In training, batch norms need more than one value a channel.
        network.module.train()(torch.zeros(2, 3, size, size, device=device))
    except (RuntimeError, AssertionError, ValueError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise UsageError(
            "a network must be able to take images of --image-size",
            but=f"{network.name} cannot take {size}x{size} pixels ({reason})",
            do="Choose another size, such as 224, or another network.",
        ) from None
    finally:
        network.module.train(was_training)


def builder_options(name: str, *, pretrained: bool) -> dict[str, bool]:
    """Return what torchvision's builder of a network takes as options.

    Args:
        name: Torchvision's name of the network.
        pretrained: Whether weights are loaded afterwards. Those of GoogLeNet and Inception were trained on
            images that are normalized otherwise, and the networks convert ImageNet's normalization to it.
    """
    if name not in _AUXILIARY:
        return {}
    return {"aux_logits": False, "transform_input": pretrained, "init_weights": not pretrained}


def _last_layer_name(module: nn.Module, name: str) -> str:
    """Return the name of the layer that gives the ImageNet classes: linear, or a 1x1 convolution."""
    path: str
    for path, layer in reversed(list(module.named_modules())):
        if isinstance(layer, nn.Linear) and layer.out_features == _IMAGENET_CLASSES:
            return path
        if isinstance(layer, nn.Conv2d) and layer.out_channels == _IMAGENET_CLASSES:
            return path
    raise ModelError(
        "a network must end in a layer for the ImageNet classes",
        but=f"{name} has none",
        do="Choose another network.",
    )


def _renew(module: nn.Module, path: str, *, classes: int, seed: int) -> None:
    """Replace the layer at `path` by a new one with `classes` outputs."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module.set_submodule(path, _like(module.get_submodule(path), classes))


def _like(layer: nn.Module, classes: int) -> nn.Module:
    if isinstance(layer, nn.Conv2d):
        return nn.Conv2d(layer.in_channels, classes, kernel_size=1)
    assert isinstance(layer, nn.Linear)
    return nn.Linear(layer.in_features, classes)
