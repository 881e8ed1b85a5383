"""Registered models: which version a name with an alias means, and which there are if it means none."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tracker.errors import TrackingError

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion, RegisteredModel

_MODEL_ID = re.compile(r"m-[0-9a-f]{32}")
_SHOWN = 10
_PAGE = 100
_LATEST = "latest"


def registered_id(client: MlflowClient, named: str) -> str:
    """Return MLflow's id of the model behind NAME@ALIAS, NAME/VERSION, or the id itself.

    Args:
        client: Of the store or server.
        named: What follows `models:/`.

    Raises:
        TrackingError: There is no such name, alias or version; those that there are are named.
    """
    if _MODEL_ID.fullmatch(named):
        return named
    name, alias, version = _parts(named)
    model = _registered(client, name)
    number = _of_alias(model, alias) if alias else version
    found = _version(client, model, number)
    model_id = str(found.model_id or "") or str(found.source or "").removeprefix("models:/")
    if not _MODEL_ID.fullmatch(model_id):
        raise TrackingError(
            f"version {found.version} of {name} must be a network that tracker trained",
            but="it is no model of a run of tracker",
            do="Name another version, or register one: tracker register.",
        )
    return model_id


def _parts(named: str) -> tuple[str, str, str]:
    """Return the name, and the alias or the version."""
    name, at, alias = named.rpartition("@")
    if at:
        return name, alias, ""
    name, slash, version = named.rpartition("/")
    return (name, "", version) if slash else (named, "", "")


def _registered(client: MlflowClient, name: str) -> RegisteredModel:
    from mlflow.exceptions import MlflowException

    try:
        return client.get_registered_model(name)
    except MlflowException as error:
        if error.error_code not in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
            raise
    names = [str(one.name) for one in client.search_registered_models(max_results=_PAGE)]
    near = difflib.get_close_matches(name, names, n=len(names) or 1, cutoff=0.0)
    raise TrackingError(
        f"models:/{name} must name a registered model",
        but=f"those there are {_list(near)}" if names else "none is registered here",
        do="Name one of them: models:/NAME@ALIAS." if names else "Name a run by its id (tracker status).",
    )


def _of_alias(model: RegisteredModel, alias: str) -> str:
    if alias in model.aliases:
        return str(model.aliases[alias])
    has = [f"{name} (version {version})" for name, version in sorted(model.aliases.items())]
    raise TrackingError(
        f"{model.name} must have the alias {alias!r}",
        but=f"its aliases are {_list(has)}" if has else "it has none",
        do=f"Name one of them, or a version: models:/{model.name}/VERSION.",
    )


def _version(client: MlflowClient, model: RegisteredModel, number: str) -> ModelVersion:
    quote = '"' if "'" in model.name else "'"
    found = client.search_model_versions(f"name={quote}{model.name}{quote}", max_results=_PAGE)
    versions = sorted(found, key=lambda one: -int(one.version))
    wanted = versions[:1] if number == _LATEST else [one for one in versions if str(one.version) == number]
    if wanted:
        return wanted[0]
    has = [str(one.version) for one in versions]
    aliases = [f"{model.name}@{alias}" for alias in sorted(model.aliases)]
    raise TrackingError(
        f"models:/{model.name} must be followed by /VERSION or @ALIAS of one that there is",
        but=f"the version asked for is {number or 'none'}, those there are {_list(has) or 'none'}",
        do=f"Name one of them{f', or models:/{aliases[0]}' if aliases else ''}.",
    )


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"
