"""Weights that are wrong stop a study before an image is decoded, with a line that says what was found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch
import torch
import torchvision

from tests.support.command import Outcome, small_run

Tracker = Callable[..., Outcome]
State = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def state() -> State:
    torch.manual_seed(0)
    return dict(torchvision.models.squeezenet1_1(weights=None).state_dict())


def html(path: Path, _: State) -> None:
    path.write_text("<!doctype html><title>Sign in to continue</title>")


def not_a_number(path: Path, state: State) -> None:
    key = "features.0.weight"
    torch.save({**state, key: torch.full_like(state[key], float("nan"))}, path)


def rounded(path: Path, state: State) -> None:
    torch.save({key: (127 * value).to(torch.int8) for key, value in state.items()}, path)


def of_bytes(path: Path, state: State) -> None:
    """As everybody writes them who divides by 255 elsewhere."""
    metadata = {"mean": "[123.675, 116.28, 103.53]", "std": "[58.395, 57.12, 57.375]"}
    safetensors.torch.save_file(state, path, metadata)


@pytest.mark.parametrize(
    ("write", "found"),
    [
        (html, "is a web page ('Sign in to continue'), such as that of a proxy or a login. Get it again"),
        (not_a_number, "features.0.weight has 1,728 of 1,728 values that are NaN or infinite"),
        (rounded, "features.0.weight holds int8"),
        (of_bytes, "its mean is [123.675, 116.28, 103.53] in own.pth. Mend its metadata"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", ["run", "tune"])
def test_a_file_of_ones_own(
    tracker: Tracker,
    workplace: Path,
    radiographs: Path,
    state: State,
    monkeypatch: pytest.MonkeyPatch,
    write: Callable[[Path, State], None],
    found: str,
    command: str,
) -> None:
    write(workplace / "own.pth", state)
    assert_refused(tracker, workplace, radiographs, monkeypatch, command, "own.pth", found)


def test_random_weights_under_the_name_of_torchvisions(
    tracker: Tracker, workplace: Path, radiographs: Path, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(workplace / "torch"))
    place = workplace / "torch" / "hub" / "checkpoints" / "squeezenet1_1-b8a52dc0.pth"
    place.parent.mkdir(parents=True)
    torch.save(state, place)
    found = f"note: kept weights are not whole any more ({place}): they are fetched again\ntracker: "
    assert_refused(tracker, workplace, radiographs, monkeypatch, "run", "imagenet", found)


def assert_refused(
    tracker: Tracker,
    workplace: Path,
    radiographs: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    weights: str,
    found: str,
) -> None:
    monkeypatch.setenv("TRACKER_CACHE", str(workplace / "cache"))
    arguments = [command, *small_run(radiographs)[1:], "--model", "squeezenet1_1", "--mode", "fine-tuning"]
    told = tracker(*arguments, "--weights", weights)
    assert told.code == 1
    assert any(line.startswith("tracker: ") for line in told.err.splitlines())
    assert found in told.err
    assert "Traceback" not in told.err
    assert not list((workplace / "cache").rglob("pixels.raw"))
    assert not (workplace / "mlflow.db").exists()
