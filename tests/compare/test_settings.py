"""Settings are the same where their numbers are, however they are spelled."""

from __future__ import annotations

import pytest

from tests.support.records import TUNED_TAGS
from tracker.compare.settings import canonical, common, distinct, rounded, settings_of, value_of


def test_numbers_are_equal_in_every_spelling_and_words_only_to_themselves():
    assert canonical("1e-2") == canonical("0.01") != canonical("0.1")
    assert distinct(["0.01", "sgd", "1e-2", "adam", "sgd"]) == ["0.01", "sgd", "adam"]


@pytest.mark.parametrize(
    ("value", "shown"), [("0.001234", "0.001234"), ("0.0123456789", "0.0123"), ("fine-tuning", "fine-tuning")]
)
def test_numbers_that_nobody_typed_are_rounded(value, shown):
    assert rounded(value) == shown


def test_a_value_is_common_where_all_runs_have_it(make_run):
    runs = [make_run(), make_run(seed=1, params={"lr": "1e-2"})]
    assert common(runs, "lr") == "0.01"
    assert common(runs, "seed") is None
    assert common(runs, "nothing") is None


def test_tags_are_settings_too_and_tuned_is_yes_or_no(make_run):
    assert value_of(make_run(), "test_images") == "132"
    assert [value_of(run, "tuned") for run in (make_run(), make_run(tags=TUNED_TAGS))] == ["no", "yes"]


def test_how_images_were_chosen_is_no_setting_for_the_images_themselves_are_compared(make_run):
    globs = {"include": "['**/a/*']", "exclude": "['*.tif']"}
    assert settings_of(make_run(params=globs)) == settings_of(make_run())
