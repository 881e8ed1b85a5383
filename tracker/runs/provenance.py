"""Where a run happened: versions, device and the commit of the user's folder."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
from pathlib import Path

import torch

from tracker.training.device import device_name

_NAMED = ("tracker", "torch", "torchvision", "numpy", "pillow")
_GIT_TIMEOUT_S = 5


def context_tags(device: torch.device) -> dict[str, str]:
    """Return tags that say with what a run was made.

    Args:
        device: The device that computes.
    """
    versions = {f"tracker.version.{name}": importlib.metadata.version(name) for name in _NAMED}
    tags = {
        **versions,
        "tracker.version.python": platform.python_version(),
        "tracker.platform": platform.platform(),
        "tracker.device": device_name(device),
        "tracker.threads": str(torch.get_num_threads()),
    }
    commit = _git_commit(Path.cwd())
    return tags | ({"mlflow.source.git.commit": commit} if commit else {})


def _git_commit(folder: Path) -> str | None:
    """Return the commit that a folder is at, or None where there is no git or no commit."""
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_GIT_TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()


def installed_packages() -> str:
    """Return all installed packages with their versions, a line each, as pip's requirements."""
    lines = {f"{item.metadata['Name']}=={item.version}" for item in importlib.metadata.distributions()}
    return (
        f"# Python {platform.python_version()} on {platform.platform()}\n" + "\n".join(sorted(lines)) + "\n"
    )
