"""Imports of packages that may be broken."""

from __future__ import annotations

import importlib
import warnings
from functools import cache

from tracker.errors import TrackerError
from tracker.tracking.backend.environment import prepare_environment

# What comes of packages that are half installed, or built for others than those beside them.
_BROKEN = (
    *(ImportError, AttributeError, LookupError, NameError, OSError, RuntimeError, SyntaxError),
    *(TypeError, ValueError, AssertionError),
)


# Once: a second attempt at a broken package fails for another reason than the first.
@cache
def why_not_importable(package: str) -> str:
    """Import a package; return in one line why that fails, empty where it does not.

    Args:
        package: Its name.
    """
    # MLflow reads its settings when it is imported.
    prepare_environment()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            importlib.import_module(package)
    except _BROKEN as error:
        return " ".join(f"{type(error).__name__}: {error}".split())
    return ""


def need(*names: str) -> None:
    """Require packages to be importable.

    Args:
        names: What a check is about to import.

    Raises:
        TrackerError: One of them cannot be.
    """
    for name in names:
        if why_not_importable(name):
            raise TrackerError(
                f"{name} must be importable to look at this",
                but="it is not",
                do=f"Mend {name} first, see above.",
            )
