"""Rows reach a device in three ways, which give the same rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from tests.support.trainings import CPU
from tracker.training.rows import MappedRows, ResidentRows, RowReader, RowsAhead, fits, reader_of
from tracker.training.store import Store

READERS: list[Callable[[Store, torch.device], RowReader]] = [MappedRows, ResidentRows, RowsAhead]
PIXELS = Store(torch.arange(10 * 12, dtype=torch.uint8).view(10, 2, 2, 3))
MAPS = Store(torch.arange(10.0 * 12).view(10, 2, 2, 3).bfloat16(), channels_last=True)
BATCHES = [torch.tensor(rows) for rows in ([3, 1, 4], [1, 5, 9], [2, 6, 5], [3, 5, 8], [9, 7, 9], [3])]


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
@pytest.mark.parametrize("store", [PIXELS, MAPS], ids=["pixels", "maps"])
def test_each_gives_the_rows_that_were_asked_for_in_their_order(
    store: Store, reader: Callable[[Store, torch.device], RowReader]
) -> None:
    read = list(reader(store, CPU).batches(BATCHES))
    for batch, indexes_B in zip(read, BATCHES, strict=True):
        expected = store.batch(indexes_B, CPU)
        assert batch.dtype == expected.dtype
        assert torch.equal(batch, expected)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
def test_a_reader_reads_again_after_it_was_stopped_in_the_middle(
    reader: Callable[[Store, torch.device], RowReader],
) -> None:
    rows = reader(PIXELS, CPU)
    begun = rows.batches(BATCHES)
    next(begun)
    begun.close()
    assert [len(batch) for batch in rows.batches(BATCHES)] == [3, 3, 3, 3, 3, 1]
    assert list(rows.batches([])) == []


def test_what_was_read_stays_when_its_buffer_is_filled_again() -> None:
    batches: list[Tensor] = list(RowsAhead(PIXELS, CPU).batches(BATCHES))
    assert batches[0][0].flatten().tolist() == list(range(36, 48))


def test_what_evaluation_reads_in_larger_batches_training_reads_on_from() -> None:
    rows = RowsAhead(PIXELS, CPU)
    sizes = [len(batch) for batch in rows.batches(BATCHES)]
    with torch.inference_mode():
        sizes += [len(batch) for batch in rows.batches([torch.arange(10), torch.arange(5)])]
    sizes += [len(batch) for batch in rows.batches(BATCHES[:2])]
    assert sizes == [3, 3, 3, 3, 3, 1, 10, 5, 3, 3]


def test_trainings_of_the_same_rows_share_them_as_long_as_one_has_them() -> None:
    assert ResidentRows.at_hand(PIXELS, CPU) is None
    resident = ResidentRows(PIXELS, CPU)
    assert ResidentRows.at_hand(Store(PIXELS.rows), CPU) is resident
    assert ResidentRows.at_hand(MAPS, CPU) is None
    del resident
    assert ResidentRows.at_hand(PIXELS, CPU) is None


def test_rows_that_cannot_be_read_are_an_error_of_the_one_who_asks() -> None:
    with pytest.raises((IndexError, RuntimeError), match="index"):
        list(RowsAhead(PIXELS, CPU).batches([torch.tensor([99])]))


def test_rows_lie_on_a_gpu_where_they_leave_the_network_its_memory() -> None:
    assert fits(PIXELS, 400)
    assert not fits(PIXELS, 399)
    assert isinstance(reader_of(PIXELS, CPU), MappedRows)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="rows on a GPU need one")
@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
def test_a_gpu_gets_the_same_rows(reader: Callable[[Store, torch.device], RowReader]) -> None:
    read = list(reader(MAPS, torch.device("cuda")).batches(BATCHES))
    for batch, indexes_B in zip(read, BATCHES, strict=True):
        assert torch.equal(batch.cpu(), MAPS.batch(indexes_B, CPU))
