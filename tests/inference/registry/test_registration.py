"""An arm's network is handed on: chosen by validation, told of in a card, loaded where no code may run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import mlflow.pytorch
import numpy as np
import pytest
import torch
from mlflow import MlflowClient
from numpy.typing import NDArray
from PIL import Image

from tests.support.command import call_main
from tests.support.exported import normalized
from tests.support.workplace import argv_stays, calling, shared_cache, working_in
from tracker import api
from tracker.errors import ComparisonError
from tracker.inference.loading import load_trained
from tracker.inference.registry.card_facts import facts_of
from tracker.inference.registry.choosing import choose, validation_loss
from tracker.inference.registry.model_card import Subject, model_card
from tracker.inference.registry.registration import Registered
from tracker.records import RunRecord
from tracker.tracking.backend.client import open_client
from tracker.tracking.backend.reader import read_runs

__all__ = ["argv_stays", "shared_cache"]

CLASSES = ("normal", "t|b *<b>* [x](http://evil.example)")
ARM = "mini-alexnet/feature-extractor"


@dataclass(frozen=True)
class Hand:
    """A study of one arm with two seeds, of which the network of one is handed on."""

    folder: Path
    cache: Path

    @property
    def uri(self) -> str:
        return f"sqlite:///{self.folder}/mlflow.db"

    @property
    def client(self) -> MlflowClient:
        return open_client(self.uri)

    @property
    def runs(self) -> list[RunRecord]:
        return read_runs(self.uri, "handed")

    def register(self, **given: object) -> Registered:
        with working_in(self.folder, self.cache):
            return api.register("handed", **({"name": "lungs"} | given))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def hand(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Hand:
    folder = tmp_path_factory.mktemp("handed")
    generator = np.random.default_rng(0)
    for number in range(24):
        pixels = generator.integers(0, 160, (40, 48, 3), dtype=np.uint8) + 60 * (number % 2)
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{number}.png")
    rows = [f'{n}.png,"{CLASSES[n % 2]}",P{n // 2}' for n in range(24)]
    (folder / "images.csv").write_text("\n".join(["path,label,patient", *rows]))
    arguments = "run --dataset csv --data images.csv --model mini-alexnet --mode feature-extractor --epochs 2"
    arguments += " --seed 0 --seed 1 --log-model all --image-size 64 --batch-size 8 --split 12/6/6"
    with working_in(folder, shared_cache):
        assert call_main(*arguments.split(), "--experiment", "handed", "--positive", CLASSES[1]) == 0
    return Hand(folder, shared_cache)


@pytest.fixture(scope="module")
def registered(hand: Hand) -> Registered:
    return hand.register(arm=ARM, alias="champion")


def test_the_lowest_validation_loss_is_taken_and_said(hand: Hand, registered: Registered) -> None:
    best = min(hand.runs, key=lambda run: run.metrics["final/val/loss"])
    assert registered.run.run_id == best.run_id
    for run in hand.runs:
        assert f"{run.metrics['final/val/loss']:.4f} (seed {run.params['seed']})" in registered.chosen
    version = hand.client.get_model_version_by_alias("lungs", "champion")
    assert (version.run_id, version.tags["tracker.chosen_by"]) == (best.run_id, "val/loss")
    assert version.tags["tracker.split_digest"] == best.tags["tracker.split_digest"]


def test_the_test_images_have_no_say(hand: Hand) -> None:
    low, high = sorted(hand.runs, key=validation_loss)
    tempting = [
        RunRecord(run.run_id, run.name, run.status, 0, run.params, run.tags, {**run.metrics, **better})
        for run, better in ((low, {"final/test/loss": 9.0}), (high, {"final/test/loss": 0.0}))
    ]
    assert choose(tempting, {low.run_id: "m-1", high.run_id: "m-2"}).run.run_id == low.run_id


def test_a_network_that_was_not_stored_is_not_taken_and_said_where_it_was_better(hand: Hand) -> None:
    low, high = sorted(hand.runs, key=validation_loss)
    choice = choose([low, high], {high.run_id: "m-2"})
    assert choice.run.run_id == high.run_id
    assert f"one with a lower validation loss ({validation_loss(low):.4f})" in choice.note
    assert "only stored network" in choice.in_words
    with pytest.raises(ComparisonError, match="none of 2 runs did"):
        choose([low, high], {})


def test_the_same_again_is_the_same_version_and_loads_as_what_the_run_stored(
    hand: Hand, registered: Registered
) -> None:
    again = hand.register(arm=ARM, alias="champion")
    assert (again.version, again.is_new, again.moved_from) == (registered.version, False, "")
    assert again.card == registered.card
    of_alias = load_trained("models:/lungs@champion", tracking_uri=hand.uri)
    assert of_alias.run is not None
    assert of_alias.run.run_id == registered.run.run_id


def test_another_network_is_another_version_and_takes_the_alias(hand: Hand, registered: Registered) -> None:
    (other,) = (run for run in hand.runs if run.run_id != registered.run.run_id)
    taken = hand.register(run=other.run_id, name="taken")
    assert (taken.version, taken.chosen.partition(" (")[0]) == ("1", "Named by its run's id")
    best = hand.register(arm=ARM, name="taken", alias="champion")
    moved = hand.register(run=other.run_id, name="taken", alias="champion")
    assert (best.version, moved.version, moved.moved_from) == ("2", "1", "2")


def test_the_card_tells_what_it_is_and_what_it_is_not(hand: Hand, registered: Registered) -> None:
    card = registered.card
    for said in (
        "**Not a medical device.**",
        "| Accuracy, % | &ensp;",
        "(6 images of 3 patients)",
        "| patients | &ensp;6 | &ensp;3 | &ensp;3 |",
        "Lowest validation loss in the last epoch",
        "tracker predict --model models:/lungs@champion",
        registered.run.tags["tracker.weights_digest"][:16],
        f"torch {torch.__version__.partition('+')[0]}",
    ):
        assert said in card
    accuracy = registered.run.metrics["final/test/accuracy"]
    (row,) = (line for line in card.split("\n") if line.startswith("| Accuracy"))
    assert f"{100 * accuracy:.1f} [" in row
    version = hand.client.get_model_version("lungs", registered.version)
    assert version.description == card
    beside = load_trained("models:/lungs@champion", tracking_uri=hand.uri).folder.parents[1]
    assert (beside / "model_card.lungs.md").read_text() == card


def test_names_of_classes_are_no_markup_in_a_card(registered: Registered) -> None:
    assert "<b>" not in registered.card
    assert "http://evil" not in registered.card
    assert r"t\|b \*&lt;b>\* \[x\](http&#58;//evil.example)" in registered.card


def test_a_card_that_is_too_long_leaves_out_whole_sections_and_says_where_they_are(hand: Hand) -> None:
    run = min(hand.runs, key=validation_loss)
    network = load_trained(run.run_id, tracking_uri=hand.uri)
    choice, facts = choose([run], {run.run_id: "m-1"}), facts_of(hand.uri, run)
    subject = Subject("lungs", "", choice, network, "ab", program=True, facts=facts)
    whole, short = model_card(subject), model_card(subject, longest=2000)
    assert len(short) <= 2000 < len(whole)
    assert "**Not a medical device.**" in short
    assert "`model_card.lungs.md`" in short
    assert set(short.strip().split("\n\n")[:-1]) <= set(whole.strip().split("\n\n"))


def pixels() -> NDArray[np.uint8]:
    """Return five images [5, 64, 64, 3]."""
    return np.random.default_rng(1).integers(0, 256, (5, 64, 64, 3), dtype=np.uint8)


PROGRAM = """
import json, sys, mlflow, mlflow.pytorch, numpy, torch
mlflow.set_tracking_uri(sys.argv[1])
network = mlflow.pytorch.load_model("models:/lungs@champion")
pixels = torch.from_numpy(numpy.load(sys.argv[2]))
print(json.dumps([network(pixels[:count]).tolist() for count in (1, 5)]))
"""


@pytest.mark.usefixtures("registered")
def test_it_loads_where_no_code_of_a_model_may_run_and_answers_the_same(
    hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_MODEL_CODE_EXECUTION", "false")
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    ours = load_trained("models:/lungs@champion", tracking_uri=hand.uri)
    program = mlflow.pytorch.load_model(str(ours.folder.parents[1]))
    pixels_NHWC = pixels()
    for count in (1, 5):
        expected = ours.module(normalized(ours, pixels_NHWC[:count])).double().softmax(1)
        answer = program(torch.from_numpy(pixels_NHWC[:count].transpose(0, 3, 1, 2).copy()))
        assert answer.dtype == torch.float64
        assert torch.allclose(answer, expected, rtol=0, atol=1e-5)


@pytest.mark.slow
@pytest.mark.usefixtures("registered")
def test_a_process_without_tracker_loads_it_by_its_alias_where_no_code_may_run(
    hand: Hand, tmp_path: Path
) -> None:
    np.save(tmp_path / "pixels.npy", pixels().transpose(0, 3, 1, 2))
    forbidding = {
        "MLFLOW_ALLOW_MODEL_CODE_EXECUTION": "false",
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, hand.uri, str(tmp_path / "pixels.npy")],
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | forbidding,
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert ended.returncode == 0, ended.stderr
    ours = load_trained("models:/lungs@champion", tracking_uri=hand.uri)
    for answer in json.loads(ended.stdout.splitlines()[-1]):
        expected = ours.module(normalized(ours, pixels()[: len(answer)])).double().softmax(1)
        assert torch.allclose(torch.tensor(answer, dtype=torch.float64), expected, rtol=0, atol=1e-5)


EVALUATED = """
import json, sys, mlflow, pandas as pd
mlflow.set_tracking_uri(sys.argv[1])
model = mlflow.pyfunc.load_model("models:/lungs@champion")
table = pd.read_csv(sys.argv[2])[["path", "label"]].rename(columns={"path": "image"})
table["predicted"] = model.predict(table[["image"]]).idxmax(axis=1)
mlflow.set_experiment("elsewhere")
result = mlflow.models.evaluate(
    data=table,
    predictions="predicted",
    targets="label",
    model_type="classifier",
    model_id=model.model_id,
    evaluator_config={"log_explainer": False, "pos_label": sys.argv[3]},
)
right = (table["predicted"] == table["label"]).mean()
print(json.dumps([right, float(result.metrics["accuracy_score"]), int(result.metrics["example_count"])]))
"""


@pytest.mark.slow
@pytest.mark.usefixtures("registered")
def test_mlflow_evaluates_it_by_the_names_of_classes_as_the_documentation_says(hand: Hand) -> None:
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", EVALUATED, hand.uri, "images.csv", CLASSES[1]],
        env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"},
        capture_output=True,
        text=True,
        check=False,
        cwd=hand.folder,
    )
    assert ended.returncode == 0, ended.stderr
    right, accuracy, count = json.loads(ended.stdout.splitlines()[-1])
    assert (accuracy, count) == (pytest.approx(right), 24)
    experiment = hand.client.get_experiment_by_name("elsewhere")
    (run,) = hand.client.search_runs([experiment.experiment_id])
    version = hand.client.get_model_version_by_alias("lungs", "champion")
    logged = hand.client.get_logged_model(version.tags["tracker.model_id"])
    assert run.info.run_id in {metric.run_id for metric in logged.metrics if metric.key == "accuracy_score"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--arm", "resnet18/fine-tuning"], "--arm must name an arm of the experiment"),
        (["--alias", "latest"], "--alias must be a word"),
        (["--name", "a/b"], "--name must be 1 to 256 characters"),
        (["--run", "0" * 32], "--run must be the id of a finished run of the experiment"),
        (["--experiment", "nowhere"], "experiment 'nowhere' must be in"),
        (["--where", "seed=7"], "seed"),
    ],
)
def test_what_cannot_be_is_one_line_and_registers_nothing(
    hand: Hand, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    before = len(hand.client.search_registered_models())
    with working_in(hand.folder, hand.cache):
        ended = calling(capsys)("register", "--name", "nothing", "--experiment", "handed", *arguments)
    assert ended.code != 0
    assert ended.out == ""
    assert told in ended.err.splitlines()[0]
    assert len(hand.client.search_registered_models()) == before


def test_the_command_says_what_was_chosen_and_what_to_type_next(
    hand: Hand, registered: Registered, capsys: pytest.CaptureFixture[str]
) -> None:
    with working_in(hand.folder, hand.cache):
        ended = calling(capsys)(
            "register", *["--name", "lungs", "--experiment", "handed", "--alias", "champion"]
        )
    assert ended.code == 0
    first, *_, use, last = ended.out.splitlines()
    assert first == f"{registered.run.in_words} is version {registered.version} of lungs already"
    assert use == "use     tracker predict --model models:/lungs@champion \\"
    assert last.strip() == "--data FOLDER --output predictions.csv"
    assert all(len(line) <= 80 for line in ended.out.splitlines())
