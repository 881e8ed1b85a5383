"""Images are the same tomorrow: each has an exact version, and packages come from constraints.txt."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.support.compose_file import COMPOSE_FILES, default_of, services
from tests.support.compose_rules import OWN_IMAGE
from tests.support.repository import DOCKER, ROOT, dockerfiles, files, text_of

# Made of Debian's packages on the machine that checks; no registry has them.
_STAND_IN = "stand-in/"
# PostgreSQL's versions have two numbers, others three; MinIO's are dates.
_EXACT = re.compile(r"v?\d+\.\d+\.\d+([.-].+)?|RELEASE\.\d{4}-\d\d-\d\dT[\d-]+Z.*")
_EXACT_POSTGRES = re.compile(r"\d+\.\d+-.+")
_PINNED = dict(
    re.findall(r"(?m)^([\w.-]+)==([^\s;]+)", (ROOT / "constraints.txt").read_text(encoding="utf-8"))
)


def floats(image: str) -> bool:
    """Say whether an image's name can mean another one tomorrow."""
    if re.search(r"@sha256:[0-9a-f]{64}$", image):
        return False
    name, _, tag = image.rpartition("/")[2].partition(":")
    exact = _EXACT_POSTGRES if name == "postgres" else _EXACT
    return not exact.fullmatch(tag)


def instructions(path: Path) -> list[str]:
    """Return a Dockerfile's instructions, each on one line and without comments."""
    lines = [line for line in text_of(path).splitlines() if not re.match(r"\s*#", line)]
    return [line.strip() for line in "\n".join(lines).replace("\\\n", " ").splitlines() if line.strip()]


def bases(path: Path) -> list[str]:
    """Return the images that a Dockerfile builds on or copies from, less its own stages."""
    said = "\n".join(instructions(path))
    defaults = dict(re.findall(r"(?m)^ARG (\w+)=(\S+)", said))
    stages = {*re.findall(r"(?mi)^FROM .* AS (\S+)$", said), "scratch"}
    named = re.findall(r"(?m)^FROM (?:--\S+ )*(\S+)", said) + re.findall(
        r"--(?:from=|mount=\S*from=)([^\s,]+)", said
    )
    images = [re.sub(r"\$\{?(\w+)\}?", lambda found: defaults.get(found[1], ""), image) for image in named]
    return [image for image in images if image not in stages]


def own_dockerfiles() -> list[Path]:
    """Return what the images of ours are built from."""
    return [ROOT / service["build"]["dockerfile"] for service in services().values() if "build" in service]


@pytest.mark.parametrize(
    "image",
    [
        *("python", "python:latest", "python:3", "python:3.11", "python:3.11-slim-bookworm"),
        *("postgres:17", "postgres:17.10", "postgres:bookworm", "caddy:2.11-alpine", "registry:5000/caddy"),
        "minio/minio:RELEASE",
    ],
)
def test_a_name_that_floats_is_found(image: str) -> None:
    assert floats(image)


@pytest.mark.parametrize(
    "image",
    [
        *(
            "python:3.11.14-slim-bookworm",
            "postgres:17.10-bookworm",
            "caddy:2.11.4-alpine",
            "a.org/b/c:v1.8.0",
        ),
        f"postgres@sha256:{'0' * 64}",
    ],
)
def test_an_exact_name_passes(image: str) -> None:
    assert not floats(image)


def test_every_image_has_an_exact_version() -> None:
    composed = [default_of(str(service["image"])) for service in services().values() if "image" in service]
    theirs = [image for image in composed if not image.startswith(OWN_IMAGE)]
    built_on = [image for path in dockerfiles() for image in bases(path) if not image.startswith(_STAND_IN)]
    assert len(theirs) > 0
    assert len(built_on) > 3
    assert [image for image in theirs + built_on if floats(image)] == []


def test_an_image_of_ours_is_built_here() -> None:
    made = [name for name, service in services().items() if "build" in service]
    own = [name for name, service in services().items() if default_of(service["image"]).startswith(OWN_IMAGE)]
    assert made == own
    assert len(own) > 1


def test_python_is_the_same_in_every_image() -> None:
    tags = {image for path in dockerfiles() for image in bases(path) if re.match(r"(.*/)?python:", image)}
    assert len(tags) == 1


@pytest.mark.parametrize("path", own_dockerfiles(), ids=lambda path: path.parent.name)
def test_packages_come_from_the_constraints(path: Path) -> None:
    installing = [line for line in instructions(path) if re.search(r"\bpip3? install\b", line)]
    assert installing
    assert any(re.match(r"COPY .*constraints\.txt", line) for line in instructions(path))
    for line in installing:
        for command in re.findall(r"\bpip3? install\b[^&|;]*", line):
            assert "-c constraints.txt" in command
            words = [word.strip('"') for word in command.split()[2:]]
            named = [word for word in words if re.match(r"[a-z]", word) and not word.endswith(".txt")]
            unpinned = [word for word in named if re.split(r"[=\[]", word)[0] not in _PINNED]
            assert unpinned == []


@pytest.mark.parametrize("path", own_dockerfiles(), ids=lambda path: path.parent.name)
def test_images_of_ours_run_as_a_number_that_is_not_root(path: Path) -> None:
    last_stage = "\n".join(instructions(path)).rpartition("\nFROM ")[2]
    users = re.findall(r"(?m)^USER (\S+)$", last_stage)
    assert users
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1])


def test_mlflow_has_one_version_everywhere() -> None:
    written = {
        (path.name, version)
        for path in files()
        if path.is_relative_to(DOCKER) and path.suffix != ".md"
        for version in re.findall(r"\bMLFLOW_VERSION(?::-|=)(\d[\d.]*\d)", text_of(path))
    }
    assert {name for name, _ in written} >= {"compose.yaml", "Dockerfile", ".env.example"}
    assert {version for _, version in written} == {_PINNED["mlflow"]}


def test_no_image_is_given_a_secret() -> None:
    secret = r"(?i:password|secret|token|_key)\w*"
    said = [line for path in dockerfiles() for line in instructions(path)]
    assert [line for line in said if re.match(rf"(ARG|ENV|LABEL) .*{secret}=", line)] == []
    assert [line for line in said if re.match(r"(COPY|ADD) .*\.env\b", line)] == []


def test_compose_files_are_read_in_full() -> None:
    read = {name for path in COMPOSE_FILES for name in yaml.safe_load(text_of(path))["services"]}
    assert read == set(services())
    there = [
        path.name
        for path in files()
        if path.is_relative_to(DOCKER) and re.match(r"(docker-)?compose", path.name)
    ]
    assert there == [path.name for path in COMPOSE_FILES]
