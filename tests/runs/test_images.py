"""What a study does with images that cannot be read, where it is to go on without them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.plans import small_options
from tracker.runs.images import Images, decode_images, find_images

Damage = Callable[[Path], object]


@pytest.fixture
def data(radiographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Images that a test may change, and a cache of its own."""
    monkeypatch.setenv("TRACKER_CACHE", str(tmp_path / "cache"))
    return Path(shutil.copytree(radiographs, tmp_path / "scans"))


def decoded(data: Path, damage: Damage | None = None) -> tuple[Images, int]:
    """Return the images that a command has, and how many it decoded, if some are damaged meanwhile."""
    options = small_options(data, on_unreadable="skip")
    images = find_images(options)
    if damage is not None:
        damage(data)
    files = []
    images, _ = decode_images(images, options, lambda done, _total, _what: files.append(done))
    return images, len(files)


@pytest.mark.parametrize(
    ("asked", "before", "after"),
    [
        (None, "22/2/6", "19/2/6"),
        ("20/4/6", "20/4/6", "17/4/6"),
        ("0.6/0.2/0.2", "0.6/0.2/0.2", "0.6/0.2/0.2"),
    ],
)
def test_training_alone_shrinks_by_what_cannot_be_opened(
    data: Path, asked: str | None, before: str, after: str
) -> None:
    options = small_options(data, on_unreadable="skip", split=asked)
    assert find_images(options).split.rule == before
    for path in sorted(data.glob("sick/*.png"))[:3]:
        path.unlink()
        path.symlink_to("/nowhere")
    images = find_images(options)
    assert (images.asked, images.split.rule) == (before, after)


def replaced_by_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (
            lambda path: path.write_bytes(path.read_bytes()[:99]),
            "it was changed while the study was prepared",
        ),
        (Path.unlink, "no such file or directory"),
        (replaced_by_a_folder, "is a directory"),
    ],
)
def test_a_reason_that_passes_is_not_remembered(data: Path, damage: Damage, reason: str) -> None:
    whole = data / "sick" / "P00_1.png"
    copy = Path(shutil.copy(whole, data.parent / "copy.png"))
    images, _ = decoded(data, lambda _: damage(whole))
    assert images.left_out == {"sick/P00_1.png": reason}
    if whole.is_dir():
        whole.rmdir()
    shutil.copy(copy, whole)
    images, number = decoded(data)
    assert images.left_out == {}
    assert number == len(images.manifest.samples) == 30


def test_what_is_wrong_with_the_content_is_remembered_beside_what_passes(data: Path) -> None:
    (data / "sick" / "P01_3.png").write_bytes(b"no image")
    gone = data / "sick" / "P00_1.png"
    copy = Path(shutil.copy(gone, data.parent / "copy.png"))
    images, _ = decoded(data, lambda _: gone.unlink())
    assert sorted(images.left_out) == ["sick/P00_1.png", "sick/P01_3.png"]
    shutil.copy(copy, gone)
    images, number = decoded(data)
    assert list(images.left_out) == ["sick/P01_3.png"]
    assert number == 29, "the damaged image is known, and not looked at again"


def test_what_is_remembered_is_of_the_content_whatever_a_file_is_called(data: Path) -> None:
    folder = data / "sick"
    names = sorted(path.name for path in folder.iterdir())
    (folder / names[1]).write_bytes(b"no image")
    decoded(data)
    # The same files in the same order, each under the name of the one after it.
    for name, after in reversed(list(zip(names, [*names[1:], "P99_9.png"], strict=True))):
        (folder / name).rename(folder / after)
    images, _ = decoded(data)
    assert list(images.left_out) == [f"sick/{names[2]}"]
