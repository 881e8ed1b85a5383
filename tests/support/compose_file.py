"""What `docker/compose.yaml` says, with its variables as they stand there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from tests.support.repository import DOCKER

COMPOSE_FILES = sorted(DOCKER.glob("compose*.yaml"))
EXAMPLE = (DOCKER / ".env.example").read_text(encoding="utf-8")
# The passwords that docker/secrets makes.
SECRETS = re.findall(r"(?m)^(\w+)=$", EXAMPLE)
VALUES = dict.fromkeys(SECRETS, "0" * 32)
_VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?:(:?[-?+])([^{}]*))?\}")

Service = dict[str, Any]


def settings_in(env_file: Path) -> dict[str, str]:
    """Read the values of an `.env`."""
    return dict(re.findall(r"(?m)^([A-Z]\w*)=(.*)$", env_file.read_text(encoding="utf-8")))


def documents() -> list[dict[str, Any]]:
    """Read the compose files."""
    return [yaml.safe_load(path.read_text(encoding="utf-8")) for path in COMPOSE_FILES]


def services() -> dict[str, Service]:
    """Return the services of all profiles by name."""
    return {name: one for document in documents() for name, one in (document.get("services") or {}).items()}


def profiles() -> list[str]:
    """List the profiles."""
    return sorted({profile for service in services().values() for profile in service.get("profiles", [])})


def variables() -> list[tuple[str, str, str]]:
    """List the variables that are used: name, operator (`:-` for a default, `:?` a must) and its operand."""
    return [found for document in documents() for found in _VARIABLE.findall(str(document))]


def default_of(text: str) -> str:
    """Return a value as it is where no variable is set."""
    return _VARIABLE.sub(lambda found: found[3] if found[2] in {"-", ":-"} else "", text)
