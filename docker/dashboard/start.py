#!/usr/bin/env python3
"""Makes the tables of studies where there are none, and becomes Optuna's dashboard, which does not."""

import os
import sys
import time

from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from sqlalchemy.exc import SQLAlchemyError

ATTEMPTS = 10


def make_tables(address: str) -> None:
    """Open the database once, as Optuna does it: that makes its tables.

    Args:
        address: The database's address, without a password.

    Raises:
        SystemExit: The database cannot be used.
    """
    problem: Exception = RuntimeError()
    for _ in range(ATTEMPTS):
        try:
            RDBStorage(address)
        except (SQLAlchemyError, StorageInternalError) as error:
            # A trainer makes the tables at this moment: the next look finds them.
            problem = error
            time.sleep(1)
        except RuntimeError as error:
            raise SystemExit(f"start: {address} is of another version of Optuna: {error}") from None
        else:
            return
    raise SystemExit(f"start: {address} cannot be opened: {problem}")


if __name__ == "__main__":
    address = os.environ["STUDIES"]
    make_tables(address)
    os.execvp("optuna-dashboard", ["optuna-dashboard", *sys.argv[1:], address])
