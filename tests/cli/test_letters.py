"""Terminals and files that cannot hold every letter: each command says all that it has to say."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from tests.support.command import MODELS, call_main, small_run

ENCODINGS = ["ascii", "latin-1", "cp437", "utf-8"]


class Shell:
    """Where standard output and standard error are of one encoding, and anything else is refused."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
        self._encoding, self._patch = encoding, monkeypatch

    def __call__(self, *arguments: str) -> str:
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding=self._encoding) for _ in range(2))
        with self._patch.context() as patched:
            patched.setattr(sys, "stdout", out)
            patched.setattr(sys, "stderr", err)
            code = call_main(*arguments)
        for stream in (out, err):
            stream.flush()
        told, errors = (stream.buffer.getvalue().decode(self._encoding) for stream in (out, err))  # type: ignore[attr-defined]
        assert code == 0, errors
        assert "Error" not in errors
        return told


@pytest.mark.parametrize(
    "encoding", ["ascii", *(pytest.param(name, marks=pytest.mark.slow) for name in ENCODINGS[1:])]
)
def test_both_arms_are_trained_and_shown(
    workplace: Path, radiographs: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    shell = Shell(monkeypatch, encoding)
    (copy := workplace / "Aufnahmen").mkdir()
    for folder in radiographs.iterdir():
        (copy / f"{folder.name}-中ü").symlink_to(folder)
    modes = ["--mode", "feature-extractor", "--mode", "fine-tuning", "--experiment", "Größe 中"]
    told = shell(*small_run(copy, "--model", MODELS[0], *modes, "--epochs", "1", "--log-model", "none"))
    assert "2 runs: 2 finished" in told
    marks = {"ascii": "+ 2/2", "latin-1": "+ 2/2", "cp437": "+ 2/2", "utf-8": "✓ 2/2"}
    assert marks[encoding] in told
    assert ("\\u4e2d" in told) == (encoding != "utf-8")
    assert "Gr\\xf6" in told or encoding != "ascii"
    assert "2 runs: 2 finished" in shell("status")
    assert "fine-tuning" in shell("compare")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize("arguments", [["models"], ["run", "--help"], ["status"], ["sync"]])
def test_other_commands_write_what_the_terminal_can_show(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, arguments: list[str]
) -> None:
    assert Shell(monkeypatch, encoding)(*arguments)


def test_the_marks_of_a_table_have_stand_ins(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Shell(monkeypatch, "ascii")("compare", "--example")
    assert "--------" in told
    assert "+-" in told
    assert "\\u" not in told
