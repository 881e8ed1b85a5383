"""`tracker explain`: pictures, maps, a table, a check, and whether maps point at lesions."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.command import Outcome
from tests.support.exported import export_network
from tracker.models.networks import build_network

Tracker = Callable[..., Outcome]
CLASSES = ("ill", "well")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    network = build_network("mini-alexnet", weights="bundled", classes=2, seed=0)
    export_network(network, folder, classes=CLASSES, image_size=64, resize="stretch")
    return folder


@pytest.fixture
def images(workplace: Path) -> Path:
    folder = workplace / "images"
    for number in range(5):
        file = folder / f"P{number}" / f"x{number}.png"
        file.parent.mkdir(parents=True)
        Image.fromarray(np.random.default_rng(number).integers(0, 256, (40, 80), dtype=np.uint8)).save(file)
    return folder


def table_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "maps.csv").open(newline="") as opened:
        return list(csv.DictReader(opened))


def test_a_folder_is_explained(tracker: Tracker, model: Path, images: Path, workplace: Path) -> None:
    done = tracker("explain", "--model", str(model), "--data", "images", "--output", "out", "--images", "2")
    assert done.code == 0
    assert "mini-alexnet: 2 images explained (3 x 3 places of features.11)" in done.out
    assert "rank correlation" in done.out
    rows = table_of(workplace / "out")
    # Spread from the first to the last.
    assert [row["image"] for row in rows] == ["P0/x0.png", "P4/x4.png"]
    for row in rows:
        assert row["class"] == row["decision"]
        assert 0.5 <= float(row["probability"]) <= 1
        assert (workplace / "out" / row["file"]).read_bytes().startswith(b"\x89PNG")
        found = np.load(workplace / "out" / row["map"])
        assert (found.shape, found.dtype) == ((3, 3), np.float32)
        assert (row["says_no_place"] == "true") == (found.max() <= 0)
    assert {path.name for path in (workplace / "out").glob("*.png")} > {"contact-sheet.png", "sanity.png"}


def test_a_class_is_asked_for_and_images_that_cannot_be_read_are_told(
    tracker: Tracker, model: Path, images: Path, workplace: Path
) -> None:
    (images / "P0" / "x0.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    words = ("explain", "--model", str(model), "--data", "images", "--output", "out", "--no-sanity")
    stopped = tracker(*words)
    assert stopped.code == 1
    assert "every image must be readable" in stopped.err
    assert not (workplace / "out").exists()
    done = tracker(*words, "--class", "well", "--on-unreadable", "skip")
    assert done.code == 0
    assert "left out: P0/x0.png" in done.out
    assert {row["class"] for row in table_of(workplace / "out")} == {"well"}
    assert not (workplace / "out" / "sanity.png").exists()


def test_several_models_are_held_against_the_same_masks(
    tracker: Tracker, model: Path, images: Path, workplace: Path
) -> None:
    boxes = ["image,x,y,width,height", *(f"x{number},0,0,80,40" for number in range(3))]
    (workplace / "boxes.csv").write_text("\n".join(boxes))
    words = ("--data", "images", "--masks", "boxes.csv", "--output", "out", "--no-sanity", "--images", "1")
    done = tracker("explain", "--model", str(model), "--model", str(model), *words)
    assert done.code == 0
    # The whole image is the lesion.
    assert " ".join(done.out.split()).count("of 3 images: ") == 2
    head, *rows = done.out.splitlines()[-3:]
    assert " ".join(head.split()) == "points at the lesion (%) images share 95 % interval by chance"
    assert all(row.split()[:2] == ["mini-alexnet", "3"] and row.endswith(" 100.0") for row in rows)
    folders = sorted(path.name for path in (workplace / "out").iterdir())
    assert folders == ["1-mini-alexnet", "2-mini-alexnet"]
    # The finding is what masks are of, whatever an image is called.
    assert {row["class"] for row in table_of(workplace / "out" / folders[0])} == {"ill"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--class", "sick"), "--class must be a class of the network, but 'sick' is none of ill, well"),
        (("--masks", "nowhere"), "--masks must be a folder of masks, or a table of boxes"),
        (("--masks", "images/P1"), ""),
        (("--data", "nowhere"), "must be an image"),
        (("--output", "images/P1/x1.png"), "--output must be a folder, which is made where it is not there"),
        (("--output", "images/P1/x1.png/below"), "images/P1/x1.png/below is a file, or lies below one"),
    ],
)
def test_bad_input_is_one_line(
    tracker: Tracker, model: Path, images: Path, words: tuple[str, str], said: str
) -> None:
    done = tracker(
        "explain", "--model", str(model), "--data", "images", "--output", "out", "--no-sanity", *words
    )
    if not said:
        assert done.code == 0
        return
    assert done.code in (1, 2)
    assert said in done.err
    assert "Traceback" not in done.err


@pytest.mark.slow
def test_a_fine_tuned_network_points_at_the_lesions_of_phantoms_more_often_than_chance(
    tracker: Tracker, workplace: Path
) -> None:
    import tracker as package

    arguments = "run --dataset phantom --model mini-resnet --mode fine-tuning --epochs 4"
    assert tracker(*arguments.split()).code == 0
    (run,) = package.load_runs("phantom")
    (explained,) = package.explain(
        run.run_id, "phantom", output=workplace / "out", masks="phantom", images=2, sanity=False
    )
    pointing = explained.pointing
    assert pointing is not None
    assert (pointing.images, pointing.class_name) == (336, "tuberculosis")
    assert pointing.interval.low > 2 * pointing.chance
