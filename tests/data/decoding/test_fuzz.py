"""Whatever is wrong with a file, it is decoded or has a reason, and costs little; nothing else happens."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.damaged_images import whole_images
from tracker.data.decoding import UndecodableError, decode

SLOWEST_S, LARGEST_MIB = 2.0, 1000.0


def decoded_in_a_process(
    first: int, last: int, folder: Path, program: str = "damaged_images"
) -> dict[str, Any]:
    """Decode damaged files in a process of its own, which may die of them."""
    at = folder / "at"
    command = [sys.executable, "-m", f"tests.support.{program}", str(first), str(last), str(at)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"damaged({at.read_text()}): {ended.stderr[-3000:]}"
    assert ended.stderr == ""
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def assert_reasons_at_little_cost(told: dict[str, Any], count: int) -> None:
    outcomes = told["outcomes"]
    assert outcomes.keys() == {"decoded", "refused"}
    assert sum(outcomes.values()) == count
    assert min(outcomes.values()) > count // 20
    assert told["slowest"][0] < SLOWEST_S
    assert told["largest"][0] < LARGEST_MIB


def test_nearly_all_files_are_whole_before_they_are_damaged() -> None:
    refused = []
    for number, content in enumerate(whole_images()):
        try:
            decode(content, image_size=8, resize="stretch")
        except UndecodableError:
            refused.append(number)
    # WebP and GIF, of seven modes each.
    assert len(refused) <= 14
    assert len(whole_images()) > 100


def test_damaged_files_have_a_reason_each(tmp_path: Path) -> None:
    assert_reasons_at_little_cost(decoded_in_a_process(0, 1500, tmp_path), 1500)


def test_damaged_dicom_has_a_reason_each(tmp_path: Path) -> None:
    assert_reasons_at_little_cost(decoded_in_a_process(0, 300, tmp_path, "damaged_dicom"), 300)


@pytest.mark.slow
def test_twenty_thousand_damaged_files_of_dicom_have_a_reason_each(tmp_path: Path) -> None:
    assert_reasons_at_little_cost(decoded_in_a_process(0, 20_000, tmp_path, "damaged_dicom"), 20_000)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_a_hundred_thousand_damaged_files_have_a_reason_each(part: int, tmp_path: Path) -> None:
    first, last = part * 25_000, (part + 1) * 25_000
    assert_reasons_at_little_cost(decoded_in_a_process(first, last, tmp_path), 25_000)
