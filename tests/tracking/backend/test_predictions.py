"""The format of `predictions.csv`."""

from __future__ import annotations

import pytest

from tracker.errors import TrackingError
from tracker.records import Prediction
from tracker.tracking.backend.predictions import parse_predictions, predictions_csv

PREDICTED = [
    Prediction('a, "b"/1.png', "test", "final", "TB", {"TB": 0.1 + 0.2, "normal, really": 1e-300}),
    Prediction("2.png", "val", "best", "normal, really", {"TB": 1.0, "normal, really": 0.0}),
]


def test_text_becomes_the_same_predictions_again() -> None:
    assert parse_predictions(predictions_csv(PREDICTED)) == PREDICTED
    assert parse_predictions(predictions_csv([])) == []


def test_the_columns_are_what_the_format_says() -> None:
    header = predictions_csv(PREDICTED).splitlines()[0]
    assert header == 'sample,part,epoch_kind,label,p_TB,"p_normal, really"'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sample,label\n",
        "sample,part,epoch_kind,label,p_TB\n1,test,final,TB\n",
        "sample,part,epoch_kind,label,p_TB\n1,test,final,TB,much\n",
        "sample,part,epoch_kind,label,p_TB\n1,exam,final,TB,0.5\n",
    ],
)
def test_another_file_is_not_taken_for_predictions(text: str) -> None:
    with pytest.raises(TrackingError, match=r"predictions\.csv must have the columns"):
        parse_predictions(text)
