"""What is wrong with one run keeps no other one from MLflow, and a dead server is not asked once a run."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.proxies import Mode, Proxy, proxy_to
from tests.support.recorded import Start, all_runs
from tests.support.servers import MlflowServer
from tracker.tracking.backend.client import open_client
from tracker.tracking.backend.uri import artifact_folder, database_file
from tracker.tracking.journal.run_folder import RunFolder
from tracker.tracking.shipping.cursor import load_cursor
from tracker.tracking.shipping.flush import sync
from tracker.tracking.shipping.sender import Sender
from tracker.tracking.shipping.unsent import Unsent

Record = Callable[..., RunFolder]


@pytest.fixture
def record(start: Start) -> Record:
    """Record a whole run with an artifact."""

    def whole(uri: str, run_uid: str, **changes: object) -> RunFolder:
        with start(uri, run_uid, **changes) as recorder:
            recorder.artifact("recipe.yaml", b"model: alexnet\n")
            recorder.metrics({"loss": 1.0}, step=1)
        return recorder.folder

    return whole


@pytest.fixture
def proxy(mlflow_server: MlflowServer) -> Iterator[Proxy]:
    with proxy_to(mlflow_server.port) as between:
        yield between


def ended(uri: str, experiment: str) -> list[str]:
    return [run.info.status for run in all_runs(open_client(uri), experiment)]


def test_an_artifact_folder_that_cannot_be_written_holds_up_its_own_runs_alone(
    database: str, home: Path, record: Record, experiment: str
) -> None:
    own = f"{experiment}-own"
    file = database_file(database)
    assert file is not None
    place = artifact_folder(file) / own
    place.parent.mkdir(exist_ok=True)
    place.write_text("no folder")
    record(database, "a", experiment=own)
    record(database, "b")
    left = sync(home)
    assert ended(database, experiment) == ["FINISHED"]
    assert (left.runs, len(left.problems)) == (1, 1)
    assert left.problems[0].startswith(f"files must be readable and writable, but {place}")
    place.unlink()
    assert sync(home) == Unsent(0, 0)
    assert ended(database, own) == ["FINISHED"]


def test_a_name_that_the_file_system_refuses_is_set_apart(
    database: str, home: Path, record: Record, experiment: str
) -> None:
    file = database_file(database)
    assert file is not None
    long = (artifact_folder(file) / ("한" * 100)).as_uri()
    # As earlier versions made them.
    open_client(database).create_experiment(f"{experiment}-long", artifact_location=long)
    first = record(database, "a", experiment=f"{experiment}-long")
    record(database, "b")
    left = sync(home)
    assert not left
    assert left.refused_in == (first,)
    assert "File name too long" in left.lines()[1]
    assert ended(database, experiment) == ended(database, f"{experiment}-long") == ["FINISHED"]


def test_an_experiment_of_a_hundred_korean_letters_has_artifacts_like_any_other(
    database: str, home: Path, record: Record
) -> None:
    record(database, "a", experiment="한" * 100)
    assert sync(home) == Unsent(0, 0)
    client = open_client(database)
    (run,) = all_runs(client, "한" * 100)
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["recipe.yaml"]


def with_another_beginning(journal: Path) -> None:
    first, *rest = journal.read_bytes().splitlines(keepends=True)
    text = first[9:-1].replace(b'"Creation"', b'"Beginning"')
    journal.write_bytes(b"".join([b"%08x %s\n" % (zlib.crc32(text), text), *rest]))


def with_a_flipped_bit(journal: Path) -> None:
    journal.write_bytes(b"x" + journal.read_bytes()[1:])


def with_a_folder_for_a_lock(journal: Path) -> None:
    journal.with_name("delivery.lock").mkdir()


def with_a_folder_for_a_journal(journal: Path) -> None:
    journal.unlink()
    journal.mkdir()


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (with_another_beginning, "Use the version of tracker that wrote the journal"),
        (with_a_flipped_bit, "must match its checksum"),
        (with_a_folder_for_a_lock, "delivery.lock: Is a directory"),
        (with_a_folder_for_a_journal, "Is a directory"),
    ],
)
def test_a_run_that_cannot_be_read_is_told_of_and_the_others_are_sent(
    database: str, home: Path, record: Record, experiment: str, spoil: Callable[[Path], None], why: str
) -> None:
    spoil(record(database, "a").journal)
    record(database, "b")
    left = sync(home)
    assert ended(database, experiment) == ["FINISHED"]
    assert left.runs == 1
    assert why in left.problems[0]


def test_a_server_that_is_older_gets_what_it_has_a_place_for(
    proxy: Proxy, home: Path, record: Record, start: Start, experiment: str
) -> None:
    proxy.answer("log-inputs", "404", "<!doctype html><title>404 Not Found</title>")
    with start(proxy.uri, "a") as recorder:
        recorder.dataset(name="cxr-train", digest="d1", context="train", source="{}")
    record(proxy.uri, "b")
    left = sync(home)
    assert ended(proxy.uri, experiment) == ["FINISHED"] * 2
    assert not left
    assert (
        f"{proxy.uri} has no data sets as inputs of runs, which MLflow 2.4 brought (404)" in left.lines()[1]
    )
    proxy.answers.clear()
    assert sync(home, again=True) == Unsent(0, 0)
    client = open_client(proxy.uri)
    assert sorted(len(run.inputs.dataset_inputs) for run in all_runs(client, experiment)) == [0, 1]


@pytest.mark.parametrize("status", ["404", "400"])
def test_what_answers_so_to_everything_is_no_server_and_nothing_is_set_apart(
    proxy: Proxy, home: Path, record: Record, experiment: str, status: str
) -> None:
    proxy.answer("/", status, "<html>It works!</html>")
    for run_uid in ("a", "b"):
        record(proxy.uri, run_uid)
    left = sync(home)
    assert (left.runs, left.refused_in) == (2, ())
    proxy.answers.clear()
    assert sync(home) == Unsent(0, 0)
    assert ended(proxy.uri, experiment) == ["FINISHED"] * 2


@pytest.mark.parametrize("mode", ["503", "refuse"])
def test_a_dead_server_is_asked_as_often_for_many_runs_as_for_one(
    proxy: Proxy, home: Path, record: Record, mode: Mode
) -> None:
    proxy.be(mode)
    record(proxy.uri, "a")
    asked = [proxy.asked]
    for more in ((), "bcdef"):
        for run_uid in more:
            record(proxy.uri, run_uid)
        assert Sender(home, proxy.uri).send() == "temporary"
        asked.append(proxy.asked)
    assert asked[2] - asked[1] == asked[1] - asked[0]
    assert not load_cursor(home_run(home, "b")).problem, "its turn did not come"


def home_run(home: Path, run_uid: str) -> RunFolder:
    return RunFolder(home / "runs" / run_uid)


def test_uploads_that_fail_do_not_keep_other_runs_waiting_and_are_tried_seldom(
    proxy: Proxy, home: Path, record: Record, start: Start, experiment: str
) -> None:
    proxy.answer("mlflow-artifacts", "403", "<html>blocked by the firewall</html>")
    record(proxy.uri, "a")
    with start(proxy.uri, "b"):
        pass
    sender = Sender(home, proxy.uri)
    assert sender.send_due() == "held"
    assert sorted(ended(proxy.uri, experiment)) == ["FINISHED", "RUNNING"]
    assert "403" in load_cursor(home_run(home, "a")).problem
    asked = proxy.asked
    assert sender.send_due() is None
    assert proxy.asked == asked, "it is left alone for a while"
    proxy.answers.clear()
    sender.follow(lambda _: True, drain_s=0)
    assert ended(proxy.uri, experiment) == ["FINISHED"] * 2


def test_an_answer_that_makes_no_sense_ends_nothing(proxy: Proxy, home: Path, record: Record) -> None:
    proxy.answer("runs/search", "200", '{"runs": 5}')
    for run_uid in ("a", "b"):
        record(proxy.uri, run_uid)
    left = sync(home)
    assert left.runs == 2
    (problem,) = left.problems
    assert proxy.uri in problem
    proxy.answers.clear()
    assert sync(home) == Unsent(0, 0)
