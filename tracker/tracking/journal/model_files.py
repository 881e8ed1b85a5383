"""The files of a trained network, on their way to a place beside its run's journal."""

from __future__ import annotations

from pathlib import Path

from tracker.tracking.journal.run_folder import RunFolder

MODEL, LOADER = "model", "loader"


def model_files(folder: Path, loader: Path, run: RunFolder) -> dict[Path, bytes]:
    """Return what has to lie beside a journal before it names a network.

    Args:
        folder: The files that the loader reads.
        loader: The Python file that loads them.
        run: The run's folder.

    Returns:
        Contents by their paths in the run's folder.
    """
    files = {run.path / LOADER / loader.name: loader.read_bytes()}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        files[run.path / MODEL / file.relative_to(folder)] = file.read_bytes()
    return files
