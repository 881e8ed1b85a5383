"""`tracker evaluate` and `tracker compare --external`: trained networks on the images of another hospital."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

import tracker
from tests.support.command import Outcome, call_main
from tests.support.workplace import calling, working_in
from tracker.compare.evaluation import Evaluated
from tracker.compare.render.formats import FORMATS
from tracker.config.options import RunOptions
from tracker.inference.loading import load_trained
from tracker.io.progress import silent
from tracker.records import EVALUATION, RunRecord
from tracker.runs.external.images import find_external
from tracker.runs.external.record import record_evaluation
from tracker.tracking.backend.client import open_client
from tracker.tracking.backend.predictions import parse_predictions
from tracker.tracking.backend.reader import read_runs

FE, FT = "feature-extractor", "fine-tuning"
MAP = ("--class-map", "Pneumonia=sick", "--class-map", "No finding=healthy")


@dataclass(frozen=True)
class Elsewhere:
    """A folder with a study in it, the study's images, and those of another hospital."""

    folder: Path
    own: Path
    external: Path

    @property
    def uri(self) -> str:
        return f"sqlite:///{self.folder}/mlflow.db"

    @property
    def runs(self) -> list[RunRecord]:
        return [run for run in read_runs(self.uri, "small") if run.tags["tracker.kind"] == "run"]

    @property
    def evaluations(self) -> list[RunRecord]:
        return [run for run in read_runs(self.uri, "small") if run.tags["tracker.kind"] == EVALUATION]

    def artifact(self, run: RunRecord, name: str) -> Path:
        (path,) = self.folder.rglob(f"{run.run_id}/artifacts/{name}")
        return path


def draw(folder: Path, classes: tuple[str, str], *, first: int = 0, seed: int = 1) -> Path:
    """Draw 20 images of 10 patients; those of the second class are brighter in the middle."""
    rng = np.random.default_rng(seed)
    for number in range(20):
        image = rng.integers(0, 180, (48, 48), dtype=np.uint8)
        label = classes[number % 2]
        image[14:34, 14:34] += np.uint8(60 * (number % 2))
        path = folder / label / f"P{first + number // 2:02}_{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    return folder


def table_of(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text().splitlines()))


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory, radiographs: Path, shared_cache: Path) -> Elsewhere:
    folder = tmp_path_factory.mktemp("elsewhere")
    external = draw(folder / "images" / "hospital B", ("No finding", "Pneumonia"), first=50)
    arguments = f"--model mini-resnet --mode {FE} --mode {FT} --log-model all --epochs 1"
    with working_in(folder, shared_cache):
        code = call_main(
            *["run", "--data", str(radiographs), "--experiment", "small", "--patient-pattern", r"^P\d+"],
            *["--split", "16/6/8", "--image-size", "32", "--batch-size", "8", "--precision", "fp32"],
            *arguments.split(),
        )
        assert code == 0
    return Elsewhere(folder, radiographs, external)


Tracker = Callable[..., Outcome]


@pytest.fixture
def evaluate(
    elsewhere: Elsewhere, shared_cache: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Tracker]:
    with working_in(elsewhere.folder, shared_cache):
        call = calling(capsys)
        yield lambda *more: call("evaluate", "--patient-pattern", r"^P\d+", *more)


@pytest.fixture(scope="module")
def all_evaluated(elsewhere: Elsewhere, shared_cache: Path) -> str:
    """What is printed where all networks are asked, once."""
    printed = io.StringIO()
    with working_in(elsewhere.folder, shared_cache), contextlib.redirect_stdout(printed):
        asked = ("--experiment", "small", "--data", str(elsewhere.external), "--patient-pattern", r"^P\d+")
        assert call_main("evaluate", *asked, *MAP) == 0
    return printed.getvalue()


