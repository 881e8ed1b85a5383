"""Names in any script are written with letters that some font of the machine has."""

from __future__ import annotations

from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from tracker.figures import fonts
from tracker.figures.fonts import USUAL, lettering


@pytest.fixture
def machine(tmp_path, monkeypatch) -> Path:
    """A folder that is where the machine's fonts are."""
    monkeypatch.setattr(fonts, "_font_files", lambda: [str(path) for path in sorted(tmp_path.iterdir())])
    fonts._fonts_with.cache_clear()
    yield tmp_path
    fonts._fonts_with.cache_clear()


def make_font(folder: Path, family: str, letters: str) -> None:
    """Write a font that has a square for each of some letters."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 700), (700, 700), (700, 0)):
        pen.lineTo(corner)
    pen.closePath()
    square = pen.glyph()
    names = [".notdef", *(f"u{ord(letter):X}" for letter in letters)]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(letter): f"u{ord(letter):X}" for letter in letters})
    builder.setupGlyf(dict.fromkeys(names, square))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (800, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(folder / f"{family.replace(' ', '')}.ttf")


def test_usual_letters_need_no_other_font(machine):
    found = lettering(["No_findings", "Läsion", "норма"])
    assert (found.families, found.note) == ([USUAL], "")
    assert found.written == {name: name for name in ("No_findings", "Läsion", "норма")}


def test_a_font_that_has_the_letters_is_taken_and_as_few_as_can_be(machine):
    make_font(machine, "Some Han", "健")
    make_font(machine, "More Han", "健康結核")
    make_font(machine, "Thai Sans", "ปก")
    (machine / "broken.ttf").write_bytes(b"no font")
    found = lettering(["健康", "結核", "ปก"])
    assert (found.families, found.note) == ([USUAL, "More Han", "Thai Sans"], "")
    assert found.written["健康"] == "健康"


def test_a_font_of_boxes_or_colors_is_not_taken(machine):
    make_font(machine, "Last Resort", "健康")
    make_font(machine, "Noto Color Emoji", "健康")
    assert lettering(["健康"]).families == [USUAL]


def test_without_a_font_names_are_transliterated_and_stay_different(machine):
    make_font(machine, "Some Han", "結核")
    found = lettering(["健康", "建康", "結核", "sick"])
    assert found.written == {
        "健康": "JianKang (1)",
        "建康": "JianKang (2)",
        "結核": "結核",
        "sick": "sick",
    }
    assert found.note == "Transliterated: no font of this machine has the original letters."


def test_letters_that_nobody_knows_are_question_marks_and_joiners_are_none(machine):
    found = lettering(["\ue000", "a\udcff", "a\u200db", "line\nend"])
    assert list(found.written.values()) == ["?", "a?", "a\u200db", "line end"]


def test_arabic_is_drawn_by_the_usual_font_and_does_not_turn_what_follows_around(machine):
    found = lettering(["سليم"])
    assert (found.families, found.note) == ([USUAL], "")
    assert found.written["سليم"] == "\N{LEFT-TO-RIGHT MARK}سليم\N{LEFT-TO-RIGHT MARK}"
