from __future__ import annotations

from tracker.compare.render.latex import render_latex
from tracker.compare.selection import select_runs
from tracker.compare.table import build_table
from tracker.foreign_text import for_latex


def test_what_latex_would_read_as_a_command_is_printed():
    assert for_latex(r"a_b 5% & {x} \y ~^#$ ±") == (
        r"a\_b 5\% \& \{x\} \textbackslash{}y \textasciitilde{}\textasciicircum{}\#\$ $\pm$"
    )


def test_latex_writes_the_names_of_papers_and_escapes_all_others(make_run):
    runs = [make_run("resnet18"), make_run("convnext_tiny", "freeze:layer_4")]
    text = render_latex(build_table(select_runs(runs)))
    assert r"Mode & convnext\_tiny & ResNet-18 \\" in text
    assert r"Frozen through layer\_4 & $75.0$ & -- \\" in text


def test_a_difference_without_a_unit_has_no_points(make_run):
    runs = [make_run(accuracy=0.75), make_run(mode="fine-tuning", accuracy=0.5)]
    text = render_latex(build_table(select_runs(runs), metric="val/loss"))
    assert r"Difference & $-0.2500$ \\" in text
