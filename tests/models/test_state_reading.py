"""A file that is named as weights and is something else is said to be that."""

from __future__ import annotations

import gzip
import io
import pickle
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image

from tracker.errors import ModelError
from tracker.models.state_reading import read_state

LAYER = torch.nn.Linear(2, 2)


def zipped(names: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in names.items():
            archive.writestr(name, data)
    return content.getvalue()


def saved(save: Callable[[io.BytesIO], object]) -> bytes:
    content = io.BytesIO()
    save(content)
    return content.getvalue()


def save_script(file: io.BytesIO) -> None:
    with warnings.catch_warnings():
        # That torch no longer wants it does not mean that nobody has such files.
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(LAYER), file)


def tarred() -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("weights.pth"))
    return content.getvalue()


FOREIGN = {
    "is empty": b"",
    "a web page ('Sign in'), such as": b"\n<!DOCTYPE html><html><head><title>Sign in</title></head></html>",
    "a web page, such as": b"\xef\xbb\xbf<html lang=de><body>Anmeldung \xc3\xbc</body></html>",
    "text that begins with '<?xml": b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
    "text that begins with '{": b'{"weight_map": {}}',
    "a pointer of Git LFS": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 46830571\n",
    "a pointer of git-annex": b"/annex/objects/SHA256E-s46830571--4d7a.pth\n",
    "nothing but zero bytes": bytes(100_000),
    "a gzip archive": gzip.compress(b"weights"),
    "a tar archive": tarred(),
    "a zip archive of other files (a.pth, b.txt)": zipped({"a.pth": b"", "b.txt": b""}),
    "an archive of NumPy arrays": saved(lambda file: np.savez(file, weight=np.ones(3))),
    "a NumPy array": saved(lambda file: np.save(file, np.ones(3))),
    "a PNG image": saved(lambda file: Image.new("L", (2, 2)).save(file, "PNG")),
    "an HDF5 file": b"\x89HDF\r\n\x1a\n" + bytes(100),
    "a TorchScript program": saved(save_script),
    "torch.nn.modules.linear.Linear (a whole model": saved(lambda file: torch.save(LAYER, file)),
    "pathlib.": saved(lambda file: torch.save({"state_dict": {}, "args": Path("x")}, file)),
    "holds a list": saved(lambda file: torch.save([torch.ones(1)], file)),
    "no tensors, but epoch, lr": saved(lambda file: torch.save({"epoch": 3, "lr": 0.1}, file)),
    "no tensors": saved(lambda file: torch.save({}, file)),
    "other objects, or is no such file": pickle.dumps({"weight": np.ones(3)}),
    "damaged or cut off": saved(lambda file: torch.save(LAYER.state_dict(), file))[:600],
}


@pytest.mark.parametrize("found", FOREIGN)
@pytest.mark.parametrize("name", ["w.pth", "w.safetensors"])
def test_it_is_said_in_one_line(tmp_path: Path, found: str, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(FOREIGN[found])
    with pytest.raises(ModelError) as error:
        read_state(path)
    said = str(error.value)
    assert found in said
    assert str(path) in said
    assert "\n" not in said


def test_the_content_decides_how_a_file_is_read(tmp_path: Path) -> None:
    safetensors.torch.save_file(LAYER.state_dict(), tmp_path / "w.pth")
    torch.save(LAYER.state_dict(), tmp_path / "w.safetensors")
    for path in tmp_path.iterdir():
        assert torch.equal(read_state(path).tensors["bias"], LAYER.bias)


def test_neither_the_length_nor_the_text_of_a_header_makes_it_another_file(tmp_path: Path) -> None:
    path, length = tmp_path / "w.safetensors", int.from_bytes(b"PK", "little")
    for filling in range(length - 300, length):
        safetensors.torch.save_file(LAYER.state_dict(), path, {"card": "<html>" + "x" * filling})
        if path.read_bytes().startswith(b"PK"):
            break
    assert path.read_bytes().startswith(b"PK")
    assert torch.equal(read_state(path).tensors["bias"], LAYER.bias)


def test_a_folder_is_no_damaged_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"is not \(is a directory\)\. Check the path"):
        read_state(tmp_path)


def test_a_disk_that_fails_is_not_blamed_on_the_file() -> None:
    """The memory of a process, at an address that holds nothing, gives a real input/output error."""
    with pytest.raises(ModelError, match=r"is not \(input/output error\)\. Check the path and the disk"):
        read_state(Path("/proc/self/mem"))
