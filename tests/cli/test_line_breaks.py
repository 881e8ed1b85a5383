"""Lines fit into a terminal, and what is to be copied stays in one piece."""

from __future__ import annotations

import pytest

from tracker.cli.line_breaks import broken


def test_what_fits_is_left_as_it_is() -> None:
    assert broken(["  a  line", "another"], 10) == ["  a  line", "another"]


@pytest.mark.parametrize(
    ("line", "pieces"),
    [
        ("one two three four", ["one two", "  three", "  four"]),
        ("type it: --name 'a b c d'", ["type it:", "  --name 'a b c d'"]),
        ("one of 'a b c'", ["one of", "  'a b c'"]),
        ("the user's own file's end", ["the user's", "  own", "  file's", "  end"]),
        ("indivisiblelongword or", ["indivisiblelongword", "  or"]),
    ],
)
def test_longer_lines_go_on_indented(line: str, pieces: list[str]) -> None:
    assert broken([line], 10) == pieces
