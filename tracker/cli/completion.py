"""What a shell offers when somebody presses the tab key: fast, and without a server.

Nothing heavy is imported, and nothing is asked but the files of this machine.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator

from tracker.config.command_line import Option
from tracker.errors import TrackerError

Completion = Callable[[str], list[str]]
"""Takes what was typed so far; returns what it can become."""


def _from(values: Callable[[], Iterable[str]]) -> Completion:
    def complete(incomplete: str) -> list[str]:
        # Whatever is in the way, a shell is told nothing rather than a traceback.
        with contextlib.suppress(TrackerError, ImportError, OSError, sqlite3.Error):
            return [value for value in values() if value.startswith(incomplete)]
        return []

    return complete


def _models() -> Iterable[str]:
    from tracker.models.catalog import network_names

    return network_names()


def _modes() -> Iterable[str]:
    from tracker.config.modes import EVERY, FREEZE, NAMED
    from tracker.records import ADAPTING

    variants = [mode.name + ADAPTING for mode in NAMED if mode.has_variant]
    return [*(mode.name for mode in NAMED), *variants, FREEZE, FREEZE + EVERY]


def _datasets() -> Iterable[str]:
    from tracker.data.sources import SOURCES

    return SOURCES


def _engines() -> Iterable[str]:
    from tracker.engines import engine_names

    return engine_names()


def _weights() -> Iterable[str]:
    from tracker.config.recipe import WEIGHTS

    return WEIGHTS


def _experiments() -> Iterator[str]:
    from tracker.tracking.backend.local import experiment_names

    return experiment_names()


def _metrics() -> Iterator[str]:
    from tracker.tracking.backend.local import metric_names

    return metric_names()


models, experiments, metrics = _from(_models), _from(_experiments), _from(_metrics)
_BY_FIELD = {
    "model": models,
    "mode": _from(_modes),
    "dataset": _from(_datasets),
    "weights": _from(_weights),
    "engine": _from(_engines),
    "experiment": experiments,
}


def completion_of(option: Option) -> Completion | None:
    """Return what completes an option's values; None where that cannot be known.

    Args:
        option: One that a field of `RunOptions` has.
    """
    return _from(lambda: option.choices) if option.choices else _BY_FIELD.get(option.field)
