"""A folder of small pictures that stand for radiographs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

CLASSES = ("healthy", "sick")
IMAGES_A_CLASS = 15


def draw_radiographs(folder: Path) -> Path:
    """Draw 30 gray images of 15 patients; the sick ones are brighter in the middle."""
    rng = np.random.default_rng(0)
    for number in range(2 * IMAGES_A_CLASS):
        label = CLASSES[number % 2]
        image = rng.integers(0, 170, (72, 64), dtype=np.uint8)
        if label == "sick":
            image[20:50, 18:46] += 70
        path = folder / label / f"P{number // 2:02}_{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    return folder


@pytest.fixture(scope="session")
def radiographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_radiographs(tmp_path_factory.mktemp("radiographs"))
