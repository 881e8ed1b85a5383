"""The result of a check: what is there, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

CheckState = Literal["good", "warning", "missing"]
"""warning: the main job runs all the same; missing: somebody has to do something before it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What a check found, and what to do about it.

    Attributes:
        state: Whether the main job can run with it.
        found: What is there, in one line.
        advice: What to do about it, in sentences; empty where it is good.
        facts: The same for programs, by name; sizes in bytes.
    """

    state: CheckState
    found: str
    advice: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
