"""A table in LaTeX (booktabs), as a paper would set it."""

from __future__ import annotations

import re

from tracker.compare.findings import Findings
from tracker.compare.render.cells import NOTHING, CellText, cell_texts, difference_texts
from tracker.compare.render.conclusions import verdict_lines
from tracker.compare.render.interval_cells import arm_intervals, difference_intervals, p_label, p_texts
from tracker.compare.render.notes import caption, footnotes
from tracker.compare.table import Table
from tracker.figures.labels import paper_mode, paper_model, scale_of
from tracker.foreign_text import for_latex


def render_latex(table: Table, findings: Findings | None = None) -> str:
    """Return the table as a LaTeX float that needs the package booktabs.

    Args:
        table: The table.
        findings: What the answers of its networks say; None: not known.
    """
    lines = [_line(["Mode", *(for_latex(paper_model(model)) for model in table.models)]), r"\midrule"]
    for row, cells in zip(table.rows, cell_texts(table), strict=True):
        lines.append(_line([for_latex(paper_mode(row.mode)), *map(_number, cells)]))
        if findings is not None and any(below := arm_intervals(table, findings, row.mode)):
            lines.append(_small(below))
    if table.differences:
        unit = " (points)" if scale_of(table.metric).difference_unit else ""
        lines += [r"\midrule", _line([f"Difference{unit}", *map(_number, difference_texts(table))])]
        if findings is not None and findings.main:
            if any(below := difference_intervals(table, findings)):
                lines.append(_small(below))
            values = [_p(text) for text in p_texts(table, findings)]
            lines.append(_line([rf"$p$ {p_label(findings).removeprefix('p').strip()}".strip(), *values]))
    return _float(table, lines, findings)


def _float(table: Table, body: list[str], findings: Findings | None) -> str:
    notes = " ".join([f"{caption(table)}.", *([] if findings else footnotes(table))])
    below = [*verdict_lines(table, findings), *footnotes(table, findings)] if findings else []
    label = re.sub(r"[^a-z0-9]+", "-", f"{table.metric}-{table.at}".lower())
    columns = "l" + "r" * len(table.models)
    lines = [
        r"\begin{table}",
        r"  \centering",
        rf"  \caption{{{for_latex(notes)}}}",
        rf"  \label{{tab:{label}}}",
        rf"  \begin{{tabular}}{{{columns}}}",
        *(f"    {line}" for line in (r"\toprule", *body, r"\bottomrule")),
        r"  \end{tabular}",
        *([r"  \par\smallskip", rf"  {{\footnotesize {for_latex(' '.join(below))}\par}}"] if below else []),
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _line(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


def _small(intervals: list[str]) -> str:
    """Return a line of intervals below one of numbers."""
    return _line(["", *(rf"{{\scriptsize {for_latex(text)}}}" if text else "" for text in intervals)])


def _p(text: str) -> str:
    return "--" if text == "–" else f"${text}$"


def _number(cell: CellText) -> str:
    return "--" if cell == NOTHING else f"${cell}$".replace("−", "-").replace("±", r"\pm")
