"""`artifacts` of the server's image: all artifacts as one stream, out of a folder or S3, into either."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

PROGRAM = Path(__file__).parents[2] / "docker/mlflow/artifacts.py"
FILES = {
    "1/abc/artifacts/model/weights.pt": os.urandom(20 << 20),
    "1/abc/artifacts/Größe und Maß.txt": "größer".encode(),
    f"1/abc/artifacts/{'deep/' * 30}empty": b"",
    "2/models/m-1/artifacts/MLmodel": b"flavors: {}\n",
}
Done = subprocess.CompletedProcess


def artifacts(command: str, destination: object, source: bytes = b"", **environment: str) -> Done[bytes]:
    return subprocess.run(
        [sys.executable, PROGRAM, command],
        input=source,
        capture_output=True,
        env=os.environ | {"MLFLOW_ARTIFACTS_DESTINATION": str(destination)} | environment,
        timeout=60,
        check=False,
    )


def filled(folder: Path) -> Path:
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def archive(*entries: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as file:
        for name, data in entries:
            entry = tarfile.TarInfo(name)
            entry.size, entry.type, entry.linkname = len(data), kind, "/etc"
            file.addfile(entry, io.BytesIO(data))
    return out.getvalue()


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, str]]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield {
        "MLFLOW_S3_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "somebody",
        "AWS_SECRET_ACCESS_KEY": "something",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    server.stop()


def bucket(s3: dict[str, str], name: str) -> str:
    client = boto3.client(
        "s3",
        endpoint_url=s3["MLFLOW_S3_ENDPOINT_URL"],
        aws_access_key_id="somebody",
        aws_secret_access_key="something",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket=name)
    return f"s3://{name}"


def test_a_folder_comes_back_as_it_was_saved(tmp_path: Path, empty: Path) -> None:
    saved = artifacts("save", filled(tmp_path / "from"))
    assert saved.returncode == 0, saved.stderr
    assert saved.stderr == b"artifacts: 4 files, 21.0 MB saved\n"
    loaded = artifacts("load", empty, saved.stdout)
    assert loaded.stderr == b"artifacts: 4 files, 21.0 MB added\n"
    assert content(empty) == FILES


def test_the_same_artifacts_are_the_same_tar(tmp_path: Path) -> None:
    one, other = (artifacts("save", filled(tmp_path / name)).stdout for name in ("one", "other"))
    assert one == other


@pytest.mark.slow
def test_a_folder_is_restored_into_s3_and_s3_into_a_folder(
    s3: dict[str, str], tmp_path: Path, empty: Path
) -> None:
    saved = artifacts("save", filled(tmp_path / "from")).stdout
    address = bucket(s3, "bucket")
    loaded = artifacts("load", address, saved, **s3)
    assert loaded.stderr == b"artifacts: 4 files, 21.0 MB added\n", loaded.stderr
    again = artifacts("load", address, saved, **s3)
    assert again.stderr == b"artifacts: 0 files, 0.0 MB added; 4 files, 21.0 MB were there already\n"
    back = artifacts("save", address, **s3)
    artifacts("load", empty, back.stdout)
    assert content(empty) == FILES


@pytest.mark.slow
def test_a_prefix_keeps_what_lies_beside_it_out(s3: dict[str, str], tmp_path: Path) -> None:
    address = bucket(s3, "beside")
    artifacts("load", f"{address}/team", archive(("a", b"ours")), **s3)
    artifacts("load", f"{address}/teams", archive(("b", b"theirs")), **s3)
    with tarfile.open(fileobj=io.BytesIO(artifacts("save", f"{address}/team/", **s3).stdout)) as saved:
        assert saved.getnames() == ["a"]


@pytest.mark.slow
def test_a_bucket_that_is_not_there_is_one_line(s3: dict[str, str]) -> None:
    done = artifacts("save", "s3://nowhere", **s3)
    assert done.returncode == 1
    assert b"NoSuchBucket" in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_what_is_there_is_not_overwritten(empty: Path) -> None:
    (empty / "same").write_bytes(b"1234")
    (empty / "longer").write_bytes(b"12345")
    loaded = artifacts("load", empty, archive(("same", b"1234"), ("longer", b"1"), ("new", b"12")))
    assert loaded.returncode == 0
    assert b"1 files, 0.0 MB added; 1 files, 0.0 MB were there already; 1 files" in loaded.stderr
    assert content(empty) == {"same": b"1234", "longer": b"12345", "new": b"12"}


@pytest.mark.parametrize("name", ["../out", "/etc/out", "a/../../out", "a//b", "./a", "a/"])
def test_a_name_that_leads_out_of_the_destination_is_refused(empty: Path, name: str) -> None:
    loaded = artifacts("load", empty, archive((name, b"bad")))
    assert loaded.returncode == 1
    assert b"must" in loaded.stderr
    assert loaded.stderr.count(b"\n") == 1
    assert list(empty.parent.rglob("*")) == [empty]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(empty: Path, kind: bytes) -> None:
    loaded = artifacts("load", empty, archive(("a", b""), kind=kind))
    assert loaded.returncode == 1
    assert b"there must be files only" in loaded.stderr
    assert not content(empty)


def test_a_tar_that_is_cut_leaves_whole_files_only_and_is_gone_on_with(tmp_path: Path, empty: Path) -> None:
    saved = artifacts("save", filled(tmp_path / "from")).stdout
    cut = artifacts("load", empty, saved[: 12 << 20])
    assert cut.returncode == 1
    assert cut.stderr.count(b"\n") == 1
    assert {name for name in content(empty) if name != ".loading"} < FILES.keys()
    assert artifacts("load", empty, saved).returncode == 0
    assert content(empty) == FILES


@pytest.mark.parametrize("destination", ["gs://bucket", "/no/such/folder"])
def test_another_destination_is_refused(destination: str) -> None:
    done = artifacts("save", destination)
    assert done.returncode == 1
    assert destination.encode() in done.stderr
