"""`recipe.yaml`, which every run keeps in MLflow, makes the same run again."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torchvision

from tests.support.command import MODELS, Outcome, Study, small_run
from tests.support.radiographs import draw_radiographs
from tests.support.workplace import calling, working_in
from tracker.config.options import RunOptions
from tracker.config.recipe import Recipe
from tracker.config.yaml_file import read_names
from tracker.runs.recipe_file import recipe_file
from tracker.tracking.backend.reader import read_runs

Tracker = Callable[..., Outcome]
ARM = ("--model", MODELS[0], "--mode", "feature-extractor", "--experiment", "it is mine")


def recipe_of_the_run(place: Path) -> Path:
    (file,) = place.glob("mlartifacts/*/*/artifacts/recipe.yaml")
    return file


def command_in(file: Path) -> list[str]:
    first, *_ = file.read_text(encoding="utf-8").splitlines()
    assert first.startswith("# The same run again: tracker run --config recipe.yaml ")
    return shlex.split(first.removeprefix("# The same run again: tracker "))


def assert_it_finished_before(tracker: Tracker, arguments: list[str], place: Path) -> None:
    before = read_runs(f"sqlite:///{place}/mlflow.db", "it is mine")
    told = tracker(*arguments)
    assert told.code == 0, told.err
    assert "1 run: 1 skipped" in told.out
    assert "finished before" in told.out
    assert len(read_runs(f"sqlite:///{place}/mlflow.db", "it is mine")) == len(before) == 1


def test_its_first_line_is_the_command_that_finds_the_run_finished(
    study: Study, tmp_path: Path, shared_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tracker = calling(capsys)
    before = read_runs(study.uri, "small")
    assert len(before) == 8
    for run in before[-1:]:
        (file,) = study.folder.glob(f"mlartifacts/*/{run.run_id}/artifacts/recipe.yaml")
        config = tmp_path / "recipe.yaml"
        config.write_bytes(file.read_bytes())
        command = command_in(file)
        command[command.index("recipe.yaml")] = str(config)
        with working_in(study.folder, shared_cache):
            told = tracker(*command)
        assert told.code == 0, told.err
        assert run.in_words in told.out
        assert "1 run: 1 skipped" in told.out
    assert len(read_runs(study.uri, "small")) == 8


@pytest.mark.slow
def test_it_can_lie_anywhere_also_where_weights_are_a_file_beside_the_images(
    tracker: Tracker, workplace: Path, radiographs: Path
) -> None:
    network = torchvision.models.get_model(MODELS[0])
    torch.save(network.state_dict(), "net.pth")
    settings = ["--weights", "net.pth"]
    assert tracker(*small_run(radiographs, *ARM, *settings)).code == 0
    file = recipe_of_the_run(workplace)
    arguments = ["run", "--config", str(file), "--data", str(radiographs), "--experiment", "it is mine"]
    assert_it_finished_before(tracker, arguments, workplace)


@pytest.mark.slow
def test_images_that_were_left_out_are_left_out_again(
    tracker: Tracker, workplace: Path, tmp_path: Path
) -> None:
    images = draw_radiographs(tmp_path / "images")
    (images / "sick" / "P01_3.png").write_bytes(b"not an image")
    settings = ["--on-unreadable", "skip"]
    assert tracker(*small_run(images, *ARM, *settings)).code == 0
    file = recipe_of_the_run(workplace)
    arguments = ["run", "--config", str(file), "--data", str(images), "--experiment", "it is mine"]
    assert_it_finished_before(tracker, arguments, workplace)


@pytest.mark.slow
def test_its_command_leaves_out_again_what_cannot_be_opened(
    tracker: Tracker, workplace: Path, tmp_path: Path
) -> None:
    images = draw_radiographs(tmp_path / "images")
    for path in sorted(images.glob("*/*.png"))[::6]:
        path.unlink()
        path.symlink_to("/nowhere")
    (images / "sick" / "P01_3.png").write_bytes(b"not an image")
    settings = small_run(images, *ARM, "--on-unreadable", "skip")
    place = settings.index("--split")
    del settings[place : place + 2]
    assert tracker(*settings).code == 0
    file = recipe_of_the_run(workplace)
    (workplace / "recipe.yaml").write_bytes(file.read_bytes())
    assert_it_finished_before(tracker, command_in(file), workplace)


@pytest.mark.slow
def test_a_split_that_came_with_the_images_is_taken_from_them_again(
    tracker: Tracker, workplace: Path, radiographs: Path
) -> None:
    rows = [
        {"path": str(path), "label": path.parent.name, "split": ("train", "val", "test")[n % 3]}
        for n, path in enumerate(sorted(radiographs.glob("*/*.png")))
    ]
    with Path("images.csv").open("w", encoding="utf-8", newline="") as table:
        writer = csv.DictWriter(table, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    asked = small_run(Path("images.csv"), *ARM)
    asked = [word for word in asked if word not in ("--split", "16/6/8")]
    asked[asked.index("folder")] = "csv"
    assert tracker(*asked).code == 0
    file = recipe_of_the_run(workplace)
    assert "split: given\n" in file.read_text()
    (workplace / "recipe.yaml").write_bytes(file.read_bytes())
    assert_it_finished_before(tracker, command_in(file), workplace)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"patient_pattern": "1e3"},
        {"patient_pattern": r"^(yes|no): #\d{2}"},
        {"patient_pattern": "0o17"},
        {"dataset": "on"},
        {"lr": 1e-300, "weight_decay": 0.0},
        {"mode": "scratch", "weights": "none"},
        {"mode": "freeze:layer4", "weights": "/a b/ü.pth"},
    ],
)
def test_every_value_is_read_as_it_was_written(tmp_path: Path, change: dict[str, object]) -> None:
    options = RunOptions(experiment="a # b: 'c'", data=Path("im ages"))
    base = options.recipe(model="resnet18", mode="fine-tuning", seed=1, split="given", precision="fp32")
    recipe = Recipe(**(base.model_dump() | change))
    file = tmp_path / "recipe.yaml"
    file.write_bytes(recipe_file(recipe, split="given", options=options))
    values = {name: named.value for name, named in read_names(file).items()}
    assert Recipe(**values) == recipe
    asked = RunOptions(**values)
    again = asked.recipe(
        model=asked.model[0],
        mode=asked.mode[0],
        seed=asked.seed[0],
        split=str(asked.split),
        precision=asked.precision,
    )
    assert again.fingerprint(manifest_digest="") == recipe.fingerprint(manifest_digest="")
