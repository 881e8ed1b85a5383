"""The profile serving: a network that a trainer made answers over HTTP, by its name in the registry."""

from __future__ import annotations

import io
import time

import numpy as np
import pytest
import requests
from PIL import Image

from tests.support.servers import free_port
from tests.support.stack import Stack

SMALL = ("--dataset", "phantom", "--model", "mini-resnet", "--mode", "feature-extractor", "--epochs", "2")
ARM = ("--experiment", "served", "--arm", "mini-resnet/feature-extractor")


@pytest.fixture(scope="module")
def registered(stack: Stack) -> Stack:
    """A stack with one network, registered as a person does."""
    stack.tracker("run", *SMALL, "--experiment", "served")
    stack.tracker("register", *ARM, "--name", "served", "--alias", "champion")
    stack.settings |= {"SERVED": "models:/served@champion", "SERVING_PORT": str(free_port())}
    return stack


def test_a_network_of_the_registry_answers_on_this_machine_alone(registered: Stack) -> None:
    registered.up("serving")
    address = f"http://127.0.0.1:{registered.settings['SERVING_PORT']}"
    assert requests.get(f"{address}/model", timeout=30).json()["model"] == "models:/served@champion"
    image = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 200), np.uint8)).save(image, "PNG")
    headers = {"Content-Type": "image/png"}
    answer = requests.post(f"{address}/predict", data=image.getvalue(), headers=headers, timeout=60).json()
    assert sum(answer["predictions"][0]["probabilities"].values()) == pytest.approx(1)
    published = registered.compose("port", "serving", "8000").stdout
    assert published.startswith("127.0.0.1:")
    registered.compose("stop", "serving")
    ended = registered.compose("ps", "--all", "--format", "{{.ExitCode}}", "serving").stdout.strip()
    assert ended == "0", "it did not hear SIGTERM, and was killed"


def test_an_alias_that_is_not_there_is_told_in_one_line(registered: Stack) -> None:
    registered.settings["SERVED"] = "models:/served@nobody"
    registered.compose("up", "--detach", "serving")
    deadline = time.monotonic() + 120
    said = ""
    while "nobody" not in said and time.monotonic() < deadline:
        time.sleep(1)
        said = registered.compose("logs", "serving").stdout
    registered.compose("rm", "--stop", "--force", "serving")
    assert "must have the alias 'nobody'" in said
    assert "Traceback" not in said
