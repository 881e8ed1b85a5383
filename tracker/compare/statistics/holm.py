"""Several tests at once: p values that hold for all of them together (Holm 1979)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def holm(p_values: Mapping[Key, float]) -> dict[Key, float]:
    """Return the adjusted p of each test, in the given order.

    The probability that any true null hypothesis has an adjusted p of at most 0.05 is at most 0.05, however
    the tests depend on each other.

    Args:
        p_values: The p of each test, 0 to 1, by what was tested; may be empty.

    Source: S. Holm, Scandinavian Journal of Statistics 6 (1979) 65-70.
    """
    if not p_values:
        return {}
    from statsmodels.stats.multitest import multipletests

    _, adjusted, _, _ = multipletests(list(p_values.values()), method="holm")
    return dict(zip(p_values, map(float, adjusted), strict=True))
