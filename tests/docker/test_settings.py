"""What can be set is one list: compose.yaml uses what .env.example lists, and README tells of it."""

from __future__ import annotations

import re

import pytest

from tests.support.compose_file import EXAMPLE, SECRETS, variables
from tests.support.repository import DOCKER

README = DOCKER / "README.md"
# What Compose itself reads from .env.
_OF_COMPOSE = re.compile(r"COMPOSE_\w+")


def settings() -> dict[str, tuple[str, str]]:
    """Return what can be set: its value in the example, and what is said of it and its neighbors."""
    found: dict[str, tuple[str, str]] = {}
    for block in EXAMPLE.split("\n\n"):
        said = "\n".join(re.findall(r"(?m)^# .*$", block))
        found |= {name: (value, said) for name, value in re.findall(r"(?m)^#([A-Z]\w*)=(.*)$", block)}
    return found


def used() -> dict[str, set[tuple[str, str]]]:
    """Return the variables of the compose file, each with its operators and operands."""
    found: dict[str, set[tuple[str, str]]] = {}
    for name, operator, operand in variables():
        if _OF_COMPOSE.fullmatch(name):
            continue
        found.setdefault(name, set()).add((operator, operand))
    return found


def test_the_example_lists_what_is_used_and_nothing_else() -> None:
    listed = {name for name in (*SECRETS, *settings()) if not _OF_COMPOSE.fullmatch(name)}
    assert listed == set(used())


def test_the_example_has_no_values() -> None:
    lines = [line for line in EXAMPLE.splitlines() if line and not line.startswith("#")]
    assert [
        line for line in lines if not re.fullmatch(r"[A-Z][A-Z0-9_]*_(PASSWORD|KEY|SECRET|TOKEN)=", line)
    ] == []
    assert not [name for name in settings() if re.search(r"(PASSWORD|SECRET|TOKEN|_KEY)$", name)]


def test_a_password_that_is_missing_stops_compose_with_what_to_do() -> None:
    told = {":?run docker/secrets first"}
    assert {name: {"".join(how) for how in used()[name]} for name in SECRETS} == dict.fromkeys(SECRETS, told)


@pytest.mark.parametrize("name", [name for name in settings() if not _OF_COMPOSE.fullmatch(name)])
def test_a_setting_tells_its_meaning_and_its_default(name: str) -> None:
    ((operator, default),) = used()[name]
    value, said = settings()[name]
    assert operator in {"-", ":-"}
    assert len(said) > 20
    assert value == default or default in said


def test_readme_names_every_setting() -> None:
    text = README.read_text(encoding="utf-8")
    assert [name for name in settings() if not re.search(rf"\b{name}\b", text)] == []
