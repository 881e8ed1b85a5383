"""A password that stands in an address is in nothing that a command prints or writes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.accounts import files_with
from tests.support.command import MODELS, Outcome, small_run
from tests.support.servers import HOST, MlflowServer, free_port
from tracker.errors import TrackerError

SECRET = "geheim-geheim-77"

Said = Callable[..., str]


@pytest.fixture(autouse=True)
def hook(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the interpreter's hook back after each test."""
    monkeypatch.setattr("sys.excepthook", sys.excepthook)


@pytest.fixture
def said(tracker: Callable[..., Outcome], capsys: pytest.CaptureFixture[str]) -> Said:
    """Call a command, and return all that is printed; with `--debug`, that is a traceback."""

    def call(*arguments: str) -> str:
        try:
            outcome = tracker(*arguments)
        except TrackerError as error:
            # As the interpreter does at the end of a process.
            sys.excepthook(type(error), error, error.__traceback__)
            return "".join(capsys.readouterr())
        return outcome.out + outcome.err

    return call


def with_password(address: str) -> str:
    return address.replace("://", f"://anna:{SECRET}@")


@pytest.mark.slow
def test_a_server_s_password_is_neither_printed_nor_written(
    said: Said,
    radiographs: Path,
    workplace: Path,
    shared_cache: Path,
    mlflow_server: MlflowServer,
    experiment: str,
) -> None:
    server = ["--tracking-uri", with_password(mlflow_server.uri)]
    of = ["--experiment", experiment]
    run = small_run(radiographs, "--model", MODELS[0], "--mode", "feature-extractor", *of)
    for command in (
        [*run, *server],
        [*run, *server, "--debug"],
        ["tune", *run[1:], *server, "--trials", "1"],
        ["compare", *server, *of, "--log"],
        ["compare", *server, "--experiment", "of no name"],
        ["ui", *server],
        ["ui", *server, "--experiment", "of no name"],
        ["sync", "--all", *server],
        ["status"],
        ["doctor", *server],
        ["doctor", "--json", *server],
    ):
        text = said(*command)
        assert text
        assert SECRET not in text, command
    assert "anna" not in "".join(map(str, workplace.rglob("*")))
    for folder in (workplace, shared_cache, mlflow_server.folder):
        assert not files_with(SECRET, folder)


@pytest.mark.parametrize("address", [f"ftp://{HOST}/runs", f"http://{HOST}:nine"])
def test_a_password_is_in_no_error_and_in_no_traceback(
    address: str, said: Said, workplace: Path, radiographs: Path
) -> None:
    typed = with_password(address)
    run = small_run(radiographs, "--model", MODELS[0], "--mode", "feature-extractor", "--dry-run")
    for command in (
        ["compare", "--experiment", "a", "--tracking-uri", typed],
        [*run, "--weights", typed],
    ):
        for debug in ([], ["--debug"]):
            assert SECRET not in said(*debug, *command), (debug, command)
    assert not files_with(SECRET, workplace)


@pytest.mark.parametrize(
    "line",
    [
        "tracking_uri: [{}]",
        "tracking_url: {}",
        "study_storage: {{a: {}}}",
        "tracking_uri: {}: x: [",
        "epochs: {}",
        "model: {}",
        "data: {}",
        "weights: {}",
    ],
)
def test_a_password_in_a_file_of_options_is_in_no_error(
    line: str, said: Said, workplace: Path, tmp_path: Path
) -> None:
    file = tmp_path / "options.yaml"
    file.write_text(line.format(with_password("http://server:5000")))
    for debug in ([], ["--debug"]):
        assert SECRET not in said(*debug, "run", "--config", str(file), "--dry-run")


def test_the_secrets_of_a_mirror_and_of_a_proxy_are_in_no_error(
    said: Said, workplace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("tracker.data.archive.PAUSES", (), raising=False)
    for mirror in (f"http://{HOST}:{free_port()}/a.zip?signature={SECRET}", with_password("http://a/b.zip")):
        monkeypatch.setenv("TRACKER_MONTGOMERY_URL", mirror)
        text = said("run", "--dataset", "montgomery", "--dry-run")
        assert "TRACKER_MONTGOMERY_URL" in text
        assert SECRET not in text
    monkeypatch.setenv("HTTP_PROXY", with_password(f"http://{HOST}:{free_port()}"))
    text = said("doctor", "--tracking-uri", "http://server.invalid:5000")
    assert "through the proxy" in " ".join(text.split())
    assert SECRET not in text
    assert not files_with(SECRET, tmp_path)
