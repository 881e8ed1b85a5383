"""What a study says about itself: written once, by whichever process is first, and the same for all."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import partial

from optuna import Study

from tracker.config.recipe import digest_of
from tracker.config.search_space import Range, Space
from tracker.errors import TuningError
from tracker.search.retry import retry
from tracker.search.stored_study import StoredStudy

TOKEN = "token"
PIXELS = "pixels"
"""The digest of the pixels that trials are judged on; the studies of 0.1.0 have none."""

_SEARCH = "search"


def ensure_attributes(study: Study, stored: StoredStudy, attributes: Mapping[str, str], search: str) -> str:
    """Give a study its attributes and its token, unless it has them.

    Args:
        study: The study.
        stored: The same study in its database.
        attributes: What it says about itself.
        search: What is searched and how, from `digest_of_search`; a study cannot go on with another one.

    Returns:
        Its token: random, drawn once, and the same for every process.

    Raises:
        TuningError: The study has searched something else so far, or on other pixels.
    """
    wanted = {**attributes, _SEARCH: search, TOKEN: secrets.token_hex(8)}
    known = retry(lambda: study.user_attrs)
    for key in wanted.keys() - known.keys():
        retry(partial(stored.write_once, key, wanted[key]))
    known = retry(lambda: study.user_attrs)
    if known[_SEARCH] != search:
        raise TuningError(
            "a study must go on with the direction and the settings that it began with",
            but=f"{study.study_name!r} was asked for others",
            do="Ask for the same as before.",
        )
    if attributes.get(PIXELS) not in (None, known.get(PIXELS)):
        raise TuningError(
            "the trials of a study must be judged on the same pixels",
            but=f"{study.study_name!r} was begun with others, of another decoder, a moment ago",
            do="Give the same command again: a study of its own begins.",
        )
    return str(known[TOKEN])


def digest_of_search(direction: str, space: Space, grid: int | None) -> str:
    """Return what two studies share that search the same.

    Args:
        direction: Whether a small or a large value is good.
        space: What is searched.
        grid: The points a range of a grid; None where there is no grid.
    """
    values = {
        name: {"range": [v.low, v.high]} if isinstance(v, Range) else {"choices": list(v.values)}
        for name, v in space.items()
    }
    return digest_of({"direction": direction, "space": values, "grid": grid})[:32]
