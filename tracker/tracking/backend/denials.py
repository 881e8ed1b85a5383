"""What a user is told where a server refuses: what is the matter, and who has to do what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from tracker.addresses import without_accounts
from tracker.tracking.backend.account import ADDRESS, FILE, PASSWORD, TOKEN, USERNAME, Given, given_for
from tracker.tracking.backend.causes import without_proxy
from tracker.tracking.backend.replies import Reply

Permission = Literal["READ", "EDIT"]
"""What MLflow calls it: READ to compare, EDIT to send runs."""

_BOTH = f"{USERNAME} and {PASSWORD}"
_LONGEST = 100
_TO_DO = {"READ": "read", "EDIT": "write to"}
_MARKUP = re.compile(r"<(script|style).*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Denial:
    """Why a server refuses.

    Attributes:
        problem: What it does, as a sentence without its subject, the server.
        advice: What to do, as a sentence.
    """

    problem: str
    advice: str


def denial_of(
    reply: Reply, uri: str, *, experiment: str = "", permission: Permission = "READ", recorded: str = ""
) -> Denial:
    """Say why a server refuses, and who has to do what.

    Args:
        reply: Its answer.
        uri: Its address, as `resolve_uri` gives it.
        experiment: The experiment that was asked for; empty: none in particular.
        permission: What is needed there.
        recorded: The address as an earlier version recorded it.
    """
    given = given_for(uri, recorded)
    match reply.kind:
        case "account":
            return _of_account(given)
        case "experiment":
            return _of_experiment(reply, _called(given), experiment, permission)
        case "host":
            return _of_host(urlsplit(uri).netloc)
        case "proxy":
            return _of_proxy(reply, without_proxy(uri))


def _of_account(given: Given) -> Denial:
    if given.token:
        return Denial(f"does not take the token in {TOKEN} (401)", f"Set {_BOTH} to an account of it.")
    if given.whole:
        return Denial(
            f"does not take the account {given.account.user!r} (401): the name is unknown there, or the "
            "password is another one",
            f"Mend {given.place}." if given.place != ADDRESS else f"Mend it in the address, or set {_BOTH}.",
        )
    if given.account:
        name = f"its name {given.account.user!r}" if given.account.user else "its password"
        missing = PASSWORD if given.account.user else USERNAME
        return Denial(f"asks for an account (401), and only {name} is given", f"Set {missing}, too.")
    return Denial("asks for an account (401), and none is given", f"Set {_BOTH}, or write them into {FILE}.")


def _of_experiment(reply: Reply, account: str, experiment: str, permission: Permission) -> Denial:
    grant = "Have an administrator of the server"
    if reply.path.rstrip("/").endswith("experiments/create"):
        new = f"experiment {experiment!r}" if experiment else "experiments"
        return Denial(
            f"does not let {account} make {new} (403)",
            f"{grant} make it and grant EDIT on it, or name another one: --experiment.",
        )
    where = f"experiment {experiment!r}" if experiment else "its experiments"
    return Denial(
        f"does not let {account} {_TO_DO[permission]} {where} (403)",
        f"{grant}, or whoever manages the experiment, grant {permission} on it.",
    )


def _of_host(name: str) -> Denial:
    return Denial(
        f"does not know itself by the name {name} (403, Host header)",
        f"Have {name} added to MLFLOW_SERVER_ALLOWED_HOSTS where it runs: a list of its names, each with its "
        "port, separated by commas.",
    )


def _of_proxy(reply: Reply, directly: str) -> Denial:
    if reply.status == 407:
        return Denial(
            "is behind a proxy that asks for an account of its own (407)",
            "Put it into HTTP_PROXY and HTTPS_PROXY (http://NAME:PASSWORD@PROXY), or set NO_PROXY.",
        )
    text = without_accounts(" ".join(_MARKUP.sub(" ", reply.text).split()))
    said = f": {text[:_LONGEST]}{' ...' if len(text) > _LONGEST else ''}" if text else ""
    account = f" If it takes an account, {_BOTH} are shown to it." if reply.status == 401 else ""
    return Denial(
        f"is behind something else that answers {reply.status}, a proxy or firewall, not MLflow{said}",
        f"Ask whoever runs it.{account}{directly and f' Or {directly}.'}",
    )


def _called(given: Given) -> str:
    return f"the account {given.account.user!r}" if given.whole else "this account"
