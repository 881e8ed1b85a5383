"""Letters that the usual font lacks: taken from a font of this machine, or else written in Latin ones."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from anyascii import anyascii
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

USUAL = "DejaVu Sans"

_LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"
_TRANSLITERATED = "Transliterated: no font of this machine has the original letters."
_PLAIN_STYLES = ("Regular", "Book", "Roman", "Normal")
# One draws a box for every letter, the others have pictures that matplotlib cannot draw.
_NOT_FOR_TEXT = ("last resort", "color", "emoji one", "twemoji")


@dataclass(frozen=True, slots=True)
class Lettering:
    """How names can be drawn.

    Attributes:
        families: The fonts to draw them with, the usual one first.
        written: Each name as it is to be drawn.
        note: What was changed, for the reader of the figure; empty where nothing was.
    """

    families: Sequence[str]
    written: Mapping[str, str]
    note: str = ""


def lettering(names: Iterable[str]) -> Lettering:
    """Find fonts of this machine for names of any script.

    Where none has their letters, names are transliterated, and stay different from each other.

    Args:
        names: Such as the classes of a data set.
    """
    clean = {name: _in_line(name) for name in names}
    missing = frozenset(letter for name in clean.values() for letter in name if not _has(_usual(), letter))
    families, without = _fonts_with(missing)
    if not without:
        return Lettering([USUAL, *families], clean)
    latin = {name: _latin(text, without) for name, text in clean.items()}
    return Lettering([USUAL, *families], _told_apart(latin), _TRANSLITERATED)


def _in_line(name: str) -> str:
    line = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in name)
    # Otherwise a name in Arabic or Hebrew turns around what is written after it.
    turns = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in name)
    return f"{_LEFT_TO_RIGHT}{line}{_LEFT_TO_RIGHT}" if turns else line


@lru_cache
def _usual() -> FT2Font:
    return FT2Font(font_manager.findfont(USUAL))


def _has(font: FT2Font, letter: str) -> bool:
    return font.get_char_index(ord(letter)) > 0 or not _is_drawn(letter)


def _is_drawn(letter: str) -> bool:
    """Say whether a letter is more than a joiner of others, or a selector of their variants."""
    return unicodedata.category(letter) != "Cf" and not 0xFE00 <= ord(letter) <= 0xFE0F


@lru_cache(maxsize=64)
def _fonts_with(missing: frozenset[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the fonts that have letters, as few as can be, and the letters that none has."""
    found = _covering(missing) if missing else []
    families = []
    while missing:
        best = max(found, key=lambda font: len(font.letters & missing), default=None)
        if best is None or not best.letters & missing:
            break
        families.append(_family(best.path))
        missing -= best.letters
    return tuple(families), missing


@dataclass(frozen=True, slots=True)
class _Covering:
    """A font that has some of the letters."""

    special_style: bool
    serif: bool
    path: str
    letters: frozenset[str]


def _covering(wanted: frozenset[str]) -> list[_Covering]:
    """List the fonts of this machine that have some letters, also those newer than matplotlib's own list."""
    found = []
    for path in _font_files():
        try:
            font = FT2Font(path)
        except (OSError, RuntimeError):
            continue
        letters = frozenset(letter for letter in wanted if _has(font, letter))
        family = font.family_name
        if letters and font.scalable and not any(word in family.lower() for word in _NOT_FOR_TEXT):
            found.append(_Covering(font.style_name not in _PLAIN_STYLES, "Sans" not in family, path, letters))
    return sorted(found, key=lambda font: (font.special_style, font.serif, font.path))


def _font_files() -> Sequence[str]:
    return font_manager.findSystemFonts()


def _family(path: str) -> str:
    known = _families_of(path)
    if not known:
        font_manager.fontManager.addfont(path)
    return (known or _families_of(path))[0]


def _families_of(path: str) -> list[str]:
    return [entry.name for entry in font_manager.fontManager.ttflist if entry.fname == path]


def _latin(text: str, without: Iterable[str]) -> str:
    if not set(text) & set(without):
        return text
    return " ".join("".join(anyascii(letter) or "?" for letter in text if _is_drawn(letter)).split())


def _told_apart(written: Mapping[str, str]) -> dict[str, str]:
    """Number the names that became equal."""
    counts, seen = Counter(written.values()), Counter[str]()
    apart = {}
    for name, text in written.items():
        seen[text] += 1
        apart[name] = f"{text} ({seen[text]})" if counts[text] > 1 else text
    return apart