def test_every_stored_network_is_measured_as_other_means_do(elsewhere: Elsewhere, all_evaluated: str) -> None:
    assert max(map(len, all_evaluated.splitlines())) <= 80
    assert "20 images of 10 patients (10 healthy, 10 sick)" in all_evaluated
    assert "Pneumonia is sick" in all_evaluated
    runs = {run.run_id: run for run in elsewhere.runs}
    found = elsewhere.evaluations
    assert sorted(run.tags["tracker.evaluated_run_id"] for run in found) == sorted(runs)
    for run in found:
        answers = parse_predictions(elsewhere.artifact(run, "predictions.csv").read_text())
        sick = [one.label == "sick" for one in answers]
        said = [one.probabilities["sick"] for one in answers]
        numbers = {name.removeprefix("external/"): value for name, value in run.metrics.items()}
        right = [(share > 0.5) == truth for share, truth in zip(said, sick, strict=True)]
        assert numbers["accuracy"] == pytest.approx(np.mean(right))
        assert numbers["auroc"] == pytest.approx(roc_auc_score(sick, said))
        assert numbers["brier"] == pytest.approx(brier_score_loss(sick, said))
        assert numbers["loss"] == pytest.approx(log_loss(sick, said))
        assert numbers["accuracy/interval_low"] < numbers["accuracy"] < numbers["accuracy/interval_high"]


def test_an_evaluation_is_linked_to_network_run_and_data_set(
    elsewhere: Elsewhere, all_evaluated: str
) -> None:
    run, client = elsewhere.evaluations[0], open_client(elsewhere.uri)
    trained = run.tags["tracker.evaluated_run_id"]
    inputs = client.get_run(run.run_id).inputs
    assert [one.model_id for one in inputs.model_inputs] == [run.tags["tracker.model_id"]]
    assert client.get_logged_model(run.tags["tracker.model_id"]).source_run_id == trained
    ((name, context),) = [(use.dataset.name, use.tags[0].value) for use in inputs.dataset_inputs]
    assert (name, context) == ("hospital B", "test")
    assert run.params["class_map"] == "No finding = healthy, Pneumonia = sick"
    rows = table_of(elsewhere.artifact(run, "split.csv"))
    assert len(rows) == 20
    assert {row["label"] for row in rows} == {"healthy", "sick"}
    assert all(elsewhere.artifact(run, f"{name}.png").stat().st_size for name in ("roc", "confusion_matrix"))


