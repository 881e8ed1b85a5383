"""What docker/README.md opens with: secrets, up, run; and who is let in."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
import requests

from tests.support.command import run_process
from tests.support.stack import Stack

SMALL = ("--model", "mini-resnet", "--mode", "feature-extractor", "--epochs", "3")


def test_the_services_are_healthy_and_reached_from_this_machine_alone(stack: Stack) -> None:
    services = [json.loads(line) for line in stack.compose("ps", "--format", "json").stdout.splitlines()]
    assert {service["Service"]: service["Health"] for service in services} == {
        "postgres": "healthy",
        "mlflow": "healthy",
    }
    published = [
        port for service in services for port in service["Publishers"] or () if port["PublishedPort"]
    ]
    assert [port["URL"] for port in published] == ["127.0.0.1"]


def test_a_first_run_of_the_trainer_ends_in_a_table(
    stack: Stack, record_property: pytest.RecordProperty
) -> None:
    stack.tracker("run", "--dataset", "phantom", "--epochs", "2")
    table = stack.tracker("compare", "--experiment", "phantom").stdout
    record_property("told", f"\n{table}")
    assert "mini-densenet" in table
    assert "feature-extractor" in table
    assert "everything is sent" in stack.tracker("status").stdout


def test_real_radiographs_are_mounted_and_trained_on(
    stack: Stack, record_property: pytest.RecordProperty
) -> None:
    folder = os.environ.get("RADIOGRAPHS")
    if not folder:
        pytest.skip("RADIOGRAPHS names no folder of real radiographs, one folder a class in it")
    stack.settings["DATA"] = folder
    stack.tracker("run", "--data", "/data", "--experiment", "cxr662", "--patient-pattern", r"^\d+", *SMALL)
    table = stack.tracker("compare", "--experiment", "cxr662").stdout
    record_property("told", f"\n{table}")
    assert "mini-resnet" in table


def test_a_person_tracks_from_a_machine_of_their_own(stack: Stack, tmp_path: Path) -> None:
    said = stack.compose("exec", "--no-TTY", "mlflow", "accounts", "add", "anna").stdout
    account = dict(line.removeprefix("export ").split("=", 1) for line in said.splitlines())
    here = account | {"MLFLOW_TRACKING_URI": stack.uri}
    done = run_process("run", "--dataset", "phantom", *SMALL, "--experiment", "anna", cwd=tmp_path, **here)
    assert done.returncode == 0, done.stderr
    table = run_process("compare", "--experiment", "anna", cwd=tmp_path, **here)
    assert "mini-resnet" in table.stdout
    assert account["MLFLOW_TRACKING_PASSWORD"] not in done.stdout + done.stderr + table.stdout


def test_who_has_no_account_is_told_so_and_trains_all_the_same(stack: Stack, tmp_path: Path) -> None:
    here = {"MLFLOW_TRACKING_URI": stack.uri, "MLFLOW_TRACKING_USERNAME": "", "MLFLOW_TRACKING_PASSWORD": ""}
    done = run_process("run", "--dataset", "phantom", *SMALL, "--experiment", "nobody", cwd=tmp_path, **here)
    said = done.stdout + done.stderr
    assert "MLFLOW_TRACKING_USERNAME" in said
    assert "epoch 3/3" in said
    user, password = stack.account("tracker")
    here |= {"MLFLOW_TRACKING_USERNAME": user, "MLFLOW_TRACKING_PASSWORD": password}
    sent = run_process("sync", cwd=tmp_path, **here)
    assert "everything is sent" in sent.stdout, sent.stdout + sent.stderr


def test_a_name_that_the_server_does_not_know_is_refused(stack: Stack) -> None:
    answer = requests.get(
        f"{stack.uri}/api/2.0/mlflow/experiments/search",
        headers={"Host": "elsewhere.example"},
        auth=stack.account(),
        timeout=30,
    )
    assert answer.status_code == 403


def test_no_password_is_in_a_command_line_or_an_image(stack: Stack) -> None:
    secret = [value for name, value in stack.secrets.items() if name.endswith(("_PASSWORD", "_KEY"))]
    assert len(secret) > 3
    processes = stack.run("ps", "axww", "-o", "args").stdout
    known = stack.run("docker", "image", "ls", "--format", "{{.Repository}}").stdout.split()
    images = [image for image in known if image.startswith(f"{stack.project}-")]
    assert len(images) >= 3
    history = "".join(stack.run("docker", "history", "--no-trunc", image).stdout for image in images)
    inspected = subprocess.run(
        ["docker", "image", "inspect", *images], capture_output=True, text=True, check=True
    )
    assert not [value for value in secret if value in processes + history + inspected.stdout]
