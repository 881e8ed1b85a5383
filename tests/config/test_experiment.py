from __future__ import annotations

from pathlib import Path

import pytest

from tracker.config.experiment import fault_of_name, own_name


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


@pytest.mark.parametrize("name", ["cxr 662", "한" * 256, "a/b: 'c'", "résumé\N{NO-BREAK SPACE}1", "🫁"])
def test_mlflow_can_have_an_experiment_of_any_text(name: str) -> None:
    assert fault_of_name(name) == ""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("x" * 257, "has 257"),
        ("  ", "blanks"),
        ("two\nlines", r"'\n'"),
        ("\udcff", r"'\udcff'"),
        ("\0", r"'\x00'"),
    ],
)
def test_what_mlflow_cannot_have_is_told(name: str, why: str) -> None:
    assert why in fault_of_name(name)
