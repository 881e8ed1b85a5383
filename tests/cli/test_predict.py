"""Trained networks asked about images: what they say of a run's images is what the run stored."""

from __future__ import annotations

import csv
import json
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from mlflow import MlflowClient

import tracker as package
from tests.support.command import Outcome, call_main
from tests.support.mixed_images import KINDS, write_kind
from tests.support.workplace import working_in
from tracker.inference.asked_images import AskedImage
from tracker.inference.ensemble import Ensemble
from tracker.inference.loading import load_trained
from tracker.inference.prediction.predicting import predictions
from tracker.records import RunRecord
from tracker.tracking.backend.reader import read_predictions, read_runs

Tracker = Callable[..., Outcome]
CLASSES = ("ill", "well")
SAME = pytest.approx


@dataclass(frozen=True)
class Study:
    """Runs over images of every kind, in single precision and in bfloat16."""

    uri: str
    images: Path
    runs: dict[str, list[RunRecord]]

    def recorded(self, run: RunRecord) -> dict[str, dict[str, float]]:
        predictions = read_predictions(self.uri, run.run_id)
        return {p.sample: dict(p.probabilities) for p in predictions if p.epoch_kind == "final"}


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Study:
    folder = tmp_path_factory.mktemp("kinds")
    for label in CLASSES:
        for number, kind in enumerate([*KINDS, *KINDS]):
            path = folder / "images" / label / f"{number}-{kind}"
            write_kind(kind, path, seed=number, bright=label == "ill")
    fixed = "run --dataset folder --data images --model mini-resnet --epochs 2 --image-size 64 --batch-size 8"
    fixed += " --split 12/10/10 --resize pad --log-model all --experiment kinds"
    single = "--mode freeze:layer2 --precision fp32 --seed 0 --seed 1"
    half = "--mode feature-extractor --mode freeze:layer3 --precision bf16"
    with working_in(folder, shared_cache):
        for more in (single, half):
            assert call_main(*fixed.split(), *more.split()) == 0
    uri = f"sqlite:///{folder}/mlflow.db"
    runs: dict[str, list[RunRecord]] = {}
    for run in read_runs(uri, "kinds"):
        runs.setdefault(run.params["mode"], []).append(run)
    return Study(uri, folder / "images", runs)


@pytest.fixture
def predict(tracker: Tracker, kinds: Study) -> Tracker:
    """`tracker predict`, of the study's store."""
    return lambda *more: tracker("predict", "--tracking-uri", kinds.uri, *map(str, more))


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def json_rows(file: Path) -> dict[str, dict[str, float]]:
    rows = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return {row["image"]: row for row in rows}


def shares(row: dict[str, str], kind: str = "p") -> dict[str, float]:
    return {name: float(row[f"{kind}_{name}"]) for name in CLASSES}


def one_line(outcome: Outcome) -> str:
    assert outcome.code != 0
    (line,) = [line for line in outcome.err.splitlines() if line.startswith("tracker: ")]
    assert "Traceback" not in outcome.err
    return line


@pytest.mark.parametrize("mode", ["freeze:layer2", "feature-extractor", "freeze:layer3"])
def test_the_images_of_a_run_get_what_it_stored(
    kinds: Study, predict: Tracker, workplace: Path, mode: str
) -> None:
    run, recorded = kinds.runs[mode][0], kinds.recorded(kinds.runs[mode][0])
    told = predict("--model", run.run_id, "--data", kinds.images, "--output", "p.csv")
    assert told.code == 0, told.err
    found = {row["image"]: shares(row) for row in rows_of(workplace / "p.csv")}
    assert len(found) == 4 * len(KINDS)
    assert {name.partition("-")[2] for name in recorded} <= set(KINDS)
    for image, stored in recorded.items():
        assert found[image] == SAME(stored, abs=1e-6)


def test_networks_are_traced_before_images_are_decoded_in_threads(kinds: Study) -> None:
    """Torch and decoding both put warnings aside for a moment; overlapping, they let torch's be printed."""
    network = load_trained(kinds.runs["feature-extractor"][0].run_id, tracking_uri=kinds.uri)
    traced_at_first = []

    def images() -> Iterator[AskedImage]:
        traced_at_first.append("_as_trained" in vars(network))
        yield AskedImage("gone.png", Path("gone.png"), problem="gone")

    ((answer,),) = predictions(Ensemble([network]), images())
    assert answer.problem == "gone"
    assert traced_at_first == [True]


