"""Maps drawn over images: what is said beside them, and that pictures are of the maps."""

from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from tracker.figures.explanations import DrawnMap, contact_sheet, enlarged, explanation_figure
from tracker.figures.sanity import sanity_figure
from tracker.figures.style import to_bytes

LONG = "tuberculosis/hospital-of-the-north_series-0001_frontal_very-long-name.png"


def drawn(name: str = "a.png", class_name: str = "ill", *, empty: bool = False, remark: str = "") -> DrawnMap:
    found = np.zeros((4, 4), np.float32)
    found[1, 2] = 3
    return DrawnMap(
        name, np.full((32, 32, 3), 90, np.uint8), None if empty else found, class_name, 0.8125, remark
    )


def texts(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.findobj(Text))  # type: ignore[attr-defined])


def under_map(figure: Figure) -> np.ndarray:
    shown = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    return np.asarray(shown[-1])


def test_an_explanation_says_the_class_its_probability_the_layer_and_what_it_is_not() -> None:
    said = texts(explanation_figure(drawn(), layer="layer4"))
    for expected in (
        "a.png",
        "ill 81.2 %",
        "layer layer4",
        "not whether that is right",
        "for the class",
    ):
        assert expected in said.replace("\n", " ")


def test_color_lies_where_the_map_is_and_the_rest_stays_gray() -> None:
    picture = under_map(explanation_figure(drawn()))
    spread = picture.max(2) - picture.min(2)
    row, column = np.unravel_index(spread.argmax(), spread.shape)
    assert 8 <= row < 16
    assert 16 <= column < 24
    assert spread[-4:, :4].max() < 0.01


def test_a_map_without_anything_in_it_is_said_and_not_drawn() -> None:
    figure = explanation_figure(drawn(empty=True))
    assert "no place speaks" in texts(figure)
    assert np.array_equal(under_map(figure), drawn().image)


@pytest.mark.parametrize("count", [1, 2, 5, 12])
def test_a_sheet_has_a_place_for_each_image(count: int) -> None:
    figure = contact_sheet([drawn(f"{number}.png", remark="truly well") for number in range(count)])
    said = texts(figure)
    assert all(f"{number}.png" in said for number in range(count))
    assert said.count("truly well") == count
    assert len(to_bytes(figure, "png", dpi=40)) > 1000


@pytest.mark.parametrize(
    "class_name", ["肺结核", "الدرن", "$\\alpha$_", "a class of a very long name indeed"]
)
def test_names_of_any_script_and_length_are_drawn_and_no_probability_is_cut(class_name: str) -> None:
    figure = contact_sheet([drawn(LONG, class_name)])
    said = texts(figure)
    assert "81.2 %" in said
    assert LONG not in said
    assert "…" in said
    to_bytes(figure, "png", dpi=40)


def test_a_title_of_a_sheet_is_broken_and_stays_in_the_picture() -> None:
    title = "FT s0 mini-resnet, most wrong test images (synthetic images)"
    figure = contact_sheet([drawn()], title=title)
    to_bytes(figure, "png", dpi=40)
    (above,) = [text for text in figure.findobj(Text) if text.get_text().startswith("FT s0")]  # type: ignore[attr-defined]
    assert " ".join(above.get_text().split()) == title
    assert above.get_window_extent().x1 <= figure.bbox.x1


def test_a_map_is_enlarged_around_the_middles_of_its_places() -> None:
    large = enlarged(np.array([[0, 0], [0, 8]], np.float32), 8, 8)
    assert large.shape == (8, 8)
    assert large[0, 0] == 0
    assert large[-1, -1] == 8
    assert large.mean() == pytest.approx(2)


def test_the_check_is_drawn_with_its_sentence_and_every_step() -> None:
    own, replaced = np.random.default_rng(0).random((2, 3, 3)), np.random.default_rng(1).random((2, 2, 3, 3))
    figure = sanity_figure(
        ["fc", "conv1"],
        [0.3, 0.1],
        own.astype(np.float32),
        replaced.astype(np.float32),
        same=0.7,
        chance=0.28,
        sentence="maps depend on the network",
    )
    said = texts(figure)
    for expected in (
        "Maps depend on the network.",
        "from\nfc",
        "all layers",
        "as trained",
        "the same",
        "chance",
    ):
        assert expected in said
    assert Image.open(io.BytesIO(to_bytes(figure, "png", dpi=40))).width > 100
