from __future__ import annotations

from pathlib import Path

import pytest

from tracker.config.experiment import own_name


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("/scans/Chest X-ray 2021", "Chest X-ray 2021"),
        ("study.v2", "study.v2"),
        ("tables/Fälle.csv", "Fälle"),
        ("a/b/..", "a"),
        ("./a/", "a"),
        ("/x/Default", "Default images"),
        ("x/ two\tlines\n", "two lines"),
        ("a/" + "x" * 200, "x" * 100),
    ],
)
def test_own_images_name_their_experiment(data: str, name: str) -> None:
    assert own_name("folder", Path(data)) == name
    assert own_name("csv", Path(data)) == name


def test_the_current_folder_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert own_name("folder", Path()) == tmp_path.name


def test_other_data_sets_and_no_place_have_none() -> None:
    assert (
        own_name("tb-xray", Path("/scans")) == own_name("folder", None) == own_name("folder", Path("/")) == ""
    )
