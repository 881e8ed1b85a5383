"""A view in Markdown, LaTeX, HTML, CSV, and as what JSON holds of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from tracker.compare.view import View
from tracker.foreign_text import for_csv, for_html, for_latex, for_markdown


def render_view_markdown(view: View) -> str:
    """Return a view in Markdown.

    Args:
        view: The view.
    """
    lines = [_piped(["", *(column.title for column in view.columns)])]
    lines.append(_piped([":--", *(":--" if column.align == "left" else "--:" for column in view.columns)]))
    lines += [_piped([title, *cells]) for title, cells in _titled_rows(view)]
    told = [f"- {for_markdown(line)}" for line in (*view.conclusions, *view.notes)]
    return "\n".join([f"**{for_markdown(view.title)}**", "", *lines, "", *told]) + "\n"


def render_view_latex(view: View) -> str:
    """Return a view as a LaTeX float that needs the package booktabs.

    Args:
        view: The view.
    """
    titles = [_latex([one.title for one in view.columns])]
    body = []
    for group in view.groups:
        body.append(r"\midrule")
        if group.title:
            body.append(rf"\multicolumn{{{len(view.columns)}}}{{l}}{{{for_latex(group.title)}}} \\")
        body += [_latex(row) for row in group.rows]
    below = " ".join(map(for_latex, (*view.conclusions, *view.notes)))
    lines = [
        r"\begin{table}",
        r"  \centering",
        rf"  \caption{{{for_latex(view.title)}.}}",
        rf"  \label{{tab:{view.name}}}",
        rf"  \begin{{tabular}}{{{''.join(one.align[0] for one in view.columns)}}}",
        *(f"    {line}" for line in (r"\toprule", *titles, *body, r"\bottomrule")),
        r"  \end{tabular}",
        r"  \par\smallskip",
        rf"  {{\footnotesize {below}\par}}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def render_view_html(view: View) -> str:
    """Return a view as a piece of an HTML page.

    Args:
        view: The view.
    """
    lines = [
        "<table>",
        f"<caption>{for_html(view.title)}</caption>",
        f"<thead>{_html(['', *(column.title for column in view.columns)], tag='th')}</thead>",
        "<tbody>",
        *(_html([title, *cells]) for title, cells in _titled_rows(view)),
        "</tbody>",
        "</table>",
        "<ul>",
        *(f"<li>{for_html(line)}</li>" for line in (*view.conclusions, *view.notes)),
        "</ul>",
    ]
    return "\n".join(lines) + "\n"


def render_view_csv(view: View) -> str:
    """Return the numbers of a view, nothing rounded, a line each.

    Args:
        view: The view.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, list(view.records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(for_csv, view.records))
    return text.getvalue()


def view_content(view: View) -> dict[str, object]:
    """Return what JSON holds of a view: its numbers, what follows from them, its notes.

    Args:
        view: The view.
    """
    return {
        "title": view.title,
        "rows": [dict(row) for row in view.records],
        "conclusions": list(view.conclusions),
        "notes": list(view.notes),
    }


def _titled_rows(view: View) -> Iterator[tuple[str, tuple[str, ...]]]:
    for group in view.groups:
        for number, row in enumerate(group.rows):
            yield "" if number else group.title, row


def _piped(cells: list[str]) -> str:
    return f"| {' | '.join(for_markdown(cell) for cell in cells)} |"


def _latex(cells: list[str] | tuple[str, ...]) -> str:
    return " & ".join(map(for_latex, cells)) + r" \\"


def _html(cells: list[str], *, tag: str = "td") -> str:
    first, *rest = map(for_html, cells)
    return f"<tr><th>{first}</th>{''.join(f'<{tag}>{cell}</{tag}>' for cell in rest)}</tr>"
