"""Grad-CAM, held against answers that are known and against its formula computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tracker.inference.explanations.maps import Explainer, log_odds, says_no_place, speaking_for
from tracker.models.networks import Network, build_network

SIZE = 32
PLAIN = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}


def bright_is_ill() -> Network:
    """A network whose finding is brightness: the mean of a map of brightness, weighted +1 and -1."""
    convolution = nn.Conv2d(3, 1, kernel_size=1, bias=False)
    last = nn.Linear(1, 2, bias=False)
    nn.init.constant_(convolution.weight, 1 / 3)
    last.weight = nn.Parameter(torch.tensor([[-1.0], [1.0]]))
    module = nn.Sequential(convolution, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), last)
    return Network("bright", module.eval().requires_grad_(False), "4", **PLAIN)  # type: ignore[arg-type]


def corner(row: int, column: int) -> np.ndarray:
    image = np.full((1, SIZE, SIZE, 3), 20, np.uint8)
    image[0, row : row + 4, column : column + 4] = 250
    return image


@pytest.mark.parametrize("place", [(0, 0), (0, 28), (28, 0), (28, 28)])
def test_evidence_in_one_corner_gives_its_greatest_value_there(place: tuple[int, int]) -> None:
    (found,) = Explainer(bright_is_ill(), image_size=SIZE).signed_maps(corner(*place), [1])
    row, column = np.unravel_index(found.argmax(), found.shape)
    assert place[0] <= row < place[0] + 4
    assert place[1] <= column < place[1] + 4


def test_the_map_is_the_sum_of_the_channels_times_their_mean_gradient() -> None:
    image = corner(0, 0)
    (found,) = Explainer(bright_is_ill(), image_size=SIZE).signed_maps(image, [1])
    # The log-odds are twice the mean brightness: each place's gradient is 2 / (32 * 32).
    assert np.allclose(found, 2 / SIZE**2 * image[0].mean(2) / 255, atol=1e-7)


def test_what_speaks_for_a_class_speaks_against_the_other_and_then_no_place_is_left() -> None:
    explainer = Explainer(bright_is_ill(), image_size=SIZE)
    (ill,), (well,) = (explainer.signed_maps(corner(0, 0), [target]) for target in (1, 0))
    assert np.allclose(ill, -well)
    assert not says_no_place(speaking_for(ill))
    assert says_no_place(speaking_for(well))


def test_a_map_that_is_the_same_everywhere_says_no_place() -> None:
    assert says_no_place(np.full((4, 4), 0.3, np.float32))
    assert says_no_place(np.zeros((4, 4), np.float32))
    assert says_no_place(np.full((2, 2), np.nan, np.float32))
    assert not says_no_place(np.eye(4, dtype=np.float32))


@pytest.mark.parametrize("name", ["mini-resnet", "mini-densenet"])
def test_a_whole_network_gives_what_its_layers_give_by_hand(name: str) -> None:
    network = build_network(name, weights="none", classes=3, seed=0)
    network.module.eval().requires_grad_(False)
    pixels = np.random.default_rng(0).integers(0, 256, (2, 128, 128, 3), dtype=np.uint8)
    found = Explainer(network, image_size=128).signed_maps(pixels, [2, 0])
    by_hand = [_by_hand(network, pixels[place], target) for place, target in enumerate([2, 0])]
    assert np.allclose(found, by_hand, atol=1e-5)


def _by_hand(network: Network, pixels: np.ndarray, target: int) -> np.ndarray:
    """Take the map from a hook, and the gradient of the log-odds of probabilities by differences."""
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (network.mean, network.std))
    image = ((torch.from_numpy(pixels).permute(2, 0, 1) / 255 - mean) / std)[None]
    module = network.module
    if network.name == "mini-resnet":
        body = nn.Sequential(*list(module.children())[:-2])

        def rest(features: Tensor) -> Tensor:
            return module.fc(features.mean((2, 3)))  # type: ignore[operator,no-any-return]
    else:
        body = nn.Sequential(module.features, nn.ReLU())  # type: ignore[arg-type]

        def rest(features: Tensor) -> Tensor:
            return module.classifier(features.mean((2, 3)))  # type: ignore[operator,no-any-return]

    features = body(image).detach().requires_grad_()
    share = rest(features).softmax(1)[0, target]
    (gradient,) = torch.autograd.grad((share / (1 - share)).log(), features)
    weighted = gradient.mean((2, 3), keepdim=True) * features
    return np.asarray(weighted.sum(1)[0].detach())


def test_log_odds_are_those_of_the_probabilities() -> None:
    logits = torch.tensor([[2.0, -1.0, 0.5], [0.0, 0.0, 0.0]], dtype=torch.float64)
    shares = logits.softmax(1)
    assert torch.allclose(log_odds(logits), (shares / (1 - shares)).log())


def test_certain_answers_have_log_odds_still() -> None:
    assert torch.isfinite(log_odds(torch.tensor([[200.0, -200.0]]))).all()


def test_no_gradient_is_left_in_the_network() -> None:
    network = build_network("mini-resnet", weights="none", classes=2, seed=0)
    network.module.eval()
    Explainer(network, image_size=64).signed_maps(corner(0, 0).repeat(2, 1).repeat(2, 2), [0])
    assert all(parameter.grad is None for parameter in network.module.parameters())
    assert all(parameter.requires_grad for parameter in network.module.parameters())
