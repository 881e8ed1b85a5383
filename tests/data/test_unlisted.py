from __future__ import annotations

from pathlib import Path

from tracker.data.sources.listing import LeftOut, Listing
from tracker.data.sources.source import SourceImage
from tracker.data.unlisted import unlisted


def test_images_beside_listed_ones_are_told_by_paths_of_the_same_kind(tmp_path: Path) -> None:
    for name in ("scans/1.png", "scans/2.png", "scans/.3.png", "scans/4.txt", "other/5.png", "scans/6.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "table").mkdir()
    listing = Listing(
        [SourceImage("../scans/1.png", tmp_path / "table" / ".." / "scans" / "1.png", "a")],
        [LeftOut("../scans/6.png", "excluded")],
    )
    assert [(one.id, one.kind) for one in unlisted(listing)] == [
        ("../scans/2.png", "unlisted"),
    ]


def test_a_folder_that_is_gone_tells_nothing(tmp_path: Path) -> None:
    assert list(unlisted(Listing([SourceImage("x/1.png", tmp_path / "x" / "1.png", "a")]))) == []
