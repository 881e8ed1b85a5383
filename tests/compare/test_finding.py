from __future__ import annotations

import pytest

from tracker.compare.selection import select_runs
from tracker.compare.table import build_table
from tracker.errors import ComparisonError

METRICS = {"final/test/f1": 0.5, "final/test/sensitivity": 0.5, "final/test/specificity": 0.5}


@pytest.fixture
def run_of(make_run):
    """A factory of runs that have taken a class for the finding, named by a user or found by its name."""

    def make(finding, seed=0, mode="feature-extractor", named=True):
        return make_run(
            mode=mode,
            seed=seed,
            params={"positive": finding} if named else {},
            tags={"tracker.positive_class": finding},
            metrics=METRICS,
        )

    return make


def test_runs_of_one_arm_with_different_findings_are_refused_with_a_condition_that_chooses(run_of):
    runs = [run_of("normal"), run_of("sick", seed=1, named=False)]
    with pytest.raises(ComparisonError, match=r"runs with positive sick and normal.*--where positive=sick"):
        select_runs(runs)
    for finding in ("normal", "sick"):
        (chosen,) = select_runs(runs, where=[f"positive={finding}"]).runs
        assert chosen.tags["tracker.positive_class"] == finding


def test_a_finding_that_a_user_named_is_the_one_that_was_found_by_name(run_of):
    runs = [run_of("sick"), run_of("sick", seed=1, named=False)]
    assert len(select_runs(runs, where=["positive=sick"]).runs) == 2


def test_a_finding_that_nobody_had_to_name_can_be_chosen(run_of):
    runs = [run_of("sick", named=False), run_of("normal", mode="fine-tuning", named=False)]
    (chosen,) = select_runs(runs, where=["positive=sick"]).runs
    assert chosen.tags["tracker.positive_class"] == "sick"


@pytest.mark.parametrize("name", ["sensitivity", "specificity", "f1"])
def test_arms_with_different_findings_are_not_in_one_table_of_what_depends_on_it(run_of, name):
    selection = select_runs([run_of("normal"), run_of("sick", mode="fine-tuning")])
    with pytest.raises(ComparisonError, match=f"test/{name} in a table must be of the same class") as caught:
        build_table(selection, metric=f"test/{name}")
    assert "--where positive=" in str(caught.value)
    assert build_table(selection).cells, "accuracy is the same whatever the finding is"


def test_runs_of_an_earlier_version_stand_beside_later_ones(make_run, run_of):
    selection = select_runs([make_run(), run_of("sick", seed=1)])
    assert build_table(selection).cells[0].n == 2
    with pytest.raises(ComparisonError, match=r"did not record final/test/f1.*tracker run --rerun"):
        build_table(selection, metric="test/f1")
