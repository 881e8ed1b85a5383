from __future__ import annotations

from pathlib import Path

import pytest

from tracker.data.choice import Choice
from tracker.data.sources.listing import LeftOut, Listing
from tracker.data.sources.source import SourceImage
from tracker.errors import UsageError


def image(name: str) -> SourceImage:
    return SourceImage(name, Path("/") / name, name.partition("/")[0])


IMAGES = [image(name) for name in ("a/1.png", "a/2.tif", "b/1.png", "b/2.png")]
MASK = LeftOut("a/masks/1.png", "mask", "masks", "a", image("a/masks/1.png"))
DICOM = LeftOut("b/3.dcm", "unread", "DICOM", "b")
FOUND = Listing(IMAGES, [MASK, DICOM], ["a note"])


def chosen(include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> tuple[list[str], dict[str, str]]:
    listing = Choice(include, exclude).of(FOUND)
    assert list(listing.notes) == ["a note"]
    return [one.id for one in listing], {one.id: one.kind for one in listing.left_out}


def test_without_globs_all_images_take_part_and_masks_do_not() -> None:
    assert chosen() == ([one.id for one in IMAGES], {MASK.id: "mask", DICOM.id: "unread"})


def test_what_is_excluded_is_counted_so() -> None:
    ids, left_out = chosen(exclude=("*.tif", "b"))
    assert ids == ["a/1.png"]
    assert left_out == {
        **dict.fromkeys(["a/2.tif", "b/1.png", "b/2.png", "b/3.dcm"], "excluded"),
        MASK.id: "mask",
    }


def test_what_no_include_covers_is_counted_so_and_exclude_wins() -> None:
    ids, left_out = chosen(include=("*.png", "a/*"), exclude=("b/2.png",))
    assert ids == ["a/1.png", "a/2.tif", "b/1.png"]
    assert left_out == {"b/2.png": "excluded", MASK.id: "mask", DICOM.id: "not included"}


@pytest.mark.parametrize("glob", ["**", "a/masks/*", "**/masks/**", "masks", "*mask*"])
def test_masks_take_part_where_a_glob_names_what_makes_them_masks(glob: str) -> None:
    listing = Choice((glob, "**/masks/1.png")).of(FOUND)
    assert MASK.id in [one.id for one in listing]
    assert [one.label for one in listing if one.id == MASK.id] == ["a"]


@pytest.mark.parametrize("glob", ["*.png", "a/**", "*", "a"])
def test_masks_do_not_come_along_with_other_globs(glob: str) -> None:
    ids, left_out = chosen(include=(glob,))
    assert MASK.id not in ids
    assert left_out[MASK.id] == "mask"


def test_masks_that_are_excluded_stay_out() -> None:
    ids, left_out = chosen(include=("**",), exclude=("masks",))
    assert MASK.id not in ids
    assert left_out[MASK.id] == "excluded"


def test_a_glob_that_covers_nothing_is_named_with_paths_that_there_are() -> None:
    with pytest.raises(UsageError, match=r"(?s)--include 'A/\*', --exclude '\*.jpg' cover none.*  a/1\.png"):
        Choice(("A/*", "a/*"), ("*.jpg", "*.dcm")).of(FOUND)


def test_a_plain_list_of_images_will_do() -> None:
    listing = Choice(exclude=("b",)).of(IMAGES)
    assert [one.id for one in listing] == ["a/1.png", "a/2.tif"]
    assert len(listing.left_out) == 2
