"""Makes docs/comparing.ipynb again, with what its cells print: `python -m tools.notebook`."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

NOTEBOOK = Path(__file__).resolve().parents[1] / "docs" / "comparing.ipynb"

CELLS = (
    (
        "markdown",
        "# Comparing in a notebook\n\nThe runs that come with tracker: three small networks, four modes, "
        "three seeds, on synthetic radiographs. Of your own runs: `tracker.compare('YOUR_EXPERIMENT')`.",
    ),
    ("code", "import tracker\n\ncomparison = tracker.compare(example=True)\ncomparison"),
    (
        "markdown",
        "## The verdict\n\nOne over all models, and one on each, with the numbers that it rests on. "
        "[statistics.md](statistics.md) says what each number means.",
    ),
    (
        "code",
        """print(comparison.verdict.kind, "-", comparison.verdict.better)
for verdict in comparison.verdicts:
    print(f"{verdict.pair.model:15} {verdict.kind:16} adjusted p {verdict.adjusted_p:.2g}")""",
    ),
    ("markdown", "## Every measure of every arm\n\nA row an arm and measure, in pandas."),
    (
        "code",
        """measures = comparison.table
columns = ["mode", "metric", "mean", "sd", "interval_low", "interval_high", "interval_over"]
measures[measures["model"] == "mini-resnet"][columns].round(3)""",
    ),
    ("markdown", "## Every pair of modes"),
    (
        "code",
        """columns = ["model", "first", "second", "difference", "interval_low", "interval_high"]
comparison.pairs[[*columns, "adjusted_p", "verdict"]].round(4)""",
    ),
    ("code", "comparison.plot()"),
    (
        "markdown",
        "## Making runs\n\n`tracker.run` takes the options of the command line by the same names, and says "
        "how each run ended; the same call again skips what has finished:\n\n"
        "```python\nruns = tracker.run(data='YOUR_IMAGES', model='resnet18', seeds=3)\n```",
    ),
)


def build() -> nbformat.NotebookNode:
    """Return the notebook without outputs; equal cells give an equal file."""
    made = {"markdown": new_markdown_cell, "code": new_code_cell}
    cells = [made[kind](text, id=f"cell-{number}") for number, (kind, text) in enumerate(CELLS)]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook: nbformat.NotebookNode = new_notebook(cells=cells, metadata=metadata)
    return notebook


def execute(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """Run every cell.

    Args:
        notebook: The notebook; its outputs are filled in.
        folder: The folder that it runs in.

    Raises:
        nbclient.exceptions.CellExecutionError: A cell fails.
    """
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()


def main() -> None:
    """Make it, and put it here."""
    import tempfile

    notebook = build()
    with tempfile.TemporaryDirectory(prefix="tracker-notebook-") as folder:
        execute(notebook, Path(folder))
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    nbformat.write(notebook, NOTEBOOK)


if __name__ == "__main__":
    main()
