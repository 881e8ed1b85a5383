"""`tracker compare`: the feature-extractor against fine-tuning table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

At = Literal["final", "best"]
Format = Literal["table", "markdown", "csv", "json", "latex"]
