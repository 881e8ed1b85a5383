"""Small images of noise, class folders and manifests of them, and a cache of the test's own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tracker.data.manifest import Manifest, Sample
from tracker.records import Part

DrawImage = Callable[..., Path]


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("TRACKER_CACHE", str(folder))
    return folder


@pytest.fixture(autouse=True)
def no_thread_is_left_behind() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before and thread.is_alive()]
    assert not left


def noise(seed: int, height: int = 24, width: int = 32) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)


@pytest.fixture
def draw_image() -> DrawImage:
    """Writes a small gray image of noise: another seed, another content."""

    def draw(path: Path, seed: int, color: bool = False) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        gray = noise(seed)
        Image.fromarray(np.stack([gray, 255 - gray, gray // 2], axis=2) if color else gray).save(path)
        return path

    return draw


@pytest.fixture
def class_folders(tmp_path: Path, draw_image: DrawImage) -> Callable[..., Path]:
    """Makes class folders with that many images each, named `<patient>_<number>.png`."""

    def make(images_of: dict[str, int], root: Path = tmp_path / "images", patients: int = 1000) -> Path:
        seed = sum(1 for _ in root.rglob("*.png")) if root.exists() else 0
        for label, images in images_of.items():
            for number in range(images):
                draw_image(root / label / f"{seed % patients:04d}_{number:03d}.png", seed)
                seed += 1
        return root

    return make


@pytest.fixture
def make_manifest() -> Callable[..., Manifest]:
    """Makes a manifest without files, of (label, patient, part, content) tuples; shorter ones will do."""

    def make(rows: list[tuple[str | None, ...]], dataset: str = "folder") -> Manifest:
        samples = []
        for number, row in enumerate(rows):
            label, patient, part, content = (*row, *([None] * (4 - len(row))))
            sha256 = f"{number:064x}" if content is None else content * 64
            name = f"{number:05d}.png"
            samples.append(Sample(name, Path("/") / name, str(label), patient, as_part(part), sha256))
        return Manifest(dataset, Path("/"), tuple(samples))

    return make


def as_part(word: str | None) -> Part | None:
    return word  # type: ignore[return-value]
