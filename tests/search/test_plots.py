from __future__ import annotations

import io

import matplotlib as mpl
import matplotlib.pyplot as plt
from PIL import Image

from tests.support.studies import POINTS, small_spec
from tracker.search.plots import HISTORY, PARALLEL, SLICE, figures_of
from tracker.search.study import ArmStudy


def test_a_study_with_two_values_or_more_is_drawn_and_leaves_no_trace(storage: str) -> None:
    style = dict(mpl.rcParams)
    with ArmStudy(small_spec(storage, space=POINTS)) as study:
        one, two, three, four = study.ask(4)
        study.complete(one, 0.5)
        study.diverge(three, "inf")
        assert figures_of(study, "val/loss") == {}
        study.complete(two, 0.4)
        study.fail(four, "no memory")
        figures = figures_of(study, "val/loss")
    assert list(figures) == [HISTORY, PARALLEL, SLICE]
    for png in figures.values():
        with Image.open(io.BytesIO(png)) as picture:
            assert picture.format == "PNG"
            assert min(picture.size) > 400
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == style


def test_trials_that_all_have_the_same_settings_are_drawn(storage: str) -> None:
    with ArmStudy(small_spec(storage)) as study:
        for _ in range(2):
            study.inner.enqueue_trial({"lr": 1e-3})
        for one in study.ask(2):
            study.complete(one, 0.5)
        assert len(figures_of(study, "val/loss")) == 3
