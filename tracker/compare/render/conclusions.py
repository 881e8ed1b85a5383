"""The verdict in words, with its numbers: what these images support, and no more."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.compare.findings import Findings
from tracker.compare.pairs import MCNEMAR, Pair
from tracker.compare.render.further_pairs import further_lines, told_in_full
from tracker.compare.render.numbers import interval_text, p_words, percent_text, rounded_count
from tracker.compare.sample_size import sample_size
from tracker.compare.settings import is_tuned
from tracker.compare.statistics.intervals import Interval
from tracker.compare.statistics.measures import MEASURES
from tracker.compare.table import Table
from tracker.compare.verdict import Kind, Overall, Verdict, better_of
from tracker.errors import counted
from tracker.figures.labels import scale_of, title_of

SCOPE = "It is said of these images, these weights and this recipe, and of nothing else."


def verdict_lines(table: Table, findings: Findings) -> list[str]:
    """Return the verdict over all models, one on each, and what is known of further pairs of modes.

    Empty where there is no pair to decide.

    Args:
        table: The table.
        findings: What was found about it.
    """
    if told_in_full(findings):
        return [f"Verdict on {model_sentence(verdict)}" for verdict in findings.further]
    further = further_lines(findings)
    if findings.overall is None:
        return [f"Verdict: {line}" for line in further]
    return [
        f"Verdict: {overall_sentence(table, findings.overall)}",
        *(model_sentence(verdict) for verdict in findings.main),
        *further,
    ]


def overall_sentence(table: Table, decided: Overall) -> str:
    """Return the sentence over all models, which begins with what became of the question."""
    return f"{headline(decided)}. {SCOPE}{_untuned(table)}"


def headline(decided: Overall) -> str:
    """Return what became of the question over all models, without what limits it."""
    pair = decided.verdicts[0].pair
    on = f"On {_images(pair)}"
    better = _by_better(decided.verdicts)
    if decided.kind is Kind.ESTABLISHED:
        what = f"{on} {_better(decided.better, pair)} {_models(decided.verdicts, 'each')}"
    elif decided.kind is Kind.CONTRARY:
        what = f"{on} the results contradict each other{_each(better, pair)}"
    elif better:
        rest = [one.pair.model for one in decided.verdicts if not one.better]
        what = f"{on}{_each(better, pair)[1:]}; {_and(rest)} cannot be decided"
    else:
        where = _models(decided.verdicts, "any")
        what = f"{on} neither {pair.first} nor {pair.second} is shown to be better {where}"
    return f"{decided.kind}. {what}"


def model_sentence(verdict: Verdict) -> str:
    """Return what may be concluded of one model, with its numbers."""
    pair = verdict.pair
    sentences = [f"{pair.model}: {verdict.kind}. {_difference(verdict)}."]
    if verdict.other_measure is not None:
        other = verdict.other_measure
        sentences.append(f"By {_title(other)}, {_more(other)} ({p_words(other.basis.p)}): the opposite.")
    if verdict.kind is Kind.NOT_ESTABLISHED:
        sentences.append(_could(pair))
    if pair.false_claim is not None and (seems := _seems_better(pair)):
        alone = ", seeds aside" if max(pair.repetitions) > 1 else ""
        sentences.append(f"Probability that {seems} is not better{alone}: {percent_text(pair.false_claim)}.")
    return " ".join(sentence for sentence in sentences if sentence)


def p_values(verdict: Verdict) -> str:
    """Return the p-values of what a verdict rests on; of McNemar's test both that there are."""
    pair, known = verdict.pair, []
    if pair.basis.test == MCNEMAR:
        (table,) = pair.tests.mcnemar.values()
        known = [p_words(table.mid_p, "mid-p"), p_words(table.exact_p, "exact p")]
    elif pair.basis.p is not None:
        known = [p_words(pair.basis.p)]
    if verdict.family > 1 and verdict.adjusted_p is not None:
        known.append(p_words(verdict.adjusted_p, "adjusted p"))
    return ", ".join(known)


def _difference(verdict: Verdict) -> str:
    pair = verdict.pair
    interval = pair.basis.interval
    if interval is not None and pair.difference < 0:
        interval = Interval(-interval.high, -interval.low)
    facts = [
        f"95 % interval {interval_text(interval, scale_of(pair.measure))}" if interval else "",
        p_values(verdict),
    ]
    return f"{_more(pair)} ({'; '.join(filter(None, facts)) or 'nothing can be tested'})"


def _more(pair: Pair) -> str:
    """Return which mode reaches more, and how much."""
    if pair.difference == 0:
        return f"{pair.first} and {pair.second} reach the same"
    mode = pair.first if pair.difference > 0 else pair.second
    unit = " points" if scale_of(pair.measure).difference_unit else ""
    return f"{mode} reaches {scale_of(pair.measure).write(abs(pair.difference))}{unit} more"


def _could(pair: Pair) -> str:
    size = sample_size(pair)
    if size is None or size.smallest is None:
        return ""
    could = f"{_images(pair, these=False)} can establish {scale_of(pair.measure).write(size.smallest)} points"
    # Where there are as many, images are not what is lacking: trainings are too far apart.
    needed = ""
    if size.needed is not None and size.needed > pair.images:
        needed = f"; the difference seen would need some {rounded_count(size.needed)} images"
    one = ", one training each" if max(pair.repetitions) > 1 else ""
    return (
        f"Where {percent_text(pair.disagreement.share)} of answers differ, {could} (80 % power{one}){needed}."
    )


def _seems_better(pair: Pair) -> str:
    return better_of(pair, higher_is_better=MEASURES[pair.measure].higher_is_better)


def _better(mode: str, pair: Pair) -> str:
    other = pair.second if mode == pair.first else pair.first
    return f"{mode} is better than {other}"


def _by_better(verdicts: Sequence[Verdict]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for verdict in verdicts:
        if verdict.better:
            found.setdefault(verdict.better, []).append(verdict.pair.model)
    return found


def _each(better: dict[str, list[str]], pair: Pair) -> str:
    named = "; ".join(f"{_better(mode, pair)} on {_and(models)}" for mode, models in better.items())
    return f": {named}" if named else ""


def _models(verdicts: Sequence[Verdict], each: str) -> str:
    """Return on which models, `each of` or `any of` them where there are several."""
    models = [one.pair.model for one in verdicts]
    return f"on {models[0]}" if len(models) == 1 else f"on {each} of {_and(models)}"


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _images(pair: Pair, *, these: bool = True) -> str:
    patients = f" of {counted(pair.patients, 'patient')}" if pair.patients < pair.images else ""
    pointed = "this " if pair.images == 1 else "these "
    return f"{pointed if these else ''}{counted(pair.images, 'test image')}{patients}"


def _untuned(table: Table) -> str:
    return "" if any(map(is_tuned, table.selection.runs)) else " No study chose the learning rates."


def _title(pair: Pair) -> str:
    return title_of(f"/{pair.measure}")
