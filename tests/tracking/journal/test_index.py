"""A journal that ends at any byte: recorded again, it says everything, and each thing once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.support.recorded import Start
from tracker.tracking.journal.entries import Artifact, Creation, DatasetUse, Metrics, Params, Status
from tracker.tracking.journal.log import read_journal

URI = "http://127.0.0.1:9"


def record(start: Start) -> Path:
    with start(URI) as recorder:
        recorder.dataset(name="cxr-test", digest="d1", context="test", source='{"path": "cxr"}')
        recorder.metrics({"train/loss": 0.5, "train/images_per_second": 7.0}, step=1)
        recorder.metrics({"train/loss": 0.25, "train/images_per_second": 7.0}, step=2)
        recorder.artifact("predictions.csv", b"sample,part\n")
    return recorder.folder.journal


def said(journal: Path) -> Counter[object]:
    """Count what a journal says, apart from times, ends and how often it went on."""
    counted: Counter[object] = Counter()
    for line in read_journal(journal)[0]:
        match line.entry:
            case Metrics(values=values, step=step):
                counted.update((key, step, value) for key, value in values.items())
            case Params(values=values):
                counted.update(values.items())
            case Artifact(file=file):
                counted[file] += 1
            case DatasetUse(name=name) | Creation(run_uid=name):
                counted[name] += 1
    return counted


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.slow)])
def test_cut_at_any_byte_a_journal_that_is_recorded_again_says_each_thing_once(
    start: Start, step: int
) -> None:
    journal = record(start)
    whole, expected = journal.read_bytes(), said(journal)
    assert set(expected.values()) == {1}
    for size in range(0, len(whole), step):
        journal.write_bytes(whole[:size])
        record(start)
        assert said(journal) == expected, f"cut at byte {size}"
        last = read_journal(journal)[0][-1].entry
        assert isinstance(last, Status)
        assert last.status == "FINISHED"


def test_a_run_that_goes_on_keeps_the_data_sets_that_an_earlier_version_named(start: Start) -> None:
    journal = record(start)
    with start(URI, reopen=True) as recorder:
        recorder.dataset(name="my-study-test", digest="d1", context="test", source='{"path": "cxr"}')
    names = [line.entry.name for line in read_journal(journal)[0] if isinstance(line.entry, DatasetUse)]
    assert names == ["cxr-test"]
