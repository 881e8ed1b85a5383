from __future__ import annotations

import warnings

import pytest

from tracker.data.decoding.pillow_warnings import SuppressPillowWarnings


def warn_as(module: str) -> None:
    warnings.warn_explicit("noise", UserWarning, filename="x.py", lineno=1, module=module)


def test_pillows_warnings_are_hidden_and_others_are_not() -> None:
    with SuppressPillowWarnings():
        warn_as("PIL.Image")
        with pytest.warns(UserWarning, match="noise"):
            warn_as("numpy")
    with pytest.raises(UserWarning):
        warn_as("PIL.Image")


def test_the_last_one_out_puts_the_filters_back() -> None:
    before = list(warnings.filters)
    suppressed = SuppressPillowWarnings()
    with suppressed:
        with suppressed:
            warn_as("PIL.Image")
        warn_as("PIL.Image")
        assert list(warnings.filters) != before
    assert list(warnings.filters) == before
