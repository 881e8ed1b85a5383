"""Each place where text is read has its rule, and all text of others goes through it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.repository import ROOT
from tracker.errors import TrackerError
from tracker.foreign_text import (
    as_json,
    for_csv,
    for_html,
    for_latex,
    for_markdown,
    printable,
    printable_lines,
)

HOSTILE = "\x1b[2J\x9b\u202e\r\n\x00\ud800"


def test_a_terminal_shows_what_it_would_obey() -> None:
    assert printable(HOSTILE) == r"\x1b[2J\x9b\u202e\r\n\x00\ud800"
    assert printable("weiß · 胸部\u00a0é") == "weiß · 胸部 é"
    assert printable_lines("a\nb\x07") == "a\nb\\x07"


def test_markdown_has_no_cells_links_or_tags_of_others() -> None:
    assert for_markdown("a|b<i>[x](y)*z*`c`\n# d") == r"a\|b&lt;i>\[x\](y)\*z\*\`c\`\n# d"


def test_a_page_has_no_tags_of_others() -> None:
    assert for_html("<script>\"&'\x1b") == r"&lt;script&gt;&quot;&amp;&#x27;\x1b"


def test_a_paper_has_no_commands_of_others() -> None:
    assert for_latex(r"\input{x}%$_^~") == (
        r"\textbackslash{}input\{x\}\%\$\_\textasciicircum{}\textasciitilde{}"
    )


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "  =1"])
def test_a_spreadsheet_reads_no_formula_of_others(formula: str) -> None:
    assert str(for_csv({"a": formula})["a"]).startswith("'")
    assert for_csv({"a": -1.5, "b": "b-1", "c": None}) == {"a": -1.5, "b": "b-1", "c": None}


def test_json_reads_back_as_it_was_and_shows_what_a_terminal_would_obey() -> None:
    written = as_json({HOSTILE: ["ä\U000e0001"]})
    assert json.loads(written) == {HOSTILE: ["ä\U000e0001"]}
    assert "ä" in written
    assert all(letter.isprintable() for letter in written.replace("\n", ""))


def test_an_error_is_lines_of_its_own_and_not_endless() -> None:
    error = TrackerError("x", but=HOSTILE, do="y" * 10**6, details=["z\r"] * 10**5)
    lines = str(error).splitlines()
    assert len(lines) < 300
    assert max(map(len, lines)) < 5000
    assert all(line.isprintable() for line in lines)


def test_the_command_line_prints_in_one_way() -> None:
    files = [file for file in (ROOT / "tracker" / "cli").glob("*.py") if file.name != "terminal.py"]
    assert [file.name for file in files if "typer.echo(" in Path(file).read_text()] == []
    progress = (ROOT / "tracker" / "cli" / "progress.py").read_text()
    assert progress.count("_console.print(") == 1
