"""Features are computed once, found again, and never by chance those of something else."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from tests.support.trainings import COUNT, CPU
from tracker.config.recipe import Precision
from tracker.data.pixels import Pixels
from tracker.errors import ModelError
from tracker.models.cut import Cut, cut_network, state_hash
from tracker.models.networks import build_network
from tracker.training.features import stored_features
from tracker.training.store import Store, pixel_store


def cut(mode: str = "freeze:layer2", seed: int = 0) -> Cut:
    return cut_network(build_network("resnet18", weights="none", classes=2, seed=seed), mode)


class Counter:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, done: int, total: int, what: str) -> None:
        assert 0 < done <= total == COUNT
        self.calls += 1


def features(cut: Cut, pixels: Pixels, precision: Precision = "fp32") -> tuple[Store, int]:
    counter = Counter()
    assert cut.trunk is not None
    store = stored_features(
        cut.trunk,
        pixels,
        trunk_hash=state_hash(cut.trunk),
        precision=precision,
        device=CPU,
        progress=counter,
    )
    return store, counter.calls


def test_features_are_what_the_trunk_gives(pixels: Pixels) -> None:
    for mode in ("feature-extractor", "freeze:layer2"):
        parts = cut(mode)
        store, _ = features(parts, pixels)
        rows = torch.tensor([3, 30])
        assert parts.trunk is not None
        with torch.inference_mode():
            expected = parts.trunk.eval()(pixel_store(pixels).batch(rows, CPU))
        torch.testing.assert_close(store.batch(rows, CPU), expected, rtol=1e-4, atol=1e-5)


def test_the_second_run_computes_nothing(pixels: Pixels) -> None:
    first, calls = features(cut(), pixels)
    again, calls_again = features(cut(), pixels)
    assert calls > 0
    assert calls_again == 0
    assert torch.equal(first.rows, again.rows)


def test_other_weights_nodes_precisions_and_pixels_have_features_of_their_own(pixels: Pixels) -> None:
    features(cut(), pixels)
    assert features(cut(seed=1), pixels)[1] > 0
    assert features(cut("freeze:layer1"), pixels)[1] > 0
    assert features(cut(), pixels, precision="bf16")[1] > 0
    assert features(cut(), Pixels(pixels.path, pixels.shape, "other-key", "some-digest"))[1] > 0


def test_bf16_features_are_near_those_of_fp32_and_half_as_large(pixels: Pixels) -> None:
    exact, half = (features(cut(), pixels, precision=p)[0] for p in ("fp32", "bf16"))
    assert half.rows.nbytes == exact.rows.nbytes // 2
    rows = torch.arange(COUNT)
    difference = (exact.batch(rows, CPU) - half.batch(rows, CPU)).abs().max()
    assert 0 < difference < 0.05 * exact.batch(rows, CPU).abs().max()


def test_the_trunk_is_the_same_before_and_after(pixels: Pixels) -> None:
    parts = cut("feature-extractor")
    assert parts.trunk is not None
    parts.trunk.train()
    before = state_hash(parts.trunk)
    features(parts, pixels)
    assert state_hash(parts.trunk) == before


def test_interrupted_features_leave_nothing_behind(pixels: Pixels, tmp_path: Path) -> None:
    def interrupt(done: int, total: int, what: str) -> None:
        raise KeyboardInterrupt

    parts = cut()
    assert parts.trunk is not None
    with pytest.raises(KeyboardInterrupt):
        stored_features(
            parts.trunk,
            pixels,
            trunk_hash="h",
            precision="fp32",
            device=CPU,
            progress=interrupt,
        )
    left = [path for path in (tmp_path / "cache" / "features").iterdir() if path.is_dir()]
    assert left == []


class GivesTwo(nn.Module):
    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return pixels.float(), pixels.float()


class GivesOneRow(nn.Module):
    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return pixels.float().mean((0,), keepdim=True)


@pytest.mark.parametrize("trunk", [GivesTwo(), GivesOneRow()])
def test_a_trunk_that_does_not_give_a_row_an_image_is_refused(pixels: Pixels, trunk: nn.Module) -> None:
    with pytest.raises(ModelError, match="a row an image"):
        stored_features(trunk, pixels, trunk_hash="h", precision="fp32", device=CPU)
