"""Tracebacks that hold no account: libraries quote addresses as they were given them."""

from __future__ import annotations

import sys
import traceback
from types import TracebackType

from tracker.addresses import without_accounts


def hide_accounts_in_tracebacks() -> None:
    """Have what this process prints of an error, before it ends with it, be without accounts of addresses."""
    sys.excepthook = _print_without_accounts


def _print_without_accounts(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if sys.stderr is not None:
        sys.stderr.write(without_accounts("".join(traceback.format_exception(kind, error, trace))))
