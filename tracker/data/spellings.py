"""Names of patients that a spreadsheet wrote in two ways, so that one patient looks like two."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

NOBODY = frozenset(
    {"nan", "na", "n/a", "#n/a", "<na>", "nat", "none", "null", "unknown", "unbekannt", "-", "--", "?"}
)
"""What programs and people write where they know no patient."""

_CUT_NUMBER = re.compile(r"\d[.,]\d+E\+\d+", re.IGNORECASE)
_ZERO_DECIMALS = re.compile(r"(?<![\d.,])(\d+)[.,]0+(?![\d.,])")
_DIGITS = re.compile(r"\d+")
_BEFORE_NUMBER = re.compile(r"(?<=[^\W\d_])[\s_-]+(?=\d)")


def check_spellings(patients: Iterable[str]) -> dict[str, str]:
    """Find patients that a spreadsheet mangled.

    Args:
        patients: Names of patients, as a table has them.

    Returns:
        What is wrong, by patient: it is also written otherwise (`12` and `12.0`, `0012` and `12`, `MRN-1` and
        `mrn 1`), or its digits are lost (`1.23E+05`).
    """
    forms: dict[str, list[str]] = {}
    for name in dict.fromkeys(patients):
        forms.setdefault(plain_spelling(name), []).append(name)
    problems: dict[str, str] = {}
    for names in forms.values():
        told = (
            f"patient {' and '.join(map(_shown, names))}: one patient or {len(names)}? Write each in one way"
        )
        problems |= dict.fromkeys(names, told) if len(names) > 1 else {}
        for name in filter(_CUT_NUMBER.fullmatch, names):
            problems[name] = (
                f"patient {name} is a number of which a spreadsheet left digits out: format it as text"
            )
    return problems


def plain_spelling(name: str) -> str:
    """Return one spelling for all that mean the same number or word."""
    text = "".join(_BEFORE_NUMBER.sub("", unicodedata.normalize("NFKC", name).casefold()).split())
    whole = _ZERO_DECIMALS.sub(r"\1", text)
    return _DIGITS.sub(lambda digits: digits[0].lstrip("0") or "0", whole)


def _shown(name: str) -> str:
    # One accent can be written in two ways that look alike.
    return name if unicodedata.is_normalized("NFC", name) else ascii(name)
