from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tracker.data.sources.montgomery import SOURCE as MONTGOMERY
from tracker.data.sources.montgomery import read_montgomery
from tracker.data.sources.tb_xray import SOURCE as TB_XRAY
from tracker.data.sources.tb_xray import read_shenzhen
from tracker.errors import DataError

DrawImage = Callable[..., Path]


@pytest.fixture
def shenzhen(tmp_path: Path, draw_image: DrawImage) -> Path:
    root = tmp_path / "download" / "ChinaSet_AllFiles"
    for number, name in enumerate(["CHNCXR_0001_0", "CHNCXR_0002_0", "CHNCXR_0400_1"]):
        draw_image(root / "CXR_png" / f"{name}.png", number)
    readings = root / "ClinicalReadings"
    readings.mkdir()
    (readings / "CHNCXR_0001_0.txt").write_text("male 45yrs\nnormal\n\t")
    (readings / "CHNCXR_0400_1.txt").write_bytes(
        b"Female  24yrs\r\n1. bilateral PTB;\r\n2. right pleuritis\r\n"
    )
    (root / "CXR_png" / "Thumbs.db").touch()
    return root


@pytest.mark.parametrize("below", ["", "..", "CXR_png"])
def test_shenzhen_images_are_found_from_each_folder_that_one_may_name(shenzhen: Path, below: str) -> None:
    found = TB_XRAY.collect((shenzhen / below).resolve())
    assert [(image.id, image.label) for image in found] == [
        ("CXR_png/CHNCXR_0001_0.png", "normal"),
        ("CXR_png/CHNCXR_0002_0.png", "normal"),
        ("CXR_png/CHNCXR_0400_1.png", "tuberculosis"),
    ]
    assert all(image.path.is_file() and image.patient is None and image.part is None for image in found)


def test_shenzhen_readings_become_attributes(shenzhen: Path) -> None:
    assert [image.attributes for image in TB_XRAY.collect(shenzhen)] == [
        {"sex": "male", "age": "45", "finding": "normal"},
        {},
        {"sex": "female", "age": "24", "finding": "1. bilateral PTB; 2. right pleuritis"},
    ]


def test_a_reading_in_another_encoding_is_no_obstacle(shenzhen: Path) -> None:
    (shenzhen / "ClinicalReadings" / "CHNCXR_0001_0.txt").write_bytes(b"male 45yrs\nnormal \xa1\xa3")
    attributes = TB_XRAY.collect(shenzhen)[0].attributes
    assert (attributes["sex"], attributes["age"]) == ("male", "45")
    assert attributes["finding"].startswith("normal")


@pytest.mark.parametrize(
    ("lines", "attributes"),
    [
        (["male 28yr", "PTB"], {"sex": "male", "age": "28", "finding": "PTB"}),
        (["Female , 6 months", "normal"], {"sex": "female", "age": "0.5", "finding": "normal"}),
        (["female24yrs"], {"sex": "female", "age": "24"}),
        (["male 73 days", "normal"], {"sex": "male", "age": "0.2", "finding": "normal"}),
        (["normal"], {"finding": "normal"}),
        ([], {}),
    ],
)
def test_oddly_written_shenzhen_readings_are_understood(
    lines: list[str], attributes: Mapping[str, str]
) -> None:
    assert read_shenzhen(lines) == attributes


def test_montgomery_images_and_readings_are_found(tmp_path: Path, draw_image: DrawImage) -> None:
    root = tmp_path / "MontgomerySet"
    draw_image(root / "CXR_png" / "MCUCXR_0001_0.png", 1)
    draw_image(root / "CXR_png" / "MCUCXR_0100_1.png", 2)
    (root / "ClinicalReadings").mkdir()
    (root / "ClinicalReadings" / "MCUCXR_0100_1.txt").write_text(
        "Patient's Sex: F \nPatient's Age: 035Y \ninfiltrate in the\nright upper lobe\n"
    )
    found = MONTGOMERY.collect(tmp_path)
    assert [(image.id, image.label) for image in found] == [
        ("CXR_png/MCUCXR_0001_0.png", "normal"),
        ("CXR_png/MCUCXR_0100_1.png", "tuberculosis"),
    ]
    assert found[1].attributes == {
        "sex": "female",
        "age": "35",
        "finding": "infiltrate in the right upper lobe",
    }


def test_a_montgomery_reading_may_be_without_a_finding() -> None:
    assert read_montgomery(["Patient's Sex: M", "Patient's Age: 008M"]) == {"sex": "male", "age": "0.667"}


def test_images_of_other_names_are_named(shenzhen: Path, draw_image: DrawImage) -> None:
    draw_image(shenzhen / "CXR_png" / "CHNCXR_0003_2.png", 7)
    draw_image(shenzhen / "CXR_png" / "mine.png", 8)
    with pytest.raises(DataError, match=r"(?s)2 are not.*CHNCXR_0003_2.png.*mine.png"):
        TB_XRAY.collect(shenzhen)


def test_a_folder_without_the_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no images named as published.*ChinaSet_AllFiles"):
        TB_XRAY.collect(tmp_path)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="it does not exist"):
        MONTGOMERY.collect(tmp_path / "missing")


def test_a_file_is_refused_where_a_folder_is_meant(tmp_path: Path) -> None:
    (tmp_path / "set.zip").touch()
    with pytest.raises(DataError, match="it is a file"):
        TB_XRAY.collect(tmp_path / "set.zip")