def test_a_decision_is_that_of_the_threshold(kinds: Study, predict: Tracker, workplace: Path) -> None:
    run = kinds.runs["freeze:layer2"][0]
    told = predict("--model", run.run_id, "--data", kinds.images, "--output", "p.csv")
    rows = rows_of(workplace / "p.csv")
    called = [row["decision"] for row in rows]
    for row in rows:
        assert row["decision"] == ("ill" if shares(row)["ill"] >= float(row["threshold"]) else "well")
        assert sum(shares(row, "calibrated").values()) == SAME(1)
    threshold = float(rows[0]["threshold"])
    assert f"called ill: a probability of {threshold:.3g} or more" in told.out
    assert f"ill         {called.count('ill')}" in told.out


def test_what_was_interrupted_is_gone_on_with(kinds: Study, predict: Tracker, workplace: Path) -> None:
    run = kinds.runs["freeze:layer2"][0]
    asked = ("--model", run.run_id, "--data", kinds.images, "--output", "p.csv")
    predict(*asked)
    whole = (workplace / "p.csv").read_bytes()
    lines = whole.splitlines(keepends=True)
    (workplace / "p.csv").write_bytes(b"".join(lines[:10]) + lines[10][:-7])
    again = predict(*asked)
    assert "32 images (9 of them answered before)" in again.out
    assert (workplace / "p.csv").read_bytes() == whole


def test_only_what_changed_is_asked_about_again(kinds: Study, predict: Tracker, workplace: Path) -> None:
    images = {
        name: write_kind("gray.png", workplace / "x" / f"{name}.png", seed=seed)
        for seed, name in enumerate("abc")
    }
    run = kinds.runs["freeze:layer2"][0]
    asked = ("--model", run.run_id, "--data", "x", "--output", "p.jsonl")
    predict(*asked)
    before = json_rows(workplace / "p.jsonl")
    write_kind("gray.png", images["b"], seed=9, size=50)
    write_kind("color.png", workplace / "x" / "d.png")
    images["c"].unlink()
    told = predict(*asked)
    after = json_rows(workplace / "p.jsonl")
    assert "3 images (1 of them answered before)" in told.out
    assert "1 line of images that are gone is kept" in told.out
    assert list(after) == ["a.png", "c.png", "b.png", "d.png"]
    assert after["a.png"] == before["a.png"]
    assert after["b.png"]["p_ill"] != before["b.png"]["p_ill"]


def test_a_file_is_gone_on_with_by_the_same_network_alone(
    kinds: Study, predict: Tracker, workplace: Path
) -> None:
    first, second = kinds.runs["freeze:layer2"]
    predict("--model", first.run_id, "--data", kinds.images, "--output", "p.csv")
    before = (workplace / "p.csv").read_bytes()
    refused = predict("--model", second.run_id, "--data", kinds.images, "--output", "p.csv")
    assert "begun with other models" in one_line(refused)
    refused = predict("--model", first.run_id, "--data", kinds.images / "ill", "--output", "p.csv")
    assert "begun with other data" in one_line(refused)
    assert (workplace / "p.csv").read_bytes() == before
    (workplace / "other.csv").write_text("mine\n")
    refused = predict("--model", first.run_id, "--data", kinds.images, "--output", "other.csv")
    assert "nothing says what it was made with" in one_line(refused)
    assert (workplace / "other.csv").read_text() == "mine\n"


def test_a_file_is_not_gone_on_with_by_another_decoder(
    kinds: Study, predict: Tracker, workplace: Path
) -> None:
    asked = ("--model", kinds.runs["freeze:layer2"][0].run_id, "--data", kinds.images, "--output", "p.csv")
    predict(*asked)
    begun = json.loads((workplace / ".p.csv.begun.json").read_text())
    (workplace / ".p.csv.begun.json").write_text(json.dumps(begun | {"decoder": "an earlier one"}))
    assert "begun with other decoder" in one_line(predict(*asked))


