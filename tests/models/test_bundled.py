"""The weights that come with the package: small, marked as what they are, and worth having."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import safetensors
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.support.phantoms import PhantomSample
from tracker.errors import ModelError
from tracker.models.catalog import BUNDLED, bundled_names
from tracker.models.cut import cut_network, state_hash
from tracker.models.digests import SUMS
from tracker.models.minis import MINIS
from tracker.models.networks import build_network
from tracker.models.weights import prepare_weights, weights_digest

# Enough of the sample that ten points are no chance: half of it.
MANY = 330
CARD = (BUNDLED / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MINIS)
def test_every_small_network_brings_a_small_file_that_says_what_it_is(name: str) -> None:
    assert bundled_names() == sorted(MINIS)
    file = BUNDLED / f"{name}.safetensors"
    assert file.stat().st_size < 5_000_000
    with safetensors.safe_open(file, framework="pt") as opened:
        assert "not for clinical use" in opened.metadata()["trained_on"]
        assert len(json.loads(opened.metadata()["mean"])) == 3
        floats = {opened.get_tensor(key).dtype for key in opened.keys()} - {torch.int64}  # noqa: SIM118
    assert floats == {torch.float16}


@pytest.mark.parametrize("name", MINIS)
def test_the_trunk_is_the_same_for_every_seed_and_the_new_layer_is_not(name: str) -> None:
    networks = [build_network(name, weights="bundled", classes=2, seed=seed) for seed in (0, 1)]
    trunks = [cut_network(network, "feature-extractor").trunk for network in networks]
    assert len({state_hash(trunk) for trunk in trunks if trunk is not None}) == 1
    heads = [network.module.get_submodule(network.head).weight for network in networks]
    assert not torch.equal(*heads)


def features(
    name: str, weights: str, images: torch.Tensor
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    trunk = cut_network(build_network(name, weights=weights, classes=2, seed=0), "feature-extractor").trunk
    assert trunk is not None
    with torch.inference_mode():
        return torch.cat([trunk.eval()(part) for part in images.split(64)]).numpy()


@pytest.mark.parametrize("name", MINIS)
def test_a_feature_extractor_gains_ten_points_by_them(name: str, phantoms: PhantomSample) -> None:
    pixels = torch.from_numpy(phantoms.images[:MANY, ..., None])
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    accuracy = {
        weights: cross_val_score(
            make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000)),
            features(name, weights, pixels),
            phantoms.labels[:MANY],
            groups=phantoms.groups[:MANY],
            cv=folds,
        ).mean()
        for weights in ("bundled", "none")
    }
    assert accuracy["bundled"] > accuracy["none"] + 0.10


def test_other_networks_bring_none_and_the_message_names_those_that_do() -> None:
    with pytest.raises(ModelError, match=r"resnet18 brings none.* mini-alexnet, mini-densenet, mini-resnet"):
        prepare_weights("resnet18", "bundled")


def test_they_are_told_from_those_of_another_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = weights_digest("bundled")
    for file in BUNDLED.glob("*.safetensors"):
        (tmp_path / file.name).write_bytes(file.read_bytes()[:-1] + b"\0")
    monkeypatch.setattr("tracker.models.catalog.BUNDLED", tmp_path)
    assert weights_digest("bundled") != ours


def test_they_are_held_against_the_digests_that_came_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mini-resnet.safetensors"
    for name in (file.name, SUMS):
        (tmp_path / name).write_bytes((BUNDLED / name).read_bytes())
    monkeypatch.setattr("tracker.models.catalog.BUNDLED", tmp_path)
    prepare_weights("mini-resnet", "bundled")
    file.write_bytes(file.read_bytes()[:-1] + b"\0")
    for attempt in (prepare_weights, partial(build_network, classes=2, seed=0)):
        with pytest.raises(
            ModelError, match=r"begins with 7e615daf70, but .* is another.*Install tracker again"
        ):
            attempt("mini-resnet", weights="bundled")
    (tmp_path / SUMS).unlink()
    with pytest.raises(ModelError, match=r"must have a digest in SHA256SUMS"):
        prepare_weights("mini-resnet", "bundled")


@pytest.mark.parametrize("word", ["synthetic", "not ImageNet", "not for clinical use", *MINIS])
def test_their_card_says_what_they_are(word: str) -> None:
    assert word.lower() in CARD.lower()
