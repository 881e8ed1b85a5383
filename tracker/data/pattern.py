"""A user's regular expression over names: checked first, and never searched for longer than a limit.

Some patterns take longer than the universe is old, such as `^(a+)+$`. Python cannot stop a search from
within, so another process does it, which can be ended.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings
from collections.abc import Sequence

from tracker.data.wording import shown
from tracker.errors import UsageError

LIMIT_S = 10.0
"""How long all searches together may take: ordinary ones take microseconds each."""

_SEARCH = r"""
import json, re, sys
pattern, texts = json.load(sys.stdin)
compiled = re.compile(pattern)
named = [group for name, group in compiled.groupindex.items() if name.lower() == "patient"]
group = (named or [1 if compiled.groups else 0])[0]
for text in texts:
    match = compiled.search(text)
    print(json.dumps(match and match[group]), flush=True)
"""


def check_pattern(pattern: str) -> None:
    """Check a `--patient-pattern`.

    Args:
        pattern: A regular expression.

    Raises:
        UsageError: It is not one.
    """
    try:
        pattern.encode()
        with warnings.catch_warnings():
            # What Python reads otherwise than grep, such as [[:digit:]].
            warnings.simplefilter("error", FutureWarning)
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError, UnicodeEncodeError, FutureWarning) as error:
        raise UsageError(
            "--patient-pattern must be a regular expression",
            but=f"'{shown(pattern)}' is not one: {error}",
            do=r"For names like 00001280_004.png: --patient-pattern '^\d+'.",
        ) from error


def search(pattern: str, texts: Sequence[str], *, limit_s: float | None = None) -> list[str | None]:
    """Search a pattern in each of some texts.

    Args:
        pattern: A valid regular expression.
        texts: Where it is searched.
        limit_s: How long all of it may take, in seconds; None: `LIMIT_S`.

    Returns:
        Of each text what was found: the group called `patient`, else the first group, else the whole match;
        None where nothing was.

    Raises:
        UsageError: It takes longer; names the pattern and the text.
    """
    limit_s = LIMIT_S if limit_s is None else limit_s
    try:
        ended = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _SEARCH],
            input=json.dumps([pattern, list(texts)]).encode(),
            capture_output=True,
            timeout=limit_s,
            check=False,
        )
        answers = ended.stdout.splitlines()
    except subprocess.TimeoutExpired as expired:
        answers = (expired.output or b"").splitlines()
        raise _too_slow(pattern, texts, len(answers), f"it took longer than {limit_s:g} seconds") from None
    if len(answers) < len(texts):
        lines = ended.stderr.decode(errors="replace").strip().splitlines()
        raise _too_slow(
            pattern, texts, len(answers), lines[-1] if lines else f"it ended ({ended.returncode})"
        )
    return [json.loads(answer) for answer in answers]


def _too_slow(pattern: str, texts: Sequence[str], done: int, found: str) -> UsageError:
    name = texts[min(done, len(texts) - 1)]
    return UsageError(
        f"--patient-pattern '{shown(pattern)}' must be searched in {len(texts)} names in moments",
        but=f"{found} at '{shown(name)}'",
        do="Repeat nothing that is itself repeated, as in (a+)+; 'patient(\\d+)' or '^[^_]+' will do.",
    )
