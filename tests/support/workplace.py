"""The command line as a user meets it: a folder, images in it, and what is printed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from tests.support.command import Outcome, Study, call_main

ACCOUNT = ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Compute on one core, here and in programs that are started from here.

    Tiny images gain nothing from a second thread, and waiting for it costs much on a busy machine. The number
    of threads is also the same everywhere then, and with it the last digits of sums.
    """
    before, threads = os.environ.get("OMP_NUM_THREADS"), torch.get_num_threads()
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    os.environ.pop("OMP_NUM_THREADS") if before is None else os.environ.update(OMP_NUM_THREADS=before)


@pytest.fixture
def workplace(tmp_path: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, with nothing of the user's environment."""
    folder = tmp_path / "workplace"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TRACKER_CACHE", str(shared_cache))
    for name in ("MLFLOW_TRACKING_URI", "TRACKER_HOME", "TRACKER_STUDY_STORAGE", *ACCOUNT):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def tracker(workplace: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """`tracker ARGUMENTS` in this process, in the workplace."""
    return calling(capsys)


def calling(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Return what calls the command line in this process, in whatever folder is the current one."""

    def call(*arguments: str) -> Outcome:
        code = call_main(*arguments)
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory, radiographs: Path, shared_cache: Path) -> Study:
    """One small study, made once: two networks, two modes, two seeds, on the embedded store."""
    folder = tmp_path_factory.mktemp("study")
    with working_in(folder, shared_cache):
        return Study.make(folder, radiographs)


@contextmanager
def working_in(folder: Path, cache: Path) -> Iterator[None]:
    """Have a folder be the current one as long as the block lasts, with nothing of the user's environment."""
    before = Path.cwd()
    settings = {"TRACKER_CACHE": str(cache), "MLFLOW_TRACKING_URI": "", "TRACKER_HOME": ""}
    kept = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
        for name, value in kept.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@pytest.fixture(autouse=True)
def argv_stays() -> Iterator[None]:
    before = list(sys.argv)
    yield
    sys.argv = before


def _place() -> dict[str, str]:
    """Return what tells commands where to read and write."""
    told = {
        name: value for name, value in os.environ.items() if name.startswith(("MLFLOW_TRACKING_", "TRACKER_"))
    }
    return told | {"PWD": str(Path.cwd())}


@pytest.fixture(autouse=True)
def place_stays() -> Iterator[None]:
    """Fail the test that leaves another store, cache or folder to those that come after it in this process.

    `mlflow.set_tracking_uri` is the usual one: it writes its address into the environment. Which tests run in
    one process is chance, so the ones that fail by it are others each time.
    """
    folder, before = Path.cwd(), _place()
    yield
    after = _place()
    if after != before:
        os.chdir(folder)
        for name in after.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)
        pytest.fail(f"must leave the place as it was: {sorted(after.items() ^ before.items())}")
