"""Accounts of an MLflow server that asks for them, and what they may do."""

from __future__ import annotations

import base64
import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers import ADMIN, PASSWORD, MlflowServer
from tests.support.workplace import ACCOUNT

SECRET = "geheim-geheim-42"
"""The password of every account but the administrator's."""


def give_no_account(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a home folder without MLflow's file of accounts, and no account in the environment."""
    monkeypatch.setenv("HOME", str(home))
    for name in ACCOUNT:
        monkeypatch.delenv(name, raising=False)


class Accounts:
    """The administrator of a server.

    Args:
        server: It was started with `auth`.
    """

    def __init__(self, server: MlflowServer) -> None:
        self.server = server

    def add(self, name: str) -> None:
        """Make an account that may do nothing but make experiments of its own."""
        self._post("2.0/mlflow/users/create", username=name, password=SECRET)

    def make_experiment(self, name: str) -> str:
        return str(self._post("2.0/mlflow/experiments/create", name=name)["experiment_id"])

    def grant(self, name: str, experiment_id: str, permission: str) -> None:
        self._post(
            "3.0/mlflow/users/permissions/grant",
            username=name,
            resource_type="experiment",
            resource_id=experiment_id,
            permission=permission,
        )

    def runs(self, experiment_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._post(
            "2.0/mlflow/runs/search", experiment_ids=[experiment_id]
        ).get("runs", [])
        return found

    def _post(self, path: str, **body: object) -> dict[str, Any]:
        request = urllib.request.Request(f"{self.server.uri}/api/{path}", json.dumps(body).encode())
        pair = base64.b64encode(f"{ADMIN}:{PASSWORD}".encode()).decode()
        request.add_header("Authorization", f"Basic {pair}")
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=30) as answer:
            found: dict[str, Any] = json.loads(answer.read() or b"{}")
        return found


def files_with(text: str, folder: Path) -> list[str]:
    """List the files below a folder that hold a text."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [str(path.relative_to(folder)) for path in files if text.encode() in path.read_bytes()]
