from __future__ import annotations

import pytest

from tracker.compare.render.notes import caption, footnotes
from tracker.compare.selection import select_runs
from tracker.compare.table import build_table


def notes_of(runs, **options):
    return footnotes(build_table(select_runs(runs), **options))


def test_the_caption_says_metric_unit_and_epoch(make_run):
    selection = select_runs([make_run(epochs=40)])
    assert caption(build_table(selection)) == "Test accuracy (%) after the last epoch (40)"
    best = build_table(selection, at="best")
    assert caption(best) == "Test accuracy (%) at the epoch with the lowest validation loss"
    assert caption(build_table(selection, metric="val/loss")) == "Validation loss after the last epoch (40)"


def test_the_number_of_epochs_is_not_said_where_arms_differ(make_run):
    runs = [make_run(epochs=40), make_run(mode="fine-tuning", epochs=20)]
    assert caption(build_table(select_runs(runs))) == "Test accuracy (%) after the last epoch"
    assert "Arms differ in epochs: 40 (feature-extractor), 20 (fine-tuning)." in notes_of(runs)


@pytest.mark.parametrize(
    ("images", "note"),
    [
        ("132", "132 test images: one image is 0.8 points."),
        ("5000", "5000 test images: one image is 0.02 points."),
    ],
)
def test_what_one_image_is_worth_is_said(make_run, images, note):
    assert note in notes_of([make_run(tags={"tracker.test_images": images})])


def test_what_one_image_is_worth_is_not_said_where_it_is_not_known(make_run):
    runs = [make_run(), make_run(seed=1, tags={"tracker.test_images": "many"})]
    assert not any("one image" in note for note in notes_of(runs))
    assert not any("one image" in note for note in notes_of([make_run()], metric="test/auroc"))


@pytest.mark.parametrize(
    ("seeds", "note"),
    [
        ([5], "One run an arm, seed 5: the spread between seeds is not known."),
        ([0, 1], "Mean ± sample standard deviation over seeds 0, 1."),
        (range(10), "Mean ± sample standard deviation over seeds 0 to 9."),
    ],
)
def test_shared_seeds_are_named(make_run, seeds, note):
    runs = [make_run(mode=mode, seed=seed) for mode in ("feature-extractor", "fine-tuning") for seed in seeds]
    assert notes_of(runs)[0] == note


def test_seeds_that_differ_between_arms_are_said_to(make_run):
    pairs = [make_run(seed=0), make_run(mode="fine-tuning", seed=1)]
    assert notes_of(pairs)[0] == (
        "One run an arm, of different seeds: the spread between seeds is not known."
    )
    assert notes_of([*pairs, make_run(seed=1)])[0] == (
        "Mean ± sample standard deviation over the runs of an arm, their number in brackets; "
        "arms differ in their seeds."
    )


def test_a_difference_says_how_it_was_made_and_that_it_is_no_test(make_run):
    paired = [make_run(), make_run(mode="fine-tuning")]
    unpaired = [make_run("resnet18"), make_run("resnet18", mode="fine-tuning", seed=1)]
    start = "Difference: feature-extractor minus fine-tuning, in percentage points, "
    end = ". A difference of means is not yet a statistical test."
    assert f"{start}paired by seed{end}" in notes_of(paired)
    assert f"{start}of means{end}" in notes_of(unpaired)
    assert f"{start}paired by seed where both have the same seeds, else of means{end}" in notes_of(
        paired + unpaired
    )
    assert not any("Difference" in note for note in notes_of(paired[:1]))


def test_folds_are_paired_by_fold(make_run):
    folds = {"folds": "3", "fold": "0"}
    runs = [make_run(params=folds), make_run(mode="fine-tuning", params=folds)]
    assert any("in percentage points, paired by fold." in note for note in notes_of(runs))


def test_settings_that_differ_are_grouped_by_mode_or_model_where_that_explains_them(make_run):
    def arms(lrs):
        return [make_run(model, mode, params={"lr": lr}) for (model, mode), lr in lrs.items()]

    frozen, tuned = "feature-extractor", "fine-tuning"
    by_mode = {("alexnet", frozen): "0.1", ("resnet18", frozen): "1e-1", ("alexnet", tuned): "0.01"}
    assert "Arms differ in lr: 0.1 (feature-extractor), 0.01 (fine-tuning)." in notes_of(arms(by_mode))
    by_model = {("alexnet", frozen): "0.1", ("alexnet", tuned): "0.1", ("resnet18", tuned): "1"}
    assert "Arms differ in lr: 0.1 (alexnet), 1 (resnet18)." in notes_of(arms(by_model))


