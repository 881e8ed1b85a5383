"""What a served network says: the same as the network itself, however it is asked, and beside whom."""

from __future__ import annotations

import base64
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.mixed_images import write_kind
from tests.support.served import CLASSES, THRESHOLD, Served, drawn
from tracker.data.decoding import decode, to_rgb

CALLED = {True: "tuberculosis", False: "normal"}


def log_odds(served: Served, content: bytes) -> float:
    """Ask the network itself, one image at a time."""
    pixels = to_rgb(decode(content, image_size=served.network.image_size, resize=served.network.resize))
    normal, found = served.network.logits(pixels[None])[0].double().tolist()
    return found - normal


def expected(served: Served, content: bytes) -> dict[str, Any]:
    """Say by hand what is told of an image."""
    odds = log_odds(served, content)
    share, cooler = 1 / (1 + math.exp(-odds)), 1 / (1 + math.exp(-odds / 2))
    return {
        "probabilities": pytest.approx({"normal": 1 - share, "tuberculosis": share}, abs=1e-6),
        "calibrated": pytest.approx({"normal": 1 - cooler, "tuberculosis": cooler}, abs=1e-6),
        "decision": CALLED[odds >= THRESHOLD],
        "threshold": pytest.approx(1 / (1 + math.exp(-THRESHOLD))),
    }


def ask(served: Served, contents: list[bytes]) -> list[dict[str, Any]]:
    encoded = [base64.b64encode(content).decode() for content in contents]
    answer = requests.post(f"{served.address}/predict", json={"images": encoded}, timeout=30)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["predictions"])


def test_an_image_in_base64_gets_probabilities_by_name_and_the_decision_at_the_threshold(
    served: Served,
) -> None:
    contents = [drawn(seed) for seed in range(8)]
    answers = ask(served, contents)
    assert answers == [expected(served, content) for content in contents]
    assert {answer["decision"] for answer in answers} == set(CLASSES)


@pytest.mark.parametrize("kind", ["deep.png", "turned.jpg"])
def test_one_file_is_sent_as_it_is(served: Served, tmp_path: Path, kind: str) -> None:
    content = write_kind(kind, tmp_path / kind, seed=3).read_bytes()
    for kind_said in ("image/png", "image/jpeg; charset=utf-8", "application/octet-stream"):
        headers = {"Content-Type": kind_said}
        answer = requests.post(f"{served.address}/predict", data=content, headers=headers, timeout=30)
        assert answer.json()["predictions"] == [expected(served, content)]


def test_a_bad_image_gets_its_reason_and_the_others_their_answers(served: Served) -> None:
    good = drawn(1)
    texts = [base64.b64encode(content).decode() for content in (good, b"hello", good[:60])]
    body = {"images": [texts[0], texts[1], texts[2], "#", 3, "", f"data:image/png;base64,{texts[0]}"]}
    answers = requests.post(f"{served.address}/predict", json=body, timeout=30).json()["predictions"]
    assert [answers[0], answers[6]] == [expected(served, good)] * 2
    assert "not a whole PNG" in answers[1]["problem"]
    assert "cut off" in answers[2]["problem"]
    assert [answer["problem"] for answer in answers[3:6]] == [
        "not in base64",
        "not a text in base64, but a number",
        "nothing is in it",
    ]


def test_what_others_ask_changes_no_answer(served: Served) -> None:
    contents = [drawn(seed) for seed in range(60)]
    with ThreadPoolExecutor(16) as clients:
        together = list(clients.map(lambda content: ask(served, [content])[0], contents))
    assert together == [expected(served, content) for content in contents]


def test_who_asks_is_told_what_it_is(served: Served) -> None:
    told = requests.get(f"{served.address}/model", timeout=30).json()
    assert (told["classes"], told["network"], told["image_size"]) == (list(CLASSES), "mini-resnet", 32)
    assert (told["positive"], told["temperature"], told["limits"]["max_images"]) == ("tuberculosis", 2.0, 8)
    assert requests.get(served.address, timeout=30).json() == told
    for path in ("health", "ping"):
        assert requests.get(f"{served.address}/{path}", timeout=30).json() == {"status": "ok"}


@pytest.mark.parametrize(
    "form", ["dataframe_records", "dataframe_split", "inputs", "instances", "named inputs"]
)
def test_clients_of_mlflow_get_what_its_server_answers(served: Served, form: str) -> None:
    contents = [drawn(seed) for seed in range(3)]
    texts = [base64.b64encode(content).decode() for content in contents]
    bodies: dict[str, Any] = {
        "dataframe_records": {"dataframe_records": [{"image": text, "id": 1} for text in texts]},
        "dataframe_split": {"dataframe_split": {"columns": ["id", "image"], "data": [[1, t] for t in texts]}},
        "inputs": {"inputs": texts},
        "instances": {"instances": [{"image": text} for text in texts]},
        "named inputs": {"inputs": {"image": texts}, "params": {}},
    }
    answer = requests.post(f"{served.address}/invocations", json=bodies[form], timeout=30)
    wanted = [expected(served, content)["probabilities"] for content in contents]
    assert answer.json()["predictions"] == wanted


@pytest.mark.parametrize("asked", [True, False])
def test_a_client_of_mlflow_gets_calibrated_answers_where_it_asks_for_them(
    served: Served, asked: bool
) -> None:
    content = drawn(2)
    body = {"inputs": [base64.b64encode(content).decode()], "params": {"calibrated": asked}}
    answer = requests.post(f"{served.address}/invocations", json=body, timeout=30)
    wanted = expected(served, content)["calibrated" if asked else "probabilities"]
    assert answer.json()["predictions"] == [wanted]


@pytest.mark.parametrize("params", [{"calibrate": True}, {"calibrated": "yes"}, [1]])
def test_a_wish_that_is_not_understood_is_refused(served: Served, params: object) -> None:
    body = {"inputs": [base64.b64encode(drawn(2)).decode()], "params": params}
    answer = requests.post(f"{served.address}/invocations", json=body, timeout=30)
    assert answer.status_code == 400
    assert "must" in answer.json()["message"]


def test_a_client_of_mlflow_gets_one_sentence_for_its_bad_images(served: Served) -> None:
    body = {"inputs": ["aGVsbG8=", base64.b64encode(drawn(1)).decode(), "#"]}
    answer = requests.post(f"{served.address}/invocations", json=body, timeout=30)
    told = answer.json()
    assert (answer.status_code, told["error_code"]) == (400, "BAD_REQUEST")
    assert told["message"].startswith("image 0: not a whole PNG")
    assert told["message"].endswith("; image 2: not in base64")
