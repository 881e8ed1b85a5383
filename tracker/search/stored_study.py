"""A study in its database, by the numbers of its trials: what `optuna.Study` itself does not offer."""

from __future__ import annotations

import contextlib
import json

import sqlalchemy
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import IntegrityError

_ATTRIBUTES = sqlalchemy.table(
    "study_user_attributes",
    sqlalchemy.column("study_id"),
    sqlalchemy.column("key"),
    sqlalchemy.column("value_json"),
)
"""Optuna's table, of the schema that it keeps for older databases and newer versions."""


class StoredStudy:
    """One study of a storage.

    Args:
        storage: Where it is.
        name: The study's name; there is one.
    """

    def __init__(self, storage: RDBStorage, name: str) -> None:
        self._storage = storage
        self._id = storage.get_study_id_from_name(name)
        self._trial_ids: dict[int, int] = {}

    def trial(self, number: int) -> FrozenTrial:
        """Return a trial as it is now.

        Args:
            number: The trial's number.
        """
        return self._storage.get_trial(self._trial_id(number))

    def beat(self, number: int) -> None:
        """Note that a trial is alive; ask and tell alone does not.

        Args:
            number: The trial's number.
        """
        self._storage.record_heartbeat(self._trial_id(number))

    def end(self, number: int, state: TrialState, value: float | None) -> None:
        """Note how a trial ended.

        `Study.tell` would give every pruned trial its last reported value.

        Args:
            number: The trial's number.
            state: How it ended.
            value: Its value, where it has one.

        Raises:
            UpdateFinishedTrialError: It has ended before.
        """
        values = None if value is None else [value]
        self._storage.set_trial_state_values(self._trial_id(number), state, values)

    def write_once(self, key: str, value: str) -> None:
        """Note an attribute of the study, unless it has it.

        `Study.set_user_attr` looks, and then writes over what another process wrote in between. A second row
        under the same key is refused by the database.

        Args:
            key: The attribute's name.
            value: Its value.
        """
        row = {"study_id": self._id, "key": key, "value_json": json.dumps(value)}
        with contextlib.suppress(IntegrityError), self._storage.engine.begin() as connection:
            connection.execute(_ATTRIBUTES.insert().values(row))

    def end_session(self) -> None:
        """Give back the connection of this thread."""
        self._storage.remove_session()

    def _trial_id(self, number: int) -> int:
        if number not in self._trial_ids:
            found = self._storage.get_trial_id_from_study_id_trial_number(self._id, number)
            self._trial_ids[number] = found
        return self._trial_ids[number]
