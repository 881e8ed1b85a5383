"""The account that MLflow's client shows to a server: which it is, and where it was given.

An account that was typed in an address is kept for this process alone. It is never a part of an address that
is recorded or printed.
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from tracker.addresses import Account, split_account, split_held
from tracker.errors import TrackingError
from tracker.io.process_environment import variables

USERNAME, PASSWORD = "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"
TOKEN = "MLFLOW_TRACKING_TOKEN"
FILE = "~/.mlflow/credentials"
ADDRESS = "the address"

_SECTION = "mlflow"
_KEPT: dict[str, Account] = {}


@dataclass(frozen=True, slots=True)
class Given:
    """What a server is shown.

    Attributes:
        account: The name and the password, of which one or both may be missing.
        place: Where it was given: in the address, in variables, in MLflow's file.
        token: Whether there is no account, but a token.
    """

    account: Account = field(default_factory=Account)
    place: str = ""
    token: bool = False

    @property
    def whole(self) -> bool:
        """Whether both the name and the password are there: MLflow's client shows nothing otherwise."""
        return bool(self.account.user and self.account.password)


def keep_account(uri: str, account: Account) -> None:
    """Remember the account that was typed in an address; one typed without it has none any more.

    Args:
        uri: The address without it.
        account: The account.
    """
    _KEPT.pop(uri, None)
    if account:
        _KEPT[uri] = account


def forget_accounts() -> None:
    """Forget what was typed in addresses: a command begins that names none."""
    _KEPT.clear()


def given_for(uri: str, recorded: str = "") -> Given:
    """Return what MLflow's client shows to a server; what was typed in the address comes first.

    Args:
        uri: As `resolve_uri` gives it.
        recorded: The address as an earlier version recorded it: its account counts where no other is given.

    Raises:
        TrackingError: MLflow's file of accounts cannot be read.
    """
    everywhere, place = _given_everywhere()
    if kept := _KEPT.get(uri):
        return Given(Account(kept.user or everywhere.user, kept.password or everywhere.password), ADDRESS)
    if everywhere:
        return Given(everywhere, place)
    if os.environ.get(TOKEN):
        return Given(token=True)
    before = split_account(recorded)[1]
    return Given(before, ADDRESS) if before else Given()


@contextmanager
def showing_account(uri: str, recorded: str = "") -> Iterator[None]:
    """Have MLflow's client show the account of an address, as long as the block lasts.

    MLflow reads the account from the environment at each request. In an address, it would be a part of what
    MLflow says about every failure.

    Args:
        uri: As `resolve_uri` gives it.
        recorded: The address as an earlier version recorded it.

    Raises:
        TrackingError: MLflow's file of accounts cannot be read.
    """
    given = given_for(uri, recorded)
    shown = {USERNAME: given.account.user, PASSWORD: given.account.password}
    if given.place != ADDRESS:
        yield
        return
    with variables(shown):
        yield


def with_account(uri: str, recorded: str = "") -> str:
    """Return an address with the account that was typed in it: for another process, or a database's driver.

    Args:
        uri: As `resolve_uri` gives it.
        recorded: The address as an earlier version recorded it.
    """
    account = _KEPT.get(uri) or split_account(recorded)[1]
    if not account:
        return uri
    scheme, _, place = uri.partition("://")
    named, host = split_held(place)
    held = quote(account.user, safe="") + (f":{quote(account.password, safe='')}" if account.password else "")
    return f"{scheme}://{held or named}@{host}"


def _given_everywhere() -> tuple[Account, str]:
    """Return the account for every server, as MLflow finds it: variables before its file."""
    in_file = _in_file()
    user, password = os.environ.get(USERNAME, ""), os.environ.get(PASSWORD, "")
    account = Account(user or in_file.user, password or in_file.password)
    return account, f"{USERNAME} and {PASSWORD}" if user or password else FILE


def _in_file() -> Account:
    parser = configparser.ConfigParser()
    try:
        parser.read(Path(FILE).expanduser())
        section = dict(parser[_SECTION]) if parser.has_section(_SECTION) else {}
        return Account(section.get(USERNAME.lower(), ""), section.get(PASSWORD.lower(), ""))
    except (configparser.Error, UnicodeDecodeError):
        # What the parser says has the line in it, and that can be the password.
        raise TrackingError(
            f"MLflow's file of accounts ({FILE}) must have a heading [{_SECTION}] and under it "
            f"{USERNAME.lower()} = NAME and {PASSWORD.lower()} = PASSWORD",
            but="it cannot be read",
            do="Mend it; a % in a password is written %% there.",
        ) from None
