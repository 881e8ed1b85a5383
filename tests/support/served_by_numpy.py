"""A served network without PyTorch: the mean gray decides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


class Served:
    def __init__(self, classes: list[str]) -> None:
        self.classes = classes

    def predict(self, images: np.ndarray[Any, Any], params: dict[str, Any] | None = None) -> pd.DataFrame:
        bright = images.reshape(len(images), -1).mean(axis=1) / 255
        return pd.DataFrame({self.classes[0]: 1 - bright, self.classes[1]: bright})


def _load_pyfunc(data_path: str) -> Served:
    return Served(json.loads((Path(data_path) / "card.json").read_text())["classes"])
