"""What a user meets on a server that asks for accounts, and that no password is printed or written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.accounts import SECRET, Accounts, files_with
from tests.support.command import Outcome, small_run
from tests.support.servers import MlflowServer, running_server
from tracker.tracking.journal.recorder import RunRecorder
from tracker.tracking.journal.run_folder import find_run
from tracker.tracking.shipping.cursor import load_cursor, save_cursor
from tracker.tracking.shipping.process import LOG
from tracker.tracking.shipping.sender import Sender
from tracker.ui import browser

Tracker = Callable[..., Outcome]
Login = Callable[..., None]

SET_BOTH = "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    with running_server(tmp_path_factory.mktemp("basic-auth"), auth=True) as started:
        yield started


@pytest.fixture(scope="module")
def accounts(server: MlflowServer) -> Accounts:
    made = Accounts(server)
    for name in ("alice", "bob"):
        made.add(name)
    return made


@pytest.fixture
def shared(accounts: Accounts, experiment: str) -> str:
    """The id of an experiment of the test's name, which alice may write to and bob may not even read."""
    experiment_id = accounts.make_experiment(experiment)
    accounts.grant("alice", experiment_id, "EDIT")
    return experiment_id


@pytest.fixture
def login(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> Login:
    """Set the variables of an account; without a name, none."""
    monkeypatch.setenv("HOME", str(workplace))

    def be(user: str = "", password: str = SECRET) -> None:
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", user)
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", password if user else "")

    be()
    return be


def record(home: Path, uri: str, experiment: str, run_uid: str = "a1") -> None:
    started = {"experiment": experiment, "run_name": "alexnet", "params": {"lr": 0.1}, "tags": {}}
    with RunRecorder.start(home, run_uid=run_uid, tracking_uri=uri, **started):
        pass


def with_account(server: MlflowServer, user: str, password: str = SECRET) -> str:
    return server.uri.replace("://", f"://{user}:{password}@")


def test_who_cannot_send_is_told_why_and_what_to_type_then(
    tracker: Tracker, workplace: Path, server: MlflowServer, shared: str, login: Login, accounts: Accounts
) -> None:
    name = "test_who_cannot_send_is_told_why_and_what_to_type_then"
    record(workplace / ".tracker", server.uri, name)
    met = {
        "": f"{server.uri} asks for an account (401), and none is given. {SET_BOTH}, or write them into "
        "~/.mlflow/credentials.",
        "eve": f"{server.uri} does not take the account 'eve' (401): the name is unknown there, or the "
        "password is another one. Mend MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.",
        "bob": f"{server.uri} does not let the account 'bob' write to experiment '{name}' (403). Have an "
        "administrator of the server, or whoever manages the experiment, grant EDIT on it.",
    }
    for user, words in met.items():
        login(user)
        told = tracker("sync")
        assert told.code == 1
        left, why = told.out.splitlines()
        assert left.endswith("not sent yet: tracker sync")
        assert why == f"  {words} Then type tracker sync: nothing is lost."
        assert json.loads(tracker("status", "--json").out)[0]["problem"] == why.strip()
    assert not accounts.runs(shared)
    login("alice")
    assert tracker("sync") == Outcome(0, "everything is sent\n", "")
    assert len(accounts.runs(shared)) == 1
    assert not files_with(SECRET, workplace)


def test_an_experiment_that_is_closed_holds_back_no_other(
    tracker: Tracker, workplace: Path, server: MlflowServer, shared: str, login: Login, accounts: Accounts
) -> None:
    closed = accounts.make_experiment("closed")
    home, open_one = workplace / ".tracker", "test_an_experiment_that_is_closed_holds_back_no_other"
    for run_uid, experiment in (("a1", "closed"), ("b2", open_one), ("c3", "closed"), ("d4", open_one)):
        record(home, server.uri, experiment, run_uid)
    login("alice")
    told = tracker("sync")
    assert told.code == 1
    assert told.out.startswith("2 runs, ")
    assert "does not let the account 'alice' write to experiment 'closed' (403)" in told.out
    assert (len(accounts.runs(shared)), len(accounts.runs(closed))) == (2, 0)
    accounts.grant("alice", closed, "EDIT")
    assert tracker("sync").out == "everything is sent\n"
    assert len(accounts.runs(closed)) == 2


def test_a_run_that_a_restored_server_does_not_have_is_sent_to_it_again(
    tracker: Tracker, workplace: Path, server: MlflowServer, experiment: str, login: Login, accounts: Accounts
) -> None:
    shared = accounts.make_experiment(experiment)
    accounts.grant("alice", shared, "EDIT")
    record(workplace / ".tracker", server.uri, experiment)
    login("alice")
    assert tracker("sync").out == "everything is sent\n"
    [sent] = accounts.runs(shared)
    # As after a restore: a server with accounts answers 403 to what is asked of a run that it does not have.
    run = find_run(workplace / ".tracker", "a1")
    assert run is not None
    save_cursor(run, replace(load_cursor(run), run_id="0" * 32))
    assert tracker("sync", "--all").out == "everything is sent\n"
    assert load_cursor(run).run_id == sent["info"]["run_id"]


def test_an_experiment_that_is_closed_is_left_alone_for_a_while_and_asked_again_at_the_end(
    workplace: Path, server: MlflowServer, login: Login, accounts: Accounts
) -> None:
    experiment_id = accounts.make_experiment("closed for a while")
    record(workplace / ".tracker", server.uri, "closed for a while")
    login("alice")
    sender = Sender(workplace / ".tracker", server.uri)
    assert sender.send_due() == "forbidden"
    accounts.grant("alice", experiment_id, "EDIT")
    assert sender.send_due() is None
    assert not accounts.runs(experiment_id)
    sender.follow(lambda _: True, drain_s=5)
    assert len(accounts.runs(experiment_id)) == 1


def test_comparing_and_looking_say_why_they_cannot(
    tracker: Tracker, server: MlflowServer, shared: str, login: Login, experiment: str, accounts: Accounts
) -> None:
    asked = ("--experiment", experiment, "--tracking-uri", server.uri)
    unknown = (
        f"{server.uri} must let us read, but it asks for an account (401), and none is given. {SET_BOTH}"
    )
    assert tracker("compare", *asked).err.startswith(f"tracker: {unknown}")
    login("bob", "not-the-password")
    assert "it does not take the account 'bob' (401)" in tracker("compare", *asked).err
    login("bob")
    for command in ("compare", "ui"):
        told = tracker(command, *asked)
        assert told.code == 1
        assert f"it does not let the account 'bob' read experiment '{experiment}' (403)" in told.err
        assert told.err.rstrip().endswith("grant READ on it.")
    accounts.grant("bob", shared, "READ")
    assert "(403)" not in tracker("compare", *asked).err
    assert f"/#/experiments/{shared}/runs" in tracker("ui", *asked).out


def test_a_name_that_the_server_was_not_told_is_said_as_it_must_be_added(
    tracker: Tracker, server: MlflowServer, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.1")
    told = tracker("compare", "--tracking-uri", f"http://127.1:{server.port}")
    assert f"it does not know itself by the name 127.1:{server.port} (403, Host header)" in told.err
    assert f"Have 127.1:{server.port} added to MLFLOW_SERVER_ALLOWED_HOSTS" in told.err


def test_the_doctor_says_whose_account_is_not_taken(
    tracker: Tracker, server: MlflowServer, login: Login, accounts: Accounts
) -> None:
    def found(uri: str) -> dict[str, object]:
        told = tracker("doctor", "--json", "--weights", "none", "--tracking-uri", uri).out
        (one,) = [check for check in json.loads(told)["checks"] if check["name"] == "MLflow"]
        return dict(one)

    wrong = found(with_account(server, "eve"))
    assert wrong["state"] == "missing"
    assert str(wrong["found"]).startswith(f"{server.uri} does not take the account 'eve' (401)")
    assert "in the address" in str(wrong["advice"])
    assert SECRET not in json.dumps(wrong)
    assert found(with_account(server, "alice"))["state"] == "good"


def test_a_browser_is_given_an_address_without_the_account(
    tracker: Tracker,
    server: MlflowServer,
    shared: str,
    login: Login,
    experiment: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(browser, "open_browser", lambda address: bool(opened.append(address)) or True)
    asked = ("ui", "--open", "--tracking-uri")
    told = tracker(*asked, with_account(server, "alice"), "--experiment", experiment)
    assert opened == [told.out.splitlines()[0]]
    assert opened[0].startswith(f"{server.uri}/#/experiments/{shared}/runs?")
    assert SECRET not in told.out + told.err
    told = tracker(*asked, with_account(server, "eve"))
    assert opened[1] == server.uri
    assert "it does not take the account 'eve' (401)" in told.out
    assert SECRET not in told.out + told.err


def test_a_run_is_told_before_it_trains_and_its_password_is_nowhere(
    tracker: Tracker,
    radiographs: Path,
    workplace: Path,
    server: MlflowServer,
    shared: str,
    login: Login,
    experiment: str,
    accounts: Accounts,
) -> None:
    address = with_account(server, "eve", "wrong-wrong-99")
    arm = ["--model", "squeezenet1_1", "--mode", "feature-extractor", "--experiment", experiment]
    told = tracker(*small_run(radiographs, *arm, "--tracking-uri", address))
    assert told.code == 0
    refused = f"{server.uri} does not take the account 'eve' (401)"
    assert 0 < told.out.index(f"note: {refused}") < told.out.index("epoch 1/2")
    assert "tracker sync sends them then" in told.out
    after = told.out.partition("epoch 2/2")[2]
    assert f"  {refused}" in after
    assert "Then type tracker sync: nothing is lost." in after
    assert f"table   tracker compare --experiment {experiment} --tracking-uri {server.uri}\n" in after
    assert "left out of commands: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD" in after
    login("alice")
    assert tracker("sync").out == "everything is sent\n"
    (run,) = accounts.runs(shared)
    assert run["info"]["status"] == "FINISHED"
    assert "wrong-wrong-99" not in told.out + told.err + json.dumps(run)
    assert not files_with("wrong-wrong-99", workplace)
    assert (workplace / ".tracker" / LOG).stat().st_mode & 0o077 == 0
    assert not files_with("wrong-wrong-99", server.folder)


def test_a_journal_of_an_earlier_version_is_sent_with_the_account_in_its_address(
    tracker: Tracker,
    workplace: Path,
    server: MlflowServer,
    shared: str,
    login: Login,
    experiment: str,
    accounts: Accounts,
) -> None:
    record(workplace / ".tracker", with_account(server, "eve"), experiment, "a1")
    record(workplace / ".tracker", with_account(server, "alice"), experiment, "b2")
    login("alice")
    assert tracker("sync", "--tracking-uri", server.uri).out == "everything is sent\n"
    login()
    record(workplace / ".tracker", with_account(server, "alice"), experiment, "c3")
    assert tracker("sync").out == "everything is sent\n"
    assert len(accounts.runs(shared)) == 3
    for told in (tracker("status").out, tracker("status", "--json").out):
        assert SECRET not in told
    assert [run["server"] for run in json.loads(told)] == [server.uri] * 3
    (journal,) = (workplace / ".tracker").glob("runs/c3/journal.jsonl")
    assert journal.stat().st_mode & 0o077 == 0


def test_commands_to_type_hold_no_account(
    tracker: Tracker, server: MlflowServer, login: Login, accounts: Accounts
) -> None:
    for name in ("first of two", "second of two"):
        accounts.grant("bob", accounts.make_experiment(name), "READ")
    told = tracker("compare", f"--tracking-uri={with_account(server, 'bob')}")
    assert f"tracker compare --tracking-uri={server.uri} --experiment 'first of two'" in told.err
    assert "the account is left out of commands: set MLFLOW_TRACKING_USERNAME" in told.err
    assert SECRET not in told.err


@pytest.mark.slow
def test_a_study_is_told_before_it_begins_as_well(
    tracker: Tracker, radiographs: Path, server: MlflowServer, shared: str, login: Login, experiment: str
) -> None:
    arm = ["--model", "squeezenet1_1", "--mode", "feature-extractor", "--experiment", experiment]
    tune = ["tune", *small_run(radiographs, *arm)[1:], "--trials", "2"]
    told = tracker(*tune, "--tracking-uri", with_account(server, "bob"))
    assert told.code == 0
    refused = f"does not let the account 'bob' write to experiment '{experiment}' (403)"
    assert told.out.index(refused) < told.out.index("study begins")
    assert SECRET not in told.out + told.err
