from __future__ import annotations

import platform
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tools import rebuild_example


def test_it_is_packed_to_where_the_package_looks_for_it() -> None:
    assert rebuild_example.PACKED.is_file()


def test_the_database_does_not_say_where_images_lay_or_which_kernel_ran(tmp_path: Path) -> None:
    database = tmp_path / "mlflow.db"
    with closing(sqlite3.connect(database)) as store:
        with store:
            store.execute("CREATE TABLE datasets (dataset_source TEXT)")
            store.execute("CREATE TABLE tags (key TEXT, value TEXT)")
            store.execute("INSERT INTO datasets VALUES (?)", (f"{tmp_path}/cache/datasets/phantom-1",))
            store.execute("INSERT INTO tags VALUES (?, ?)", ("tracker.platform", platform.platform()))
            store.execute("INSERT INTO tags VALUES ('tracker.mode', 'scratch')")
        rebuild_example.compact(database, tmp_path)
        assert store.execute("SELECT * FROM datasets").fetchall() == [("datasets/phantom-1",)]
        assert store.execute("SELECT value FROM tags").fetchall() == [(platform.system(),), ("scratch",)]


def test_lists_of_packages_do_not_say_which_kernel_ran(tmp_path: Path) -> None:
    path = tmp_path / "run" / "environment.txt"
    path.parent.mkdir()
    path.write_text(f"python on {platform.platform()}\n")
    rebuild_example.neutralize(tmp_path)
    assert path.read_text() == f"python on {platform.system()}\n"


def test_figures_take_less_room_and_look_the_same(tmp_path: Path) -> None:
    path = tmp_path / "curve.png"
    # A gradient of few colors: nothing may be lost of it.
    steps = np.repeat(np.arange(0, 256, 8, dtype=np.uint8), 8)
    picture = np.broadcast_to(steps[None, :, None], (64, 256, 3))
    Image.fromarray(picture).save(path, compress_level=0)
    before = path.stat().st_size
    rebuild_example.shrink(tmp_path)
    assert path.stat().st_size < before / 5
    with Image.open(path) as figure:
        assert np.abs(np.asarray(figure.convert("RGB")).astype(int) - picture).max() <= 4


def test_what_is_packed_replaces_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = tmp_path / "packed" / "store.zip"
    packed.parent.mkdir()
    packed.write_bytes(b"old")
    monkeypatch.setattr(rebuild_example, "PACKED", packed)
    (tmp_path / "mlflow.db").write_bytes(b"runs")
    artifact = tmp_path / "mlartifacts" / "0" / "a.txt"
    artifact.parent.mkdir(parents=True)
    artifact.write_bytes(b"figure")
    rebuild_example.pack(tmp_path)
    with zipfile.ZipFile(packed) as archive:
        assert archive.read("mlflow.db") == b"runs"
        assert archive.read("mlartifacts/0/a.txt") == b"figure"
    assert [path.name for path in packed.parent.iterdir()] == ["store.zip"]
