from __future__ import annotations

from pathlib import Path

import pytest

from tracker.data.file_kinds import file_kind_notes
from tracker.data.manifest import Manifest, Sample


def manifest(**names: list[str]) -> Manifest:
    samples = [
        Sample(f"{label}/{name}", Path(f"/{label}/{name}"), label, None, None, "0" * 64)
        for label, files in names.items()
        for name in files
    ]
    return Manifest("folder", Path("/"), tuple(samples))


def test_classes_of_different_kinds_of_files_are_told() -> None:
    told = file_kind_notes(manifest(sick=["a.png", "b.PNG"], well=["a.jpg", "b.jpeg"]))
    assert told[0] == "the kind of file tells the class (sick PNG, well JPG):"


@pytest.mark.parametrize(
    "names",
    [
        {"sick": ["a.png"], "well": ["a.png", "b.png"]},
        {"sick": ["a.png", "b.jpg"], "well": ["a.png"]},
        {"sick": ["a.jpg"], "well": ["a.JPEG"]},
        {"sick": ["a.tif"], "well": ["a.tiff"]},
        {"sick": ["a.dcm"], "well": ["a.IMA", "b.dicom"]},
        {"a": ["a.png"], "b": ["a.jpg"], "c": ["a.jpg"]},
    ],
)
def test_nothing_is_told_where_the_kind_does_not_tell_the_class(names: dict[str, list[str]]) -> None:
    assert file_kind_notes(manifest(**names)) == []
