from __future__ import annotations

import pytest

from tracker.data.sources import SOURCES, find_source
from tracker.errors import UsageError


def test_every_source_is_registered_under_its_own_name() -> None:
    assert set(SOURCES) == {"tb-xray", "montgomery", "phantom", "folder", "csv"}
    assert all(source.name == name for name, source in SOURCES.items())


def test_a_mistyped_data_set_is_answered_with_the_nearest_and_all_names() -> None:
    with pytest.raises(
        UsageError, match=r"tb-xray, montgomery, phantom, folder, csv.*'tbxray'.*Did you mean tb-xray\?"
    ):
        find_source("tbxray")


def test_a_data_set_like_no_other_is_answered_with_the_way_to_use_own_images() -> None:
    with pytest.raises(UsageError, match="--dataset folder --data PATH"):
        find_source("zzz")
