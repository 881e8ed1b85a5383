"""Libraries find a home, caches and a number of threads also where a container names none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from requests.utils import get_environ_proxies

from tests.support.containers import container, without
from tests.support.disks import missing_for_small_disk, small_disk
from tracker.io import process_environment
from tracker.io.process_environment import (
    PROXIES,
    ask_this_machine_directly,
    give_temporary_folder,
    prepare_process,
)

SET = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "MPLCONFIGDIR", "OMP_NUM_THREADS", "TRACKER_CACHE")
_PROGRAM = """
import json, os
from tracker.io import process_environment
from tracker.io.process_environment import give_temporary_folder, prepare_process
prepare_process()
print(json.dumps(dict(os.environ)))
"""
Prepared = Callable[..., dict[str, str]]


@pytest.fixture
def prepared(tmp_path: Path) -> Prepared:
    """Prepare a process of a user without a name, and return what it then has of these variables."""

    def prepare(**given: str) -> dict[str, str]:
        program = container([sys.executable, "-c", _PROGRAM])
        answer = subprocess.run(
            program, env=without(*SET) | given, capture_output=True, text=True, check=True
        )
        return {name: value for name, value in json.loads(answer.stdout).items() if name in SET}

    return prepare


@pytest.fixture
def locked_home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o500)
    return home


def test_a_number_without_a_name_has_the_root_for_its_home(prepared: Prepared) -> None:
    assert prepared()["HOME"] == "/"


@pytest.mark.parametrize("mode", [0o500, 0o000])
def test_caches_of_libraries_go_where_ours_goes_if_the_home_cannot_be_written(
    prepared: Prepared, tmp_path: Path, locked_home: Path, mode: int
) -> None:
    locked_home.chmod(mode)
    cache = str(tmp_path / "cache")
    found = prepared(HOME=str(locked_home), TRACKER_CACHE=cache)
    assert found == {
        "HOME": str(locked_home),
        "TRACKER_CACHE": cache,
        "XDG_CACHE_HOME": cache,
        "MPLCONFIGDIR": f"{cache}/matplotlib",
    }


def test_what_a_user_has_set_stays(prepared: Prepared, tmp_path: Path, locked_home: Path) -> None:
    given = {"HOME": str(locked_home), "TRACKER_CACHE": str(tmp_path / "cache")}
    given |= {
        "XDG_CACHE_HOME": f"{tmp_path}/mine",
        "MPLCONFIGDIR": f"{tmp_path}/mine",
        "OMP_NUM_THREADS": "3",
    }
    assert prepared(**given) == given
    given = {"HOME": str(tmp_path), "TRACKER_CACHE": str(tmp_path / "cache")}
    assert prepared(**given) == given, "this home can be written"


@pytest.mark.parametrize("place", ["home/cache", "~nobody-of-this-name/cache"])
def test_a_cache_that_cannot_be_written_is_nobodys(
    prepared: Prepared, tmp_path: Path, locked_home: Path, place: str
) -> None:
    place = place if place.startswith("~") else str(tmp_path / place)
    given = {"HOME": str(locked_home), "TRACKER_CACHE": place}
    assert prepared(**given) == given


def test_no_more_threads_than_a_container_has_time_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "")
    monkeypatch.delenv("OMP_NUM_THREADS")
    for module in ("parallel", "process_environment"):
        monkeypatch.setattr(f"tracker.io.{module}.allowed_cores", lambda: 16)
    monkeypatch.setattr("tracker.io.parallel.cpu_limit", lambda: 64)
    prepare_process()
    assert "OMP_NUM_THREADS" not in os.environ
    monkeypatch.setattr("tracker.io.parallel.cpu_limit", lambda: 2)
    prepare_process()
    assert os.environ.pop("OMP_NUM_THREADS") == "2"


@pytest.mark.parametrize(
    ("given", "spins"),
    [({}, "1000"), ({"GOMP_SPINCOUNT": "5"}, "5"), ({"OMP_WAIT_POLICY": "active"}, None)],
)
def test_threads_that_wait_leave_their_core_soon_unless_a_user_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], spins: str | None
) -> None:
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    prepare_process()
    assert os.environ.get("GOMP_SPINCOUNT") == spins


@pytest.mark.parametrize(
    ("given", "then"),
    [
        ({"HTTP_PROXY": "http://proxy:3128"}, "localhost,127.0.0.1,::1,127.0.0.0/8"),
        (
            {"https_proxy": "http://proxy:3128", "NO_PROXY": "intern, localhost"},
            "intern,localhost,127.0.0.1,::1,127.0.0.0/8",
        ),
        ({"ALL_PROXY": "socks5://proxy:1080", "no_proxy": "*", "NO_PROXY": "*"}, "*"),
        ({}, None),
    ],
)
def test_this_machine_is_asked_without_a_proxy(
    given: dict[str, str], then: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*PROXIES, "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    for _ in range(2):
        ask_this_machine_directly()
        assert {os.environ.get("no_proxy"), os.environ.get("NO_PROXY")} == {then}
    # What the standard library and the library of MLflow's client make of it.
    if given:
        assert urllib.request.proxy_bypass("127.0.0.1")
        assert not get_environ_proxies("http://localhost:5000")
        assert not get_environ_proxies("http://[::1]:5000")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The cache's folder of temporary files, of a process that has not looked for its own yet."""
    monkeypatch.setenv("TRACKER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    # Both are put back.
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    give_temporary_folder.cache_clear()
    yield tmp_path / "cache" / "temporary"
    give_temporary_folder.cache_clear()


def test_temporary_files_stay_where_there_is_room_for_them(temporary: Path, tmp_path: Path) -> None:
    assert give_temporary_folder() == ""
    assert tempfile.gettempdir() == str(tmp_path)
    assert not temporary.exists()


def test_where_tmpdir_cannot_be_written_temporary_files_go_to_the_cache(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", "/proc/nowhere")
    assert "/proc/nowhere, which TMPDIR names, cannot take temporary files" in give_temporary_folder()
    assert tempfile.gettempdir() == os.environ["TMPDIR"] == str(temporary)


@pytest.mark.skipif(bool(missing_for_small_disk()), reason=missing_for_small_disk())
@pytest.mark.parametrize("full", [False, True], ids=["small", "full"])
def test_where_tmpdir_is_small_or_full_temporary_files_go_to_the_cache(
    temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full: bool
) -> None:
    with small_disk(tmp_path / "disk", mib=8) as disk:
        if full:
            disk.fill()
        monkeypatch.setenv("TMPDIR", str(disk.folder))
        assert f"they go to {temporary}" in give_temporary_folder()
        assert tempfile.gettempdir() == str(temporary)


def test_where_the_cache_has_no_room_either_nothing_is_moved(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_environment, "LEAST_TEMPORARY", 2**62)
    assert give_temporary_folder() == ""
    assert tempfile.gettempdir() != str(temporary)
