"""Every view in every format, at the widths of terminals."""

from __future__ import annotations

from itertools import product

import pytest

from tests.compare.views.conftest import sized
from tracker.compare.render.formats import FORMATS
from tracker.compare.render.view_text import render_view_text
from tracker.compare.views.asked import Asked
from tracker.errors import UsageError

LONG = "freeze:features.denseblock3.denselayer24.norm1"


@pytest.fixture
def everything(answered):
    """A comparison with all views, of modes with short and long names."""
    for size, share in ((60, 0.5), (1200, 1)):
        told = sized(size, share)
        for mode, depth in (("fine-tuning", 0), (LONG, 0.5), ("feature-extractor", 1)):
            tags = {**told["tags"], "tracker.frozen_depth": str(depth), "tracker.frozen_share": "0.001"}
            answered.run("densenet201", mode, range(20), params=told["params"], tags=tags)
        if share < 1:
            answered.held_out.clear()
    return answered.compare(Asked(paper=True, depth=True, curve=True))


def test_terminals_of_80_and_60_columns_are_enough(everything):
    for width, (name, view) in product((80, 60), everything.views.items()):
        text = render_view_text(view, width=width)
        assert text in everything.render(width=width)
        lines = text.splitlines()
        assert max(map(len, lines)) <= width, name
        assert not any(line != line.rstrip() for line in lines)


def test_formats_for_people_hold_every_cell_and_notebooks_data_frames(everything):
    for format in ("markdown", "latex", "html"):
        text = everything.render(format)
        for view in everything.views.values():
            assert len(view.table) == len(view.records)
            for group in view.groups:
                for value in (row[-2] for row in group.rows):
                    assert value.replace("−", "$-$" if format == "latex" else "−") in text
    assert "**Published test accuracy" in everything._repr_markdown_()
    assert everything.render("html").count("</html>") == 1
    assert everything.render("latex").count(r"\begin{table}") == 4


def test_csv_is_one_table_and_refuses_several(everything):
    assert "csv" in FORMATS
    with pytest.raises(UsageError, match="--format csv must be asked for with one view"):
        everything.render("csv")
