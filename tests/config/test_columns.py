"""What a user says of columns, on a command line, in YAML and in Python."""

from __future__ import annotations

import pytest

from tracker.config.columns import column_mapping
from tracker.config.loading import read_options
from tracker.errors import UsageError


@pytest.mark.parametrize(
    "said",
    [
        ["path=file", "label = kind of = it"],
        ("label=kind of = it", "path=file"),
        {"label": "kind of = it", "path": "file"},
    ],
)
def test_columns_are_named_in_any_way_and_order(said: object) -> None:
    options = read_options({"column": said})
    assert options.column == ("label=kind of = it", "path=file")
    assert column_mapping(options.column) == {"label": "kind of = it", "path": "file"}


def test_one_column_needs_no_list() -> None:
    assert read_options({"column": "patient=mrn"}).column == ("patient=mrn",)


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (["path"], "must be NAME=COLUMN, with one of path, label, patient, split as its name, got 'path'"),
        (["sex=m"], "got 'sex=m'"),
        (["path= "], "got 'path= '"),
        (["path=a", "path=b", "label=c"], "must name one column each, got several for path"),
    ],
)
def test_what_is_no_pair_is_refused(said: list[str], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        read_options({"column": said})
