"""What a check found, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

State = Literal["good", "warning", "missing"]
"""warning: the main job runs all the same; missing: somebody has to do something before it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check found.

    Attributes:
        state: Whether the main job can run with it.
        found: What is there, in one line.
        advice: What to do about it, in sentences; empty where it is good.
        facts: The same for programs, by name; sizes in bytes.
    """

    state: State
    found: str
    advice: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


def size_said(size: int) -> str:
    """Return a size as people say it.

    Args:
        size: Bytes.
    """
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
