"""Folders that cannot be written to, that have little room, or whose locks keep nobody out."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest

from tests.support.disks import missing_for_small_disk, small_disk
from tests.support.installation import Checked, Tracker, rows
from tracker.doctor.folders import home

_NO_DISKS = missing_for_small_disk()
needs_small_disks = pytest.mark.skipif(bool(_NO_DISKS), reason=_NO_DISKS)


@pytest.mark.parametrize(
    ("variable", "name"), [("TRACKER_CACHE", "cache folder"), ("TRACKER_HOME", "journal folder")]
)
def test_a_folder_that_cannot_be_written_to_is_missing_and_its_variable_is_named(
    tracker: Tracker, workplace: Path, monkeypatch: pytest.MonkeyPatch, variable: str, name: str
) -> None:
    (workplace / "file").write_text("in the way")
    for folder, reason in (("file/below", "file: Not a directory"), ("/proc/nothing", "/proc: ")):
        monkeypatch.setenv(variable, str(workplace / folder))
        told = tracker("doctor")
        assert told.code == 1
        assert rows(told)[name].startswith(f"✗ {folder} cannot be written to ({reason}")
        assert f"set {variable} to another folder" in rows(told)[name]
        assert "the main job cannot run here; 1 missing" in told.out
        assert "next:" not in told.out


@needs_small_disks
@pytest.mark.parametrize(
    ("mib", "state", "said"),
    [
        (8000, "good", "8.4 GB"),
        (7000, "warning", "7.3 GB"),
        (200, "warning", "210 MB"),
        (180, "missing", "189 MB"),
    ],
)
def test_room_is_good_for_the_reference_study_and_missing_for_less_than_the_first_run(
    checked: Checked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mib: int, state: str, said: str
) -> None:
    with small_disk(tmp_path / "disk", mib=mib) as disk:
        monkeypatch.setenv("TRACKER_CACHE", str(disk.folder / "cache"))
        found = checked()["cache folder"]
        assert list(disk.folder.iterdir()) == []
    assert (found["state"], found["facts"]["free"]) == (state, mib * 2**20)
    assert found["found"].endswith(f", {said} free")
    assert ("larger disk" in found["advice"]) == (state != "good")


@needs_small_disks
def test_a_folder_on_a_full_disk_is_missing(
    checked: Checked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(tmp_path / "disk", mib=2) as disk:
        monkeypatch.setenv("TRACKER_HOME", str(disk.folder / "home"))
        disk.fill()
        found = checked()["journal folder"]
        assert [path.name for path in disk.folder.iterdir()] == ["ballast"]
    assert found["state"] == "missing"
    assert "No space left on device" in found["found"]


# No file system without locks can be mounted by a test: what its locks do is put in place of the real ones.


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "home"
    made.mkdir()
    monkeypatch.setenv("TRACKER_HOME", str(made))
    return made


def test_a_folder_without_locks_is_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_lock(*_: object) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "flock", no_lock)
    found = home()
    assert (found.state, found.found) == (
        "missing",
        f"{folder}: locks do not work there (Function not implemented)",
    )
    assert "local disk" in found.advice


def test_a_folder_whose_locks_keep_nobody_out_is_missing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)
    assert home().found == f"{folder}: locks do not work there (two processes can have the same one)"
    assert list(folder.iterdir()) == []
