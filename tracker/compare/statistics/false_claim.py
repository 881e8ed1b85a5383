"""How likely the arm that looks better is not."""

from __future__ import annotations


def probability_of_false_claim(only_first: float, only_second: float, images: float) -> float:
    """Return the posterior probability that the arm with more right answers is not the better one.

    The shares of images that both, only the first, only the second and neither arm got right have a uniform
    prior, Dirichlet(1, 1, 1, 1), as in the paper; the congruence of the arms is the one that was seen. Given
    the posterior, the first arm's part of the disagreements follows Beta(only_first + 1, only_second + 1), so
    that the probability is that of this part being at most a half. How many images there were beside drops
    out.

    It is no p value, and at most a half: with equal counts neither arm looks better, and it is 0.5. It knows
    these networks on images like these, and nothing of other seeds or of images that hang together: for the
    latter divide the three counts by the design effect, of several seeds use the mean counts.

    Args:
        only_first: How many images only the first arm got right; may be fractional.
        only_second: How many images only the second arm got right; may be fractional.
        images: How many images there are, `only_first + only_second` at least.

    Returns:
        0 to 0.5.

    Source: E. Christodoulou et al., False Promises in Medical Imaging AI? Assessing Validity of
        Outperformance Claims (2025), arXiv 2505.04720.
    """
    from scipy.special import betainc

    more, fewer = max(only_first, only_second), min(only_first, only_second)
    return min(0.5, float(betainc(more + 1, fewer + 1, 0.5)))
