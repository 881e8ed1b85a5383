"""What can be asked of a trained network: files, their contents, tables and arrays; all else is refused."""

from __future__ import annotations

import base64
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from PIL import Image
from pydicom.uid import RLELossless
from scipy.special import softmax

from tests.support.dicom_files import dicom
from tests.support.exported import export_network
from tests.support.mixed_images import write_kind
from tracker.compare.operating_point import OperatingPoint
from tracker.inference.served_network import ServedNetwork, load
from tracker.models.networks import build_network

CLASSES = ["normal", "tuberculosis"]
Asking = Callable[[list[Path]], Any]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> ServedNetwork:
    folder = tmp_path_factory.mktemp("network")
    network = build_network("mini-densenet", weights="bundled", classes=2, seed=0)
    export_network(network, folder, classes=CLASSES, image_size=64, resize="stretch")
    return load(str(folder))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("images")
    return [write_kind(kind, folder / kind, seed=n) for n, kind in enumerate(("deep.png", "turned.jpg"))]


@pytest.fixture(scope="module")
def expected(served: ServedNetwork, files: list[Path]) -> np.ndarray[Any, Any]:
    answers = [served.predict(file).to_numpy() for file in files]
    assert not np.allclose(*answers)
    return np.concatenate(answers)


def exported(folder: Path, temperature: float | None) -> ServedNetwork:
    network = build_network("mini-resnet", weights="none", classes=3, seed=0)
    point = OperatingPoint(temperature=temperature)
    export_network(network, folder, classes=["a", "b", "c"], image_size=64, resize="stretch", point=point)
    return load(str(folder))


def test_calibrated_answers_are_given_where_they_are_asked_for(files: list[Path], tmp_path: Path) -> None:
    served = exported(tmp_path, 2.5)
    plain, calibrated = (served.predict(files, {"calibrated": asked}).to_numpy() for asked in (False, True))
    np.testing.assert_array_equal(served.predict(files).to_numpy(), plain)
    np.testing.assert_allclose(calibrated, softmax(np.log(plain) / 2.5, axis=1), atol=1e-12)
    assert not np.allclose(calibrated, plain, atol=1e-3)


@pytest.mark.parametrize("version", ["this one", "an earlier one"])
def test_a_network_without_a_temperature_says_so_where_it_is_asked_for(
    files: list[Path], tmp_path: Path, version: str
) -> None:
    exported(tmp_path, None)
    card = json.loads((tmp_path / "card.json").read_text())
    if version == "an earlier one":
        for name in ("version", "mode", "precision", "positive", "threshold", "temperature", "decoder"):
            del card[name]
        (tmp_path / "card.json").write_text(json.dumps(card))
    served = load(str(tmp_path))
    assert served.predict(files, {"calibrated": False}).shape == (2, 3)
    with pytest.raises(ValueError, match="must have a temperature for calibrated answers"):
        served.predict(files, {"calibrated": True})


def base64s(files: list[Path]) -> list[str]:
    return [base64.b64encode(file.read_bytes()).decode() for file in files]


@pytest.mark.parametrize(
    "ask",
    [
        lambda files: files,
        lambda files: tuple(map(str, files)),
        lambda files: [file.read_bytes() for file in files],
        lambda files: [bytearray(files[0].read_bytes()), memoryview(files[1].read_bytes())],
        lambda files: np.array([str(file) for file in files]),
        lambda files: np.array([file.read_bytes() for file in files], dtype=object),
        lambda files: pd.DataFrame({"image": [file.read_bytes() for file in files], "id": [1, 2]}),
        lambda files: pd.DataFrame({"path": [str(file) for file in files]}),
        pd.Series,
        lambda files: {"image": [str(file) for file in files]},
        lambda files: pd.DataFrame({"image": base64s(files)}),
        lambda files: np.array(base64s(files)),
        lambda files: ["data:image/png;base64," + text for text in base64s(files)],
    ],
    ids=[
        *("paths", "texts", "bytes", "buffers", "array-of-paths", "array-of-bytes", "table"),
        *("table-of-paths", "series", "dict", "base64", "array-of-base64", "data-urls"),
    ],
)  # fmt: skip
def test_files_are_taken_however_they_are_given(
    served: ServedNetwork, files: list[Path], expected: np.ndarray[Any, Any], ask: Asking
) -> None:
    np.testing.assert_allclose(served.predict(ask(files)).to_numpy(), expected, atol=1e-6)


