"""What Optuna warns of, and a user of `tracker` can do nothing about."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import optuna


@contextmanager
def suppress_warnings() -> Iterator[None]:
    """Leave out warnings of experimental features, and of heartbeats beside `Study.optimize`.

    The heartbeats that Optuna misses there are sent by `tracker.search.heartbeats`.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    # It says that a package is missing which would make it faster; the sampler gp does without.
    logging.getLogger("optuna._gp.batched_lbfgsb").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        warnings.filterwarnings("ignore", "Heartbeat of storage is supposed to be used with Study.optimize")
        yield
