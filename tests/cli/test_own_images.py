"""A user's own images: found by `--data` alone, in an experiment of their name; one small study of them."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.command import MODELS, Outcome, call_main
from tests.support.images import DrawImage, draw_image
from tests.support.workplace import working_in
from tracker.tracking.backend.reader import read_runs

__all__ = ["draw_image"]

Tracker = Callable[..., Outcome]
SMALL = ("--weights", "none", "--epochs", "1", "--image-size", "64", "--model", MODELS[0])
CHOSEN = ("--on-unreadable", "skip", "--exclude", "*_3.png", "--split", "19/6/7")
FROZEN = ("--mode", "feature-extractor", "--log-model", "none")


@dataclass(frozen=True)
class Begun:
    """A study of own images in an experiment called `folder`, as earlier versions named it."""

    folder: Path
    arguments: tuple[str, ...]
    printed: str
    reasons: tuple[str, ...]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory, radiographs: Path, shared_cache: Path) -> Begun:
    folder = tmp_path_factory.mktemp("begun")
    data = Path(shutil.copytree(radiographs, folder / "scans"))
    (data / "sick" / "gone.png").symlink_to("/nowhere/gone.png")
    (data / "sick" / "scans").symlink_to("/nowhere/scans")
    os.mkfifo(data / "healthy" / "pipe.png")
    (data / "sick" / "P00_1.png").write_bytes(b"")
    (data / "sick" / "x.nii").touch()
    arguments = ("run", "--data", "scans", *SMALL, *CHOSEN, *FROZEN)
    printed = io.StringIO()
    with working_in(folder, shared_cache), contextlib.redirect_stdout(printed):
        assert call_main(*arguments, "--dataset", "folder", "--experiment", "folder") == 0
    reasons = (
        "healthy/pipe.png: it is no file",
        "sick/gone.png: a link to /nowhere/gone.png: No such file or directory",
        "sick/scans: a link to /nowhere/scans: No such file or directory",
        "sick/P00_1.png: the file is empty",
    )
    return Begun(folder, arguments, printed.getvalue(), reasons)


def test_what_cannot_be_opened_is_skipped_counted_and_listed_with_the_undecodable(begun: Begun) -> None:
    assert "left out    4 images left out as unreadable:" in begun.printed
    assert all(f"  {reason}\n" in begun.printed for reason in begun.reasons)
    (run,) = read_runs(f"sqlite:///{begun.folder}/mlflow.db", "folder")
    assert run.tags["tracker.images_left_out"] == "4"
    assert run.params["split"] == "15/6/7"


def test_a_run_records_what_was_left_out_and_the_globs_that_chose(begun: Begun) -> None:
    (run,) = read_runs(f"sqlite:///{begun.folder}/mlflow.db", "folder")
    assert run.tags["tracker.files_left_out"] == "1 unread, 1 excluded"
    assert run.params["exclude"] == "['*_3.png']"
    assert "include" not in run.params


def test_a_study_that_began_under_the_earlier_name_goes_on_there_and_says_so(
    begun: Begun, shared_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with working_in(begun.folder, shared_cache):
        assert call_main(*begun.arguments) == 0
    told = capsys.readouterr().out
    assert "experiment  folder\n" in told
    note = ["goes on in experiment folder, where it began; a new one:", "  --experiment 'scans'"]
    assert f"{note[0]}\n{' ' * 12}{note[1]}\n" in told
    assert "1 run: 1 skipped" in told
    assert "tracker compare --experiment folder" in told


def test_other_images_have_an_experiment_of_their_own_beside_it(
    begun: Begun, shared_cache: Path, capsys: pytest.CaptureFixture[str], radiographs: Path
) -> None:
    other = Path(shutil.copytree(radiographs, begun.folder / "others"))
    with working_in(begun.folder, shared_cache):
        assert call_main("run", "--data", str(other), *SMALL, "--dry-run") == 0
    assert "experiment  others\n" in capsys.readouterr().out


@pytest.fixture
def data(workplace: Path, radiographs: Path) -> Path:
    return Path(shutil.copytree(radiographs, workplace / "My scans, 2021"))


def test_class_folders_need_no_dataset_and_name_the_experiment(tracker: Tracker, data: Path) -> None:
    told = tracker("run", "--data", str(data), *SMALL, "--dry-run")
    assert told.code == 0, told.err
    assert "experiment  My scans, 2021\n" in told.out
    assert "--data is read as --dataset folder\n" in told.out
    asked = tracker("run", "--dataset", "folder", "--data", str(data), *SMALL, "--dry-run")
    assert "is read as" not in asked.out
    tuned = tracker("tune", "--data", str(data), *SMALL, "--dry-run")
    assert "--data is read as --dataset folder\n" in tuned.out


def test_a_note_of_folders_fits_into_the_terminal(tracker: Tracker, data: Path) -> None:
    for label in ("healthy", "sick"):
        (data / label).rename(data / "years")
        (data / label).mkdir()
        (data / "years").rename(data / label / "2021")
    told = tracker("run", "--data", str(data), *SMALL, "--dry-run", "--patient-pattern", "^[^_]+")
    note = ["patients are told by file names; if folders are patients:", "  --patient-pattern '^([^/]+)/'"]
    assert f"{note[0]}\n{' ' * 12}{note[1]}\n" in told.out, told.err


def table_of(data: Path) -> Path:
    rows = [f"{path.relative_to(data.parent)},{path.parent.name}" for path in data.glob("*/*.png")]
    table = data.parent / "cases.csv"
    # The folder's name has a comma.
    table.write_text(
        "\n".join(["path,label", *(f'"{row.rpartition(",")[0]}",{row.rpartition(",")[2]}' for row in rows)])
    )
    return table


def test_a_table_needs_no_dataset_and_names_the_experiment(tracker: Tracker, data: Path) -> None:
    told = tracker("run", "--data", str(table_of(data)), *SMALL, "--dry-run")
    assert told.code == 0, told.err
    assert "experiment  cases\n" in told.out
    assert "--data is read as --dataset csv\n" in told.out


def test_a_file_of_options_that_names_no_data_set_is_understood_too(
    tracker: Tracker, data: Path, workplace: Path
) -> None:
    (workplace / "study.yaml").write_text(f"data: {str(data)!r}\nweights: none\nmodel: {MODELS[0]}\n")
    assert "--dataset folder" in tracker("run", "--config", "study.yaml", "--dry-run").out


def test_published_sets_are_told_by_their_names(
    tracker: Tracker, workplace: Path, draw_image: DrawImage
) -> None:
    for number in range(8):
        draw_image(workplace / "ChinaSet" / "CXR_png" / f"CHNCXR_000{number}_{number % 2}.png", number)
    (workplace / "ChinaSet" / "ClinicalReadings").mkdir()
    for number in (0, 1, 2, 9):
        (workplace / "ChinaSet" / "ClinicalReadings" / f"CHNCXR_000{number}_0.txt").write_text("male 45yrs")
    draw_image(workplace / "ChinaSet" / "masks" / "CHNCXR_0001_1_mask.png", 11)
    (workplace / "ChinaSet" / "CXR_png" / "x.nii").touch()
    told = tracker("run", "--data", "ChinaSet", *SMALL, "--dry-run")
    assert "--data is read as --dataset tb-xray\n" in told.out
    assert "experiment  tb-xray" in told.out
    assert "8 (normal 4, tuberculosis 4)" in told.out
    assert "left out    1 NIfTI: not read" in told.out
    assert "1 image that looks like a mask: masks" in told.out
    assert "6 images without a clinical reading\n" in told.out
    assert "2 clinical readings without an image: were all unpacked?\n" in told.out


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ("My scans, 2021", "--data 'My scans, 2021'"),
        ("./cases.csv", "--data ./cases.csv"),
        ("elsewhere/scans", "--dataset folder --data elsewhere/scans"),
    ],
)
def test_a_place_that_is_given_as_data_set_is_answered_with_the_option(
    tracker: Tracker, data: Path, given: str, advice: str
) -> None:
    table_of(data)
    told = tracker("run", "--dataset", given, *SMALL)
    assert told.code == 2
    assert advice in told.err


@pytest.mark.parametrize("name", ["images.zip", "images.tar.gz", "images.7z"])
def test_a_packed_file_is_to_be_unpacked(tracker: Tracker, workplace: Path, name: str) -> None:
    (workplace / name).touch()
    told = tracker("run", "--data", name, *SMALL)
    assert told.code == 1
    assert "Unpack it" in told.err


def test_one_image_is_no_data_set(tracker: Tracker, data: Path) -> None:
    told = tracker("run", "--data", str(data / "sick" / "P00_1.png"), *SMALL)
    assert f"it is one image. Point --data at the folder above the class folders, here {data}." in told.err


def test_a_folder_above_the_class_folders_folder_is_answered_with_the_right_one(
    tracker: Tracker, data: Path, workplace: Path
) -> None:
    (workplace / "download").mkdir()
    shutil.move(data, workplace / "download" / "v2")
    told = tracker("run", "--data", ".", *SMALL)
    assert f"Did you mean --data {workplace}/download/v2? It has 2 folders of images." in told.err


@pytest.mark.parametrize("folder", ["train/sick", "sick/train", "test/sick"])
def test_the_folder_that_is_advised_for_one_image_has_all_parts(
    tracker: Tracker, workplace: Path, draw_image: DrawImage, folder: str
) -> None:
    image = draw_image(workplace / "scans" / folder / "1.png", 1)
    assert f"here {workplace}/scans." in tracker("run", "--data", str(image), *SMALL).err


@pytest.mark.parametrize("folder", ["train/one", "Test/one", "one/train", "one/deep/hold-out"])
def test_a_part_is_never_advised(
    tracker: Tracker, workplace: Path, draw_image: DrawImage, folder: str
) -> None:
    for number, label in enumerate("aabb"):
        draw_image(workplace / "scans" / folder / label / f"{number}.png", number)
    told = tracker("run", "--data", "scans", *SMALL)
    assert "must hold images of two classes or more" in told.err
    assert "Did you mean" not in told.err