def test_one_image_needs_no_list(
    served: ServedNetwork, files: list[Path], expected: np.ndarray[Any, Any]
) -> None:
    text = base64s(files)[0]
    for one in (files[0], str(files[0]), files[0].read_bytes(), text, {"image": text}, np.array(text)):
        np.testing.assert_allclose(served.predict(one).to_numpy(), expected[:1], atol=1e-6)


def test_dicom_is_answered_as_a_png_of_the_same_values_is(
    served: ServedNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = np.asarray(Image.open(write_kind("deep.png", tmp_path / "deep.png"))).astype(np.uint16)
    expected = served.predict(tmp_path / "deep.png").to_numpy()
    for content in (dicom(values), dicom(values, syntax=RLELossless), dicom(values, preamble=False)):
        (tmp_path / "IM1").write_bytes(content)
        text = base64.b64encode(content).decode()
        for one in (content, tmp_path / "IM1", text, f"data:application/dicom;base64,{text}"):
            np.testing.assert_allclose(served.predict([one]).to_numpy(), expected, atol=1e-6)
    monkeypatch.setenv("_MLFLOW_IS_IN_SERVING_ENVIRONMENT", "true")
    cut = base64.b64encode(b"\0" * 128 + b"DICM").decode()
    with pytest.raises(ValueError, match=r"image 0 .*: damaged or cut off \(DICOM without pixels"):
        served.predict([cut])


def test_every_kind_is_answered_when_the_folder_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("decoding_")]:
        monkeypatch.delitem(sys.modules, name)
    network = build_network("mini-alexnet", weights="none", classes=2, seed=0)
    folder = tmp_path / "model"
    folder.mkdir()
    export_network(network, folder, classes=("ill", "well"), image_size=64, resize="stretch")
    loaded = load(str(folder))
    assert not list(folder.rglob("*.pyc"))
    shutil.rmtree(folder)
    assert len(loaded.predict([dicom(np.arange(4096, dtype=np.uint16).reshape(64, 64))])) == 1


