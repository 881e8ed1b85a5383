"""What stands under a table, so that its numbers are read for what they are."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from tracker.compare.cell_statistics import legend
from tracker.compare.findings import Findings, measure_of_metric
from tracker.compare.passes import has_folds
from tracker.compare.render.class_notes import finding_note, images_note, majority_note
from tracker.compare.render.method_notes import interval_note, mismatch_note, missing_note, test_note
from tracker.compare.render.tuning_note import tuning_note
from tracker.compare.settings import SHORT_DIGEST, canonical, common, distinct, rounded, settings_of
from tracker.compare.table import DIFFERENCE, Table
from tracker.errors import counted
from tracker.figures.labels import capitalized, order_models, order_modes, scale_of, title_with_unit
from tracker.records import PIXELS_DIGEST, Arm, RunRecord

_DIGEST = re.compile(r"[0-9a-f]{64}")


def caption(table: Table) -> str:
    """Return what the table shows: the metric, its unit and the epoch."""
    return f"{capitalized(title_with_unit(table.metric))} {_epoch(table)}"


def footnotes(table: Table, findings: Findings | None = None) -> list[str]:
    """Return the notes of a table, one sentence or two each.

    Args:
        table: The table.
        findings: What the answers of its networks say; None: not known.
    """
    notes = [
        unsent_note(table),
        _seeds(table),
        interval_note(findings) if findings else "",
        _differences(table, tested=findings is not None and bool(findings.main)),
        test_note(findings) if findings else "",
        missing_note(findings) if findings else "",
        mismatch_note(table, findings) if findings else "",
        _settings(table.selection.runs),
        tuning_note(table.selection.runs),
        finding_note(table),
        images_note(table),
        _pixels(table),
        majority_note(table),
        _split(table),
        _synthetic(table),
    ]
    return [note for note in notes if note]


def unsent_note(table: Table) -> str:
    """Return what the table cannot have of its experiment yet; empty where nothing is known to be missing."""
    unsent = table.selection.unsent
    if not unsent:
        return ""
    left = f"{counted(unsent.records, 'record')} of {counted(unsent.runs, 'run')}"
    return (
        f"Incomplete: this machine has not sent {left} of this experiment yet (tracker sync), "
        "and the table is without them."
    )


def _epoch(table: Table) -> str:
    if table.at == "best":
        return "at the epoch with the lowest validation loss"
    epochs = common(table.selection.runs, "epochs")
    return f"after the last epoch ({epochs})" if epochs else "after the last epoch"


def _synthetic(table: Table) -> str:
    if not table.selection.is_synthetic:
        return ""
    return "The radiographs are synthetic: this shows the tool, and nothing about medicine."


def _pixels(table: Table) -> str:
    """Return how many runs do not say from which pixels they were made, where others do."""
    runs = table.selection.runs
    silent = sum(PIXELS_DIGEST not in run.tags for run in runs)
    if silent in (0, len(runs)):
        return ""
    do = "does" if silent == 1 else "do"
    ranked = ", and its AUROC ranked probabilities" if table.metric.endswith("/auroc") else ""
    return (
        f"{counted(silent, 'run')} of an earlier version {do} not say from which pixels: its decoder made "
        f"others of some kinds of images{ranked}."
    )


def _seeds(table: Table) -> str:
    if has_folds(table.selection.runs):
        return f"{legend()} over {_folds(table.selection.runs)}."
    counts = {cell.n for cell in table.cells}
    seeds = {tuple(cell.values) for cell in table.cells}
    if len(seeds) == 1:
        (shared,) = seeds
        if len(shared) == 1:
            return f"One run an arm, seed {shared[0]}: the spread between seeds is not known."
        return f"{legend()} over seeds {_enumerate(shared)}."
    if counts == {1}:
        return "One run an arm, of different seeds: the spread between seeds is not known."
    number = ", their number in brackets" if len(counts) > 1 else ""
    return f"{legend()} over the runs of an arm{number}; arms differ in their seeds."


def _folds(runs: Sequence[RunRecord]) -> str:
    """Return what the values of a cross-validation are a mean over: `5 folds x 3 repeats`."""
    names = {"fold": "fold", "repeat": "repeat", "seed": "seed"}
    numbers = {name: len({run.params.get(key, "0") for run in runs}) for key, name in names.items()}
    return " x ".join(
        counted(number, name) for name, number in numbers.items() if number > 1 or name == "fold"
    )


def _enumerate(seeds: Sequence[str]) -> str:
    first, last = seeds[0], seeds[-1]
    if len(seeds) > 3 and list(seeds) == [str(seed) for seed in range(len(seeds))]:
        return f"{first} to {last}"
    return ", ".join(seeds)


def _differences(table: Table, *, tested: bool) -> str:
    pairing = {entry.paired for entry in table.differences if entry}
    if not pairing:
        return ""
    by = "fold" if has_folds(table.selection.runs) else "seed"
    how = "of means" if pairing == {False} else f"paired by {by}"
    if len(pairing) == 2:
        how = f"paired by {by} where both have the same {by}s, else of means"
    unit = scale_of(table.metric).difference_unit
    what = f"{DIFFERENCE}, in {unit}, {how}" if unit else f"{DIFFERENCE}, {how}"
    return f"Difference: {what}." + ("" if tested else f" {_untested(table)}")


def _untested(table: Table) -> str:
    """Return why a difference comes without a test."""
    if measure_of_metric(table.metric) is None:
        return "No verdict: test images decide, so ask for a metric of theirs (--metric test/auroc)."
    return "A difference of means is not yet a statistical test."


def _settings(runs: Sequence[RunRecord]) -> str:
    by_name: dict[str, dict[Arm, str]] = defaultdict(dict)
    for run in runs:
        for name, value in settings_of(run).items():
            by_name[name][run.arm] = value
    notes = [_setting(name, arms) for name, arms in by_name.items() if len(distinct(arms.values())) > 1]
    return f"Arms differ in {'; '.join(notes)}." if notes else ""


def _setting(name: str, arms: Mapping[Arm, str]) -> str:
    """Return a setting's values, each with the arms that have it: by mode or model where that explains it."""
    spelling = {canonical(value): _short(rounded(value)) for value in reversed(list(arms.values()))}
    having = {arm: spelling[canonical(value)] for arm, value in arms.items()}
    named = _by_axis(having) or _by_arm(having)
    return f"{name}: " + ", ".join(f"{value} ({who})" for value, who in named)


