"""Where a run happened: who started it, versions, device and the commit of the user's folder."""

from __future__ import annotations

import getpass
import importlib.metadata
import os
import platform
import subprocess
import sys
from functools import cache
from pathlib import Path

import torch

from tracker.training.device import device_name

_NAMED = ("tracker", "torch", "torchvision", "numpy", "pillow", "scipy", "scikit-learn", "optuna")
_GIT_TIMEOUT_S = 5
_OUR_PROGRAMS = ("tracker", "__main__.py")


def origin_tags() -> dict[str, str]:
    """Return what MLflow's columns Source and User show: what was started, and by whom."""
    program = Path(sys.argv[0]).name
    name = "tracker" if program in _OUR_PROGRAMS else program or "python"
    return {"mlflow.source.name": name, "mlflow.source.type": "LOCAL", "mlflow.user": _user()}


def _user() -> str:
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):
        # A container may run under a number that has no name.
        return f"uid {os.getuid()}"


def context_tags(device: torch.device) -> dict[str, str]:
    """Return tags that say with what a run was made.

    Args:
        device: The device that computes.
    """
    versions = {f"tracker.version.{name}": importlib.metadata.version(name) for name in _NAMED}
    tags = {
        **origin_tags(),
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


@cache
def installed_packages() -> str:
    """Return all installed packages with their versions, a line each, as pip's requirements."""
    found = (item.metadata for item in importlib.metadata.distributions())
    lines = {f"{said['Name']}=={said['Version']}" for said in found}
    return (
        f"# Python {platform.python_version()} on {platform.platform()}\n" + "\n".join(sorted(lines)) + "\n"
    )
