"""Several things wrong at once, told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tracker.errors import TrackerError


def check_all(
    checks: Iterable[Callable[[], object]],
    *,
    error: type[TrackerError],
    must: str,
    but: str = "{count} things are wrong",
) -> None:
    """Run every check, whatever the others find.

    Args:
        checks: Functions that raise the error where something is wrong.
        error: What is collected; anything else ends the checks.
        must: What has to hold of all together, as the start of a sentence.
        but: What was found instead, where several checks failed; `{count}` is how many.

    Raises:
        TrackerError: The one that was found, or one of the same kind that lists them all.
    """
    found: list[TrackerError] = []
    for check in checks:
        try:
            check()
        except error as one:
            found.append(one)
    if len(found) == 1:
        raise found[0]
    if found:
        raise error(
            must,
            but=but.format(count=len(found)),
            do="Mend each of them:",
            details=[line for one in found for line in str(one).splitlines()],
        )
