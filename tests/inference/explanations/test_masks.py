"""Where lesions are, read from masks and boxes, on images as the network sees them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tracker.errors import DataError
from tracker.inference.explanations.masks import read_masks


@pytest.fixture
def image(tmp_path: Path) -> Path:
    file = tmp_path / "P1_1.png"
    Image.new("L", (80, 40)).save(file)
    return file


def write_mask(folder: Path, name: str, size: tuple[int, int], box: tuple[int, int, int, int]) -> None:
    folder.mkdir(exist_ok=True)
    mask = Image.new("L", size)
    mask.paste(255, box)
    mask.save(folder / name)


def middle(mask: np.ndarray) -> tuple[float, float]:
    rows, columns = np.nonzero(mask)
    return float(rows.mean()), float(columns.mean())


@pytest.mark.parametrize("name", ["P1_1.png", "P1_1_mask.png", "P1_1.tif"])
def test_a_mask_is_found_by_the_name_of_its_image(tmp_path: Path, image: Path, name: str) -> None:
    write_mask(tmp_path / "masks", name, (80, 40), (0, 0, 40, 40))
    masks = read_masks(tmp_path / "masks")
    assert masks.has("ill/P1_1.png")
    assert not masks.has("ill/P1_2.png")
    found = masks.mask("ill/P1_1.png", image, image_size=20, resize="stretch")
    assert found[:, :10].all()
    assert not found[:, 10:].any()


def test_a_name_that_two_masks_could_have_is_the_one_of_its_folder(tmp_path: Path, image: Path) -> None:
    for folder, box in (("ill", (0, 0, 40, 40)), ("well", (40, 0, 80, 40))):
        (tmp_path / "masks").mkdir(exist_ok=True)
        write_mask(tmp_path / "masks" / folder, "P1_1.png", (80, 40), box)
    masks = read_masks(tmp_path / "masks")
    assert not masks.has("P1_1.png")
    assert masks.mask("well/P1_1.bmp", image, image_size=20, resize="stretch")[:, 10:].all()


@pytest.mark.parametrize(
    # Of 80 x 40 pixels, padding puts five rows above, and cropping takes the left quarter away.
    ("resize", "row", "column"),
    [("stretch", 4.5, 4.5), ("pad", 7.0, 4.5), ("crop", 4.5, 4.5)],
)
def test_boxes_go_the_way_of_their_image(
    tmp_path: Path, image: Path, resize: str, row: float, column: float
) -> None:
    table = tmp_path / "boxes.csv"
    table.write_text("image,x,y,width,height\nP1_1.png,0,0,40,20\n")
    found = read_masks(table).mask("P1_1.png", image, image_size=20, resize=resize)  # type: ignore[arg-type]
    rows, columns = middle(found)
    assert rows == pytest.approx(row, abs=0.6)
    assert columns == pytest.approx(column, abs=0.6)


def test_several_boxes_of_an_image_are_all_there(tmp_path: Path, image: Path) -> None:
    table = tmp_path / "boxes.csv"
    table.write_text("image;x;y;width;height\nP1_1;0;0;8;8\nP1_1;72;32;8;8\n")
    found = read_masks(table).mask("P1_1.png", image, image_size=20, resize="stretch")
    assert found[0, 0]
    assert found[-1, -1]
    assert not found[10, 10]


def test_a_lesion_smaller_than_a_pixel_is_not_lost(tmp_path: Path, image: Path) -> None:
    write_mask(tmp_path / "masks", "P1_1.png", (80, 40), (40, 20, 41, 21))
    found = read_masks(tmp_path / "masks").mask("P1_1.png", image, image_size=10, resize="stretch")
    assert found.any()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("image,x,y,w,h\nP1_1,0,0,1,1\n", "no width, no height"),
        ("image,x,y,width,height\nP1_1,0,0,four,1\n", "line 2"),
        ("image,x,y,width,height\nP1_1,0,0,0,1\n", "above zero"),
        ("image,x,y,width,height\nP1_1,nan,0,2,1\n", "line 2"),
    ],
)
def test_a_table_that_is_not_of_boxes_is_told_in_a_line(tmp_path: Path, rows: str, said: str) -> None:
    (tmp_path / "boxes.csv").write_text(rows)
    with pytest.raises(DataError, match=said):
        read_masks(tmp_path / "boxes.csv")


def test_a_mask_of_another_shape_is_told_in_a_line(tmp_path: Path, image: Path) -> None:
    write_mask(tmp_path / "masks", "P1_1.png", (40, 40), (0, 0, 9, 9))
    with pytest.raises(DataError, match=r"40 x 40, and .* 80 x 40"):
        read_masks(tmp_path / "masks").mask("P1_1.png", image, image_size=20, resize="stretch")
