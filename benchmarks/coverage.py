"""How often intervals of 95 % hold the truth, where the truth is known.

    python -m benchmarks.coverage [REPEATS] [IMAGES ...]

Draws test samples and networks again and again, asks `tracker.compare.statistics` for every interval, and
counts. Prints the tables of docs/statistics.md; takes some hours on one core with 2000 repeats.

A network gives an image of the finding a score around its separation, and another image one around the same
below zero, with a standard deviation of 1: partly the patient's, partly the image's (the same for all
networks of an arm, and nearly the same for the other arm), partly of image and network. Half of the patients
have the finding. Separations of networks vary with the seed. What such a network does on all patients is an
integral.

Letters of shapes: R repetitions, N images, P patients.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.polynomial.hermite_e import hermegauss

from tracker.compare.statistics.answers import Answers, Floats, Truth, Whole
from tracker.compare.statistics.bootstrap import bootstrap_intervals, paired_intervals
from tracker.compare.statistics.delong import delong_interval, delong_test
from tracker.compare.statistics.intervals import Interval, wilson

RESAMPLES = 400
"""Fewer than the product draws, so that thousands of repeats are possible; standard errors need no more."""
_OF_PATIENT, _OF_BOTH, _ALIKE = 0.5, 0.25, 0.7
"""Shares of a score's variance: the patient's, where patients have several images; that of image and network
at once; and of what is left, what two arms have in common."""
_NODES, _SHARES = hermegauss(41)
_STEPS = np.linspace(-9, 9, 1801)


@dataclass(frozen=True)
class Setting:
    """What is drawn.

    Attributes:
        images: How many are tested, about.
        several: Whether a patient has 1 to 6 images, and not one.
        repetitions: How many networks an arm has.
        separation: Of the first arm's networks, on average.
        other: Of the second arm's.
        seeds: The standard deviation of separations of an arm's networks.
        paired: Whether seeds are taken as pairs.
    """

    images: int
    several: bool = False
    repetitions: int = 1
    separation: float = 1.0
    other: float = 0.9
    seeds: float = 0.1
    paired: bool = True


@dataclass
class Coverage:
    """How often an interval held the truth.

    Attributes:
        repeats: How often there was an interval.
        below: How often the truth was below it.
        above: How often it was above it.
        missing: How often there was no interval.
    """

    repeats: int = 0
    below: int = 0
    above: int = 0
    missing: int = 0

    @property
    def share(self) -> float:
        """The share of repeats in which the interval held the truth."""
        return 1 - (self.below + self.above) / max(1, self.repeats)

    def count(self, interval: Interval | None, truth: float) -> None:
        """Count one interval."""
        if interval is None:
            self.missing += 1
            return
        self.repeats += 1
        # A truth that the interval's end equals, as 1 may be, is held.
        self.below += truth < interval.low - 1e-12
        self.above += truth > interval.high + 1e-12


def accuracy(separation: float) -> float:
    return NormalDist().cdf(separation)


def auroc(separation: float) -> float:
    return NormalDist().cdf(sqrt(2) * separation)


def average_precision(separation: float) -> float:
    return float(np.interp(separation, *_average_precisions()))


@cache
def _average_precisions() -> tuple[Floats, Floats]:
    """Return separations and their average precisions: the mean precision at the scores of the finding."""
    separations, precisions = np.linspace(-1, 4, 501), []
    above = np.array([NormalDist().cdf(-step) for step in _STEPS])
    density = np.exp(-(_STEPS**2) / 2) / sqrt(2 * np.pi)
    for separation in separations:
        false = np.interp(_STEPS + 2 * separation, _STEPS, above)
        precisions.append(np.trapezoid(density * above / (above + false + 1e-300), _STEPS))
    return separations, np.array(precisions)


def brier(separation: float) -> float:
    return float((_SHARES / _SHARES.sum()) @ (1 / (1 + np.exp(separation + _NODES)) ** 2))


TRUTHS: Mapping[str, Callable[[float], float]] = {
    "accuracy": accuracy,
    "sensitivity": accuracy,
    "auroc": auroc,
    "average_precision": average_precision,
    "brier": brier,
}


@dataclass(frozen=True, eq=False)
class Sample:
    """What one repeat tests: labels_N, patients_N, and what the scores of all networks have in common."""

    labels: Whole
    patients: Whole
    common: Floats
    generator: np.random.Generator

    @classmethod
    def draw(cls, setting: Setting, generator: np.random.Generator) -> Sample:
        """Draw patients, classes, and what all scores have in common."""
        patients = _patients(setting, generator)
        finding_P = generator.permutation(np.arange(patients[-1] + 1) % 2)
        labels = finding_P[patients].astype(np.int64)
        return cls(labels, patients, _latent(patients, setting.several, generator), generator)

    def answers(self, setting: Setting, separations_R: Floats) -> Answers:
        """Let networks of these separations answer."""
        own = _latent(self.patients, setting.several, self.generator)
        latent_N = sqrt(_ALIKE) * self.common + sqrt(1 - _ALIKE) * own
        noise_RN = self.generator.normal(size=(len(separations_R), len(latent_N)))
        scores_RN = separations_R[:, None] * (2 * self.labels - 1) + latent_N + sqrt(_OF_BOTH) * noise_RN
        probabilities_RN = 1 / (1 + np.exp(-scores_RN))
        return Answers(
            labels=self.labels,
            patients=self.patients,
            probabilities=np.stack([1 - probabilities_RN, probabilities_RN], 2),
            scores=np.stack([-scores_RN, scores_RN], 2),
            positive=1,
        )


def simulate(setting: Setting, repeats: int, *, seed: int = 0) -> dict[str, Coverage]:
    """Count how often each interval of the setting holds the truth.

    Args:
        setting: What is drawn.
        repeats: How often.
        seed: Where chance starts.
    """
    counted: dict[str, Coverage] = {}
    for repeat in range(repeats):
        for name, interval, truth in _intervals(setting, np.random.default_rng([seed, repeat])):
            counted.setdefault(name, Coverage()).count(interval, truth)
    return counted


def _intervals(
    setting: Setting, generator: np.random.Generator
) -> Iterator[tuple[str, Interval | None, float]]:
    sample = Sample.draw(setting, generator)
    means = (setting.separation, setting.other)
    separations = [mean + setting.seeds * generator.normal(size=setting.repetitions) for mean in means]
    first, second = (sample.answers(setting, separations_R) for separations_R in separations)
    yield from _without_resampling(first, second, separations)
    for name, spread in bootstrap_intervals(first, TRUTHS, resamples=RESAMPLES).items():
        yield f"patients, {name}", spread.patients, _of_these(name, separations[0])
        if setting.repetitions > 1:
            yield f"both, {name}", spread.both, _of_all(name, means[0], setting.seeds)
    pairs = paired_intervals(first, second, TRUTHS, paired_seeds=setting.paired, resamples=RESAMPLES)
    for name, pair in pairs.items():
        truths = [_of_these(name, separations_R) for separations_R in separations]
        yield f"patients, {name} difference", pair.patients, truths[0] - truths[1]
        if setting.repetitions > 1:
            all_truths = [_of_all(name, mean, setting.seeds) for mean in means]
            yield f"both, {name} difference", pair.both, all_truths[0] - all_truths[1]


def _without_resampling(
    first: Answers, second: Answers, separations: list[Floats]
) -> Iterator[tuple[str, Interval | None, float]]:
    """Yield the intervals of the first repetition of each arm."""
    positives_N: Truth = first.labels == 1
    one, other = (float(separations_R[0]) for separations_R in separations)
    scores = [answers.scores[0, :, 1] for answers in (first, second)]
    yield "Wilson, accuracy", wilson(int(first.correct[0].sum()), first.images), accuracy(one)
    yield "DeLong, auroc", delong_interval(scores[0], positives_N), auroc(one)
    test = delong_test(*scores, positives_N)
    yield "DeLong, auroc difference", test and test.interval, auroc(one) - auroc(other)


def _of_these(name: str, separations_R: Floats) -> float:
    return float(np.mean([TRUTHS[name](float(separation)) for separation in separations_R]))


@cache
def _of_all(name: str, separation: float, seeds: float) -> float:
    nodes, shares = hermegauss(9)
    values = [TRUTHS[name](separation + seeds * float(node)) for node in nodes]
    return float(np.dot(values, shares) / shares.sum())


def _patients(setting: Setting, generator: np.random.Generator) -> Whole:
    if not setting.several:
        return np.arange(setting.images)
    sizes = generator.integers(1, 7, size=setting.images)
    patients: Whole = np.repeat(np.arange(setting.images), sizes)
    # The last patient may have some images more than asked for.
    return patients[patients <= patients[setting.images - 1]]


def _latent(patients_N: Whole, several: bool, generator: np.random.Generator) -> Floats:
    """Return what the scores of images have of the patient and of the image."""
    of_patient = _OF_PATIENT if several else 0.0
    patient_N = generator.normal(size=patients_N[-1] + 1)[patients_N]
    image_N = generator.normal(size=len(patients_N))
    latent: Floats = sqrt(of_patient) * patient_N + sqrt(1 - _OF_BOTH - of_patient) * image_N
    return latent


SETTINGS = [
    *(Setting(n, several, r) for n in (44, 132, 1000) for several in (False, True) for r in (1, 3)),
    Setting(132, repetitions=2),
    Setting(132, repetitions=5),
    Setting(132, repetitions=5, paired=False),
    *(Setting(n, separation=1.8, other=1.5) for n in (44, 132)),
]


def tables(settings: Iterable[Setting], repeats: int) -> Iterator[str]:
    """Yield the lines of two Markdown tables: of one arm, and of differences; in percent."""
    results = []
    for setting in settings:
        results.append((setting, simulate(setting, repeats)))
        row = ", ".join(f"{name} {100 * each.share:.1f}" for name, each in results[-1][1].items())
        print(_title(setting), row, sep=" | ", file=sys.stderr, flush=True)
    every = list(dict.fromkeys(name for _, counted in results for name in counted))
    for difference in (False, True):
        names = sorted(name for name in every if name.endswith("difference") == difference)
        yield from _table(names, results)
        yield ""


def _table(names: list[str], results: list[tuple[Setting, dict[str, Coverage]]]) -> Iterator[str]:
    yield "| images | a patient | seeds | AUROC | " + " | ".join(names) + " |"
    yield "|---" * (len(names) + 4) + "|"
    for setting, counted in results:
        cells = [f"{100 * counted[name].share:.1f}" if name in counted else "" for name in names]
        yield f"| {_title(setting)} | " + " | ".join(cells) + " |"


def _title(setting: Setting) -> str:
    seeds = f"{setting.repetitions}{'' if setting.paired else ', not paired'}"
    images = "1 to 6" if setting.several else "1"
    return f"{setting.images} | {images} | {seeds} | {auroc(setting.separation):.3f}"


if __name__ == "__main__":
    wanted = {int(argument) for argument in sys.argv[2:]}
    chosen = [setting for setting in SETTINGS if not wanted or setting.images in wanted]
    for line in tables(chosen, int(sys.argv[1]) if len(sys.argv) > 1 else 2000):
        print(line)
