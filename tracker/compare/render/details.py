"""Every measure of every arm and every test of every pair, as aligned text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from tracker.compare.arm_findings import ArmFindings, Finding
from tracker.compare.findings import Findings
from tracker.compare.pairs import Pair
from tracker.compare.render.numbers import interval_text, p_text, p_words, percent_text, rounded_count
from tracker.compare.sample_size import sample_size
from tracker.compare.verdict import Verdict
from tracker.errors import counted
from tracker.figures.labels import Scale, order_arms, scale_of, title_of
from tracker.records import Arm

_WIDTH = 80
_LEGEND = (
    "Intervals are of 95 %. Of one training and one image a patient that of the accuracy is Wilson's and "
    "that of the AUROC DeLong's; all others are bootstraps that resample patients."
)
_AGAINST = (
    "Beside McNemar: how many test images the first mode alone got right, against how many the second alone."
)
_HEAD = ("", "value", "sd", "test images")


def render_details(findings: Findings) -> str:
    """Return what stands behind a table, in lines of 80 characters where names are not too long.

    Args:
        findings: What the answers of its networks say.
    """
    blocks = [*_arm_blocks(findings), *map(_pair_block, (*findings.main, *findings.further))]
    legend = _legend(findings) if blocks else "No arm's answers are known."
    return "\n\n".join([*blocks, textwrap.fill(legend, _WIDTH)]) + "\n"


def _legend(findings: Findings) -> str:
    pairs = (verdict.pair for verdict in (*findings.main, *findings.further))
    return f"{_LEGEND} {_AGAINST}" if any(pair.tests.mcnemar for pair in pairs) else _LEGEND


def _arm_blocks(findings: Findings) -> Iterator[str]:
    for arm in order_arms(findings.arms):
        yield _arm_block(arm, findings.arms[arm])


def _arm_block(arm: Arm, found: ArmFindings) -> str:
    rows = [
        (*_HEAD, f"and {found.varied}"),
        *(_measure_row(name, one) for name, one in found.measures.items()),
    ]
    of = f" of {counted(found.patients, 'patient')}" if found.patients < found.images else ""
    title = f"{arm}: {counted(found.images, 'test image')}{of}, {counted(found.trainings, 'training')}"
    return "\n".join([_title_line(title), *_aligned(rows)])


def _measure_row(name: str, found: Finding) -> Sequence[str]:
    scale = scale_of(name)
    return (
        _title(name),
        scale.write(found.value),
        scale.write(found.sd) if found.sd is not None else "",
        interval_text(found.sampling, scale),
        interval_text(found.both, scale),
    )


def _pair_block(verdict: Verdict) -> str:
    pair = verdict.pair
    scale = scale_of(pair.measure)
    title = f"{pair.model}: {pair.first} minus {pair.second}, {_title(pair.measure)}"
    rows = [*_difference_rows(pair, scale), *_test_rows(pair, scale), *_further_rows(pair, scale)]
    return "\n".join([_title_line(f"{title}: {verdict.kind}"), *_aligned(rows)])


def _difference_rows(pair: Pair, scale: Scale) -> Iterator[Sequence[str]]:
    interval = interval_text(pair.basis.interval, scale, sign=True)
    yield "difference", scale.write(pair.difference, sign=True), interval
    if interval:
        yield "  its interval is over", "", pair.basis.holds


def _test_rows(pair: Pair, scale: Scale) -> Iterator[Sequence[str]]:
    tests = pair.tests
    for name, table in tests.mcnemar.items():
        split = f"{table.only_first} against {table.only_second}"
        yield f"McNemar, seed {name}", split, f"mid-p {p_text(table.mid_p)}, exact {p_text(table.exact_p)}"
        if name in tests.clustered:
            yield "  the same, by patient", "", p_words(tests.clustered[name])
    for name, delong in tests.delong.items():
        yield f"DeLong, seed {name}", scale.write(delong.difference, sign=True), p_words(delong.p)
    if tests.crossed is not None:
        yield "t-test, patients and seeds", "", p_words(tests.crossed.p)
    if tests.resampled is not None:
        yield "corrected t-test over folds", "", p_words(tests.resampled.p)
    spreads = (tests.bootstrap.patients, tests.bootstrap.both) if tests.bootstrap is not None else ()
    for title, spread in zip(("bootstrap of patients", "bootstrap, with seeds"), spreads, strict=False):
        if spread is not None:
            yield title, "", interval_text(spread, scale, sign=True)


def _further_rows(pair: Pair, scale: Scale) -> Iterator[Sequence[str]]:
    if pair.false_claim is not None:
        yield "probability of a false claim", percent_text(pair.false_claim), ""
    if (size := sample_size(pair)) is not None:
        if size.smallest is not None:
            yield "80 % power for a difference of", scale.write(size.smallest), ""
        if size.needed is not None:
            yield "images that the one seen needs", rounded_count(size.needed), ""


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for first, *rest in rows:
        cells = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        yield "  ".join([f"  {first.ljust(widths[0])}", *cells]).rstrip()


def _title_line(title: str) -> str:
    return textwrap.fill(title, _WIDTH, subsequent_indent="    ", break_on_hyphens=False)


def _title(name: str) -> str:
    return title_of(f"/{name}")
