"""Whose image is it? A regular expression on the file name may tell."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tracker.errors import DataError, UsageError, listed


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Check a `--patient-pattern`.

    Args:
        pattern: A regular expression.

    Raises:
        UsageError: It is not one.
    """
    try:
        return re.compile(pattern)
    except re.error as error:
        raise UsageError(
            "--patient-pattern must be a regular expression",
            but=f"'{pattern}' is not one: {error}",
            do=r"For names like 00001280_004.png: --patient-pattern '^\d+'.",
        ) from error


def patients_of(names: Sequence[str], pattern: str) -> list[str]:
    """Find the patient in each file name.

    Args:
        names: File names without folders.
        pattern: Searched in each name. The patient is the group called `patient`, else the first
            group, else the whole match.

    Returns:
        One patient a name.

    Raises:
        UsageError: The pattern is no regular expression.
        DataError: Some names do not match, or match with nothing.
    """
    compiled = compile_pattern(pattern)
    found = [_patient(compiled.search(name)) for name in names]
    without = [name for name, patient in zip(names, found, strict=True) if not patient]
    if without:
        raise DataError(
            f"--patient-pattern '{pattern}' must find a patient in every file name",
            but=f"in {len(without)} of {len(names)} it finds none",
            do="Change the pattern, or name the patients in a table (--dataset csv).",
            details=listed(without, 5),
        )
    return [patient for patient in found if patient]


def _patient(match: re.Match[str] | None) -> str | None:
    if match is None:
        return None
    if "patient" in match.re.groupindex:
        return match["patient"]
    return match[1] if match.re.groups else match[0]