def test_an_image_that_a_table_calls_otherwise_by_now_has_its_new_id(
    kinds: Study, predict: Tracker, workplace: Path
) -> None:
    write_kind("gray.png", workplace / "one.png")
    asked = ("--model", kinds.runs["freeze:layer2"][0].run_id, "--data", "list.csv", "--output", "p.csv")
    for name in ("7", "8"):
        (workplace / "list.csv").write_text(f"id,file\n{name},one.png\n")
        assert predict(*asked).code == 0
    assert [row["id"] for row in rows_of(workplace / "p.csv")] == ["8"]


def test_a_table_keeps_its_own_names_and_unreadable_images_are_listed(
    kinds: Study, predict: Tracker, workplace: Path
) -> None:
    write_kind("deep.tif", workplace / "scans" / "one.tif")
    (workplace / "scans" / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\nxx")
    table = workplace / "list.csv"
    table.write_text("ID;file\n7;scans\\one.tif\n8;scans/torn.png\n9;scans/gone.png\n")
    asked = ("--model", kinds.runs["freeze:layer2"][0].run_id, "--data", table)
    told = predict(*asked, "--output", "p.csv")
    assert told.code == 0
    rows = rows_of(workplace / "p.csv")
    assert [(row["id"], row["image"]) for row in rows] == [
        ("7", "scans\\one.tif"),
        ("8", "scans/torn.png"),
        ("9", "scans/gone.png"),
    ]
    assert [bool(row["problem"]) for row in rows] == [False, True, True]
    assert rows[1]["p_ill"] == rows[1]["decision"] == ""
    assert "unreadable  2\n    scans/torn.png: " in told.out
    assert all(len(line) <= 80 for line in told.out.splitlines())
    stopped = predict(*asked, "--output", "q.csv", "--on-unreadable", "stop")
    assert "every image must be readable, but 2 are not" in one_line(stopped)
    assert [row["image"] for row in rows_of(workplace / "q.csv")] == ["scans\\one.tif"]


def test_the_runs_of_an_arm_answer_together(kinds: Study, predict: Tracker, workplace: Path) -> None:
    for run in kinds.runs["freeze:layer2"]:
        predict("--model", run.run_id, "--data", kinds.images, "--output", f"{run.params['seed']}.csv")
    told = predict("--arm", "mini-resnet/freeze:layer2", "--data", kinds.images, "--output", "both.csv")
    assert told.code == 0, told.err
    assert "of 2 models together" in told.out
    alone = [rows_of(workplace / f"{seed}.csv") for seed in "01"]
    for row, *members in zip(rows_of(workplace / "both.csv"), *alone, strict=True):
        ill = [shares(one)["ill"] for one in members]
        assert shares(row)["ill"] == SAME(statistics.mean(ill))
        assert float(row["disagreement"]) == SAME(statistics.pstdev(ill), abs=1e-12)
        assert float(row["threshold"]) == SAME(statistics.mean(float(one["threshold"]) for one in members))
        assert float(row["agreement"]) == statistics.mean(
            one["decision"] == row["decision"] for one in members
        )
        assert row["decision"] == ("ill" if shares(row)["ill"] >= float(row["threshold"]) else "well")


def test_python_gets_the_same_rows(kinds: Study, predict: Tracker, workplace: Path) -> None:
    run = kinds.runs["feature-extractor"][0].run_id
    predict("--model", run, "--data", kinds.images, "--output", "p.csv")
    in_memory = package.predict(run, kinds.images, tracking_uri=kinds.uri)
    written = package.predict(run, kinds.images, "p.csv", tracking_uri=kinds.uri)
    assert written.computed == 0
    assert list(in_memory) == list(written)
    assert len(in_memory) == sum(in_memory.decisions.values()) == 32
    assert [row.decision for row in written] == [row["decision"] for row in rows_of(workplace / "p.csv")]


BAD = {
    "of no model": (("--data", "IMAGES", "--output", "p.csv"), "one of --model and --arm"),
    "of another arm": (
        ("--arm", "mini-resnet/scratch", "--data", "IMAGES", "--output", "p.csv"),
        "3 arms of it have one",
    ),
    "without images": (("--model", "RUN", "--data", "empty", "--output", "p.csv"), "must hold images"),
    "that is nowhere": (("--model", "RUN", "--data", "nowhere", "--output", "p.csv"), "does not exist"),
    "to no kind of file": (("--model", "RUN", "--data", "IMAGES", "--output", "p.xlsx"), ".csv or .jsonl"),
    "to no folder": (("--model", "RUN", "--data", "IMAGES", "--output", "no/p.csv"), "there is no no"),
    "of part of an id": (("--model", "PART", "--data", "IMAGES", "--output", "p.csv"), "1 run may be meant"),
    "of no id": (("--model", 32 * "0", "--data", "IMAGES", "--output", "p.csv"), "there is no run"),
    "of no name": (("--model", "models:/x@y", "--data", "IMAGES", "--output", "p.csv"), "none is registered"),
    "of no model id": (
        ("--model", f"models:/m-{32 * '0'}", "--data", "IMAGES", "--output", "p.csv"),
        "there is none of this id",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_asked_is_one_line(kinds: Study, predict: Tracker, workplace: Path, case: str) -> None:
    (workplace / "empty").mkdir()
    (workplace / "empty" / "notes.txt").touch()
    run = kinds.runs["freeze:layer2"][0].run_id
    stands_for = {"RUN": run, "PART": run[:9], "IMAGES": str(kinds.images)}
    arguments, expected = BAD[case]
    assert expected in one_line(predict(*(stands_for.get(one, one) for one in arguments)))
    assert not (workplace / "p.csv").exists()


@pytest.fixture(scope="module")
def registered(kinds: Study) -> Iterator[str]:
    """The name of a registered model with one version and one alias, in the study's store."""
    client = MlflowClient(tracking_uri=kinds.uri, registry_uri=kinds.uri)
    run = kinds.runs["freeze:layer2"][0]
    (model,) = client.search_logged_models([run.experiment_id], f"source_run_id = '{run.run_id}'")
    client.create_registered_model("it's mine")
    with pytest.MonkeyPatch.context() as environment:
        # MLflow looks for the model there, whatever the client's own store is.
        environment.setenv("MLFLOW_TRACKING_URI", kinds.uri)
        client.create_model_version("it's mine", f"models:/{model.model_id}", model_id=model.model_id)
    client.set_registered_model_alias("it's mine", "champion", "1")
    yield "it's mine"
    client.delete_registered_model("it's mine")


@pytest.mark.parametrize("end", ["@champion", "/1", "/latest"])
def test_a_registered_network_is_found_by_its_name(
    kinds: Study, predict: Tracker, workplace: Path, registered: str, end: str
) -> None:
    told = predict(
        "--model", f"models:/{registered}{end}", "--data", kinds.images / "ill", "--output", "p.csv"
    )
    assert told.code == 0, told.err


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("{}@best", "its aliases are champion (version 1)"),
        ("{}/7", "those there are 1"),
        ("{}", "the version asked for is none, those there are 1. Name one of them, or models:/{}@champion"),
        ("it's yours@champion", "those there are {}"),
    ],
)
def test_a_registered_network_that_is_not_there_is_said_with_those_that_are(
    kinds: Study, predict: Tracker, registered: str, asked: str, expected: str
) -> None:
    told = predict(
        "--model", f"models:/{asked.format(registered)}", "--data", kinds.images, "--output", "p.csv"
    )
    assert expected.format(registered) in one_line(told)


def test_a_run_without_a_network_says_why_it_has_none(kinds: Study, predict: Tracker) -> None:
    client = MlflowClient(tracking_uri=kinds.uri, registry_uri=kinds.uri)
    experiment = kinds.runs["freeze:layer2"][0].experiment_id
    tags = {"tracker.kind": "run"}
    run_id = client.create_run(experiment, tags=tags).info.run_id
    asked = ("--model", run_id, "--data", kinds.images, "--output", "p.csv")
    assert "has not ended and stored none" in one_line(predict(*asked))
    client.set_terminated(run_id, "KILLED")
    assert "it is KILLED and stored none" in one_line(predict(*asked))
    client.set_terminated(run_id, "FINISHED")
    assert "--log-model all --rerun" in one_line(predict(*asked))
    client.delete_run(run_id)