def test_settings_that_differ_between_arms_say_which_arm_has_which(make_run):
    frozen, tuned = "feature-extractor", "fine-tuning"

    def notes(**lrs):
        return notes_of(
            [
                make_run(model, mode, params={"lr": lr})
                for mode, several in ((frozen, lrs["frozen"]), (tuned, lrs["tuned"]))
                for model, lr in zip(("alexnet", "resnet152", "densenet201"), several, strict=False)
            ]
        )

    assert (
        "Arms differ in lr: 0.1 (feature-extractor), 1 (alexnet fine-tuning), 0.1 (resnet152 fine-tuning)."
        in notes(frozen=["0.1"], tuned=["1", "0.1"])
    )
    assert (
        "Arms differ in lr: 0.1 (feature-extractor), 1 (alexnet and densenet201 fine-tuning), "
        "2 (resnet152 fine-tuning)." in notes(frozen=["0.1"] * 3, tuned=["1", "2", "1"])
    )
    found = [[f"0.0{n}23456789" for n in (1, 2, 3)], [f"0.00{n}23456789" for n in (4, 5, 6)]]
    assert (
        "Arms differ in lr: 0.0123 (alexnet feature-extractor), 0.0223 (resnet152 feature-extractor), "
        "0.0323 (densenet201 feature-extractor), 0.00423 (alexnet fine-tuning), "
        "0.00523 (resnet152 fine-tuning), 0.00623 (densenet201 fine-tuning)."
        in notes(frozen=found[0], tuned=found[1])
    )


def test_files_of_weights_are_told_apart_by_the_beginning_of_their_digests(make_run):
    runs = [
        make_run(model, params={"weights": "w.pth"}, tags={"tracker.weights_digest": digest * 64})
        for model, digest in (("alexnet", "a"), ("resnet18", "b"))
    ]
    assert f"Arms differ in weights: {'a' * 12} (alexnet), {'b' * 12} (resnet18)." in notes_of(runs)


def test_the_split_is_named(make_run):
    assert "Split 3f2a9c01d7e4 (486/44/132, split seed 0)." in notes_of([make_run()])


def test_rates_that_a_study_found_are_rounded(make_run):
    runs = [
        make_run(params={"lr": "0.06967591120095483"}),
        make_run(mode="fine-tuning", params={"lr": "0.001"}),
    ]
    assert "Arms differ in lr: 0.0697 (feature-extractor), 0.001 (fine-tuning)." in notes_of(runs)


def test_a_table_of_synthetic_images_says_so(make_run):
    assert notes_of([make_run(params={"dataset": "phantom"})])[-1].startswith("The radiographs are synthetic")
    assert not any("synthetic" in note for note in notes_of([make_run()]))


def test_bundled_weights_are_named_and_told_from_those_of_another_version(make_run):
    runs = [
        make_run(model, params={"weights": "bundled"}, tags={"tracker.weights_digest": digest * 64})
        for model, digest in (("mini-alexnet", "a"), ("mini-resnet", "b"))
    ]
    (note,) = [note for note in notes_of(runs) if "weights" in note]
    assert note == (
        "Arms differ in weights: bundled aaaaaaaaaaaa (mini-alexnet), bundled bbbbbbbbbbbb (mini-resnet)."
    )


def test_runs_that_do_not_say_their_pixels_are_counted_where_others_do(make_run):
    note = "1 run of an earlier version does not say from which pixels: its decoder made others of some kinds"
    silent, saying = make_run(), make_run(seed=1, tags={"tracker.pixels_digest": "a" * 64})
    assert any(line.startswith(note) for line in notes_of([silent, saying]))
    (areas,) = (line for line in notes_of([silent, saying], metric="test/auroc") if line.startswith(note))
    assert areas.endswith(", and its AUROC ranked probabilities.")
    for alike in ([silent], [saying]):
        assert not any("pixels" in line for line in notes_of(alike))
