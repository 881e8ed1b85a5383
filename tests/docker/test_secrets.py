"""`docker/secrets` makes the passwords of the service, once, on whatever computer it is called."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.compose_file import EXAMPLE, SECRETS, settings_in
from tests.support.repository import DOCKER, ROOT

# What the script may call, and what each does without options of GNU alone.
TOOLS = ("base64", "chmod", "cp", "dirname", "grep", "head", "ls", "mktemp", "mv", "rm", "tr")
PLAIN = """#!/bin/sh
for word in "$@"; do
    case $word in --?*) echo "$0: no such option: $word" >&2; exit 64 ;; esac
done
exec {tool} "$@"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Provide a folder as docker/ is after a clone."""
    made = tmp_path / "it's here" / "docker"
    made.mkdir(parents=True)
    for name in ("secrets", ".env.example"):
        shutil.copy(DOCKER / name, made / name)
    return made


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """Provide a folder with no more than the tools that any computer has."""
    made = tmp_path / "tools"
    made.mkdir()
    for tool in TOOLS:
        put(made / tool, PLAIN.format(tool=shutil.which(tool)))
    put(made / "bash", f'#!/bin/sh\nexec {shutil.which("bash")} "$@"\n')
    return made


def put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def call(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [folder / "secrets"],
        cwd=folder.parent,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def values(folder: Path) -> dict[str, str]:
    return settings_in(folder / ".env")


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"secrets", ".env.example"}


def test_every_password_is_strong_and_another(folder: Path) -> None:
    done = call(folder)
    assert (done.returncode, done.stderr) == (0, "")
    made = values(folder)
    assert sorted(made) == sorted(SECRETS)
    assert len(set(made.values())) == len(made) > 5
    # 24 bytes; nothing that Compose, a shell or an address would read as something else.
    assert [value for value in made.values() if not re.fullmatch(r"[A-Za-z0-9_-]{32}", value)] == []
    assert not [value for value in made.values() if value in done.stdout]


def test_only_who_made_them_can_read_them(folder: Path) -> None:
    call(folder)
    assert (folder / ".env").stat().st_mode & 0o777 == 0o600
    assert left(folder) == {".env"}


def test_what_else_the_example_says_is_kept(folder: Path) -> None:
    call(folder)
    emptied = re.sub(r"(?m)^([A-Z]\w*=).*$", r"\1", (folder / ".env").read_text(encoding="utf-8"))
    assert emptied == EXAMPLE


def test_two_clones_have_different_ones(folder: Path) -> None:
    call(folder)
    first = values(folder)
    (folder / ".env").unlink()
    call(folder)
    assert not set(first.values()) & set(values(folder).values())


def test_one_that_is_there_stays(folder: Path) -> None:
    call(folder)
    before = (folder / ".env").read_bytes()
    done = call(folder)
    assert done.returncode == 0
    assert "stays" in done.stdout
    assert (folder / ".env").read_bytes() == before
    assert left(folder) == {".env"}


def test_one_that_is_older_is_given_what_it_lacks(folder: Path) -> None:
    # Somebody's, with a setting and an end without a line feed of its own; one line was left empty.
    own = "# ours\nPOSTGRES_PASSWORD=chosen-by-us\nMLFLOW_PORT=5055\nOURS=\nTRACKER_PASSWORD=\nDATA=/scans"
    (folder / ".env").write_text(own, encoding="utf-8")
    done = call(folder)
    lines = (folder / ".env").read_text(encoding="utf-8").splitlines()
    kept = own.splitlines()
    assert [line for line in lines[: len(kept)] if not line.startswith("TRACKER")] == [
        line for line in kept if not line.startswith("TRACKER")
    ]
    lacked = [name for name in SECRETS if name != "POSTGRES_PASSWORD"]
    assert sorted(re.findall(r"(?m)^  (\w+)$", done.stdout)) == sorted(lacked)
    assert [name for name in lacked if not re.fullmatch(r"[\w-]{32}", values(folder)[name])] == []
    assert len(lines) == len(kept) + len(lacked) - 1


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666, 0o755])
@pytest.mark.parametrize("lacking", [True, False])
def test_one_that_others_may_read_becomes_its_owners_alone(folder: Path, mode: int, lacking: bool) -> None:
    # As after `cp .env.example .env`.
    if lacking:
        shutil.copy(folder / ".env.example", folder / ".env")
    else:
        call(folder)
    (folder / ".env").chmod(mode)
    done = call(folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "now it is its owner's alone" in done.stdout
    assert (folder / ".env").stat().st_mode & 0o777 == mode & 0o700
    assert "owner" not in call(folder).stdout
    assert sorted(values(folder)) == sorted(SECRETS)


def test_it_needs_no_more_than_any_computer_has(folder: Path, tools: Path) -> None:
    done = call(folder, PATH=str(tools))
    assert (done.returncode, done.stderr) == (0, "")
    (folder / ".env").write_text("POSTGRES_PASSWORD=chosen-by-us\n", encoding="utf-8")
    done = call(folder, PATH=str(tools))
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(values(folder)) == sorted(SECRETS)


def test_it_is_written_for_the_bash_of_macos() -> None:
    # Version 3.2: no associative arrays, no mapfile, no ${x,,}, no |&, no &>>.
    script = (DOCKER / "secrets").read_text(encoding="utf-8")
    assert (
        re.findall(r"declare -A|mapfile|readarray|\$\{\w+(?:,|\^)|\|&|&>>|local -n|printf -v", script) == []
    )


@pytest.mark.parametrize("tool", ["head", "base64", "tr", "mv"])
def test_a_tool_that_fails_leaves_nothing(folder: Path, tools: Path, tool: str) -> None:
    for failing in ("#!/bin/sh\nexit 1\n", "#!/bin/sh\ncat >/dev/null\nexit 1\n"):
        put(tools / tool, failing)
        assert call(folder, PATH=f"{tools}{os.pathsep}{os.environ['PATH']}").returncode != 0
        assert left(folder) == set()


def test_no_random_bytes_are_no_password(folder: Path, tools: Path) -> None:
    put(tools / "head", "#!/bin/sh\nprintf ''\n")
    assert call(folder, PATH=f"{tools}{os.pathsep}{os.environ['PATH']}").returncode != 0
    assert left(folder) == set()


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_script_that_is_cut_off_leaves_no_half(folder: Path, tools: Path, kind: signal.Signals) -> None:
    at_third = (
        f'#!/bin/sh\necho >>"{folder}/../calls"\n'
        f'[ "$(wc -l <"{folder}/../calls")" -lt 3 ] || sleep 60\nexec {shutil.which("base64")}\n'
    )
    put(tools / "base64", at_third)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    with subprocess.Popen(
        [folder / "secrets"],
        env=os.environ | {"PATH": path},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    ) as script:
        calls = folder.parent / "calls"
        until = time.monotonic() + 30
        while not calls.exists() or len(calls.read_text().splitlines()) < 3:
            assert time.monotonic() < until
            time.sleep(0.01)
        os.killpg(script.pid, kind)
        assert script.wait(timeout=30) != 0
    assert ".env" not in left(folder)
    if kind != signal.SIGKILL:
        assert left(folder) == set()
    assert call(folder).returncode == 0
    assert sorted(values(folder)) == sorted(SECRETS)


def test_what_it_writes_is_ignored_by_git() -> None:
    def ignored(name: str) -> bool:
        asked = subprocess.run(["git", "check-ignore", "--quiet", f"docker/{name}"], cwd=ROOT, check=False)
        return asked.returncode == 0

    assert [name for name in (".env", ".env.x9aTqL", "backups/a", "data/a") if not ignored(name)] == []
    assert not ignored(".env.example")


def test_what_containers_read_of_a_clone_under_a_strict_umask_can_be_read(folder: Path) -> None:
    files = [folder / "postgres/databases.sql", folder / "caddy/Caddyfile"]
    for file in files:
        file.parent.mkdir(mode=0o700)
        put(file, "-- nothing secret\n")
        file.chmod(0o600)
    assert call(folder).returncode == 0
    assert [oct(file.stat().st_mode & 0o777) for file in files] == ["0o644", "0o644"]
    assert (folder / "caddy").stat().st_mode & 0o005 == 0o005
