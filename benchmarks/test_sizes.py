"""How often the tests of a comparison are wrong: their size at 5 %, their power, what their intervals cover.

    python -m benchmarks.test_sizes [REPEATS]

Prints the tables of docs/statistics.md. Two arms answer to the same images: an image is harder or easier for
both, and for one of them (the more alike for images of one patient), a seed makes an arm better or worse, and
the rest is noise; an arm is right where the sum is under a threshold that gives it its accuracy. Size is how
often a test with p <= 0.05 finds arms of the same accuracy different, power how often it finds 10 points;
what is covered are these 10 points. Folds train real classifiers on training images that overlap.

Letters of shapes: R repetitions (seeds), N images, P patients, D features.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.stats import norm, ttest_1samp

from tracker.compare.statistics.clustered_mcnemar import clustered_mcnemar
from tracker.compare.statistics.crossed import crossed_difference, crossed_difference_unpaired
from tracker.compare.statistics.mcnemar import mcnemar
from tracker.compare.statistics.resampled_t import corrected_resampled_t

LEVEL, DIFFERENCE = 0.05, 0.1
ALIKE = 0.6
"""The share of what differs from image to image that images of one patient have in common."""

_HARDNESS, _OF_ARM, _NOISE = 1.0, 0.6, 0.5


@dataclass(frozen=True)
class Study:
    """What is simulated.

    Attributes:
        images: The number of test images.
        most: A patient has one image to so many.
        seeds: Seeds of each arm.
        seeds_sd: The standard deviation of an arm's accuracy over seeds.
        accuracy: The accuracy of the second arm.
        difference: How much better the first is.
    """

    images: int
    most: int = 1
    seeds: int = 1
    seeds_sd: float = 0.0
    accuracy: float = 0.8
    difference: float = 0.0


class Result(NamedTuple):
    """What a test said: its p, and whether its interval covers the truth (None: it has no interval)."""

    p: float
    covers: bool | None = None


Drawn = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Whether the first arm was right [R, N], the second [R, N], and whose image each is [N]."""


def draw(study: Study, rng: np.random.Generator) -> Drawn:
    sizes_P = rng.integers(1, study.most + 1, study.images)
    patients_N = np.repeat(np.arange(study.images), sizes_P)[: study.images]

    def of_images(sd: float) -> np.ndarray:
        alone_N, shared_P = rng.standard_normal((2, study.images))
        return sd * (np.sqrt(1 - ALIKE) * alone_N + np.sqrt(ALIKE) * shared_P[patients_N])

    def answers(accuracy: float, hardness_N: np.ndarray) -> np.ndarray:
        rest = _HARDNESS**2 + _OF_ARM**2 + _NOISE**2
        # A seed moves the accuracy by the density at the threshold.
        seeds_sd = study.seeds_sd / norm.pdf(norm.ppf(accuracy)) * np.sqrt(rest)
        noise_RN = _NOISE * rng.standard_normal((study.seeds, study.images))
        effects_R = seeds_sd * rng.standard_normal((study.seeds, 1))
        total = np.sqrt(rest + seeds_sd**2)
        return hardness_N + of_images(_OF_ARM) + noise_RN + effects_R < norm.ppf(accuracy) * total

    hardness_N = of_images(_HARDNESS)
    first_RN, second_RN = (
        answers(accuracy, hardness_N) for accuracy in (study.accuracy + study.difference, study.accuracy)
    )
    return first_RN, second_RN, patients_N


_mcnemar = lru_cache(maxsize=None)(mcnemar)


def by_mcnemar(drawn: Drawn, truth: float) -> dict[str, Result]:
    """McNemar's tests of the first seed."""
    (first_N, *_), (second_N, *_), patients_N = drawn
    only_first_N, only_second_N = first_N & ~second_N, second_N & ~first_N
    plain = _mcnemar(int(only_first_N.sum()), int(only_second_N.sum()))
    only_first_P, only_second_P, sizes_P = (
        np.bincount(patients_N, weights) for weights in (only_first_N, only_second_N, None)
    )
    return {
        "McNemar, exact": Result(plain.exact_p),
        "McNemar, mid-p": Result(plain.mid_p),
        "clustered McNemar, an image a vote": Result(clustered_mcnemar(only_first_P, only_second_P)),
        "clustered McNemar, a patient a vote": Result(
            clustered_mcnemar(only_first_P, only_second_P, sizes_P)
        ),
    }


def by_patients_and_seeds(drawn: Drawn, truth: float) -> dict[str, Result]:
    """Differences over patients, and over patients and seeds."""
    first_RN, second_RN, patients_N = drawn
    differences_RN = first_RN.astype(float) - second_RN
    found = {"patients": crossed_difference(differences_RN.mean(0, keepdims=True), patients_N)}
    if len(differences_RN) > 1:
        found["patients and seeds"] = crossed_difference(differences_RN, patients_N)
        found["patients and seeds, not paired"] = crossed_difference_unpaired(first_RN, second_RN, patients_N)
    return {
        name: Result(crossed.p, crossed.interval.low <= truth <= crossed.interval.high)
        for name, crossed in found.items()
        if crossed is not None
    }


