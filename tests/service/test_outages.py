"""Nothing is lost and nothing is stuck, whatever of the stack stops in the middle of a run."""

from __future__ import annotations

import time

import pytest

from tests.support.stack import Stack, Trainer

ARM = ("--dataset", "phantom", "--model", "mini-densenet", "--mode", "fine-tuning")
EPOCHS = 6
Histories = dict[str, list[tuple[int, float]]]


def histories(stack: Stack, experiment: str) -> Histories:
    """Read each metric of an experiment's only run, as MLflow has it: its steps and values."""
    run = only_run(stack, experiment)
    keys = [metric["key"] for metric in run["data"]["metrics"]]
    return {key: history(stack, run["info"]["run_id"], key) for key in keys if "second" not in key}


def history(stack: Stack, run_id: str, key: str) -> list[tuple[int, float]]:
    found = stack.got("metrics/get-history", run_id=run_id, metric_key=key)["metrics"]
    return [(point["step"], point["value"]) for point in found]


def only_run(stack: Stack, experiment: str) -> dict:
    known = stack.got("experiments/get-by-name", experiment_name=experiment)["experiment"]
    [run] = stack.asked("runs/search", experiment_ids=[known["experiment_id"]])["runs"]
    return run


@pytest.fixture(scope="module")
def undisturbed(stack: Stack) -> Histories:
    stack.tracker("run", *ARM, "--epochs", str(EPOCHS), "--experiment", "undisturbed")
    return histories(stack, "undisturbed")


def begun(stack: Stack, experiment: str) -> Trainer:
    """Start the same run in another experiment, and wait until it is in the middle."""
    trainer = stack.started("run", *ARM, "--epochs", str(EPOCHS), "--experiment", experiment)
    trainer.wait_for("epoch 2/")
    return trainer


def test_databases_and_server_restarted_during_a_run_lose_nothing(
    stack: Stack, undisturbed: Histories
) -> None:
    trainer = begun(stack, "restarts")
    stack.compose("restart", "postgres")
    trainer.wait_for("epoch 3/")
    stack.compose("kill", "mlflow")
    trainer.wait_for("epoch 4/")
    stack.up("mlflow")
    assert trainer.ended() == 0
    stack.tracker("sync")
    assert histories(stack, "restarts") == undisturbed


def test_a_server_that_is_away_to_the_end_gets_everything_later(stack: Stack, undisturbed: Histories) -> None:
    trainer = begun(stack, "away")
    stack.compose("stop", "mlflow", "postgres")
    code = trainer.ended()
    assert "tracker sync" in trainer.said()
    assert code in (0, 1)
    stack.up()
    stack.tracker("sync")
    assert histories(stack, "away") == undisturbed


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_another_container_goes_on_with_a_run_that_was_ended(
    stack: Stack, undisturbed: Histories, how: str
) -> None:
    experiment = f"after-{how}"
    first = begun(stack, experiment)
    getattr(first, how)()
    code = first.ended()
    assert code != 0
    time.sleep(2)
    second = stack.started("run", *ARM, "--epochs", str(EPOCHS), "--experiment", experiment)
    assert second.ended() == 0, second.said()
    assert first.host_name() != second.host_name()
    assert "epoch 1/" not in second.said()
    assert histories(stack, experiment) == undisturbed
