from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.images import DrawImage
from tracker.data import sources
from tracker.data.manifest import build_manifest
from tracker.data.sources import SOURCES, discover, find_source
from tracker.errors import DataError, UsageError

A_COLLEAGUES_FILE = """
from tracker.data.sources.source import Source, SourceImage


def collect_scans(root):
    return [SourceImage(path.name, path, path.name.partition("_")[0]) for path in root.glob("*.png")]


SOURCE = Source(name="scans", collect=collect_scans)
"""


@pytest.fixture
def a_colleagues_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One more file in the folder of sources."""
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "scans.py").write_text(A_COLLEAGUES_FILE)
    (folder / "no_source.py").write_text("SCANS = 0\n")
    monkeypatch.setattr(sources, "__path__", [*sources.__path__, str(folder)])
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_every_source_is_found_under_its_own_name_in_the_order_of_messages() -> None:
    ours = ["tb-xray", "montgomery", "phantom", "folder", "csv"]
    assert [name for name in SOURCES if name in ours] == ours
    assert all(source.name == name for name, source in SOURCES.items())


@pytest.mark.usefixtures("a_colleagues_file")
def test_a_new_data_set_is_one_new_file(
    tmp_path: Path, draw_image: DrawImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, label in enumerate(("flu", "healthy")):
        draw_image(tmp_path / "scans" / f"{label}_{number}.png", number)
    found = discover()
    assert set(found) == {*SOURCES, "scans"}
    assert list(found).index("phantom") < list(found).index("scans") < list(found).index("folder")
    monkeypatch.setitem(SOURCES, "scans", found["scans"])
    assert build_manifest("scans", tmp_path / "scans").counts == {"flu": 1, "healthy": 1}
    with pytest.raises(DataError, match="nowhere must hold images, but it does not exist"):
        build_manifest("scans", tmp_path / "nowhere")


def test_a_mistyped_data_set_is_answered_with_the_nearest_and_all_names() -> None:
    with pytest.raises(
        UsageError, match=r"tb-xray, montgomery, phantom, folder, csv.*'tbxray'.*Did you mean tb-xray\?"
    ):
        find_source("tbxray")


def test_a_data_set_like_no_other_is_answered_with_the_way_to_use_own_images() -> None:
    with pytest.raises(UsageError, match="--dataset folder --data PATH"):
        find_source("zzz")
