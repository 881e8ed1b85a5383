"""The format of `predictions.csv`."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest

from tracker.errors import TrackingError
from tracker.records import Prediction
from tracker.tracking.backend.predictions import parse_predictions, predictions_csv

NAMES = ("TB", "normal, really")


def of(tuberculosis: float, normal: float) -> Mapping[str, float]:
    return {NAMES[0]: tuberculosis, NAMES[1]: normal}


PREDICTED = [
    Prediction('a, "b"/1.png', "test", "final", NAMES[0], of(0.1 + 0.2, 1e-300), of(1 / 3, -2 / 3)),
    Prediction("2.png", "val", "best", NAMES[1], of(1.0, 0.0), of(1234.5678901234567, -1234.5678901234567)),
]


def test_text_becomes_the_same_predictions_again() -> None:
    assert parse_predictions(predictions_csv(PREDICTED)) == PREDICTED
    assert parse_predictions(predictions_csv([])) == []


def test_the_columns_are_what_the_format_says() -> None:
    header = predictions_csv(PREDICTED).splitlines()[0]
    assert header == (
        'sample,part,epoch_kind,label,p_TB,"p_normal, really",log_odds_TB,"log_odds_normal, really"'
    )


def test_a_file_of_an_earlier_version_ranks_as_far_as_its_probabilities_do() -> None:
    text = (
        "sample,part,epoch_kind,label,p_p_a,p_log_odds_b\n"
        "1,test,final,p_a,0.25,0.75\n"
        "2,test,final,p_a,4.248354255291589e-18,1.0\n"
        "3,test,final,p_a,1.0,1e-300\n"
        "4,test,final,p_a,1.0,0.0\n"
    )
    earlier = parse_predictions(text)
    assert [prediction.log_odds for prediction in earlier] == [{}] * 4
    assert list(earlier[0].probabilities) == ["p_a", "log_odds_b"]
    # The probability that is not 1 goes on where the other one ends.
    expected = [-math.log(3), -40.0, 300 * math.log(10), math.inf]
    assert [one.score("p_a") for one in earlier] == pytest.approx(expected)
    assert [one.score("log_odds_b") for one in earlier] == pytest.approx([-odds for odds in expected])
    assert parse_predictions(predictions_csv(earlier)) == earlier


def test_recorded_log_odds_rank_before_probabilities_do() -> None:
    assert PREDICTED[1].score("TB") == 1234.5678901234567


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sample,label\n",
        "sample,part,epoch_kind,label,p_TB\n1,test,final,TB\n",
        "sample,part,epoch_kind,label,p_TB\n1,test,final,TB,much\n",
        "sample,part,epoch_kind,label,p_TB\n1,exam,final,TB,0.5\n",
        "sample,part,epoch_kind,label,p_TB,log_odds_TB\n1,test,final,TB,0.5\n",
    ],
)
def test_another_file_is_not_taken_for_predictions(text: str) -> None:
    with pytest.raises(TrackingError, match=r"predictions\.csv must have the columns"):
        parse_predictions(text)
