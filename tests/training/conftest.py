"""Small pictures with something to learn, stored as every run stores them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.support.small import COUNT, LABELS, SIZE, examples
from tracker.data.pixels import Pixels
from tracker.training.examples import Examples
from tracker.training.store import pixel_store


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TRACKER_CACHE", str(tmp_path / "cache"))
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    # Tiny tensors gain nothing from a second thread, and waiting for it costs on a busy machine.
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    torch.set_rng_state(before)


@pytest.fixture
def pixels(tmp_path: Path) -> Pixels:
    """Gray noise, brighter in the middle where the class is 1."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 180, (COUNT, SIZE, SIZE, 1))
    images[np.array(LABELS) == 1, 20:44, 20:44] += 60
    path = tmp_path / "pixels.raw"
    path.write_bytes(images.astype(np.uint8).tobytes())
    return Pixels(path, images.shape, "some-key")


@pytest.fixture
def on_pixels(pixels: Pixels) -> Examples:
    return examples(pixel_store(pixels))
