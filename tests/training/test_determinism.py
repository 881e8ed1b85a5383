"""Deterministic algorithms: asked for as long as they are wanted, and what has none is told."""

from __future__ import annotations

import warnings

import pytest
import torch

from tracker.training.determinism import determinism, repeats_exactly


def ask() -> tuple[bool, bool]:
    return torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()


def test_torch_takes_them_inside_and_is_as_it_was_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    notes: list[str] = []
    with determinism(False, notes.append):
        assert ask() == (False, False)
    with determinism(True, notes.append):
        assert ask() == (True, True)
    assert ask() == (False, False)
    assert notes == []


def test_operations_that_have_none_are_told_once_and_other_warnings_are_shown() -> None:
    notes: list[str] = []
    words = "does not have a deterministic implementation, but you set 'torch.use_deterministic_algorithms"
    with pytest.warns(UserWarning, match="of another kind"):
        warn_inside(notes, [*(f"{one} {words}" for one in ("pool", "pool", "scatter")), "of another kind"])
    (note,) = notes
    assert "pool, scatter cannot be computed in a deterministic way here" in note


def warn_inside(notes: list[str], messages: list[str]) -> None:
    with determinism(True, notes.append):
        for message in messages:
            warnings.warn(message, UserWarning, stacklevel=1)


@pytest.mark.parametrize(
    ("device", "deterministic", "exactly"),
    [("cpu", False, True), ("cpu", True, True), ("cuda", False, False), ("cuda", True, True)],
)
def test_what_is_trained_again_has_to_be_the_same_on_the_cpu_and_wherever_that_was_asked_for(
    device: str, deterministic: bool, exactly: bool
) -> None:
    assert repeats_exactly(torch.device(device), deterministic=deterministic) is exactly
