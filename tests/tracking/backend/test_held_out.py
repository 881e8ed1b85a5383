from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.proxies import proxy_to
from tests.support.servers import MlflowServer
from tests.support.tested_runs import TESTED, VALIDATED, record_tested
from tracker.errors import TrackingError
from tracker.records import RunRecord
from tracker.tracking.backend.held_out import read_held_out
from tracker.tracking.backend.reader import read_runs


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRACKER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "artifacts"


def stored(uri: str, run_id: str, name: str) -> Path:
    """Return the file of an artifact in an embedded store."""
    (path,) = Path(uri.removeprefix("sqlite:///")).parent.rglob(f"{run_id}/artifacts/{name}")
    return path


def record_two(home: Path, uri: str, experiment: str, **changes: bool) -> list[RunRecord]:
    for seed in (0, 1):
        record_tested(home, uri, experiment, seed=seed, **changes)
    return read_runs(uri, experiment)


def test_what_was_read_once_is_not_asked_for_again_and_a_split_is_read_once(
    mlflow_server: MlflowServer, home: Path, experiment: str, cache: Path
) -> None:
    runs = record_two(home, mlflow_server.uri, experiment)
    with proxy_to(mlflow_server.port) as proxy:
        found = read_held_out(proxy.uri, runs)
        assert set(found) == {run.run_id for run in runs}
        one = found[runs[0].run_id]
        assert len(one.predictions) == 2 * (TESTED + VALIDATED)
        assert one.patients["test007.png"] == "patient test7"
        assert sorted(file.name.rpartition("-")[2] for file in cache.iterdir()) == [
            "predictions.csv",
            "predictions.csv",
            "split.csv",
        ]
        before = proxy.asked
        assert read_held_out(proxy.uri, runs) == found
        assert proxy.asked - before == 1, "whether it answers, and no artifact"


def test_a_copy_that_was_altered_is_fetched_again(
    database: str, home: Path, experiment: str, cache: Path
) -> None:
    runs = record_two(home, database, experiment)
    found = read_held_out(database, runs)
    for file in cache.iterdir():
        file.write_bytes(file.read_bytes().replace(b"test007.png", b"test999.png"))
    assert read_held_out(database, runs) == found
    assert not any(b"test999.png" in file.read_bytes() for file in cache.iterdir())


def test_a_cache_that_takes_nothing_does_no_harm(
    database: str, home: Path, experiment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = record_two(home, database, experiment)
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("TRACKER_CACHE", str(tmp_path / "file"))
    assert len(read_held_out(database, runs)) == 2


def test_of_earlier_versions_nothing_is_kept(database: str, home: Path, experiment: str, cache: Path) -> None:
    runs = record_two(home, database, experiment, digests=False)
    assert len(read_held_out(database, runs)) == 2
    assert not cache.exists()


def test_runs_without_answers_are_left_out(database: str, home: Path, experiment: str, cache: Path) -> None:
    runs = record_two(home, database, experiment)
    stored(database, runs[0].run_id, "predictions.csv").unlink()
    assert list(read_held_out(database, runs)) == [runs[1].run_id]


def test_an_altered_artifact_is_refused_with_both_digests(
    database: str, home: Path, experiment: str, cache: Path
) -> None:
    runs = record_two(home, database, experiment)
    path = stored(database, runs[0].run_id, "predictions.csv")
    path.write_bytes(path.read_bytes().replace(b"0.", b"1.", 1))
    with pytest.raises(
        TrackingError, match=rf"{runs[0].run_id}\) was changed since \(digest \w{{12}} instead"
    ):
        read_held_out(database, runs)
    assert not list(cache.glob(f"{runs[0].run_id}*predictions.csv"))


def test_patients_are_read_from_any_run_of_a_split(
    database: str, home: Path, experiment: str, cache: Path
) -> None:
    runs = record_two(home, database, experiment)
    stored(database, runs[0].run_id, "split.csv").unlink()
    assert read_held_out(database, runs)[runs[0].run_id].patients["val000.png"] == "patient val0"
    stored(database, runs[1].run_id, "split.csv").unlink()
    for copy in cache.glob("*split.csv"):
        copy.unlink()
    assert [found.patients for found in read_held_out(database, runs).values()] == [{}, {}]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("split.csv", b"sample,part\ntest000.png,test\n", "split.csv must have the columns"),
        ("predictions.csv", b"\xff\xfe\x00 no table", "predictions.csv must have the columns"),
    ],
)
def test_what_is_no_table_of_tracker_is_refused(
    database: str, home: Path, experiment: str, cache: Path, name: str, content: bytes, said: str
) -> None:
    runs = record_two(home, database, experiment, digests=False)
    for run in runs:
        stored(database, run.run_id, name).write_bytes(content)
    with pytest.raises(TrackingError, match=said):
        read_held_out(database, runs)