def _by_axis(having: Mapping[Arm, str]) -> list[tuple[str, str]]:
    """Return each value with the modes, or models, that have it; nothing where neither explains it."""
    for axis, order in (("mode", order_modes), ("model", order_models)):
        values: dict[str, set[str]] = defaultdict(set)
        for arm, value in having.items():
            values[getattr(arm, axis)].add(value)
        if all(len(several) == 1 for several in values.values()):
            groups: dict[str, list[str]] = defaultdict(list)
            for key in order(values):
                groups[min(values[key])].append(key)
            return [(value, ", ".join(keys)) for value, keys in groups.items()]
    return []


def _by_arm(having: Mapping[Arm, str]) -> list[tuple[str, str]]:
    """Return each value with the models of a mode that have it; the mode alone where all of its models do."""
    named = []
    for mode in order_modes(arm.mode for arm in having):
        groups: dict[str, list[str]] = defaultdict(list)
        for model in order_models(arm.model for arm in having if arm.mode == mode):
            groups[having[Arm(model, mode)]].append(model)
        for value, models in groups.items():
            named.append((value, f"{' and '.join(models)} {mode}" if len(groups) > 1 else mode))
    return named


def _short(value: str) -> str:
    """Return the beginning of a digest; other values as they are."""
    return value[:SHORT_DIGEST] if _DIGEST.fullmatch(value) else value


def _split(table: Table) -> str:
    rule, seed = (common(table.selection.runs, name) for name in ("split", "split_seed"))
    folds = f"{common(table.selection.runs, 'folds')} folds" if has_folds(table.selection.runs) else ""
    facts = ", ".join(filter(None, [folds or rule, seed and f"split seed {seed}"]))
    return f"Split {table.selection.split_digest[:SHORT_DIGEST]}{f' ({facts})' if facts else ''}."
