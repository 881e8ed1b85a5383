"""Versions of registered models: each network once."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from mlflow import MlflowClient

from tests.support.recorded import all_runs
from tracker.errors import UsageError
from tracker.tracking.backend.registry import Entered, Entry, enter, version_of
from tracker.tracking.backend.registry_names import check_alias, check_name
from tracker.tracking.journal.run_folder import RunFolder


def test_a_network_is_one_version_however_often_it_is_registered(
    client: MlflowClient, uri: str, entry: Entry
) -> None:
    assert version_of(uri, entry.name, entry.model_id, entry.run_id) == ""
    assert enter(uri, entry) == Entered("1", is_new=True)
    assert enter(uri, entry) == Entered("1", is_new=False)
    version = client.get_model_version(entry.name, "1")
    assert (version.description, version.run_id) == ("the card", entry.run_id)
    assert version.tags["tracker.arm"] == "alexnet/fine-tuning"
    assert client.get_registered_model(entry.name).description == "what it is"
    shown = client.get_logged_model(entry.model_id).tags["mlflow.modelVersions"]
    assert shown.count(entry.name) == 1, "on the page of the model"
    assert version_of(uri, entry.name, entry.model_id, entry.run_id) == "1"


def test_an_alias_moves_and_says_from_where(client: MlflowClient, uri: str, entry: Entry) -> None:
    named = replace(entry, alias="champion")
    client.create_registered_model(entry.name)
    client.create_model_version(entry.name, "s3://elsewhere/model", await_creation_for=0)
    client.set_registered_model_alias(entry.name, "champion", "1")
    assert enter(uri, named) == Entered("2", is_new=True, moved_from="1")
    assert enter(uri, named) == Entered("2", is_new=False)
    assert client.get_registered_model(entry.name).aliases["champion"] in (2, "2")
    assert not client.get_registered_model(entry.name).description, "what others made stays as it is"


def test_of_two_versions_that_a_lost_answer_made_one_is_left_and_what_people_named(
    client: MlflowClient, uri: str, entry: Entry
) -> None:
    client.create_registered_model(entry.name)
    for _ in range(4):
        # As a client does whose question was answered into nothing.
        client.create_model_version(
            entry.name, "s3://elsewhere/model", entry.run_id, tags={"tracker.model_id": entry.model_id}
        )
    client.create_model_version(entry.name, "s3://elsewhere/model", entry.run_id)
    client.set_registered_model_alias(entry.name, "mine", "3")
    assert enter(uri, replace(entry, alias="champion")) == Entered("1", is_new=False)
    left = client.search_model_versions(f"run_id = '{entry.run_id}'")
    assert sorted(str(version.version) for version in left) == ["1", "3", "5"]


def test_an_embedded_store_is_asked_for_its_own_model_whatever_the_process_talks_to(
    database: str, entry: Entry, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert enter(uri, entry).is_new
    assert os.environ["MLFLOW_TRACKING_URI"] == "http://127.0.0.1:9"


@pytest.mark.parametrize("name", ["", " ", "a/b", "a:b", "a@b", " a", "..", "a\nb", "x" * 257])
def test_a_name_that_no_address_can_hold_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(UsageError, match="--name must be") as refused:
        check_name(name)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("alias", ["", "latest", "Latest", "v1", "V12", "two words", "é", "a/b", "x" * 256])
def test_an_alias_that_mlflow_refuses_or_keeps_is_refused_in_one_line(alias: str) -> None:
    with pytest.raises(UsageError, match="--alias must be") as refused:
        check_alias(alias)
    assert len(str(refused.value).splitlines()) == 1


def test_names_that_are_good_are_let_through() -> None:
    for name in ("tb-xray", "Thorax Röntgen 2", "it's"):
        check_name(name)
    for alias in ("champion", "v1b", "1", "a_b-c"):
        check_alias(alias)


@pytest.fixture
def entry(client: MlflowClient, sent: RunFolder, experiment: str) -> Entry:
    (run,) = all_runs(client, experiment)
    return Entry(
        name=f"it's {experiment}"[:200].replace("[", " ").replace("]", " "),
        about="what it is",
        model_id=run.outputs.model_outputs[0].model_id,
        run_id=run.info.run_id,
        card="the card",
        tags={"tracker.arm": "alexnet/fine-tuning"},
    )
