"""Text of others fits one line of a terminal, and moves no cursor."""

from __future__ import annotations

from tracker.cli.terminal import one_line, shortened


def test_text_of_others_is_one_line_without_control_characters() -> None:
    assert one_line("a\nb\x1b[2J\tc  d") == r"a b\x1b[2J c d"


def test_what_is_too_wide_is_cut_by_columns_and_not_by_letters() -> None:
    assert shortened("short", 10) == "short"
    assert shortened("a longer text", 8) == "a long …"
    assert shortened("胸部X線画像", 8) == "胸部X …"
