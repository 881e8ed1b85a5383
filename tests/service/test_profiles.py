"""The profiles: TLS with a certificate of a hospital's authority, artifacts in S3, and the dashboard."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.support.command import run_process
from tests.support.repository import ROOT
from tests.support.servers import free_port
from tests.support.stack import Stack, running_stack

SMALL = ("--dataset", "phantom", "--model", "mini-resnet", "--mode", "feature-extractor", "--epochs", "2")
READ_MODEL = """
import mlflow
experiment = mlflow.get_experiment_by_name("secured").experiment_id
[model] = mlflow.search_logged_models([experiment], output_format="list")
print(mlflow.pyfunc.load_model(model.model_uri).metadata.signature.inputs)
"""
LIST_BUCKET = """
import os, boto3
store = boto3.client("s3", endpoint_url=os.environ["MLFLOW_S3_ENDPOINT_URL"])
print(*(found["Key"] for found in store.list_objects_v2(Bucket="artifacts")["Contents"]))
"""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority, and a certificate of it for this machine."""
    folder = tmp_path_factory.mktemp("certificates")
    for line in (
        "req -x509 -newkey rsa:2048 -nodes -days 2 -keyout authority.key -out authority.crt"
        " -subj /CN=Hospital -addext keyUsage=critical,keyCertSign",
        "req -newkey rsa:2048 -nodes -keyout site.key -out site.csr -subj /CN=localhost"
        " -addext subjectAltName=DNS:localhost",
        "x509 -req -in site.csr -CA authority.crt -CAkey authority.key -days 2 -copy_extensions copy"
        " -CAcreateserial -out site.crt",
    ):
        subprocess.run(["openssl", *line.split()], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory, certificates: Path) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("secured") / "docker"
    ports = {name: str(free_port()) for name in ("TLS_PORT", "TLS_HTTP_PORT", "DASHBOARD_PORT")}
    with running_stack(
        folder,
        f"tracker-profiles-{os.getpid()}",
        COMPOSE_PROFILES="tls,s3,dashboard",
        TLS="/certificates/site.crt /certificates/site.key",
        TLS_CERTIFICATES=str(certificates),
        TLS_BIND="127.0.0.1",
        ARTIFACTS="s3://artifacts",
        **ports,
    ) as stack:
        yield stack


def address(stack: Stack) -> str:
    return f"https://localhost:{stack.settings['TLS_PORT']}"


def account(stack: Stack) -> dict[str, str]:
    user, password = stack.account("tracker")
    return {
        "MLFLOW_TRACKING_URI": address(stack),
        "MLFLOW_TRACKING_USERNAME": user,
        "MLFLOW_TRACKING_PASSWORD": password,
    }


@pytest.mark.parametrize("variable", ["MLFLOW_TRACKING_SERVER_CERT_PATH", "REQUESTS_CA_BUNDLE"])
def test_a_person_tracks_over_tls(secured: Stack, certificates: Path, tmp_path: Path, variable: str) -> None:
    here = account(secured) | {variable: str(certificates / "authority.crt")}
    experiment = "secured" if variable.startswith("MLFLOW") else "bundled"
    done = run_process("run", *SMALL, "--experiment", experiment, cwd=tmp_path, **here)
    assert done.returncode == 0, done.stderr
    assert "everything is sent" in run_process("sync", cwd=tmp_path, **here).stdout


def test_a_model_in_s3_is_read_through_the_server_also_after_a_restart(
    secured: Stack, certificates: Path
) -> None:
    objects = secured.compose("exec", "--no-TTY", "mlflow", "python", "-c", LIST_BUCKET).stdout
    assert "MLmodel" in objects
    secured.compose("restart", "s3")
    secured.up("s3")
    here = account(secured) | {"MLFLOW_TRACKING_SERVER_CERT_PATH": str(certificates / "authority.crt")}
    command = [sys.executable, "-c", READ_MODEL]
    subprocess.run(command, env=os.environ | here, timeout=120, check=True)


def test_an_authority_that_is_not_known_is_told_in_one_line(secured: Stack, tmp_path: Path) -> None:
    done = run_process("compare", "--experiment", "secured", cwd=tmp_path, **account(secured))
    assert done.returncode != 0
    assert "MLFLOW_TRACKING_SERVER_CERT_PATH" in done.stderr
    assert "Traceback" not in done.stderr


def test_plain_http_leads_pages_on_and_refuses_passwords(secured: Stack) -> None:
    plain = f"http://localhost:{secured.settings['TLS_HTTP_PORT']}"
    page = requests.get(f"{plain}/x", allow_redirects=False, timeout=30)
    assert page.headers["Location"] == f"{address(secured)}/x"
    sent = requests.get(plain, auth=secured.account(), allow_redirects=False, timeout=30)
    assert sent.status_code == 403
    assert address(secured) in sent.text


def test_a_page_may_write_and_a_foreign_page_may_not(secured: Stack, certificates: Path) -> None:
    for origin, status in ((address(secured), 200), ("https://elsewhere.example", 403)):
        answer = requests.post(
            f"{address(secured)}/ajax-api/2.0/mlflow/experiments/search",
            json={"max_results": 5},
            headers={"Origin": origin},
            auth=secured.account(),
            verify=str(certificates / "authority.crt"),
            timeout=30,
        )
        assert answer.status_code == status


def test_the_dashboard_shows_studies_of_two_trainers(secured: Stack) -> None:
    studies = f"http://127.0.0.1:{secured.settings['DASHBOARD_PORT']}/api/studies"
    assert requests.get(studies, timeout=30).json() == {"study_summaries": []}
    arm = ("tune", *SMALL, "--trials", "4", "--experiment", "studied")
    trainers = [secured.started(*arm) for _ in range(2)]
    assert [trainer.ended() for trainer in trainers] == [0, 0]
    [study] = requests.get(studies, timeout=30).json()["study_summaries"]
    trials = requests.get(f"{studies}/{study['study_id']}", timeout=30).json()["trials"]
    assert [trial["state"] for trial in trials if trial["state"] != "Fail"] == ["Complete"] * 4


def test_a_browser_shows_charts_and_writes(
    secured: Stack, certificates: Path, tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    pytest.importorskip("playwright", reason="there is no Playwright")
    script, picture = ROOT / "tests/service/browser.py", tmp_path / "charts.png"
    trusted = ("--authority", certificates / "authority.crt")
    command = [
        sys.executable,
        script,
        "mlflow",
        address(secured),
        picture,
        "--experiment",
        "secured",
        *trusted,
    ]
    subprocess.run(command, env=os.environ | account(secured), timeout=200, check=True)
    assert picture.read_bytes().startswith(b"\x89PNG")
    record_property("told", str(picture))
