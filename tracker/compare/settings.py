"""The settings of recorded runs: reading them, and telling whether two are the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from tracker.config.modes import meaningless_settings
from tracker.records import ATTEMPT, HOME, ORDER, POSITIVE_CLASS, RunRecord

# An arm's runs may differ in their seed and fold; the digests of manifest and split stand for the data;
# the share of the training part is that of a whole table; where a run is recorded changes no number.
_NOT_SETTINGS = frozenset(
    {
        *("model", "mode", "seed"),
        *("data", "dataset", "split", "split_seed", "patient_pattern", "on_unreadable"),
        *("folds", "fold", "repeat", "train_fraction"),
        *("column", "include", "exclude"),
        *("experiment", "tracking_uri", "log_model", "explain"),
    }
)

TUNED = "tuned"
"""What `--where` calls it that a run was trained with what a study found: yes or no."""

POSITIVE = "positive"
"""What `--where` calls the class that is the finding."""

TRAIN_FRACTION = "train_fraction"
"""What `--where` calls the share of the training part that a run was trained on; 1 is all of it."""

TUNED_HOW, TUNED_STUDY = "tuned_how", "tuned_study"
"""What `--where` calls how a run was tuned, in words, and by which study."""

SHORT_DIGEST = 12
"""Characters of a digest that people are shown."""

_WEIGHTS_DIGEST = "tracker.weights_digest"

_TUNED_TAG = "tracker.tuned"
_BY_FOLDS = "of each fold's study"

_CHOSEN = 8
"""Nobody types more characters of a number."""


def settings_of(run: RunRecord) -> dict[str, str]:
    """Return the parameters of a run that runs of one arm must agree in; those that mean something."""
    left_out = _NOT_SETTINGS | without_meaning(run)
    settings = {name: value for name, value in run.params.items() if name not in left_out}
    # A file of weights is the same file wherever it lies, and another one when its content changed.
    if digest := run.tags.get(_WEIGHTS_DIGEST):
        # Those that come with tracker have a name, and can be others in another version of it.
        bundled = run.params.get("weights") == "bundled"
        settings["weights"] = f"bundled {digest[:SHORT_DIGEST]}" if bundled else digest
    settings |= dict.fromkeys(found_by_folds(run) & settings.keys(), _BY_FOLDS)
    # Named by a user or found by its name, it is the same class.
    if finding := run.tags.get(POSITIVE_CLASS):
        settings[POSITIVE] = finding
    return settings


def found_by_folds(run: RunRecord) -> frozenset[str]:
    """Return the settings that the study of a run's fold found: each fold has others, and may."""
    found = run.tags.get(_TUNED_TAG, "") if "fold" in run.params else ""
    return frozenset(filter(None, found.split(", ")))


def repetition_of(run: RunRecord) -> str:
    """Return what tells the runs of an arm apart: the seed, or `SEED · repeat R · fold F`."""
    return run.repetition


def without_meaning(run: RunRecord) -> frozenset[str]:
    """Return the settings that change nothing in a run's mode; `tuned` where a study has none to search."""
    names = meaningless_settings(run.params.get("mode", ""), run.params.get("weights", "")).keys()
    return frozenset({*names, TUNED} if names else ())


def condition_of(name: str, value: str, runs: Iterable[RunRecord]) -> str:
    """Return what `--where` finds the runs by that have a setting.

    Args:
        name: The setting.
        value: Its value, as `settings_of` gives it.
        runs: The runs; of weights, these know the digest.
    """
    digests = {run.tags.get(_WEIGHTS_DIGEST, "") for run in runs} - {""}
    for digest in digests if name == "weights" else ():
        if value in (digest, f"bundled {digest[:SHORT_DIGEST]}"):
            return f"weights_digest={shortened_digest(digest, digests)}"
    return f"{name}={value}"


def shortened_digest(digest: str, among: Collection[str]) -> str:
    """Return the beginning of a digest that tells it from others, such as people can read."""
    short = digest[:SHORT_DIGEST]
    return short if sum(other.startswith(short) for other in among) <= 1 else digest


def is_tuned(run: RunRecord) -> bool:
    """Return whether a run was trained with what a study found."""
    return _TUNED_TAG in run.tags


def value_of(run: RunRecord, name: str) -> str | None:
    """Return a parameter of a run, or the tag `tracker.<name>` where there is no such parameter.

    `tuned` is yes or no, and `positive` the class that was taken for the finding; without a
    `train_fraction`, a run was trained on all of the training part, which is 1.
    """
    if name == TRAIN_FRACTION:
        return run.params.get(name, "1")
    if name == TUNED:
        return "yes" if is_tuned(run) else "no"
    if name == POSITIVE and POSITIVE_CLASS in run.tags:
        return run.tags[POSITIVE_CLASS]
    return run.params.get(name, run.tags.get(f"tracker.{name}"))


def canonical(value: str) -> str:
    """Return one spelling for all spellings of the same number; other values as they are."""
    try:
        return repr(float(value))
    except ValueError:
        return value


def rounded(value: str) -> str:
    """Return a number that was found rather than chosen in three digits; other values as they are."""
    try:
        return value if len(value) <= _CHOSEN else f"{float(value):.3g}"
    except ValueError:
        return value


def distinct(values: Iterable[str]) -> list[str]:
    """Return the values without those that equal an earlier one as text or as a number."""
    by_value: dict[str, str] = {}
    for value in values:
        by_value.setdefault(canonical(value), value)
    return list(by_value.values())


def common(runs: Iterable[RunRecord], name: str) -> str | None:
    """Return the value that all runs have for a parameter or tag; None where they differ or lack it."""
    values = distinct(value or "" for value in (value_of(run, name) for run in runs))
    return values[0] or None if len(values) == 1 else None


def oldest_first(runs: Iterable[RunRecord]) -> list[RunRecord]:
    """Sort runs by when they were begun, later ones last.

    A clock can be set back. Of runs that one folder recorded, the order in which it began them counts; of
    attempts at one run that do not say it, their number does. Only between folders does the clock decide.
    """
    runs = list(runs)
    told = {_run_uid(run): run.tags[HOME] for run in runs if HOME in run.tags}
    folders: dict[str, list[RunRecord]] = defaultdict(list)
    for run in runs:
        folders[told.get(_run_uid(run), _run_uid(run))].append(run)
    by_clock = sorted(folders.values(), key=lambda members: max(map(_clock, members)))
    return [run for members in by_clock for run in sorted(members, key=_in_folder)]


def _run_uid(run: RunRecord) -> str:
    """Return what all attempts at a run have in common."""
    recorded = run.tags.get("tracker.run_uid", run.run_id)
    return recorded.removesuffix(f".{run.tags.get(ATTEMPT, '')}")


def _clock(run: RunRecord) -> tuple[int, str]:
    return run.start_time, run.run_id


def _in_folder(run: RunRecord) -> tuple[int, int, int, str]:
    return counted_by(run, ORDER), counted_by(run, ATTEMPT), *_clock(run)


def counted_by(run: RunRecord, tag: str) -> int:
    """Return the number that a tag of a run holds; 0 where it holds none."""
    text = run.tags.get(tag, "")
    return int(text) if text.isdecimal() else 0
