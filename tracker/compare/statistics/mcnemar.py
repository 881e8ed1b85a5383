"""McNemar's test: of the images that only one of two arms got right, are more than by chance one arm's?"""

from __future__ import annotations

from typing import NamedTuple


class McNemar(NamedTuple):
    """What McNemar's test says of two arms on the same images.

    Attributes:
        only_first: The number of images that only the first arm got right.
        only_second: The number of images that only the second arm got right.
        exact_p: The two-sided p of the exact conditional test. It holds its level always, and is cautious.
        mid_p: The same with half of the probability of what was seen; near its level, and seldom above it.
    """

    only_first: int
    only_second: int
    exact_p: float
    mid_p: float


def mcnemar(only_first: int, only_second: int) -> McNemar:
    """Test whether two arms are right equally often, on images that do not hang together.

    Where patients have several images, see `clustered_mcnemar`. Without a disagreement both p are 1.

    Args:
        only_first: The number of images that only the first arm got right.
        only_second: The number of images that only the second arm got right.

    Source: Q. McNemar, Psychometrika 12 (1947) 153-157; mid-p: M. W. Fagerland, S. Lydersen and P. Laake,
        BMC Medical Research Methodology 13 (2013) 91.
    """
    from scipy.stats import binom, binomtest

    disagreements = only_first + only_second
    if disagreements == 0:
        return McNemar(only_first, only_second, 1.0, 1.0)
    exact_p = float(binomtest(only_first, disagreements).pvalue)
    # Of an even split, both tails hold the middle, which `exact_p` counts once: half of it is left out.
    share = 0.5 if only_first == only_second else 1.0
    mid_p = exact_p - share * float(binom.pmf(only_first, disagreements, 0.5))
    return McNemar(only_first, only_second, exact_p, mid_p)
