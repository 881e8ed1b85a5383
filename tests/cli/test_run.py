"""`tracker run` as a user meets it, on a real store."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from tests.support.command import MODELS, MODES, Outcome, Study, run_process, small_run
from tests.support.image_files import png
from tests.support.servers import MlflowServer
from tracker.tracking.backend.reader import read_runs

Tracker = Callable[..., Outcome]
PER_EPOCH = {
    *("train/loss", "train/accuracy", "train/images_per_second"),
    *(f"{part}/{name}" for part in ("val", "test") for name in ("loss", "accuracy", "auroc")),
}


def test_the_plan_is_printed_before_the_work(study: Study) -> None:
    plan, _, rest = study.printed.partition("tracked in")
    assert "images      30 (healthy 15, sick 15)" in plan
    assert "train: 16 images (8 healthy, 8 sick) of 8 patients" in plan
    for model in MODELS:
        assert f"{model:18}  feature-extractor  lr 0.01   fp32  2 seeds" in plan
        assert f"{model:18}  fine-tuning        lr 0.001  fp32  2 seeds" in plan
    assert rest.index("epoch 1/2") < rest.index("8 runs: 8 finished")


def test_every_line_fits_a_terminal_of_80_columns(study: Study) -> None:
    short = [line.replace(str(study.arguments[-1]), "") for line in study.printed.splitlines()]
    assert [line for line in short if len(line) > 80 and " from " not in line and " epoch " not in line] == []


def test_the_summary_names_the_next_commands(study: Study) -> None:
    assert study.printed.rstrip().splitlines()[-2:] == [
        "curves  tracker ui",
        "table   tracker compare --experiment small",
    ]


def test_mlflow_holds_every_run_with_its_recipe(study: Study) -> None:
    runs = read_runs(study.uri, "small")
    assert sorted(run.name for run in runs) == sorted(
        f"{model} · {mode} · seed {seed}"
        for model in MODELS
        for mode in ("feature-extractor", "fine-tuning")
        for seed in (0, 1)
    )
    for run in runs:
        assert run.status == "FINISHED"
        assert run.params["epochs"] == "2"
        assert run.params["lr"] == ("0.01" if run.params["mode"] == "feature-extractor" else "0.001")
        assert run.params["split"] == "16/6/8"
        assert run.params["patient_pattern"] == r"^P\d+"
        assert run.tags["tracker.test_images"] == "8"
        assert len(run.tags["tracker.split_digest"]) == 64
        assert run.tags.get("tracker.trunk_unchanged") == (
            "true" if run.params["mode"] == "feature-extractor" else None
        )
    assert len({run.tags["tracker.fingerprint"] for run in runs}) == 8


def test_mlflow_holds_every_metric_of_every_epoch(study: Study) -> None:
    for run in read_runs(study.uri, "small", metrics=sorted(PER_EPOCH)):
        assert {name: [point.step for point in run.history[name]] for name in PER_EPOCH} == {
            name: [1, 2] for name in PER_EPOCH
        }
        assert run.metrics["final/test/accuracy"] == run.history["test/accuracy"][-1].value
        best = int(run.metrics["best/epoch"])
        losses = [point.value for point in run.history["val/loss"]]
        assert losses[best - 1] == min(losses) == run.metrics["best/val/loss"]
        assert run.metrics["best/test/auroc"] == run.history["test/auroc"][best - 1].value


def test_mlflow_holds_the_artifacts_and_predictions_agree_with_the_metrics(study: Study) -> None:
    from mlflow import MlflowClient

    from tracker.tracking.backend.reader import read_predictions

    run = read_runs(study.uri, "small")[0]
    client = MlflowClient(study.uri)
    names = {item.path for item in client.list_artifacts(run.run_id)}
    assert {
        *("recipe.yaml", "split.csv", "environment.txt", "predictions.csv"),
        *("confusion_matrix.png", "roc.png"),
    } <= names
    predictions = read_predictions(study.uri, run.run_id)
    for kind in ("final", "best"):
        test = [p for p in predictions if p.part == "test" and p.epoch_kind == kind]
        right = [max(p.probabilities, key=lambda name: p.probabilities[name]) == p.label for p in test]
        assert len(test) == 8
        assert sum(right) / 8 == run.metrics[f"{kind}/test/accuracy"]
        assert all(sum(p.probabilities.values()) == pytest.approx(1) for p in test)
    inputs = client.get_run(run.run_id).inputs.dataset_inputs
    assert {tag.value for item in inputs for tag in item.tags} == {"train", "validation", "test"}


LOAD = """
import json, sys, numpy as np, mlflow
from PIL import Image
mlflow.set_tracking_uri(sys.argv[1])
client = mlflow.MlflowClient()
runs = {run.info.run_id: run for run in client.search_runs(["1"])}
models = client.search_logged_models(["1"])
model = next(m for m in models if runs[m.source_run_id].data.params["mode"] == sys.argv[4])
loaded = mlflow.pyfunc.load_model(model.model_uri)
paths = json.loads(sys.argv[2])
images = np.stack([np.stack([np.asarray(Image.open(path))] * 3, -1) for path in paths])
print(json.dumps({"run": model.source_run_id, "models": sorted(m.name for m in models),
                  "rows": loaded.predict(images).to_dict("records")}), file=open(sys.argv[3], "w"))
