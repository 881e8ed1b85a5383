"""A trained network answers elsewhere, for the files that people have, what its run recorded of them."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.support.command import Outcome, call_main
from tests.support.mixed_images import KINDS, write_kind
from tests.support.servers import free_port
from tests.support.workplace import working_in
from tracker.compare.operating_point import calibrated_shares, finding_threshold, operating_point
from tracker.data.decoding import decoder_identity
from tracker.inference.export import CARD_VERSION
from tracker.inference.loading import load_trained
from tracker.records import TEMPERATURE, THRESHOLD, UNCALIBRATED, Prediction
from tracker.tracking.backend.artifacts import fetch_artifact
from tracker.tracking.backend.client import open_client
from tracker.tracking.backend.reader import read_predictions, read_runs

Tracker = Callable[..., Outcome]
CLASSES = ("ill", "well")
ELSEWHERE = {"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}


@dataclass(frozen=True)
class Trained:
    """A run over images of every kind: its store, its id, and its images by sample."""

    uri: str
    run_id: str
    images: dict[str, Path]

    @property
    def model(self) -> str:
        return f"runs:/{self.run_id}/mini-resnet-freeze-layer2"

    @property
    def predictions(self) -> list[Prediction]:
        return [p for p in read_predictions(self.uri, self.run_id) if p.epoch_kind == "final"]

    @property
    def recorded(self) -> dict[str, dict[str, float]]:
        return {p.sample: dict(p.probabilities) for p in self.predictions}

    @property
    def calibrated(self) -> Sequence[Mapping[str, float] | None]:
        validated = [one for one in self.predictions if one.part == "val"]
        return calibrated_shares(validated, self.predictions)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Trained:
    folder = tmp_path_factory.mktemp("trained")
    images = {
        f"{label}/{number}-{kind}": write_kind(
            kind, folder / "images" / label / f"{number}-{kind}", seed=number, bright=label == "ill"
        )
        for label in CLASSES
        for number, kind in enumerate([*KINDS, *KINDS])
    }
    arguments = "run --dataset folder --data images --model mini-resnet --mode freeze:layer2 --epochs 2"
    arguments += " --precision fp32 --image-size 64 --batch-size 8 --split 12/10/10 --resize pad"
    with working_in(folder, shared_cache):
        assert call_main(*arguments.split(), "--experiment", "kinds") == 0
    uri = f"sqlite:///{folder}/mlflow.db"
    (run,) = read_runs(uri, "kinds")
    return Trained(uri, run.run_id, images)


LOAD = """
import base64, json, sys, mlflow, pandas as pd
uri, address, answer, *paths = sys.argv[1:]
mlflow.set_tracking_uri(uri)
model = mlflow.pyfunc.load_model(address)
contents = [open(path, "rb").read() for path in paths]
table = pd.DataFrame({"image": [base64.b64encode(content).decode() for content in contents]})
rows = [model.predict(asked).to_dict("records") for asked in (paths, contents, table)]
calibrated = model.predict(paths, params={"calibrated": True}).to_dict("records")
example = model.predict(model.input_example)
told = {"rows": rows, "calibrated": calibrated, "example": len(example)}
json.dump(told, open(answer, "w"))
"""


def test_files_get_the_probabilities_that_the_run_recorded(trained: Trained, tmp_path: Path) -> None:
    recorded = trained.recorded
    assert {sample.partition("-")[2] for sample in recorded} == set(KINDS)
    paths = [str(trained.images[sample]) for sample in recorded]
    command = [sys.executable, "-c", LOAD, trained.uri, trained.model, str(tmp_path / "answer"), *paths]
    ended = subprocess.run(
        command, env=os.environ | ELSEWHERE, capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert ended.returncode == 0, ended.stderr
    answer = json.loads((tmp_path / "answer").read_text())
    assert answer["example"] == 2
    for rows in answer["rows"]:
        for row, told in zip(rows, recorded.values(), strict=True):
            assert row == pytest.approx(told, abs=1e-6)
    for row, told in zip(answer["calibrated"], trained.calibrated, strict=True):
        assert row == pytest.approx(told, abs=1e-6)


def test_the_model_says_where_it_is_to_be_used_as_its_run_and_comparisons_do(trained: Trained) -> None:
    validated = [one for one in trained.predictions if one.part == "val"]
    point = operating_point(validated, "ill")
    (run,) = read_runs(trained.uri, "kinds")
    assert run.metrics[THRESHOLD] == point.threshold == finding_threshold(validated, "ill")
    assert run.metrics[TEMPERATURE] == point.temperature is not None
    assert UNCALIBRATED not in run.tags
    network = load_trained(trained.run_id, tracking_uri=trained.uri)
    assert (network.positive, network.threshold) == ("ill", point.threshold)
    assert network.temperature == point.temperature
    card = json.loads((network.folder / "card.json").read_text())
    assert card["version"] == CARD_VERSION
    assert (card["mode"], card["precision"]) == ("freeze:layer2", "fp32")
    assert card["decoder"] == decoder_identity()


def test_a_run_shows_whether_its_probabilities_mean_what_they_say(trained: Trained) -> None:
    content = fetch_artifact(open_client(trained.uri), trained.run_id, "reliability.png")
    assert content is not None
    with Image.open(io.BytesIO(content)) as image:
        assert image.height > image.width > 900


@pytest.mark.slow
def test_others_get_them_over_http_for_base64(trained: Trained, tmp_path: Path) -> None:
    port = free_port()
    command = ["-m", "mlflow", "models", "serve", "--env-manager", "local", "--workers", "1"]
    environment = os.environ | ELSEWHERE | {"MLFLOW_TRACKING_URI": trained.uri}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, *command, "--port", str(port), "--model-uri", trained.model],
            env=environment,
            cwd=tmp_path,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        recorded = trained.recorded
        encoded = [base64.b64encode(trained.images[sample].read_bytes()).decode() for sample in recorded]
        rows = asked(port, {"dataframe_records": [{"image": text} for text in encoded]})["predictions"]
        for row, told in zip(rows, recorded.values(), strict=True):
            assert row == pytest.approx(told, abs=1e-6)
        assert asked(port, {"inputs": encoded})["predictions"] == rows
        refused = asked(port, {"inputs": [str(next(iter(trained.images.values())))]})
        assert "paths are not taken from others" in json.dumps(refused)
    finally:
        os.killpg(server.pid, 9)
        server.wait()


def asked(port: int, question: dict[str, Any], patience: float = 90) -> dict[str, Any]:
    """Ask a server that may still be starting."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/invocations",
        json.dumps(question).encode(),
        {"Content-Type": "application/json"},
    )
    end = time.monotonic() + patience
    while True:
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return dict(json.load(response))
        except urllib.error.HTTPError as error:
            return dict(json.load(error))
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.3)
