"""A store that is away with its whole folder is waited for, and not made again in its place."""

from __future__ import annotations

from pathlib import Path

from tests.support.recorded import Start
from tracker.addresses import sqlite_address
from tracker.tracking.shipping.cursor import Cursor, load_cursor, save_cursor
from tracker.tracking.shipping.flush import sync
from tracker.tracking.shipping.unsent import count_unsent


def test_what_lies_on_a_drive_that_is_not_there_today_waits_for_it(
    home: Path, tmp_path: Path, start: Start
) -> None:
    drive = tmp_path / "drive"
    uri = sqlite_address(drive / "mlflow.db")
    with start(uri) as recorder:
        recorder.metrics({"val/loss": 1.0}, step=1)
    save_cursor(recorder.folder, Cursor(run_id="1" * 32, offset=0))
    left = sync(home)
    assert left.problems == (
        f"{drive}/mlflow.db is away: {drive} is not there. Mount it, or name its new place: "
        "tracker sync --from OLD --to NEW.",
    )
    assert not drive.exists()
    assert load_cursor(recorder.folder).run_id == "1" * 32
    assert count_unsent(home).records == left.records == len(recorder.folder.lines())


def test_a_store_that_was_never_there_is_made_with_its_folder(
    home: Path, tmp_path: Path, start: Start
) -> None:
    start(sqlite_address(tmp_path / "new" / "mlflow.db")).close()
    assert not sync(home)
    assert (tmp_path / "new" / "mlflow.db").is_file()
