from __future__ import annotations

import json
from pathlib import Path

import pytest

from tracker.tracking.journal.entries import Params, Tags
from tracker.tracking.journal.run_folder import RunFolder
from tracker.tracking.shipping.dead_letters import (
    DeadLetter,
    clear_dead_letters,
    count_dead_letters,
    first_reason,
    keep_dead_letters,
)

PARAM = DeadLetter(Params(values={"model": "vgg16"}), "changing it is not allowed")
TAG = DeadLetter(Tags(values={"n": "v"}), "too long")


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


def test_what_is_refused_is_kept_once_with_its_first_reason(run: RunFolder) -> None:
    keep_dead_letters(run, [PARAM])
    keep_dead_letters(run, [DeadLetter(PARAM.entry, "another reason"), TAG])
    lines = [json.loads(line) for line in (run.path / "refused.jsonl").read_text().splitlines()]
    assert lines == [
        {"record": {"kind": "Params", "values": {"model": "vgg16"}}, "said": "changing it is not allowed"},
        {"record": {"kind": "Tags", "values": {"n": "v"}}, "said": "too long"},
    ]
    assert count_dead_letters(run) == 2
    assert first_reason(run) == "changing it is not allowed"


def test_where_nothing_is_refused_there_is_no_file(run: RunFolder) -> None:
    keep_dead_letters(run, [])
    assert list(run.path.iterdir()) == []
    assert (count_dead_letters(run), first_reason(run)) == (0, "")
    clear_dead_letters(run)


def test_what_is_cleared_is_forgotten(run: RunFolder) -> None:
    keep_dead_letters(run, [PARAM])
    clear_dead_letters(run)
    assert count_dead_letters(run) == 0
