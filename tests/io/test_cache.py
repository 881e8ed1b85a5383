from __future__ import annotations

import errno
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tracker.errors import DataError
from tracker.io.cache import atomic_folder, cache_dir, locked, require_space, writing_into


def test_the_cache_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRACKER_CACHE", str(tmp_path))
    assert cache_dir() == tmp_path


def test_without_a_word_the_cache_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TRACKER_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_dir().is_relative_to(tmp_path)
    assert cache_dir().name == "tracker"


def test_a_folder_exists_only_when_it_is_complete(tmp_path: Path) -> None:
    final = tmp_path / "deep" / "final"
    with atomic_folder(final) as folder:
        (folder / "a").write_text("a")
        assert not final.exists()
    assert (final / "a").read_text() == "a"
    assert [path.name for path in final.parent.iterdir()] == ["final"]


def test_nothing_is_left_of_a_folder_that_failed(tmp_path: Path) -> None:
    def fail() -> None:
        with atomic_folder(tmp_path / "final") as folder:
            (folder / "a").write_text("a")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_the_first_of_two_folders_stays(tmp_path: Path) -> None:
    final = tmp_path / "final"
    with atomic_folder(final) as slow:
        (slow / "who").write_text("slow")
        with atomic_folder(final) as quick:
            (quick / "who").write_text("quick")
    assert (final / "who").read_text() == "quick"
    assert [path.name for path in tmp_path.iterdir()] == ["final"]


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    final = tmp_path / "final"
    killed = textwrap.dedent(f"""
        import os, signal
        from pathlib import Path
        from tracker.io.cache import atomic_folder
        with atomic_folder(Path({str(final)!r})) as folder:
            (folder / "half").write_text("half")
            os.kill(os.getpid(), signal.SIGKILL)
    """)
    subprocess.run([sys.executable, "-c", killed], check=False)
    assert len(list(tmp_path.iterdir())) == 1
    with atomic_folder(final):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["final"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EACCES])
def test_what_is_written_into_the_cache_is_told_of_its_disk(tmp_path: Path, code: int) -> None:
    with (
        pytest.raises(DataError, match=r"must be writable.*as the system says.*TRACKER_CACHE"),
        writing_into(tmp_path / "part"),
    ):
        raise OSError(code, "as the system says")


def test_a_lock_keeps_another_process_waiting(tmp_path: Path) -> None:
    script = textwrap.dedent(f"""
        from pathlib import Path
        from tracker.io.cache import locked
        print("asking", flush=True)
        with locked(Path({str(tmp_path / "thing")!r})):
            print(Path({str(tmp_path / "order")!r}).read_text())
    """)
    with locked(tmp_path / "thing"):
        other = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        assert other.stdout is not None
        assert other.stdout.readline() == "asking\n"
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(timeout=0.3)
        (tmp_path / "order").write_text("after us")
    assert other.communicate(timeout=30)[0] == "after us\n"
    assert other.returncode == 0


def test_too_little_space_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"decoding needs .* GB free in .*TRACKER_CACHE"):
        require_space(tmp_path / "not" / "there" / "yet", 10**18, "decoding")


def test_enough_space_is_no_error(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    require_space(tmp_path, free // 2, "decoding")
    with pytest.raises(DataError):
        require_space(tmp_path, 2 * free, "decoding")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
def test_a_full_or_closed_disk_is_an_error_in_plain_words(tmp_path: Path, code: int) -> None:
    def write() -> None:
        with atomic_folder(tmp_path / "final"):
            raise OSError(code, "as the system says")

    with pytest.raises(DataError, match="as the system says"):
        write()
    assert list(tmp_path.iterdir()) == []


def test_other_system_errors_are_not_hidden(tmp_path: Path) -> None:
    def write() -> None:
        with atomic_folder(tmp_path / "final"):
            raise OSError(errno.EIO, "input/output error")

    with pytest.raises(OSError, match="input/output"):
        write()
