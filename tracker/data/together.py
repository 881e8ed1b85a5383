"""Several things wrong at once, told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tracker.errors import DataError


def check_all(checks: Iterable[Callable[[], object]]) -> None:
    """Run every check, whatever the others find.

    Args:
        checks: Functions that raise DataError where something is wrong.

    Raises:
        DataError: The one that was found, or one that lists them all.
    """
    errors: list[DataError] = []
    for check in checks:
        try:
            check()
        except DataError as error:
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise DataError(
            "images, labels and patients must fit together",
            but=f"{len(errors)} things are wrong",
            do="Mend each of them:",
            details=[line for error in errors for line in str(error).splitlines()],
        )
