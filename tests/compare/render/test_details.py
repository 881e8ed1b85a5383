"""What `--details` prints fits a terminal, and says what its numbers are of."""

from __future__ import annotations

import dataclasses

import pytest

from tests.support.answered import Answered
from tests.support.records import RunFactory
from tracker.compare.render.details import render_details

FE, FT = "feature-extractor", "fine-tuning"


@pytest.fixture
def clustered(make_run: RunFactory) -> Answered:
    study = Answered(make_run)
    patients = [image // 2 for image in range(40)]
    for mode, pattern in ((FE, "10" * 20), (FT, "1100" * 10)):
        study.arm(mode, pattern, pattern, patients=patients)
    return study


def test_the_numbers_beside_mcnemar_say_which_mode_got_them_right(clustered: Answered) -> None:
    text = " ".join(render_details(clustered.found()).split())
    assert "McNemar, seed 0 10 against 10 mid-p" in text
    assert "the first mode alone got right, against how many the second alone." in text
    assert "Beside McNemar" not in render_details(clustered.found("test/auroc"))


def test_the_test_by_patient_stands_below_the_one_that_it_corrects(clustered: Answered) -> None:
    names = [line.strip().split("  ")[0] for line in render_details(clustered.found()).splitlines()]
    first = names.index("McNemar, seed 0")
    assert names[first : first + 4] == [
        "McNemar, seed 0",
        "the same, by patient",
        "McNemar, seed 1",
        "the same, by patient",
    ]


def test_a_line_of_repeated_folds_fits_a_terminal(clustered: Answered) -> None:
    findings = clustered.found()
    (verdict,) = findings.main
    tests = verdict.pair.tests
    named = {f"{name} repeat 1": table for name, table in tests.mcnemar.items()}
    by_patient = {f"{name} repeat 1": p for name, p in tests.clustered.items()}
    pair = dataclasses.replace(
        verdict.pair,
        tests=dataclasses.replace(tests, mcnemar=named, clustered=by_patient),
        basis=dataclasses.replace(verdict.pair.basis, holds="folds and their training sets"),
    )
    text = render_details(dataclasses.replace(findings, main=(dataclasses.replace(verdict, pair=pair),)))
    assert "McNemar, seed 1 repeat 1" in text
    assert max(map(len, text.splitlines())) <= 80
