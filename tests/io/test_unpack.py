from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tracker.errors import DataError
from tracker.io.progress import silent
from tracker.io.unpack import unpack

Entry = tuple[str | zipfile.ZipInfo, bytes]
MakeZip = Callable[..., Path]


@pytest.fixture
def make_zip(tmp_path: Path) -> MakeZip:
    def make(*entries: Entry, compression: int = zipfile.ZIP_DEFLATED) -> Path:
        path = tmp_path / "set.zip"
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, content in entries:
                archive.writestr(name, content)
        return path

    return make


def special(name: str, kind: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (kind | 0o644) << 16
    return entry


def test_files_and_folders_are_unpacked(make_zip: MakeZip, tmp_path: Path) -> None:
    archive = make_zip(("set/images/a.png", b"A"), ("set/empty/", b""), ("set/b.txt", b"B" * 9999))
    told: list[tuple[int, int]] = []
    unpack(archive, tmp_path / "out", progress=lambda done, total, what: told.append((done, total)))
    assert (tmp_path / "out/set/images/a.png").read_bytes() == b"A"
    assert (tmp_path / "out/set/b.txt").read_bytes() == b"B" * 9999
    assert (tmp_path / "out/set/empty").is_dir()
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_what_macs_add_is_left_out(make_zip: MakeZip, tmp_path: Path) -> None:
    archive = make_zip(("set/a.png", b"A"), ("__MACOSX/set/._a.png", b"x"), ("set/.DS_Store", b"x"))
    unpack(archive, tmp_path / "out", progress=silent)
    assert [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()] == ["a.png"]


@pytest.mark.parametrize(
    ("entry", "danger"),
    [
        ("/etc/evil", "an absolute path"),
        ("../evil", "a path that leads out of the folder"),
        ("set/../../evil", "a path that leads out of the folder"),
        ("..\\evil", "a path that leads out of the folder"),
        ("\\\\server\\evil", "an absolute path"),
        ("C:/evil", "a path with a drive letter"),
        ("c:\\evil", "a path with a drive letter"),
        (special("set/evil", stat.S_IFLNK), "a link"),
        (special("set/evil", stat.S_IFIFO), "neither file nor folder"),
    ],
)
def test_entries_that_lead_elsewhere_are_refused_by_name(
    make_zip: MakeZip, tmp_path: Path, entry: str | zipfile.ZipInfo, danger: str
) -> None:
    archive = make_zip(("set/good.png", b"A"), (entry, b"/etc/passwd"))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DataError) as caught:
        unpack(archive, tmp_path / "out", progress=silent)
    assert len(caught.value.details) == 1
    assert caught.value.details[0].endswith(f"evil: {danger}")
    assert sorted(tmp_path.rglob("*")) == before


def test_an_encrypted_archive_is_refused(make_zip: MakeZip, tmp_path: Path) -> None:
    archive = make_zip(("a.png", b"A"), compression=zipfile.ZIP_STORED)
    content = bytearray(archive.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    archive.write_bytes(content)
    with pytest.raises(DataError, match=r"a\.png: encrypted"):
        unpack(archive, tmp_path / "out", progress=silent)


def test_an_archive_that_grows_without_measure_is_refused(make_zip: MakeZip, tmp_path: Path) -> None:
    archive = make_zip(("zeros", bytes(80 * 2**20)))
    with pytest.raises(DataError, match="must not grow more than 20 times"):
        unpack(archive, tmp_path / "out", progress=silent)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("damage", ["cut", "flipped", "no zip"])
def test_a_damaged_archive_leaves_nothing(make_zip: MakeZip, tmp_path: Path, damage: str) -> None:
    archive = make_zip(("first", b"1"), ("a.png", bytes(range(256)) * 40), compression=zipfile.ZIP_STORED)
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 0xFF
    archive.write_bytes({"cut": content[:500], "flipped": content, "no zip": b"<html>404</html>"}[damage])
    with pytest.raises(DataError, match=r"set\.zip must be a whole zip archive, but it is damaged"):
        unpack(archive, tmp_path / "out", progress=silent)
    assert [path.name for path in tmp_path.iterdir()] == ["set.zip"]
