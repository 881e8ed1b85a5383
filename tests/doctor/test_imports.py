"""Packages that warn, fail, or read their settings when they are imported."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tracker.doctor.imports import why_not_importable

Package = Callable[[str, str], str]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    """Makes a package of some lines, and says why it cannot be imported."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(name: str, source: str) -> str:
        (tmp_path / f"{name}.py").write_text(source)
        return why_not_importable(name)

    return make


def test_a_package_that_warns_can_be_imported(package: Package) -> None:
    assert package("that_warns", "import warnings; warnings.warn('old')") == ""


def test_whatever_a_package_raises_is_told_in_one_line(package: Package) -> None:
    assert package("that_raises", "raise SyntaxError('two\\nlines')") == "SyntaxError: two lines"


def test_a_package_that_fails_is_tried_once(package: Package, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIES", "")
    counted = "import os; os.environ['TRIES'] += '1'; raise OSError(os.environ['TRIES'])"
    assert package("that_counts", counted) == "OSError: 1"
    assert why_not_importable("that_counts") == "OSError: 1"


def test_the_settings_of_mlflow_are_there_before_a_package_reads_them(
    package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY", raising=False)
    assert package("that_reads", "import os; os.environ['MLFLOW_DISABLE_TELEMETRY']") == ""
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
