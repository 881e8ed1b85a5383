"""A cache of which single files were removed or shortened: made again and told, with the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.command import MODELS, Outcome, small_run
from tracker.io import kept
from tracker.tracking.backend.reader import read_runs

Tracker = Callable[..., Outcome]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workplace: Path) -> Path:
    monkeypatch.setenv("TRACKER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def remove(path: Path) -> None:
    path.unlink()


def shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def numbers(workplace: Path) -> list[dict[str, float]]:
    runs = read_runs(f"sqlite:///{workplace}/mlflow.db", "purged")
    return [
        {key: value for key, value in run.metrics.items() if "images_per_second" not in key} for run in runs
    ]


def kept_files(cache: Path) -> Iterator[Path]:
    for name in ("pixels.raw", "shape.json", "pictures.json", "rows.bin", "rows.json"):
        yield from cache.rglob(name)


def test_whatever_file_is_gone_or_shorter_the_numbers_stay(
    tracker: Tracker, workplace: Path, radiographs: Path, cache: Path
) -> None:
    arms = ["--model", MODELS[0], "--mode", "feature-extractor", "--experiment", "purged", "--epochs", "1"]
    command = small_run(radiographs, *arms, "--log-model", "none", "--rerun")
    first_time = tracker(*command)
    assert first_time.code == 0
    assert "not whole" not in first_time.err
    assert len(list(kept_files(cache))) == 5
    for harm in (remove, shorten):
        for name in list(kept_files(cache)):
            harm(name)
        told = tracker(*command)
        assert told.code == 0
        assert [line.split("(")[0] for line in told.err.splitlines()] == [
            "  note: kept pixels are not whole any more ",
            "  note: kept features are not whole any more ",
        ]
    first, *others = numbers(workplace)
    assert len(others) == 2
    assert all(other == first for other in others)


@pytest.mark.parametrize("harm", [remove, shorten, empty])
def test_the_note_goes_to_standard_error_where_nobody_set_up_logging(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], harm: Callable[[Path], None]
) -> None:
    def make(folder: Path) -> None:
        (folder / "file").write_bytes(b"1234")

    def fits(folder: Path) -> bool:
        return (folder / "file").stat().st_size == 4

    folder = kept.kept_folder(tmp_path / "kept", make, fits=fits, what="things")
    harm(folder / "file")
    kept.kept_folder(folder, make, fits=fits, what="things")
    assert (folder / "file").read_bytes() == b"1234"
    assert [path.name for path in tmp_path.iterdir() if "making" in path.name] == []