def test_decoded_arrays_go_the_way_of_files(served: ServedNetwork, tmp_path: Path) -> None:
    """Of 8 and 16 bits, gray and color, one or many, of one size or several, also as JSON has them."""
    deep = np.asarray(Image.open(write_kind("deep.png", tmp_path / "deep.png")))
    color = np.asarray(Image.open(write_kind("color.png", tmp_path / "color.png")))
    gray = np.asarray(Image.open(write_kind("gray.png", tmp_path / "gray.png", size=40)))
    kinds = {"deep": deep, "color": color, "gray": gray}
    expected = {name: served.predict(tmp_path / f"{name}.png").to_numpy() for name in kinds}
    for name, asked in (
        ("deep", deep),
        ("deep", deep[None]),
        ("deep", deep[None, :, :, None]),
        ("deep", deep.astype(">u2")),
        ("color", color),
        ("color", color[None]),
        ("color", color[None].tolist()),
        ("color", color[None].astype(np.int64)),
        ("gray", [gray]),
        ("gray", np.repeat(gray[None, :, :, None], 3, axis=3)),
        ("gray", gray.tolist()),
    ):
        np.testing.assert_allclose(served.predict(asked).to_numpy(), expected[name], atol=1e-6)
    of_several_sizes = served.predict([deep, color, gray]).to_numpy()
    np.testing.assert_allclose(of_several_sizes, np.concatenate(list(expected.values())), atol=1e-6)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (np.zeros((1, 8, 8, 3), np.float32), "an array of float32: give uint8 or uint16"),
        (np.zeros((1, 8, 8, 3), np.int16), "an array of int16"),
        (np.zeros((1, 8, 8, 3), np.uint32), "an array of uint32"),
        (np.full((1, 8, 8, 3), 300), "an array of int64"),
        (np.full((1, 8, 8, 3), -1), "an array of int64"),
        (np.zeros((1, 8, 8, 3), bool), "an array of bool"),
        (np.zeros((1, 3, 8, 8), np.uint8), r"an array \[3, 8, 8\], not \[H, W\] or \[H, W, C\]"),
        (np.zeros((2, 2, 8, 8, 3), np.uint8), r"an array \[2, 8, 8, 3\]"),
        (np.zeros(5, np.uint8), r"an array \[5\]"),
        (np.zeros((1, 0, 8, 3), np.uint8), "without pixels"),
        ([[[0.5, 0.5]]], "an array of float64"),
        ([b""], "image 0: nothing is in it"),
        ([b"nonsense"], "image 0: "),
        (["/nowhere/x.png"], r"image 0 \(/nowhere/x\.png\): no such file"),
        ([Path("/dev")], r"image 0 \(/dev\): "),
        ([None, float("nan")], "image 0: neither a path nor bytes nor an array, but NoneType; image 1: .*"),
        (pd.DataFrame({"a": [1], "b": [2]}), "one column, or one named image, but it has"),
        (Image.new("L", (8, 8)), "neither a path nor bytes nor an array, but Image"),
        (["x" * 400], "image 0: "),
    ],
)  # fmt: skip
def test_what_cannot_be_an_image_is_said(served: ServedNetwork, asked: Any, found: str) -> None:
    with pytest.raises(ValueError, match=found):
        served.predict(asked)


def test_all_that_cannot_be_read_are_named_at_once(served: ServedNetwork, files: list[Path]) -> None:
    asked = [files[0], files[0].with_name("none.png"), files[0].read_bytes()[:200]]
    with pytest.raises(ValueError, match=r"^image 1 \(.*none\.png\): no such .*; image 2: [a-z]"):
        served.predict(asked)
    with pytest.raises(ValueError, match=r"; and 20 more$"):
        served.predict([b"x"] * 30)


def test_rows_keep_the_index_of_a_table(served: ServedNetwork, files: list[Path]) -> None:
    table = pd.DataFrame({"image": files}, index=["patient 7", "patient 9"])
    assert list(served.predict(table).index) == ["patient 7", "patient 9"]


def test_no_image_is_an_empty_table(served: ServedNetwork) -> None:
    for nothing in ([], np.zeros((0, 8, 8, 3), np.uint8), pd.DataFrame({"image": []})):
        answer = served.predict(nothing)
        assert (len(answer), list(answer.columns)) == (0, CLASSES)


def test_requests_of_others_cannot_read_files_of_this_machine(
    served: ServedNetwork, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_MLFLOW_IS_IN_SERVING_ENVIRONMENT", "true")
    assert len(served.predict(pd.DataFrame({"image": base64s(files)}))) == 2
    with pytest.raises(ValueError, match=r"in base64 \(paths are not taken"):
        served.predict(pd.DataFrame({"image": [str(files[0])]}))


def test_others_get_one_sentence_without_a_traceback_or_what_they_sent(
    served: ServedNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MLflow answers what this error says of itself; of a ValueError, it would send the traceback."""
    monkeypatch.setenv("_MLFLOW_IS_IN_SERVING_ENVIRONMENT", "true")
    for asked, said in ((["aGVsbG8="], "image 0"), ([b"x"] * 65, "at most 64 images, but it has 65")):
        with pytest.raises(MlflowException) as raised:
            served.predict(asked)
        raised.value.message = f"Failed to predict data '{asked}'"
        told = json.loads(raised.value.serialize_as_json())
        assert (raised.value.get_http_status_code(), told["error_code"]) == (400, "BAD_REQUEST")
        assert told["message"].startswith(("image 0", "a request must have"))
        assert said in told["message"]
