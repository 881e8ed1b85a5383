from __future__ import annotations

import dataclasses
import subprocess
import sys
import xml.etree.ElementTree as ET

import matplotlib as mpl
import pytest
from PIL import Image

from tracker.errors import ComparisonError
from tracker.figures.curve_files import write_curves


def test_every_metric_and_mode_has_a_png_and_an_svg(make_run, tmp_path):
    runs = [make_run(), make_run("resnet18", "freeze:layer4.0")]
    files = write_curves(runs, tmp_path / "new" / "figures")
    assert [path.name for path in files] == [
        f"{metric}.{mode}.{ending}"
        for metric in ("train-loss", "val-accuracy", "test-accuracy")
        for mode in ("feature-extractor", "freeze-layer4.0", "all-modes")
        for ending in ("png", "svg")
    ]
    for path in files:
        if path.suffix == ".png":
            with Image.open(path) as image:
                image.load()
                assert image.size == ((1920, 858) if "all-modes" in path.name else (1350, 900))
        else:
            assert ET.parse(path).getroot().tag.endswith("svg")


def test_equal_numbers_give_equal_files_whatever_the_users_style(reference_runs, tmp_path):
    first = write_curves(reference_runs, tmp_path / "a")
    with mpl.rc_context({"font.size": 20, "svg.hashsalt": None, "axes.grid": True}):
        second = write_curves(reference_runs[::-1], tmp_path / "b")
        assert mpl.rcParams["font.size"] == 20
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert b"<dc:date>" not in first[1].read_bytes()


def test_runs_without_histories_are_refused(make_run, tmp_path):
    bare = dataclasses.replace(make_run(), history={})
    with pytest.raises(ComparisonError, match="metrics by epoch"):
        write_curves([bare], tmp_path / "figures")
    assert not (tmp_path / "figures").exists()


def test_a_metric_that_no_run_has_has_no_file(make_run, tmp_path):
    run = make_run()
    only_loss = dataclasses.replace(run, history={"train/loss": run.history["train/loss"]})
    assert [path.name for path in write_curves([only_loss], tmp_path)] == [
        "train-loss.feature-extractor.png",
        "train-loss.feature-extractor.svg",
    ]


def test_a_folder_that_is_a_file_is_refused(make_run, tmp_path):
    (tmp_path / "figures").write_text("")
    with pytest.raises(ComparisonError, match="--figures DIR"):
        write_curves([make_run()], tmp_path / "figures")


def test_pyplot_which_would_look_for_a_display_is_not_imported():
    program = (
        "import sys, tracker.figures.curve_files, tracker.figures.evaluation\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "False\n"
