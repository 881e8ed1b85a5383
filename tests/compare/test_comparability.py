from __future__ import annotations

import pytest

from tests.support.records import TUNED_TAGS
from tracker.compare.selection import select_runs
from tracker.errors import ComparisonError


@pytest.mark.parametrize("seed", [0, 1])
def test_runs_that_differ_in_a_setting_are_not_averaged_as_seeds(make_run, seed):
    runs = [make_run(), make_run(seed=seed, params={"lr": "0.001"})]
    with pytest.raises(ComparisonError, match=r"alexnet feature-extractor has runs with lr 0.001 and 0.01"):
        select_runs(runs)


def test_every_setting_of_every_arm_in_conflict_is_listed(make_run):
    runs = [
        make_run(),
        make_run(seed=1),
        make_run(seed=1, epochs=3, params={"lr": "0.1"}),
        make_run("resnet18"),
        make_run("resnet18", params={"lr": "0.5"}),
    ]
    with pytest.raises(ComparisonError) as caught:
        select_runs(runs)
    assert sorted(caught.value.details) == [
        "alexnet feature-extractor: epochs 3 (1 run), 8 (2 runs)",
        "alexnet feature-extractor: lr 0.1 (1 run), 0.01 (2 runs)",
        "resnet18 feature-extractor: lr 0.5 (1 run), 0.01 (1 run)",
    ]


def test_two_spellings_of_one_number_are_no_conflict(make_run):
    assert len(select_runs([make_run(params={"lr": "1e-2"}), make_run(seed=1)]).runs) == 2


@pytest.mark.parametrize("name", ["data", "split", "log_model", "patient_pattern"])
def test_where_the_data_lie_is_no_conflict(make_run, name):
    assert (
        len(select_runs([make_run(params={name: "here"}), make_run(seed=1, params={name: "there"})]).runs)
        == 2
    )


def test_a_file_of_weights_is_known_by_its_content(make_run):
    def run(seed, path, digest):
        return make_run(seed=seed, params={"weights": path}, tags={"tracker.weights_digest": digest})

    assert len(select_runs([run(0, "a.pth", "1"), run(1, "b.pth", "1")]).runs) == 2
    with pytest.raises(ComparisonError, match="weights 2 and 1"):
        select_runs([run(0, "a.pth", "1"), run(1, "a.pth", "2")])


@pytest.mark.parametrize(
    ("others", "advice"),
    [
        ([], "--where lr=0.1"),
        ([("resnet18", "feature-extractor", "0.1")], "--where lr=0.1"),
        ([("alexnet", "fine-tuning", "0.001")], "--where lr=0.1@feature-extractor"),
        ([("resnet18", "feature-extractor", "0.5")], "--where lr=0.1@alexnet@feature-extractor"),
    ],
)
def test_the_advice_can_be_followed_and_leaves_the_other_arms(make_run, others, advice):
    runs = [make_run(model, mode, params={"lr": lr}) for model, mode, lr in others]
    runs += [make_run(params={"lr": "0.2"}), make_run(params={"lr": "0.1"})]
    with pytest.raises(ComparisonError) as caught:
        select_runs(runs)
    assert f"for example with {advice}." in str(caught.value)
    selection = select_runs(runs, where=[advice.removeprefix("--where ")])
    assert len(selection.arms()) == len(others) + 1
    assert selection.arms()["alexnet", "feature-extractor"]["0"] is runs[-1]


def test_tuned_runs_are_not_averaged_with_others_and_either_can_be_chosen(make_run):
    untuned, tuned = make_run(), make_run(tags=TUNED_TAGS, params={"lr": "0.07"})
    with pytest.raises(ComparisonError, match="--where tuned=yes, and --where tuned=no"):
        select_runs([untuned, tuned])
    assert select_runs([untuned, tuned], where=["tuned=yes"]).runs == (tuned,)
    assert select_runs([untuned, tuned], where=["tuned=no"]).runs == (untuned,)


def test_tuned_and_untuned_are_not_mixed_even_with_the_same_rate(make_run):
    with pytest.raises(ComparisonError, match="all tuned or all not"):
        select_runs([make_run(), make_run(seed=1, tags=TUNED_TAGS)])


def test_a_tuned_run_and_one_with_the_same_recipe_do_not_replace_each_other(make_run):
    untuned, tuned = make_run(), make_run(tags=TUNED_TAGS)
    assert select_runs([untuned, tuned], where=["tuned=no"]).runs == (untuned,)
    with pytest.raises(ComparisonError, match="all tuned or all not"):
        select_runs([untuned, tuned])


def test_runs_of_other_pixels_are_refused_with_what_to_choose(make_run):
    def run(seed, digest, **params):
        return make_run(seed=seed, params=params, tags={"tracker.pixels_digest": digest * 64})

    runs = [run(0, "a", image_size="64"), run(1, "b", image_size="64")]
    with pytest.raises(ComparisonError, match="must have seen the same pixels") as caught:
        select_runs(runs)
    assert caught.value.choices == tuple(("--where", f"pixels_digest={digest * 12}") for digest in "ba")
    assert [line.split()[:3] for line in caught.value.details] == [
        [digest * 12, "1", "run"] for digest in "ba"
    ]
    (chosen,) = select_runs(runs, where=["pixels_digest=aaaa"]).runs
    assert chosen.params["seed"] == "0"


def test_arms_of_other_sizes_have_other_pixels(make_run):
    small = make_run(params={"image_size": "64"}, tags={"tracker.pixels_digest": "a" * 64})
    large = make_run("resnet18", params={"image_size": "96"}, tags={"tracker.pixels_digest": "b" * 64})
    assert len(select_runs([small, large]).runs) == 2
