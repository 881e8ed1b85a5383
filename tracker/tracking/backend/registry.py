"""Versions of registered models: each network once, however often it is registered or an answer is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracker.errors import TrackingError
from tracker.io.process_environment import variables
from tracker.tracking.backend.client import reading

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

MODEL_ID = "tracker.model_id"
"""The tag of a version that says of which of MLflow's models it is: a database keeps that for no version."""

LONGEST_DESCRIPTION = 5000
"""Characters of a description that every database has room for."""

_ADDRESS = "MLFLOW_TRACKING_URI"


@dataclass(frozen=True, slots=True)
class Entered:
    """A version of a registered model.

    Attributes:
        version: Its number.
        is_new: Whether it was made now.
        moved_from: The version that the alias named before; empty: it named none, or this one.
    """

    version: str
    is_new: bool
    moved_from: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be known of a network in the registry.

    Attributes:
        name: The registered model's.
        about: What is said of the registered model where it is made now.
        model_id: MLflow's id of the model that becomes a version.
        run_id: MLflow's id of the run that trained it.
        card: The version's description, in Markdown.
        tags: Of the version.
        alias: What names the version from now on; empty: nothing.
    """

    name: str
    about: str
    model_id: str
    run_id: str
    card: str
    tags: Mapping[str, str]
    alias: str = ""


def enter(uri: str, entry: Entry) -> Entered:
    """Have a network be a version of a registered model; one that is there already stays what it is.

    Args:
        uri: As `resolve_uri` gives it.
        entry: What to enter.

    Raises:
        TrackingError: The server does not answer, or does not let us.
    """
    with reading(uri, to="write") as client:
        _ensure_model(client, entry)
        known = _the_version(client, entry)
        version = known or _made(client, uri, entry)
        return Entered(version, is_new=not known, moved_from=_set_alias(client, entry, version))


def version_of(uri: str, name: str, model_id: str, run_id: str) -> str:
    """Return the version of a registered model that a network is already; empty where it is none.

    Args:
        uri: As `resolve_uri` gives it.
        name: The registered model's.
        model_id: MLflow's id of the network.
        run_id: MLflow's id of the run that trained it.

    Raises:
        TrackingError: The server does not answer.
    """
    with reading(uri) as client:
        known = _versions_of(client, Entry(name, "", model_id, run_id, "", {}))
        return str(known[0].version) if known else ""


def _ensure_model(client: MlflowClient, entry: Entry) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(entry.name, description=entry.about)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _the_version(client: MlflowClient, entry: Entry) -> str:
    """Return the version that a network is; empty where it is none.

    A lost answer, or another process, can have made two: the lowest stays, and what somebody named.
    """
    known = _versions_of(client, entry)
    if len(known) > 1:
        named = {str(version) for version in client.get_registered_model(entry.name).aliases.values()}
        for other in known[1:]:
            if MODEL_ID in other.tags and str(other.version) not in named:
                client.delete_model_version(entry.name, str(other.version))
    return str(known[0].version) if known else ""


def _versions_of(client: MlflowClient, entry: Entry) -> list[ModelVersion]:
    """List the versions that a network is, the lowest first."""
    # A name can have a quote in it, a run's id has none.
    of_run: list[ModelVersion] = []
    token = None
    while token != "":
        page = client.search_model_versions(f"run_id = '{entry.run_id}'", page_token=token)
        of_run += page
        token = page.token or ""
    named = [one for one in of_run if one.name == entry.name and _model_id_of(one) == entry.model_id]
    return sorted(named, key=lambda one: int(one.version))


def _model_id_of(version: ModelVersion) -> str:
    of_source = version.source.removeprefix("models:/") if version.source else ""
    return version.model_id or (of_source if of_source.startswith("m-") else version.tags.get(MODEL_ID, ""))


def _made(client: MlflowClient, uri: str, entry: Entry) -> str:
    """Make a version."""
    with _here(uri):
        client.create_model_version(
            entry.name,
            f"models:/{entry.model_id}",
            entry.run_id,
            tags={**entry.tags, MODEL_ID: entry.model_id},
            description=entry.card,
            await_creation_for=0,
            model_id=entry.model_id,
        )
    version = _the_version(client, entry)
    if not version:
        raise TrackingError(
            f"registered model {entry.name!r} must have the version that was made",
            but="it is gone already",
            do="Type the command again.",
        )
    _name_in_model(client, entry, version)
    return version


def _name_in_model(client: MlflowClient, entry: Entry, version: str) -> None:
    """Have the model's page show the version; some servers see to that themselves."""
    from mlflow.utils.mlflow_tags import MLFLOW_MODEL_VERSIONS

    known = json.loads(client.get_logged_model(entry.model_id).tags.get(MLFLOW_MODEL_VERSIONS, "[]"))
    if (entry.name, version) not in [(one["name"], str(one["version"])) for one in known]:
        known.append({"name": entry.name, "version": version})
        client.set_logged_model_tags(entry.model_id, {MLFLOW_MODEL_VERSIONS: json.dumps(known)})


@contextmanager
def _here(uri: str) -> Iterator[None]:
    """Have MLflow look for the model of an embedded store in that store, and not in the process's own."""
    if uri.startswith("http"):
        yield
        return
    # A private name: the store asks for its model through the address of the process, which is another's.
    # Afterwards it takes that out of the environment, even where it was there before.
    from mlflow.tracking._tracking_service.utils import _use_tracking_uri

    with variables({_ADDRESS: uri}), _use_tracking_uri(uri):
        yield


def _set_alias(client: MlflowClient, entry: Entry, version: str) -> str:
    """Have an alias name a version; return the other version that it named before."""
    if not entry.alias:
        return ""
    named = client.get_registered_model(entry.name).aliases
    before = str(named.get(entry.alias, ""))
    if before != version:
        client.set_registered_model_alias(entry.name, entry.alias, version)
    return before if before != version else ""
