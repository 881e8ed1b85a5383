from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tracker.errors import DataError
from tracker.io.progress import silent
from tracker.io.unpack import BadArchive, unpack

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


@pytest.mark.parametrize(
    ("names", "danger"),
    [
        (["set/a\tb.png"], "characters that nobody can see"),
        (["set/\x1b[2J.png"], "characters that nobody can see"),
        (["set/\u202e.png"], "characters that nobody can see"),
        (["x" * 300], "too long"),
        (["ü" * 130], "too long"),
        (["set/" + "/".join(["y" * 200] * 20)], "too long"),
        (["set/aux.png"], "a device"),
        (["COM1"], "a device"),
        (["."], "a name that is none"),
        (["set/a.png", "SET/A.png"], "more than once"),
        (["set/\u00e9.png", "set/e\u0301.png"], "more than once"),
        (["set/a", "set/a/b.png"], "a file and a folder"),
        (["set/a.png", "set/./a.png"], "more than once"),
    ],
)
def test_names_that_some_disk_cannot_hold_are_refused(
    make_zip: MakeZip, tmp_path: Path, names: list[str], danger: str
) -> None:
    archive = make_zip(*[(name, b"A") for name in names])
    with pytest.raises(BadArchive) as caught:
        unpack(archive, tmp_path / "out", progress=silent)
    assert caught.value.details
    assert all(danger in line and line.isprintable() for line in caught.value.details)
    assert [path.name for path in tmp_path.iterdir()] == ["set.zip"]


def test_the_same_name_twice_is_refused(make_zip: MakeZip, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive = make_zip(("set/a.png", b"A"), ("set/a.png", b"B"))
    with pytest.raises(BadArchive, match="more than once"):
        unpack(archive, tmp_path / "out", progress=silent)


@pytest.mark.parametrize(
    ("written", "becomes"), [(b"a0.png", b"a\0.png"), ("ü0.png".encode(), b"\xff\xfe0.png")]
)
def test_names_that_are_no_text_are_refused(
    make_zip: MakeZip, tmp_path: Path, written: bytes, becomes: bytes
) -> None:
    archive = make_zip((written.decode(), b"A"))
    archive.write_bytes(archive.read_bytes().replace(written, becomes))
    with pytest.raises(BadArchive, match=r"must be a whole zip archive|nobody can see"):
        unpack(archive, tmp_path / "out", progress=silent)


def test_an_archive_that_is_damaged_anywhere_is_one_line_or_unpacked_as_it_was(
    make_zip: MakeZip, tmp_path: Path
) -> None:
    contents = [b"A" * 99, bytes(range(99))]
    archive = make_zip(*zip(("set/a.png", "set/b.png"), contents, strict=True))
    whole = archive.read_bytes()
    for place in range(0, len(whole), 3):
        archive.write_bytes(whole[:place] + bytes([whole[place] ^ 0x5A]) + whole[place + 1 :])
        with suppress(DataError):
            unpack(archive, tmp_path / f"out{place}", progress=silent)
            files = sorted(path for path in (tmp_path / f"out{place}").rglob("*") if path.is_file())
            assert [file.read_bytes() for file in files] == contents
