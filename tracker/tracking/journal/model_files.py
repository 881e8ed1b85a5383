"""Where the files of a trained network lie beside its run's journal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tracker.tracking.journal.run_folder import RunFolder

MODEL, LOADER = "model", "loader"


def model_files(files: Mapping[str, bytes], loader: tuple[str, bytes], run: RunFolder) -> dict[Path, bytes]:
    """Return what has to lie beside a journal before it names a network.

    Args:
        files: What the loader reads: contents by their paths in a folder.
        loader: The name and the content of the Python file that loads them.
        run: The run's folder.

    Returns:
        Contents by their paths.
    """
    name, content = loader
    lying = {run.path / MODEL / path: files[path] for path in sorted(files)}
    return {run.path / LOADER / name: content, **lying}
