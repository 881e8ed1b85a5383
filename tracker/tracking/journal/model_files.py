"""Where the files of a trained network lie beside its run's journal, and whether they are what they were."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from tracker.io.short_path import short_path
from tracker.tracking.journal.run_folder import RunFolder

MODEL, LOADER = "model", "loader"


class ChangedFile(ValueError):
    """A file beside a journal is not what was recorded: it is not sent, now or later."""


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


def digests(files: Mapping[Path, bytes], run: RunFolder) -> dict[str, str]:
    """Return the SHA-256 of files, by their paths below a run's folder.

    Args:
        files: Contents by their paths.
        run: The run's folder.
    """
    return {
        path.relative_to(run.path).as_posix(): hashlib.sha256(content).hexdigest()
        for path, content in files.items()
    }


def check_unchanged(recorded: Mapping[str, str], run: RunFolder) -> None:
    """Refuse files that somebody changed since they were recorded.

    Args:
        recorded: As `digests` gave them.
        run: The run's folder.

    Raises:
        ChangedFile: One has another content.
        FileNotFoundError: One is gone.
    """
    for name, digest in recorded.items():
        with (run.path / name).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                raise ChangedFile(
                    f"{short_path(run.path / name)} is not the file that was recorded, somebody changed it: "
                    "it is not sent; put the recorded file back, then type tracker sync --all"
                )
