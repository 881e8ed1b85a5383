"""A folder as 0.1.0 leaves one behind: of colors of 16 bits it took the first bytes."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
from mlflow import MlflowClient
from numpy.typing import NDArray
from PIL import Image

from tests.support.image_files import png
from tests.support.plans import small_options
from tracker.runs.plan import Prepared, make_plan, prepare

_SIZE = 64
_TAG = "tracker.pixels_digest"
_SILENT = "tracker.nothing_there"
assert len(_TAG) == len(_SILENT)


@pytest.fixture
def deep_colors(tmp_path: Path, workplace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of 30 color PNGs of 16 bits, of 15 patients, whose values have 12; the cache is empty."""
    monkeypatch.setenv("TRACKER_CACHE", str(tmp_path / "cache"))
    rng = np.random.default_rng(0)
    for number in range(30):
        label = ("healthy", "sick")[number % 2]
        values = rng.integers(0, 3000, (_SIZE, _SIZE, 3))
        values[20:50, 18:46] += 1000 * (number % 2)
        path = tmp_path / "deep colors" / label / f"P{number // 2:02}_{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(values, bits=16, color=2))
    return tmp_path / "deep colors"


@contextmanager
def as_0_1_0_did(images: Path) -> Iterator[None]:
    """Have what is trained in the block be trained on 0.1.0's pixels; then nothing but the cache says so.

    Args:
        images: Deep colors, or grays of 8 bits.
    """
    prepared = prepared_of(images)
    pixels = prepared.pixels.path.parent
    decoded = [_decoded(sample.path) for sample in prepared.images.manifest.samples]
    (pixels / "pixels.raw").write_bytes(np.stack(decoded).tobytes())
    (pixels / "shape.json").write_text(json.dumps(prepared.pixels.shape))
    yield
    (pixels / "shape.json").write_text(json.dumps(prepared.pixels.shape))
    pixels.rename(pixels.with_name(_key(prepared)))
    shutil.rmtree(pixels.parent.with_name("features"), ignore_errors=True)
    for journal in Path(".tracker").glob("runs/*/journal.jsonl"):
        _silence(journal)
    _silence_mlflow()
    _silence_studies()


def forget_pixels_of_0_1_0(images: Path) -> None:
    """Remove from the cache what 0.1.0 decoded."""
    prepared = prepared_of(images)
    shutil.rmtree(prepared.pixels.path.parent.with_name(_key(prepared)))


def prepared_of(images: Path) -> Prepared:
    return prepare(make_plan(small_options(images)))


def _decoded(path: Path) -> NDArray[np.uint8]:
    picture = Image.open(path)
    small = picture.convert("L" if picture.mode == "L" else "RGB").resize((_SIZE, _SIZE), Image.BILINEAR)
    return np.asarray(small)


def _key(prepared: Prepared) -> str:
    digest = hashlib.sha256(f"1 {_SIZE} stretch".encode())
    for sample in prepared.images.manifest.samples:
        digest.update(bytes.fromhex(sample.sha256))
    return digest.hexdigest()


def _silence(journal: Path) -> None:
    """Take the tag out of a journal, whose lines keep their lengths: how far they were sent stays true."""
    texts = [line.partition(" ")[2].replace(_TAG, _SILENT) for line in journal.read_text().splitlines()]
    journal.write_text("".join(f"{zlib.crc32(text.encode()):08x} {text}\n" for text in texts))


def _silence_mlflow() -> None:
    if Path("mlflow.db").exists():
        client = MlflowClient(f"sqlite:///{Path.cwd()}/mlflow.db")
        for run in client.search_runs([one.experiment_id for one in client.search_experiments()]):
            if _TAG in run.data.tags:
                client.delete_tag(run.info.run_id, _TAG)


def _silence_studies() -> None:
    if (studies := Path(".tracker/studies.db")).exists():
        with closing(sqlite3.connect(studies)) as database, database:
            database.execute("DELETE FROM study_user_attributes WHERE key = 'pixels'")
