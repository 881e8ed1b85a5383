"""What `tracker run` says of files that it passes over, and how a user chooses images."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import tracker.api
from tests.support.command import MODELS, Outcome
from tests.support.images import DrawImage, draw_image
from tracker.errors import DataError
from tracker.runs.plan import Plan

__all__ = ["draw_image"]

Tracker = Callable[..., Outcome]
Planned = Callable[..., Outcome]
SMALL = ("--weights", "none", "--epochs", "1", "--image-size", "64", "--model", MODELS[0])


@pytest.fixture
def data(workplace: Path, radiographs: Path) -> Path:
    """Images that a test may change: 15 healthy, 15 sick."""
    return Path(shutil.copytree(radiographs, workplace / "scans"))


@pytest.fixture
def planned(tracker: Tracker, data: Path) -> Planned:
    def plan(*arguments: str) -> Outcome:
        return tracker("run", "--data", str(data), *SMALL, "--dry-run", *arguments)

    return plan


def half_nifti(data: Path) -> None:
    for number in range(15):
        (data / "sick" / f"IM{number:04}.nii").touch()


def test_a_plan_of_images_alone_says_nothing(planned: Planned) -> None:
    told = planned()
    assert "left out" not in told.out
    assert "warning" not in told.out


def test_images_behind_links_take_part(planned: Planned, data: Path) -> None:
    shutil.move(data / "sick", data.parent / "archive")
    (data / "sick").mkdir()
    (data / "sick" / "2021").symlink_to(data.parent / "archive")
    assert "30 (healthy 15, sick 15)" in planned().out


def test_a_plan_says_how_many_files_were_left_out_and_why(
    planned: Planned, data: Path, draw_image: DrawImage
) -> None:
    half_nifti(data)
    for name in ("healthy/.ipynb_checkpoints/a.png", "healthy/._b.png", "overview.png"):
        draw_image(data / name, 99)
    for name in ("healthy/c.webp", "healthy/d.WEBP", "healthy/notes.txt", "Thumbs.db", ".DS_Store"):
        (data / name).touch()
    for number in range(4):
        draw_image(data / "sick" / "Masks" / f"P00_{number}.png", 200 + number)
    (data / "sick" / "loop").symlink_to("..")
    (data / "empty").mkdir()
    told = planned().out
    assert "images      30 (healthy 15, sick 15)" in told
    start = told.index("left out")
    assert told[start : told.index("split  ")].splitlines() == [
        "left out    15 NIfTI, 2 .webp: not read: sick 15, healthy 2",
        "            4 images that look like masks: sick/Masks",
        "              (masks take part with --include '**')",
        "            2 images that are hidden: healthy, healthy/.ipynb_checkpoints",
        "            1 image in no class folder: overview.png",
        "            1 link to what is listed already: sick/loop",
        "            1 folder without images: empty",
        "            3 files of other kinds: 1 .DS_Store, 1 .db, 1 .txt",
    ]
    assert "warning     class healthy: 2 of 17 images are .webp, and not read" in told
    assert "            class sick: 15 of 30 images are NIfTI, and not read" in told
    assert [line for line in told.splitlines() if len(line) > 80 and str(data) not in line] == []


def test_long_names_do_not_make_long_lines(planned: Planned, data: Path, draw_image: DrawImage) -> None:
    for number in range(30):
        draw_image(data / "sick" / f"masks of reader {number:02}" / "x.png", 200 + number)
    told = planned().out
    assert "30 images that look like masks: sick/masks of reader 00, ...\n" in told


def test_a_class_of_files_that_are_not_read_is_refused(planned: Planned, data: Path) -> None:
    (data / "unclear").mkdir()
    for number in range(3):
        (data / "unclear" / f"{number}.nii").touch()
    told = planned()
    assert told.code == 1
    assert "1 holds none: unclear. Convert their images." in told.err
    assert "--exclude 'unclear/**'" in told.err
    assert "unclear: 3 NIfTI" in told.err
    told = planned("--exclude", "unclear/**")
    assert "left out    3 files by --exclude: unclear" in told.out


def in_parts(data: Path) -> None:
    """Lay images into train/ and test/, a folder a class in each."""
    for number, path in enumerate(sorted(data.glob("*/*.png"))):
        folder = data / ("test" if number % 3 == 0 else "train") / path.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        path.rename(folder / path.name)
    for folder in (data / "healthy", data / "sick"):
        folder.rmdir()


def advised(text: str) -> list[str]:
    """Return the first --exclude that a text tells to type, as a shell hands it over."""
    words = shlex.split(text[text.index("--exclude") :].partition("\n")[0].rstrip("."))
    return words[:2]


def test_the_glob_that_is_advised_leaves_a_class_out_of_every_part(planned: Planned, data: Path) -> None:
    in_parts(data)
    for part in ("train", "test"):
        (data / part / "it's unclear").mkdir()
        (data / part / "it's unclear" / "1.nii").touch()
    told = planned()
    assert told.code == 1
    told = planned(*advised(told.err))
    assert told.code == 0, told.err
    assert "left out    2 files by --exclude" in told.out


def test_the_glob_that_is_advised_leaves_masks_out_of_every_part(
    planned: Planned, data: Path, draw_image: DrawImage
) -> None:
    in_parts(data)
    for number in range(12):
        draw_image(data / ("train" if number % 2 else "test") / "Masks" / f"{number}.png", 300 + number)
    told = planned()
    advice = "Masks is taken for a class; if it holds masks: --exclude '*/Masks/**'"
    assert advice in " ".join(told.out.split())
    told = planned(*advised(told.out))
    assert told.code == 0, told.err
    assert "30 (healthy 15, sick 15)" in told.out


def test_images_and_masks_in_parts_are_refused(
    tracker: Tracker, workplace: Path, draw_image: DrawImage
) -> None:
    for number in range(28):
        for place, kind in enumerate(("images", "masks")):
            part = "train" if number < 20 else "test"
            draw_image(workplace / "set" / part / kind / f"{number}.png", 2 * number + place)
    told = tracker("run", "--data", "set", *SMALL, "--dry-run")
    assert told.code == 1
    assert "images, masks say of what kind the files are" in told.err


def test_masks_beside_images_are_left_out_unless_they_are_asked_for(planned: Planned, data: Path) -> None:
    for path in sorted(data.glob("*/*.png")):
        shutil.copy(data / "sick" / "P00_1.png", path.with_name(f"{path.stem}_mask.png"))
    told = planned()
    assert "30 (healthy 15, sick 15)" in told.out
    assert "30 images that look like masks: healthy, sick" in told.out
    for path in data.glob("*/*_mask.png"):
        path.write_bytes(path.read_bytes() + path.name.encode())
    told = planned("--include", "**")
    assert "60 (healthy 30, sick 30)" in told.out
    assert "30 images look like masks and take part; without: --exclude '*mask*'\n" in told.out
    assert "30 (healthy 15, sick 15)" in planned("--include", "*_mask.png").out


def test_masks_that_a_table_lists_take_part_and_are_told(
    tracker: Tracker, data: Path, draw_image: DrawImage
) -> None:
    draw_image(data / "sick" / "P00_1_mask.png", 99)
    rows = [f"{path.relative_to(data)},{path.parent.name}" for path in sorted(data.glob("*/*.png"))]
    (data / "table.csv").write_text("\n".join(["path,label", *rows]) + "\n")
    plan = ("run", "--data", str(data / "table.csv"), *SMALL, "--dry-run")
    told = tracker(*plan)
    assert "31 (healthy 15, sick 16)" in told.out
    assert "1 image looks like a mask and takes part" in told.out
    told = tracker(*plan, "--exclude", "*mask*")
    assert "30 (healthy 15, sick 15)" in told.out
    assert "a mask" not in told.out


def test_globs_choose_images(planned: Planned) -> None:
    told = planned("--include", "sick/*", "--include", "P0[0-4]_*", "--exclude", "*_1.png").out
    assert "19 (healthy 5, sick 14)" in told
    assert "1 file by --exclude: sick" in told
    assert "10 files that no --include covers: healthy" in told


def test_a_glob_that_covers_nothing_is_an_error(planned: Planned) -> None:
    told = planned("--exclude", "Healthy/*", "--include", "*.png")
    assert told.code == 2
    assert "--exclude 'Healthy/*' covers none" in told.err
    assert "healthy/P00_0.png" in told.err


def test_a_glob_that_leaves_out_a_class_is_one_error(planned: Planned) -> None:
    told = planned("--exclude", "sick")
    assert told.code == 1
    assert "15 images of 1 class were found: healthy" in told.err


def test_globs_choose_rows_of_a_table_and_images_beside_them_are_counted(
    tracker: Tracker, data: Path
) -> None:
    rows = [f"{path.relative_to(data)},{path.parent.name}" for path in sorted(data.glob("*/*.png"))]
    (data / "table.csv").write_text("\n".join(["path,label", *rows[:-2]]) + "\n")
    told = tracker("run", "--data", str(data / "table.csv"), *SMALL, "--dry-run", "--exclude", "*_1.png")
    assert "27 (healthy 15, sick 12)" in told.out
    assert "2 images beside them that are not listed: sick/P13_27.png, ..." in told.out


def test_the_plan_that_python_is_given_holds_what_was_left_out(data: Path) -> None:
    half_nifti(data)
    plans: list[Plan] = []

    class Listening(tracker.api.Observer):
        def planned(self, plan: Plan) -> None:
            plans.append(plan)

    tracker.api.run(data=data, weights="none", model=MODELS[0], dry_run=True, observer=Listening())
    left_out = plans[0].images.manifest.left_out
    assert {(one.kind, one.detail, one.label) for one in left_out} == {("unread", "NIfTI", "sick")}
    assert len(left_out) == 15
    with pytest.raises(DataError):
        tracker.api.run(data=data, exclude="*.png", dry_run=True)


@pytest.mark.parametrize(("first", "second"), [("sick", "Sick"), ("0", "0.0"), ("a b", "a_b")])
def test_one_class_under_two_names_is_asked_about(
    planned: Planned, data: Path, first: str, second: str
) -> None:
    shutil.move(data / "sick", data / first)
    (data / second).mkdir()
    shutil.move(data / first / "P00_1.png", data / second / "x.png")
    told = planned()
    assert told.code == 1
    assert f"{first} (14 images) and {second} (1 image)" in told.err


def test_labels_of_a_table_that_differ_in_case_or_are_empty_cells_are_asked_about(
    tracker: Tracker, data: Path
) -> None:
    labels = ["Pneumonia", "PNEUMONIA", "nan"]
    paths = sorted(data.glob("*/*.png"))
    rows = [f"{path.relative_to(data)},{labels[number % 3]}" for number, path in enumerate(paths)]
    (data / "table.csv").write_text("\n".join(["path,label", *rows]))
    told = tracker("run", "--data", str(data / "table.csv"), *SMALL, "--dry-run")
    assert told.code == 1
    assert "PNEUMONIA (10 images) and Pneumonia (10 images)" in told.err
    assert "nan (10 images) stands for an empty cell" in told.err


def damage(data: Path) -> list[str]:
    """Put what cannot be opened among the images; return what is said of it."""
    (data / "sick" / "gone.png").symlink_to("/nowhere/gone.png")
    (data / "sick" / "scans").symlink_to("/nowhere/scans")
    (data / "healthy" / "self.png").symlink_to("self.png")
    os.mkfifo(data / "healthy" / "pipe.png")
    return [
        "healthy/pipe.png: it is no file",
        "healthy/self.png: a link to self.png: Too many levels of symbolic links",
        "sick/gone.png: a link to /nowhere/gone.png: No such file or directory",
        "sick/scans: a link to /nowhere/scans: No such file or directory",
    ]


def test_images_that_cannot_be_opened_stop_the_plan_and_are_listed_at_once(
    planned: Planned, data: Path
) -> None:
    reasons = damage(data)
    told = planned()
    assert told.code == 1
    assert "4 are not" in told.err
    assert "--on-unreadable skip" in told.err
    assert [line.strip() for line in told.err.splitlines()[1:]] == reasons


def test_images_that_cannot_be_opened_are_counted_in_a_plan_where_they_are_skipped(
    planned: Planned, data: Path
) -> None:
    damage(data)
    told = planned("--on-unreadable", "skip", "--split", "20/6/8")
    assert told.code == 0, told.err
    assert "left out    4 images that cannot be opened: healthy/pipe.png, ..." in told.out
    assert "train: 16 images" in told.out


def test_rows_without_a_file_are_skipped_where_that_is_asked_for(tracker: Tracker, data: Path) -> None:
    paths = [*sorted(data.glob("*/*.png")), data / "sick" / "never.png"]
    rows = [f"{path.relative_to(data)},{path.parent.name}" for path in paths]
    (data / "table.csv").write_text("\n".join(["path,label", *rows]) + "\n")
    arguments = ("run", "--data", str(data / "table.csv"), *SMALL, "--dry-run")
    told = tracker(*arguments)
    assert told.code == 1
    assert "line 32: sick/never.png is not there" in told.err
    told = tracker(*arguments, "--on-unreadable", "skip")
    assert told.code == 0
    assert "30 (healthy 15, sick 15)" in told.out
    assert "left out    1 image that cannot be opened: sick/never.png" in told.out


def test_a_class_that_cannot_be_opened_at_all_is_no_matter_of_skipping(planned: Planned, data: Path) -> None:
    (data / "unclear").symlink_to("/nowhere/unclear")
    told = planned("--on-unreadable", "skip")
    assert told.code == 1
    assert "unclear has none left" in told.err
    assert "30 (healthy 15, sick 15)" in planned("--on-unreadable", "skip", "--exclude", "unclear").out
