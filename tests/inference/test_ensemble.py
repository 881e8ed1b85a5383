"""Networks that answer together: decided in one place, and never from what is no number."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from tests.support.served import THRESHOLD, tiny_model
from tracker.errors import ModelError
from tracker.inference.ensemble import Ensemble
from tracker.inference.loading import TrainedNetwork, load_trained


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> TrainedNetwork:
    return load_trained(tiny_model(tmp_path_factory.mktemp("ensemble") / "model"))


def test_one_network_decides_at_its_threshold_in_log_odds(network: TrainedNetwork) -> None:
    logits_MNK = torch.tensor([[[0.0, THRESHOLD - 1e-3], [0.0, THRESHOLD + 1e-3], [900.0, 0.0]]])
    answers = list(Ensemble([network]).of_logits(logits_MNK))
    assert [one.decision for one in answers] == ["normal", "tuberculosis", "normal"]


def test_two_networks_decide_by_the_means_of_shares_and_of_thresholds(network: TrainedNetwork) -> None:
    assert network.threshold is not None
    other = replace(network, threshold=-network.threshold)
    # The mean of the thresholds is a share of one half; those of the finding are 0.55 and 0.45.
    shares_MN2 = torch.tensor([[[0.1, 0.9], [0.4, 0.6]], [[0.8, 0.2], [0.7, 0.3]]], dtype=torch.float64)
    answers = list(Ensemble([network, other]).of_logits(shares_MN2.log()))
    assert [one.threshold for one in answers] == pytest.approx([0.5, 0.5])
    assert [one.decision for one in answers] == ["tuberculosis", "normal"]


def test_an_answer_that_is_no_number_is_no_decision(network: TrainedNetwork) -> None:
    logits_MNK = torch.tensor([[[0.0, 1.0], [0.0, float("nan")]]])
    with pytest.raises(ModelError, match="must answer numbers"):
        list(Ensemble([network]).of_logits(logits_MNK))
