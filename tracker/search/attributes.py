"""What a study says about itself: written once, by whichever process is first, and the same for all."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Mapping
from typing import Any

from optuna import Study
from optuna.storages import RDBStorage
from optuna.storages._rdb.models import StudyUserAttributeModel
from sqlalchemy.exc import IntegrityError

from tracker.config.recipe import digest_of
from tracker.config.search_space import Range, Space
from tracker.errors import TuningError
from tracker.search.storage import patiently

TOKEN = "token"
_SEARCH = "search"


def settle(study: Study, storage: RDBStorage, attributes: Mapping[str, str], search: str) -> str:
    """Give a study its attributes and its token, unless it has them.

    Args:
        study: The study.
        storage: Where it is.
        attributes: What it says about itself.
        search: What is searched and how, from `digest_of_search`; a study cannot go on with another one.

    Returns:
        Its token: random, drawn once, and the same for every process.

    Raises:
        TuningError: The study has searched something else so far.
    """
    wanted = {**attributes, _SEARCH: search, TOKEN: secrets.token_hex(8)}
    known = patiently(lambda: study.user_attrs)
    for key in wanted.keys() - known.keys():
        patiently(lambda key=key: _write_once(storage, study._study_id, key, wanted[key]))  # type: ignore[misc]
    known = patiently(lambda: study.user_attrs)
    if known[_SEARCH] != search:
        raise TuningError(
            "a study must go on with the direction and the settings that it began with",
            but=f"{study.study_name!r} was asked for others",
            do="Ask for the same as before.",
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


def _write_once(storage: RDBStorage, study_id: int, key: str, value: Any) -> None:
    # `Study.set_user_attr` looks, and then writes over what another process wrote in between. A second row
    # under the same key is refused by the database.
    session = storage.scoped_session()
    try:
        session.add(StudyUserAttributeModel(study_id=study_id, key=key, value_json=json.dumps(value)))
        with contextlib.suppress(IntegrityError):
            session.commit()
    finally:
        session.close()
