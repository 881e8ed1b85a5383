from __future__ import annotations

from tracker.records import RunState
from tracker.tracking.journal.entries import Entry, Metrics, Params, Status, Tags, TrainedModel
from tracker.tracking.journal.log import Line
from tracker.tracking.shipping.batches import Batch, gather, without_superseded


def lines(*entries: Entry) -> list[Line]:
    return [Line(entry, end) for end, entry in enumerate(entries, start=1)]


def epoch(step: int, count: int = 10) -> Metrics:
    return Metrics(values={f"m{key}": float(key) for key in range(count)}, step=step, time=step)


def texts(count: int, length: int = 1) -> dict[str, str]:
    return {f"k{key}": "x" * length for key in range(count)}


def batches(*entries: Entry) -> list[Batch]:
    found = list(gather(lines(*entries)))
    assert all(isinstance(part, Batch) for part in found)
    return [part for part in found if isinstance(part, Batch)]


def test_neighbors_go_in_one_request() -> None:
    (batch,) = batches(Params(values=texts(3)), epoch(1), Tags(values={"t": "1"}), Tags(values={"t": "2"}))
    assert (len(batch.params), len(batch.metrics), batch.tags, batch.end) == (3, 10, {"t": "2"}, 4)


def test_no_request_has_more_than_900_metrics_and_none_is_lost() -> None:
    found = batches(*(epoch(step) for step in range(1, 201)))
    assert [len(batch.metrics) for batch in found] == [900, 900, 200]
    assert [batch.end for batch in found] == [90, 180, 200]
    assert len({(key, step) for batch in found for key, _, _, step in batch.metrics}) == 2000


def test_an_entry_too_large_for_a_request_counts_as_sent_with_its_last_part() -> None:
    found = batches(epoch(1, count=2000))
    assert [(len(batch.metrics), batch.end) for batch in found] == [(900, 0), (900, 0), (200, 1)]
    found = batches(Params(values=texts(250)))
    assert [(len(batch.params), batch.end) for batch in found] == [(100, 0), (100, 0), (50, 1)]


def test_a_request_stays_under_a_million_bytes_in_any_script() -> None:
    for batch in batches(Params(values=texts(100, 6000)), Tags(values=texts(100, 8000))):
        characters = sum(len(key) + len(value) for key, value in (batch.params | batch.tags).items())
        assert 6 * characters < 1_000_000


def test_other_entries_keep_their_place() -> None:
    end = Status(status="FINISHED", time=1)
    first, second, third = gather(lines(epoch(1), end, epoch(2)))
    assert isinstance(first, Batch)
    assert second == Line(end, 2)
    assert isinstance(third, Batch)
    assert (first.end, third.end) == (1, 3)


def test_an_entry_without_values_is_passed_over() -> None:
    assert [batch.end for batch in batches(Params(values={}), epoch(1))] == [2]
    assert [batch.end for batch in batches(Params(values={}))] == [1]


def status(of: RunState) -> Status:
    return Status(status=of, time=1)


def left(*entries: Entry) -> list[Entry]:
    return [line.entry for line in without_superseded(lines(*entries))]


def test_only_the_last_status_stays_and_everything_else() -> None:
    """An old KILLED must not follow a newer FINISHED."""
    point = Metrics(values={"loss": 1.0}, step=1, time=1)
    killed, running = status(RunState.KILLED), status(RunState.RUNNING)
    finished = status(RunState.FINISHED)
    assert left(killed, running, point, finished) == [point, finished]
    assert left(point, killed, running, point) == [point, running, point]
    assert left(point) == [point]
    assert left() == []


def test_of_a_network_that_was_recorded_again_only_the_last_is_sent() -> None:
    """A run that went on from its checkpoint on a GPU ends with another one, under the same names."""
    before, now = network("1"), network("2")
    assert left(before, status(RunState.RUNNING), now) == [status(RunState.RUNNING), now]


def network(digest: str) -> TrainedModel:
    return TrainedModel(
        folder="model",
        loader="loader/load.py",
        classes=[],
        pip_requirements=[],
        image_size=1,
        sha256={"model/weights": digest},
    )