@pytest.mark.slow
def test_both_modes_stand_side_by_side_here_and_there(
    elsewhere: Elsewhere, all_evaluated: str, shared_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with working_in(elsewhere.folder, shared_cache):
        shown = calling(capsys)("compare", "--external")
        comparison = tracker.compare("small", external=True)
    view = comparison.views["external"]
    assert all("hospital B" in comparison.render(format) for format in FORMATS)
    assert max(map(len, shown.out.splitlines())) <= 80
    assert "Mini-ResNet on hospital B" in shown.out
    assert "established" in shown.out.partition("travels to hospital B: ")[2]
    rows = {row["mode"]: row for row in view.records if row["dataset"] == "hospital B"}
    for mode in (FE, FT):
        assert rows[mode]["drop"] == pytest.approx(rows[mode]["internal"] - rows[mode]["external"])
        assert rows[mode]["drop_interval_low"] < rows[mode]["drop"] < rows[mode]["drop_interval_high"]
        external = [
            run.metrics["external/accuracy"]
            for run in elsewhere.evaluations
            if mode in run.params["evaluated"] and run.params["images"] == "20"
        ]
        assert rows[mode]["external"] == pytest.approx(np.mean(external))
    assert rows[f"{FE} minus {FT}"]["drop"] == pytest.approx(rows[FE]["drop"] - rows[FT]["drop"])


def test_the_same_again_is_the_same_and_changed_images_are_others(
    elsewhere: Elsewhere, all_evaluated: str, evaluate: Tracker, tmp_path: Path
) -> None:
    before = len(elsewhere.evaluations)
    run = elsewhere.runs[0].run_id
    again = evaluate("--model", run, "--data", str(elsewhere.external), *MAP)
    assert "evaluated before: nothing new" in again.err
    assert len(elsewhere.evaluations) == before
    changed = tmp_path / "changed"
    shutil.copytree(elsewhere.external, changed)
    next(changed.rglob("*.png")).unlink()
    assert "recorded in MLflow: 1" in evaluate("--model", run, "--data", str(changed), *MAP).err
    assert len(elsewhere.evaluations) == before + 1


def test_other_numbers_of_the_same_images_are_recorded_and_not_taken_for_those_of_before(
    elsewhere: Elsewhere, all_evaluated: str, shared_cache: Path
) -> None:
    options = RunOptions(data=elsewhere.external, dataset="folder", patient_pattern=r"^P\d+")
    mapped = {"Pneumonia": "sick", "No finding": "healthy"}
    with working_in(elsewhere.folder, shared_cache):
        network = load_trained(elsewhere.runs[0].run_id, tracking_uri=elsewhere.uri)
        (one,) = tracker.evaluate(
            elsewhere.runs[0].run_id, data=elsewhere.external, class_map=mapped, patient_pattern=r"^P\d+"
        ).models
        images = find_external(options, mapped, silent).decoded(network.classes, 32, network.resize)

        def record(what: Evaluated) -> bool:
            return record_evaluation(
                *(what, images),
                **{"name": "hospital B", "options": options, "classes": network.classes},
                **{"experiment": "again", "tracking_uri": elsewhere.uri},
            )

        assert one.threshold is not None
        asked = [one, one, replace(one, loss=one.loss + 1e-3), replace(one, threshold=one.threshold + 0.1)]
        assert [record(what) for what in asked] == [True, False, True, True]
        # In last digits, processors differ.
        assert not record(replace(one, loss=one.loss * (1 + 1e-12)))


def test_evaluations_are_no_runs_of_an_arm(
    elsewhere: Elsewhere, all_evaluated: str, shared_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with working_in(elsewhere.folder, shared_cache):
        told = calling(capsys)("compare", "--experiment", "small", "--format", "json")
    assert told.code == 0, told.err
    content = json.loads(told.out)
    assert [cell["n"] for cell in content["cells"]] == [1, 1]
    assert content["not_in_the_table"] == []


def test_what_is_missing_is_typed_out(
    elsewhere: Elsewhere, shared_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with working_in(elsewhere.folder, shared_cache):
        call = calling(capsys)
        told = call("compare", "--experiment", "small", "--external", "--where", "seed=7")
        assert told.code != 0
        told = call("compare", "--experiment", "small", "--external", "--metric", "val/loss")
        assert "--external must be of a measure of test images" in told.err


def refused(told: Outcome) -> str:
    assert told.code != 0
    assert told.out == ""
    assert told.err.startswith("tracker: ")
    return told.err


def test_images_of_the_study_are_refused_each_by_name(
    elsewhere: Elsewhere, evaluate: Tracker, tmp_path: Path
) -> None:
    before = len(elsewhere.evaluations)
    own = shutil.copytree(elsewhere.external, tmp_path / "mixed")
    (tmp_path / "mixed" / "No finding").rename(tmp_path / "mixed" / "healthy")
    table = table_of(elsewhere.artifact(elsewhere.runs[0], "split.csv"))
    known = [row for row in table if row["label"] == "healthy"]
    trained, validated = (next(row for row in known if row["part"] == part) for part in ("train", "val"))
    shutil.copy(elsewhere.own / trained["sample"], own / "healthy" / "P70_copy.png")
    with Image.open(elsewhere.own / validated["sample"]) as image:
        image.save(own / "healthy" / "P71_other_file.bmp")
    asked = ("--model", elsewhere.runs[0].run_id, "--data", str(own), "--class-map", "Pneumonia=sick")
    told = refused(evaluate(*asked))
    assert f"healthy/P70_copy.png is {trained['sample']} of the training part" in told
    assert f"healthy/P71_other_file.bmp shows the same as {validated['sample']} of the validation" in told
    assert "--exclude healthy/P70_copy.png" in told
    assert len(elsewhere.evaluations) == before
    left_out = ("--exclude", "healthy/P70_copy.png", "--exclude", "*/P71_*")
    assert evaluate(*asked, *left_out).code == 0


@pytest.mark.slow
def test_patients_of_the_study_are_refused_unless_they_are_others(
    elsewhere: Elsewhere, evaluate: Tracker, tmp_path: Path
) -> None:
    data = draw(tmp_path / "numbers", ("healthy", "sick"), first=0, seed=9)
    asked = ("--model", elsewhere.runs[0].run_id, "--data", str(data))
    told = refused(evaluate(*asked))
    assert "is of patient P0" in told
    assert "--other-patients" in told
    told_otherwise = evaluate(*asked, "--other-patients")
    assert told_otherwise.code == 0, told_otherwise.err
    assert "other people" in " ".join(told_otherwise.out.split())


def test_classes_are_matched_or_mapped_and_never_guessed(
    elsewhere: Elsewhere, evaluate: Tracker, tmp_path: Path
) -> None:
    asked = ("--model", elsewhere.runs[0].run_id, "--data", str(elsewhere.external))
    told = refused(evaluate(*asked))
    assert "every class of the images must be one of the network's" in told
    assert "Pneumonia (10 images): healthy or sick or nothing (--class-map Pneumonia=)" in told
    assert "--class-map Pneumonia=sick" in told
    assert "'Pneumonai' is none" in refused(evaluate(*asked, "--class-map", "Pneumonai=sick"))
    assert "'ill' is none" in refused(evaluate(*asked, "--class-map", "Pneumonia=ill"))
    assert "two of the network's classes" in refused(
        evaluate(*asked, "--class-map", "Pneumonia=", "--class-map", "No finding=healthy")
    )
    three = draw(tmp_path / "three", ("Sick", "healthy"), first=80)
    (three / "effusion").mkdir()
    for path in sorted((three / "Sick").iterdir())[:4]:
        path.rename(three / "effusion" / path.name)
    told = refused(evaluate("--model", elsewhere.runs[0].run_id, "--data", str(three)))
    assert "--class-map Sick=sick" in told
    both = ("--class-map", "Sick=sick", "--class-map", "effusion=sick")
    assert "10 healthy, 10 sick" in evaluate(*asked[:2], "--data", str(three), *both).out


@pytest.mark.slow
def test_unreadable_images_are_left_out_where_they_may_be(
    elsewhere: Elsewhere, evaluate: Tracker, tmp_path: Path
) -> None:
    data = draw(tmp_path / "damaged", ("healthy", "sick"), first=60, seed=4)
    (data / "sick" / "P90_0.png").write_bytes(b"no image")
    asked = ("--model", elsewhere.runs[0].run_id, "--data", str(data))
    assert "sick/P90_0.png" in refused(evaluate(*asked))
    told = evaluate(*asked, "--on-unreadable", "skip")
    assert told.code == 0, told.err
    assert "Left out: 1 image" in told.out


@pytest.mark.slow
def test_python_gives_the_same_numbers_and_files_hold_them(
    elsewhere: Elsewhere, evaluate: Tracker, tmp_path: Path
) -> None:
    run, output = elsewhere.runs[0].run_id, tmp_path / "numbers.csv"
    told = evaluate("--model", run, "--data", str(elsewhere.external), *MAP, "--output", str(output))
    assert told.code == 0, told.err
    found = tracker.evaluate(
        run,
        data=elsewhere.external,
        class_map={"Pneumonia": "sick", "No finding": "healthy"},
        patient_pattern=r"^P\d+",
    )
    assert found.render() == told.out
    (network,) = found.models
    written = {row["measure"]: float(row["value"]) for row in table_of(output)}
    assert written == pytest.approx(
        {name: one.value for name, one in network.findings.measures.items()} | {"loss": network.loss}
    )
    assert not network.is_new
    assert found.view.plot().axes


def test_what_cannot_be_asked_is_said_in_one_line(elsewhere: Elsewhere, evaluate: Tracker) -> None:
    external, run = str(elsewhere.external), elsewhere.runs[0].run_id
    for arguments, words in (
        (("--data", external), "neither --model nor --experiment"),
        (("--model", run), "neither --dataset nor --data"),
        (("--model", run, "--arm", f"mini-resnet/{FE}", "--data", external), "--model names them already"),
        (("--experiment", "small", "--arm", "alexnet/probe", "--data", external), "'alexnet/probe' is none"),
        (("--model", run, "--data", external, "--class-map", "Pneumonia"), "must be THEIRS=OURS"),
        (("--model", run, "--data", external, "--output", "a.txt"), "--output must end with"),
        (("--model", run, "--data", external, "--output", "gone/a.csv"), "in a folder that is there"),
        (("--experiment", "nothing", "--data", external), "nothing"),
    ):
        told = refused(evaluate(*arguments))
        assert words in told
        assert "Traceback" not in told