class Rates(NamedTuple):
    """Shares of the repeats: equal arms told apart, other ones told apart, true differences covered."""

    size: float
    power: float
    coverage: float | None


Tests = Callable[[Drawn, float], dict[str, Result]]


def rates(study: Study, tests: Tests, repeats: int, seed: int = 0) -> dict[str, Rates]:
    rng = np.random.default_rng(seed)
    equal = [tests(draw(study, rng), 0.0) for _ in range(repeats)]
    different = replace(study, difference=DIFFERENCE)
    other = [tests(draw(different, rng), DIFFERENCE) for _ in range(repeats)]

    def share(results: list[dict[str, Result]], name: str) -> float:
        return float(np.mean([result[name].p <= LEVEL for result in results]))

    def covered(name: str) -> float | None:
        seen = [result[name].covers for result in other]
        return None if None in seen else float(np.mean(seen))

    return {name: Rates(share(equal, name), share(other, name), covered(name)) for name in equal[0]}


def fold_differences(
    images: int, repeats: int, rng: np.random.Generator, *, folds: int = 5, features: int = 6
) -> np.ndarray:
    """Return how nearest centroids on one half of the features and on the other differ, fold by fold.

    Both halves are drawn alike, so that the two are as good as each other.
    """
    labels_N = np.arange(images) % 2
    features_ND = rng.standard_normal((images, 2 * features)) + 0.5 * labels_N[:, None]
    differences = []
    for _ in range(repeats):
        part_N = rng.permutation(images) % folds
        for fold in range(folds):
            tested, learned = part_N == fold, part_N != fold
            low, high = (features_ND[learned & (labels_N == label)].mean(0) for label in (0, 1))
            votes_ND = (features_ND[tested] - (low + high) / 2) * (high - low)
            first, second = (
                ((votes_ND[:, half].sum(1) > 0) == labels_N[tested]).mean()
                for half in (slice(0, features), slice(features, None))
            )
            differences.append(first - second)
    return np.array(differences)


def fold_sizes(images: int, fold_repeats: int, repeats: int, seed: int = 0) -> tuple[float, float]:
    """Return the sizes of the plain and of the corrected t-test over five folds, repeated so often."""
    rng = np.random.default_rng(seed)
    plain, corrected = [], []
    for _ in range(repeats):
        differences = fold_differences(images, fold_repeats, rng)
        result = corrected_resampled_t(differences, test_share=0.2)
        # Folds that all differ alike say nothing.
        corrected.append(result is not None and result.p <= LEVEL)
        plain.append(bool(np.ptp(differences)) and ttest_1samp(differences, 0).pvalue <= LEVEL)
    return float(np.mean(plain)), float(np.mean(corrected))


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _cell(found: Rates) -> str:
    return " / ".join(_percent(share) for share in found if share is not None)


def _row(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def _table(keys: list[str], rows: Iterator[tuple[list[object], dict[str, Rates]]]) -> Iterator[str]:
    """Yield the lines of a table: a row a study, a column a test."""
    for number, (values, found) in enumerate(rows):
        if number == 0:
            yield _row(*keys, *found)
            yield _row(*["--:"] * (len(keys) + len(found)))
        yield _row(*values, *map(_cell, found.values()))


def one_seed(repeats: int) -> Iterator[str]:
    def tests(drawn: Drawn, truth: float) -> dict[str, Result]:
        return by_mcnemar(drawn, truth) | by_patients_and_seeds(drawn, truth)

    def rows() -> Iterator[tuple[list[object], dict[str, Rates]]]:
        for images in (44, 132, 1000):
            for most in (1, 6):
                of = "one" if most == 1 else f"1 to {most}"
                yield [images, of], rates(Study(images, most), tests, repeats)

    yield from _table(["images", "of a patient"], rows())


def several_seeds(repeats: int) -> Iterator[str]:
    def tests(drawn: Drawn, truth: float) -> dict[str, Result]:
        one = by_mcnemar(drawn, truth)["McNemar, mid-p"]
        return {"McNemar of one seed, mid-p": one} | by_patients_and_seeds(drawn, truth)

    def rows() -> Iterator[tuple[list[object], dict[str, Rates]]]:
        for images in (44, 132, 1000):
            for seeds in (2, 3, 5):
                for sd in (0.0, 0.02, 0.05):
                    study = Study(images, seeds=seeds, seeds_sd=sd)
                    yield [images, seeds, f"{100 * sd:.0f} points"], rates(study, tests, repeats)

    yield from _table(["images", "seeds", "sd over seeds"], rows())


def folds(repeats: int) -> Iterator[str]:
    yield _row("images", "folds", "plain t-test", "corrected")
    yield _row(*["--:"] * 4)
    for images in (44, 132, 1000):
        for times in (1, 2, 5):
            plain, corrected = fold_sizes(images, times, repeats)
            yield _row(images, "5" if times == 1 else f"{times} x 5", _percent(plain), _percent(corrected))


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    for title, table in (("One seed", one_seed), ("Several seeds", several_seeds), ("Folds", folds)):
        print(f"### {title}\n", *table(repeats), sep="\n", end="\n\n", flush=True)


if __name__ == "__main__":
    main()
