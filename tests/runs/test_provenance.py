"""Where a run comes from, as MLflow's columns show it."""

from __future__ import annotations

import getpass
import os
import sys

import pytest

from tracker.runs.provenance import origin_tags


@pytest.mark.parametrize(
    ("program", "source"),
    [
        ("/usr/local/bin/tracker", "tracker"),
        ("/site-packages/tracker/__main__.py", "tracker"),
        ("/home/me/study.py", "study.py"),
        ("", "python"),
    ],
)
def test_the_source_is_what_was_started(program: str, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [program, "run"])
    tags = origin_tags()
    assert (tags["mlflow.source.name"], tags["mlflow.source.type"]) == (source, "LOCAL")


@pytest.mark.parametrize("problem", [KeyError("uid not found"), OSError("no user name")])
def test_a_user_without_a_name_is_a_number(problem: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise problem

    monkeypatch.setenv("LOGNAME", "radiologist")
    assert origin_tags()["mlflow.user"] == "radiologist"
    monkeypatch.setattr(getpass, "getuser", nobody)
    assert origin_tags()["mlflow.user"] == f"uid {os.getuid()}"
