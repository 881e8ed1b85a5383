"""Weights: which must be there, and what to do for the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.installation import FILES, NETWORKS, Checked, Installation, Tracker, rows


def test_weights_that_are_absent_are_a_warning_with_what_to_fetch_and_where_to_put_it(
    tracker: Tracker, installation: Installation, checked: Checked
) -> None:
    (installation.checkpoints / FILES[0]).unlink()
    (installation.checkpoints / FILES[2]).unlink()
    told = tracker("doctor")
    assert told.code == 0
    said = rows(told)["ImageNet weights"]
    assert said.startswith(
        f"! 2 of 3 not here: {FILES[0]}, {FILES[2]} The reference networks begin with them"
    )
    assert "from https://download.pytorch.org/models/, and put" in said
    assert str(installation.checkpoints) in said.replace(" ", "")
    facts = checked()["ImageNet weights"]["facts"]
    assert facts["urls"] == [f"https://download.pytorch.org/models/{name}" for name in FILES[::2]]
    assert facts["folder"] == str(installation.checkpoints)
    assert not (installation.checkpoints / FILES[0]).exists()


@pytest.mark.parametrize("absent", NETWORKS)
def test_bundled_weights_are_all_there_or_the_installation_is_broken(
    tracker: Tracker, checked: Checked, installation: Installation, absent: str
) -> None:
    assert checked()["bundled weights"]["found"] == ", ".join(NETWORKS)
    (installation.bundled / f"{absent}.safetensors").unlink()
    told = tracker("doctor")
    assert told.code == 1
    said = rows(told)["bundled weights"]
    assert said.startswith(f"✗ 1 of 3 did not come with this package: {absent} Install tracker again.")
    assert checked()["bundled weights"]["facts"]["absent"] == [absent]
    assert "missing" not in {result["state"] for result in checked("--weights", "imagenet").values()}


def test_weights_that_are_others_than_their_names_say_are_found(
    tracker: Tracker, checked: Checked, installation: Installation
) -> None:
    (installation.checkpoints / FILES[1]).write_bytes(b"others")
    (installation.bundled / "mini-resnet.safetensors").write_bytes(b"others")
    told = tracker("doctor")
    assert told.code == 1
    for name, file, advice in (
        ("ImageNet weights", FILES[1], "Delete them: tracker run fetches them again."),
        ("bundled weights", "mini-resnet.safetensors", "Install tracker again."),
    ):
        assert f"{file}isanother" in rows(told)[name].replace(" ", "")
        assert advice in rows(told)[name]
        assert len(checked()[name]["facts"]["wrong"]) == 1


def test_weights_that_are_asked_for_are_looked_for_alone(checked: Checked, workplace: Path) -> None:
    assert checked("--weights", "none")["weights"]["state"] == "good"
    assert "bundled weights" not in checked("--weights", "imagenet")
    assert "ImageNet weights" not in checked("--weights", "bundled")
    absent = checked("--weights", "own.pth")
    assert absent["weights"]["state"] == "missing"
    assert "there is no file own.pth" in absent["weights"]["found"]
    (workplace / "own.pth").write_bytes(b"made by hand")
    there = checked("--weights", "own.pth")
    assert there["weights"]["facts"] == {"file": f"{workplace}/own.pth"}
    assert "ImageNet weights" not in there
