"""A 401, 403 or 407: who answered so, and what it is about.

account     MLflow takes this account not, or asks for one: nothing at all can be sent or read
experiment  MLflow lets the account in, but not to this experiment
host        MLflow is called by a name that it was not told
proxy       something before MLflow answered
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

Kind = Literal["account", "experiment", "host", "proxy"]

REFUSALS = (401, 403, 407)
CODES = {"UNAUTHENTICATED": 401, "CUSTOMER_UNAUTHORIZED": 401, "PERMISSION_DENIED": 403}
"""What MLflow calls them in an answer that is JSON."""

_NO_ACCOUNT, _NO_PERMISSION, _NO_HOST = (
    "You are not authenticated",
    "Permission denied",
    "Invalid Host header",
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that refuses something.

    Attributes:
        status: 401, 403 or 407.
        text: Its body.
        path: What was asked for; empty where that is not known.
    """

    status: int
    text: str = ""
    path: str = ""

    @property
    def kind(self) -> Kind:
        """Who answered so, and what it is about."""
        code = _json(self.text).get("error_code")
        if _NO_HOST in self.text:
            return "host"
        if self.status == 401 and (_NO_ACCOUNT in self.text or CODES.get(str(code)) == 401):
            return "account"
        if self.status == 403 and (self.text.startswith(_NO_PERMISSION) or CODES.get(str(code)) == 403):
            return "experiment"
        return "proxy"


def _json(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
