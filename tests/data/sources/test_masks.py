from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from tracker.data.sources.masks import folder_word, masks_among, masks_of_classes, words_of


def masks(*names: str) -> set[str]:
    return {str(path) for path in masks_among(PurePosixPath(name) for name in names)}


def test_names_fall_into_words_however_they_are_written() -> None:
    assert words_of("leftLung_Mask2 Ground-Truth") == ("left", "lung", "mask", "2", "groundtruth")
    assert words_of("CXR_png") == ("cxr", "png")


@pytest.mark.parametrize(
    "name",
    [
        *(
            "mask",
            "masks",
            "Masks",
            "MASK",
            "ManualMask",
            "lung_masks",
            "lungmasks",
            "mask-png",
            "Mask Images",
        ),
        *("label", "Labels", "annotation", "Annotations", "segmentation", "seg", "SEG", "gt", "GT", "gt2"),
        *("ground_truth", "GroundTruth", "Ground Truth", "groundtruth", "contours", "heatmap", "Heatmaps"),
        *("Segmentierung", "Masken", "overlay"),
    ],
)
def test_folders_of_masks_are_told_by_their_names(name: str) -> None:
    assert folder_word(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "images",
            "2021",
            "07",
            "",
            "normal",
            "patient_3",
            "unmasked",
            "no_mask",
            "with_mask",
            "without-mask",
            "withmask",
            "nomasks",
            "unmask",
        ),
        *("images_and_masks", "labeled", "labels of reader 2", "gta", "segment 4", "legs", "P01 GT check"),
    ],
)
def test_other_folders_are_not(name: str) -> None:
    assert folder_word(name) == ""


@pytest.mark.parametrize("folder", ["masks", "Mask", "ground truth", "x/y/Annotations/z", "lungMask"])
def test_files_in_folders_of_masks_are_masks_whatever_they_are_called(folder: str) -> None:
    assert masks("images/a.png", "images/b.png", f"{folder}/1.png", f"{folder}/2.png") == {
        f"{folder}/1.png",
        f"{folder}/2.png",
    }


@pytest.mark.parametrize("folder", ["labels", "GT", "seg"])
def test_short_words_need_files_that_are_called_as_images_are(folder: str) -> None:
    images = ("images/a1.png", "images/b1.png")
    assert masks(*images, f"{folder}/a1.png", f"{folder}/b1_mask.png") == {
        f"{folder}/a1.png",
        f"{folder}/b1_mask.png",
    }
    assert masks(*images, f"{folder}/scan7.png", f"{folder}/scan8.png") == set()


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        *(("x.png", "x_mask.png"), ("x.png", "mask_x.png"), ("X.jpg", "X-Mask.png"), ("x.png", "xMask.PNG")),
        *(("benign (1).png", "benign (1)_mask.png"), ("benign (1).png", "benign (1)_mask_2.png")),
        *(("ISIC_0001.jpg", "ISIC_0001_segmentation.png"), ("7.tif", "7_gt.tif"), ("7.tif", "gt 7.tif")),
        *(("a_img.png", "a_mask.png"), ("IMG_4.png", "MASK_4.png")),
        *(("x.png", "x_left_mask.png"), ("x.png", "x_label.png"), ("x.png", "x_ground_truth.png")),
        *(("0_image.png", "0_lungmask.png"), ("0.png", "lungmasks_0.png"), ("x.png", "x_LungMask_2.png")),
        *(("x.png", "x_left_lungmask.png"), ("x_img.png", "x_bitmask1.png"), ("x.png", "XRAYMASK_x.png")),
        ("P00_1.png", "P00_1_pred_mask.png"),
    ],
)
def test_a_file_that_is_called_as_the_mask_of_an_image_is_one(image: str, mask: str) -> None:
    assert masks(image, mask, "other.png") == {mask}
    assert masks("other.png", mask) == set()


@pytest.mark.parametrize(
    "name", ["1_nomask.png", "withmask_1.png", "1_unmask.png", "damask.png", "damask2.png"]
)
def test_what_is_no_mask_of_an_image_beside_it_is_an_image(name: str) -> None:
    assert masks(name, "1.png", "rose.png") == set()


@pytest.mark.parametrize(
    "name", ["mask.png", "lungmask.png", "Label.png", "ground truth.tif", "left_mask.png"]
)
def test_a_name_that_says_nothing_but_mask_is_that_of_the_images_beside_it(name: str) -> None:
    assert masks(f"p1/{name}", "p1/scan 4.png", f"p2/{name}", "p2/7.png") == {f"p1/{name}", f"p2/{name}"}
    assert masks(f"p1/{name}", "7.png") == set()


def test_names_of_masks_without_images_are_images() -> None:
    names = [f"with_mask_{number}.jpg" for number in range(5)]
    assert masks(*names) == set()
    assert masks("1_mask.png", "2_mask.png", "scan3.png") == set()


def test_the_image_of_a_mask_lies_in_its_folder() -> None:
    assert masks("p1/front.png", "p2/front_mask.png", "p2/side.png") == set()
    assert masks("images/x.png", "drawn/x_mask.png", "drawn/y_mask.png") == {"drawn/x_mask.png"}


def test_a_class_that_holds_nothing_else_has_masks_alone() -> None:
    assert masks("masks/1.png", "masks/2.png") == {"masks/1.png", "masks/2.png"}


def classes(**names: list[str]) -> list[str]:
    return masks_of_classes({label: [PurePosixPath(n) for n in ns] for label, ns in names.items()})


def test_a_folder_beside_the_classes_holds_masks_if_each_is_of_one_image() -> None:
    assert classes(a=["1.png"], b=["2.png"], masks=["1.png", "2_mask.png"]) == ["masks"]
    assert classes(a=["1.png"], b=["2.png"], masks=["1.png", "3.png"]) == []
    assert classes(a=["1.png"], b=["1.png"], mask=["1.png"]) == [], "numbered in each class"
    assert classes(a=["1.png"], mask=["1.png"]) == [], "two classes at least"
    assert classes(a=["1.png"], b=["2.png"], no_mask=["3.png"], mask=["1.png"]) == []
