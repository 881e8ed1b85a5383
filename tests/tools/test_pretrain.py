from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tools.pretrain import main as pretrain
from tracker.models.digests import SUMS, file_digest, listed_digest
from tracker.models.minis import MINIS
from tracker.models.networks import build_network

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_it_is_started_from_the_repositorys_root() -> None:
    command = [sys.executable, "-m", "tools.pretrain", "--images", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--images must be at least 1032" in done.stderr


@pytest.mark.slow
def test_pretraining_again_makes_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for folder in (tmp_path / "once", tmp_path / "again"):
        command = ["pretrain", "--images", "1100", "--epochs", "1", "--output", str(folder)]
        monkeypatch.setattr("sys.argv", command)
        pretrain()
        assert {file.name for file in folder.iterdir()} == {
            *(f"{name}.safetensors" for name in MINIS),
            "pretraining.log",
            SUMS,
        }
        assert all(listed_digest(file) == file_digest(file) for file in folder.glob("*.safetensors"))
        # Not the bytes: safetensors writes what it says of a file in any order.
        made.append([load_file(folder / f"{name}.safetensors") for name in MINIS])
        for name in MINIS:
            build_network(name, weights=str(folder / f"{name}.safetensors"), classes=2, seed=0)
    for once, again in zip(*made, strict=True):
        assert once.keys() == again.keys()
        assert all(torch.equal(once[key], again[key]) for key in once)
