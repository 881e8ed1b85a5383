"""One process at a time sends a journal."""

from __future__ import annotations

import threading

from mlflow import MlflowClient
from mlflow.entities import ViewType

from tests.support.recorded import Start, all_runs
from tracker.tracking.journal.run_folder import RunFolder
from tracker.tracking.shipping.cursor import is_sent
from tracker.tracking.shipping.delivery import deliver
from tracker.tracking.shipping.lock import sole_sender


def deliver_as_a_shipper(client: MlflowClient, folder: RunFolder) -> None:
    """Send all of a run whenever nobody else is sending it."""
    while not is_sent(folder):
        with sole_sender(folder) as alone:
            if alone:
                deliver(client, folder)


def test_two_shippers_at_once_make_one_run(
    client: MlflowClient, uri: str, start: Start, experiment: str
) -> None:
    with start(uri) as recorder:
        for step in range(1, 30):
            recorder.metrics({"loss": 1 / step}, step=step)
    threads = [
        threading.Thread(target=deliver_as_a_shipper, args=(client, recorder.folder)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Not even one that was created and then deleted.
    (run,) = all_runs(client, experiment, ViewType.ALL)
    assert len(client.get_metric_history(run.info.run_id, "loss")) == 29
    assert run.info.status == "FINISHED"