"""


def test_the_stored_network_answers_for_arrays_as_the_run_recorded_without_pickles(
    study: Study, radiographs: Path, tmp_path: Path
) -> None:
    from tracker.tracking.backend.reader import read_predictions

    paths = {
        f"sick/P{n // 2:02}_{n}.png": str(radiographs / "sick" / f"P{n // 2:02}_{n}.png") for n in (1, 3)
    }
    paths |= {p.relative_to(radiographs).as_posix(): str(p) for p in (radiographs / "healthy").glob("*.png")}
    answer_file = tmp_path / "answer.json"
    command = [
        sys.executable,
        "-c",
        LOAD,
        study.uri,
        json.dumps(list(paths.values())),
        str(answer_file),
        "fine-tuning",
    ]
    environment = os.environ | {
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "1",
    }
    ended = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert ended.returncode == 0, ended.stderr
    answer = json.loads(answer_file.read_text())
    names = sorted(f"{model}-{mode}" for model in MODELS for mode in MODES)
    assert answer["models"] == names, "one an arm, that of the first seed"
    recorded = {
        p.sample: p.probabilities
        for p in read_predictions(study.uri, answer["run"])
        if p.epoch_kind == "final"
    }
    compared = 0
    for sample, row in zip(paths, answer["rows"], strict=True):
        if sample in recorded:
            assert row == pytest.approx(dict(recorded[sample]), abs=1e-3)
            compared += 1
    assert compared >= 4


def test_the_same_command_again_does_nothing_twice(
    study: Study, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(study.folder)
    again = tracker(*study.arguments)
    assert again.code == 0
    assert "8 runs: 8 skipped" in again.out
    assert len(read_runs(study.uri, "small")) == 8


def test_a_dry_run_prints_the_plan_and_leaves_nothing(
    tracker: Tracker, workplace: Path, radiographs: Path
) -> None:
    told = tracker(*small_run(radiographs, "--model", "resnet18", "--dry-run"))
    assert told.code == 0
    assert "resnet18  feature-extractor" in told.out
    assert list(workplace.iterdir()) == []


def test_a_yaml_file_says_all_and_options_win(tracker: Tracker, workplace: Path, radiographs: Path) -> None:
    (workplace / "study.yaml").write_text(
        yaml.safe_dump(
            {"dataset": "folder", "data": str(radiographs), "model": "resnet18", "mode": ["fine-tuning"]}
            | {
                "weights": "none",
                "batch-size": 5,
                "epochs": 7,
                "experiment": "from-yaml",
                "lr": 0.25,
                "dry_run": True,
            }
        )
    )
    told = tracker("run", "--config", "study.yaml", "--epochs", "3")
    assert told.code == 0, told.err
    assert "experiment  from-yaml" in told.out
    assert "3 epochs, batches of 5" in told.out
    assert "resnet18  fine-tuning  lr 0.25" in told.out


def test_a_run_that_diverges_is_failed_and_the_next_one_runs(
    tracker: Tracker, workplace: Path, radiographs: Path
) -> None:
    arms = ["--model", MODELS[0], "--mode", "fine-tuning", "--mode", "freeze:features.5"]
    told = tracker(*small_run(radiographs, *arms, "--lr", "1e30", "--experiment", "lost"))
    assert told.code == 1
    assert "2 runs: 2 failed" in told.out
    runs = read_runs(f"sqlite:///{workplace}/mlflow.db", "lost")
    assert [run.status for run in runs] == ["FAILED", "FAILED"]
    assert "at learning rate 1e+30" in runs[0].tags["tracker.reason"]


def test_unreadable_images_stop_the_run_or_are_left_out(
    tracker: Tracker, workplace: Path, radiographs: Path
) -> None:
    import shutil

    data = workplace / "data"
    shutil.copytree(radiographs, data)
    whole = (data / "sick" / "P00_1.png").read_bytes()
    (data / "sick" / "P00_1.png").write_bytes(whole[:500])
    palette_without_colors = png(np.zeros((8, 8, 1), np.uint8), bits=1, color=3)
    (data / "healthy" / "P01_2.png").write_bytes(palette_without_colors)
    arm = ["--model", MODELS[0], "--mode", "feature-extractor", "--experiment", "damaged"]
    told = tracker(*small_run(data, *arm))
    assert told.code == 1
    assert "2 are not" in told.err
    assert "sick/P00_1.png: damaged or cut off" in told.err
    assert "healthy/P01_2.png: damaged or cut off" in told.err
    assert not (workplace / "mlflow.db").exists()

    told = tracker(*small_run(data, *arm, "--on-unreadable", "skip"))
    assert told.code == 0, told.err
    assert "2 images left out" in told.out
    (run,) = read_runs(f"sqlite:///{workplace}/mlflow.db", "damaged")
    assert run.params["split"] == "14/6/8"
    assert run.tags["tracker.images_left_out"] == "2"


@pytest.mark.parametrize(
    ("arguments", "code", "parts"),
    [
        (["--model", "resnet125"], 2, ["'resnet125' is not", "resnet152"]),
        (["--mode", "freeze:layer9", "--model", "resnet18"], 1, ["no 'layer9'", "layer4.1.relu_1"]),
        (["--mode", "frozen"], 2, ["mode: must be feature-extractor", "'frozen'"]),
        (["--lr", "-1", "--epochs", "0"], 2, ["lr: ", "epochs: "]),
        (["--split", "1/2"], 2, ["1/2"]),
        (["--split", "400/44/132"], 2, ["400+44+132", "30", "21/2/7"]),
        (["--patient-pattern", "("], 2, ["pattern"]),
        (["--weights", "/nowhere/w.pth"], 1, ["no file /nowhere/w.pth"]),
        (["--optimizer", "lion"], 2, ["optimizer", "'lion'"]),
        (["--precision", "fp8"], 2, ["precision", "'fp8'"]),
        (["--dataset", "foldr"], 2, ["foldr", "folder"]),
        (["--data", "/nowhere"], 1, ["/nowhere"]),
        (["--tracking-uri", "./mlruns"], 1, ["mlruns"]),
        (["--config", "/nowhere.yaml"], 2, ["/nowhere.yaml"]),
        (["--model", "alexnet", "--image-size", "32"], 2, ["alexnet cannot take 32x32"]),
        (["--model", "vit_b_32"], 2, ["vit_b_32 cannot take 64x64"]),
    ],
)
def test_bad_input_is_one_line_and_an_exit_code_and_nothing_begins(
    tracker: Tracker, workplace: Path, radiographs: Path, arguments: list[str], code: int, parts: list[str]
) -> None:
    given = small_run(radiographs)
    for name, value in zip(arguments[::2], arguments[1::2], strict=True):
        given = [*given, name, value]
    told = tracker(*given)
    assert told.code == code, told
    assert told.err.startswith("tracker: ")
    assert all(part in told.err for part in parts), told.err
    assert "Traceback" not in told.err
    assert not (workplace / "mlflow.db").exists()


def test_unknown_keys_of_a_yaml_file_are_named_at_once(tracker: Tracker, workplace: Path) -> None:
    (workplace / "study.yaml").write_text("modell: resnet18\nepoch: 3\nlr: fast\nbatch-size: 0\n")
    told = tracker("run", "--config", "study.yaml")
    assert told.code == 2
    assert "modell is unknown (did you mean model?)" in told.err
    assert "epoch is unknown (did you mean epochs?)" in told.err
    assert "lr: " in told.err
    assert "batch_size: " in told.err


def test_imagenet_weights_that_cannot_be_had_are_named_before_anything_begins(
    tracker: Tracker, workplace: Path, radiographs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(workplace / "torch"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    told = tracker(*small_run(radiographs, "--weights", "imagenet", "--image-size", "224"))
    assert told.code == 1
    assert "the weights of every network must be at hand, but those of 3 are not" in told.err
    for file in ("alexnet-owt-7be5be79.pth", "resnet152-394f9c45.pth", "densenet201-c1103571.pth"):
        assert f"https://download.pytorch.org/models/{file}" in told.err
    assert "Traceback" not in told.err
    assert not (workplace / "mlflow.db").exists()


def test_the_reference_study_without_images_says_what_to_download(
    tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKER_TB_XRAY_URL", "http://127.0.0.1:9/ChinaSet_AllFiles.zip")
    told = tracker("run")
    assert told.code == 1
    assert "http://127.0.0.1:9/ChinaSet_AllFiles.zip" in told.err
    assert "--data" in told.err


def test_a_real_server_holds_the_same(
    tracker: Tracker, mlflow_server: MlflowServer, workplace: Path, radiographs: Path
) -> None:
    arms = ["--model", MODELS[0], "--mode", "fine-tuning", "--experiment", "on-a-server"]
    told = tracker(*small_run(radiographs, *arms, "--tracking-uri", mlflow_server.uri))
    assert told.code == 0, told.err
    assert f"tracker compare --experiment on-a-server --tracking-uri {mlflow_server.uri}" in told.out
    (run,) = read_runs(mlflow_server.uri, "on-a-server", metrics=["test/loss"])
    assert run.status == "FINISHED"
    assert [point.step for point in run.history["test/loss"]] == [1, 2]
    assert not (workplace / "mlflow.db").exists()


def test_a_server_that_is_not_there_costs_nothing_but_a_line(
    tracker: Tracker, workplace: Path, radiographs: Path
) -> None:
    arms = ["--model", MODELS[0], "--mode", "feature-extractor", "--experiment", "alone"]
    told = tracker(*small_run(radiographs, *arms, "--tracking-uri", "http://127.0.0.1:9"))
    assert told.code == 0, told.err
    assert "1 run: 1 finished" in told.out
    assert "records not sent yet: tracker sync" in told.out


def test_rerun_runs_again_what_has_finished(tracker: Tracker, workplace: Path, radiographs: Path) -> None:
    arms = ["--model", MODELS[0], "--mode", "freeze:features.5", "--experiment", "twice"]
    assert tracker(*small_run(radiographs, *arms)).code == 0
    assert "1 run: 1 skipped" in tracker(*small_run(radiographs, *arms)).out
    assert "1 run: 1 finished" in tracker(*small_run(radiographs, *arms, "--rerun")).out
    first, second = read_runs(f"sqlite:///{workplace}/mlflow.db", "twice", metrics=["val/loss"])
    assert first.tags["tracker.fingerprint"] == second.tags["tracker.fingerprint"]
    assert first.tags["tracker.trunk_unchanged"] == "true"
    assert first.history["val/loss"] == second.history["val/loss"], "the same recipe, the same numbers"


def test_weights_that_do_not_fit_are_known_before_anything_begins(
    tracker: Tracker, workplace: Path, radiographs: Path
) -> None:
    import torch

    torch.save({"conv1.weight": torch.ones(1)}, workplace / "w.pth")
    told = tracker(*small_run(radiographs, "--weights", "w.pth", "--model", "resnet18"))
    assert told.code == 1
    assert "keys differ" in told.err
    assert "conv1.weight: [1] in the file, [64, 3, 7, 7] in the network" in told.err
    assert not (workplace / "mlflow.db").exists()


def test_a_folder_that_cannot_be_written_is_one_line(
    tracker: Tracker, workplace: Path, radiographs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workplace / "file").write_text("")
    monkeypatch.setenv("TRACKER_HOME", str(workplace / "file" / "home"))
    told = tracker(*small_run(radiographs, "--model", MODELS[0], "--mode", "feature-extractor"))
    assert told.code == 1
    assert "TRACKER_HOME" in told.err
    assert "Traceback" not in told.err


def test_the_command_works_as_a_process_of_its_own(workplace: Path, radiographs: Path) -> None:
    arms = ["--model", MODELS[0], "--mode", "feature-extractor", "--dry-run"]
    ended = run_process(*small_run(radiographs, *arms), cwd=workplace)
    assert ended.returncode == 0
    assert "squeezenet1_1  feature-extractor" in ended.stdout
    assert ended.stderr == ""
