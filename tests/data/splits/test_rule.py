from __future__ import annotations

from collections.abc import Callable

import pytest

from tracker.data.manifest import Manifest
from tracker.data.sources import SOURCES, Source
from tracker.data.splits.rule import apportion, default_rule, part_sizes, rule_after_skipping, validate_rule
from tracker.errors import DataError, UsageError

MakeManifest = Callable[..., Manifest]


@pytest.mark.parametrize("rule", ["486/44/132", "0.7/0.1/0.2", ".8/.1/.1", "given", "0.333/0.333/0.334"])
def test_valid_rules_are_accepted(rule: str) -> None:
    validate_rule(rule)
    with pytest.raises(UsageError):
        validate_rule(f"{rule}/0.1")


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ("", "three counts or three fractions"),
        ("80/20", "three counts or three fractions"),
        ("a/b/c", "three counts or three fractions"),
        ("-1/1/1", "three counts or three fractions"),
        ("10/20/30/40", "three counts or three fractions"),
        ("1 /2/3", "three counts or three fractions"),
        ("0.7/0.1/0.1", "must sum to 1, but 0.7/0.1/0.1 sum to 0.9"),
        ("0.5/100/20", "must sum to 1"),
        ("500/0/162", "every part of --split must have images"),
        ("0.8/0.0/0.2", "every part of --split must have images"),
    ],
)
def test_invalid_rules_are_refused(rule: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        validate_rule(rule)


def test_counts_are_taken_as_they_are() -> None:
    assert part_sizes("486/44/132", 662) == {"train": 486, "val": 44, "test": 132}


def test_counts_that_do_not_sum_to_the_images_are_answered_with_some_that_do() -> None:
    with pytest.raises(
        UsageError, match=r"number of images, 600, but 486\+44\+132 = 662.*--split 440/40/120"
    ):
        part_sizes("486/44/132", 600)


def test_fractions_become_counts_that_sum_to_the_images() -> None:
    assert part_sizes("0.7/0.1/0.2", 11) == {"train": 8, "val": 1, "test": 2}


@pytest.mark.parametrize(("shares", "total"), [([486, 44, 132], 662), ([1, 1, 1], 100), ([3, 2, 2], 1)])
def test_apportioned_numbers_are_rounded_shares_and_sum_to_the_total(shares: list[int], total: int) -> None:
    numbers = apportion(shares, total)
    assert sum(numbers) == total
    for number, share in zip(numbers, shares, strict=True):
        assert abs(number - share * total / sum(shares)) < 1


def test_a_given_split_is_kept_by_default(make_manifest: MakeManifest) -> None:
    manifest = make_manifest([("a", None, "train"), ("b", None, "train")])
    assert default_rule(manifest) == "given"


def test_the_whole_reference_data_set_gets_the_reference_split(make_manifest: MakeManifest) -> None:
    manifest = make_manifest([("normal",)] * 326 + [("tuberculosis",)] * 336, dataset="tb-xray")
    assert default_rule(manifest) == "486/44/132"


def test_a_known_split_is_the_default_only_where_all_its_images_are_there(
    make_manifest: MakeManifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SOURCES, "known", Source("known", lambda root: [], default_split="10/5/5"))
    assert default_rule(make_manifest([("a",), ("b",)] * 10, dataset="known")) == "10/5/5"
    assert default_rule(make_manifest([("a",), ("b",)] * 20, dataset="known")) == "29/3/8"


@pytest.mark.parametrize(("images", "rule"), [(662, "486/44/132"), (331, "243/22/66"), (6, "2/2/2")])
def test_other_images_get_the_reference_proportions(
    make_manifest: MakeManifest, images: int, rule: str
) -> None:
    manifest = make_manifest([("a",), ("b",)] * (images // 2) + [("a",)] * (images % 2))
    assert default_rule(manifest) == rule


def test_a_part_of_the_reference_data_set_gets_its_proportions(make_manifest: MakeManifest) -> None:
    manifest = make_manifest([("normal",), ("tuberculosis",)] * 330, dataset="tb-xray")
    assert default_rule(manifest) == "484/44/132"


def test_a_class_with_too_few_images_is_named(make_manifest: MakeManifest) -> None:
    with pytest.raises(DataError, match=r"3 images or more.*rare has 2"):
        default_rule(make_manifest([("a",)] * 50 + [("rare",)] * 2))


def test_left_out_images_are_missed_in_training() -> None:
    assert rule_after_skipping("486/44/132", 6) == "480/44/132"


@pytest.mark.parametrize("rule", ["0.7/0.1/0.2", "given"])
def test_other_rules_hold_for_any_number_of_images(rule: str) -> None:
    assert rule_after_skipping(rule, 6) == rule


def test_training_images_must_be_left() -> None:
    with pytest.raises(UsageError, match="must keep training images when 5 images are left out"):
        rule_after_skipping("5/1/1", 5)
