"""The notebook in docs/ runs from its first cell to its last, and is the one that its tool makes."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from tests.support.workplace import shared_cache, workplace
from tools import notebook

__all__ = ["shared_cache", "workplace"]


@pytest.mark.slow
def test_every_cell_of_the_notebook_runs(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(notebook.__file__).parents[1]
    monkeypatch.setenv("PYTHONPATH", str(root))
    read = nbformat.read(notebook.NOTEBOOK, as_version=4)
    notebook.execute(read, workplace)
    shown = [
        kind for cell in read.cells for output in cell.get("outputs", []) for kind in output.get("data", {})
    ]
    assert shown.count("text/html") == 2
    assert "image/png" in shown
    assert "text/markdown" in shown


def test_the_notebook_is_the_one_that_its_tool_makes() -> None:
    read = nbformat.read(notebook.NOTEBOOK, as_version=4)
    made = notebook.build()
    assert [cell.source for cell in read.cells] == [cell.source for cell in made.cells]
    assert all(cell.outputs for cell in read.cells if cell.cell_type == "code")
