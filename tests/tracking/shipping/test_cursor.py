"""How far a journal was sent, whatever happens to it or to what says so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from mlflow import MlflowClient
from mlflow.entities import ViewType

from tests.support.recorded import Start, all_of, all_runs
from tracker.tracking.journal.run_folder import RunFolder
from tracker.tracking.shipping.cursor import Cursor, forget_cursors, is_sent, load_cursor, save_cursor
from tracker.tracking.shipping.delivery import deliver


def test_sending_all_of_it_again_changes_nothing(
    client: MlflowClient, sent: RunFolder, experiment: str
) -> None:
    (run,) = all_runs(client, experiment)
    before = all_of(client, run)
    forget_cursors([sent])
    deliver(client, sent)
    save_cursor(sent, replace(load_cursor(sent), offset=0))
    deliver(client, sent)
    (run,) = all_runs(client, experiment, ViewType.ALL)
    assert all_of(client, run) == before


def test_a_run_that_a_user_deleted_stays_deleted_although_its_cursor_is_lost(
    client: MlflowClient, uri: str, start: Start, experiment: str
) -> None:
    with start(uri) as recorder:
        deliver(client, recorder.folder)
        client.delete_run(all_runs(client, experiment)[0].info.run_id)
    forget_cursors([recorder.folder])
    deliver(client, recorder.folder)
    assert all_runs(client, experiment) == []
    assert load_cursor(recorder.folder).deleted


def test_a_journal_that_lost_lines_which_mlflow_has_is_sent_from_its_start(
    client: MlflowClient, uri: str, start: Start, experiment: str
) -> None:
    with start(uri) as recorder:
        recorder.metrics({"loss": 1.0}, step=1)
        recorder.metrics({"loss": 0.5}, step=2)
    deliver(client, recorder.folder)
    journal = recorder.folder.journal
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-2]))
    assert not is_sent(recorder.folder)
    with start(uri) as recorder:
        recorder.metrics({"loss": 0.5, "new": 0.25}, step=2)
    deliver(client, recorder.folder)
    assert is_sent(recorder.folder)
    (run,) = all_runs(client, experiment)
    assert run.info.status == "FINISHED"
    assert run.data.metrics == {"loss": 0.5, "new": 0.25}


@pytest.mark.parametrize("content", ["", "true", '{"offset": "12"}', '{"run_id": 5}', '{"new": 1}', "\0\0"])
def test_what_a_full_disk_or_a_bad_one_left_of_a_cursor_is_none(
    start: Start, database: str, content: str
) -> None:
    with start(database) as recorder:
        recorder.folder.shipped.write_text(content)
    assert load_cursor(recorder.folder) == Cursor()
