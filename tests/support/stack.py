"""The service of `docker/` for tests: a stack of its own, with its own secrets, ports and volumes."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.support.compose_file import settings_in
from tests.support.repository import DOCKER
from tests.support.servers import HOST, free_port

Done = subprocess.CompletedProcess


@dataclass
class Stack:
    """A compose project.

    Its secrets lie in a folder, made as a person makes them; settings are further lines of `.env`.
    """

    folder: Path
    project: str
    settings: dict[str, str] = field(default_factory=dict)

    def prepare(self) -> None:
        """Make the secrets, and take a free port."""
        self.folder.mkdir(parents=True)
        for name in ("secrets", ".env.example"):
            shutil.copy(DOCKER / name, self.folder)
        subprocess.run([self.folder / "secrets"], check=True, stdout=subprocess.DEVNULL)
        self.settings = {"MLFLOW_PORT": str(free_port()), **self.settings}
        with (self.folder / ".env").open("a") as file:
            file.writelines(f"{name}={value}\n" for name, value in self.settings.items())

    @property
    def secrets(self) -> dict[str, str]:
        """All values of `.env`."""
        return settings_in(self.folder / ".env")

    @property
    def uri(self) -> str:
        """Where MLflow is for a person at this machine."""
        return f"http://{HOST}:{self.settings['MLFLOW_PORT']}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make compose commands and scripts mean this stack."""
        return {
            **os.environ,
            **self.settings,
            "COMPOSE_PROJECT_NAME": self.project,
            "COMPOSE_FILE": str(DOCKER / "compose.yaml"),
            "COMPOSE_ENV_FILES": str(self.folder / ".env"),
        }

    def account(self, user: str = "admin") -> tuple[str, str]:
        """Name and password of one of the two accounts that the stack has from its start."""
        return user, self.secrets["MLFLOW_ADMIN_PASSWORD" if user == "admin" else "TRACKER_PASSWORD"]

    def run(self, *command: str | Path, timeout: float = 900, check: bool = True) -> Done[str]:
        """Run a program for this stack; what it printed is in the error where it fails."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=timeout, check=False
        )
        assert done.returncode == 0 or not check, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done

    def compose(self, *arguments: str, timeout: float = 900, check: bool = True) -> Done[str]:
        """Run `docker compose` for this stack."""
        return self.run("docker", "compose", *arguments, timeout=timeout, check=check)

    def up(self, *services: str) -> None:
        """Bring services up, all but trainers without names, and wait until they are healthy."""
        self.compose("up", "--detach", "--wait", "--wait-timeout", "300", *services)

    def down(self) -> None:
        """Remove the stack with its volumes, and what was left of trainers."""
        self.compose("--profile", "*", "down", "--volumes", "--remove-orphans", check=False)
        images = self.compose("--profile", "*", "config", "--images", check=False).stdout.split()
        ours = [image for image in images if image.startswith(f"{self.project}-")]
        self.run("docker", "image", "rm", *ours, check=False)

    def tracker(self, *arguments: str, check: bool = True) -> Done[str]:
        """Run the trainer until it ends, in a container of its own."""
        return self.compose("run", "--rm", "--no-TTY", "trainer", *arguments, check=check)

    def started(self, *arguments: str) -> Trainer:
        """Start the trainer, and do not wait for it."""
        done = self.compose("run", "--detach", "trainer", *arguments)
        return Trainer(done.stdout.split()[-1])

    def asked(self, path: str, *, user: str = "admin", **body: object) -> dict[str, Any]:
        """Ask MLflow's API, with POST."""
        answer = requests.post(
            f"{self.uri}/api/2.0/mlflow/{path}", json=body, auth=self.account(user), timeout=30
        )
        answer.raise_for_status()
        return dict(answer.json())

    def got(self, path: str, **parameters: str) -> dict[str, Any]:
        """Ask MLflow's API, with GET."""
        answer = requests.get(
            f"{self.uri}/api/2.0/mlflow/{path}", params=parameters, auth=self.account(), timeout=30
        )
        answer.raise_for_status()
        return dict(answer.json())


@dataclass(frozen=True)
class Trainer:
    """A container in which `tracker` runs."""

    name: str

    def said(self) -> str:
        """All that it has printed."""
        done = subprocess.run(["docker", "logs", self.name], capture_output=True, text=True, check=True)
        return done.stdout + done.stderr

    def wait_for(self, text: str, *, timeout: float = 300) -> None:
        """Wait until it prints something."""
        deadline = time.monotonic() + timeout
        while text not in self.said():
            assert time.monotonic() < deadline, f"no {text!r} in:\n{self.said()}"
            assert self.is_running() or text in self.said(), f"it ended without {text!r}:\n{self.said()}"
            time.sleep(0.5)

    def is_running(self) -> bool:
        """Say whether it has not ended."""
        return self._inspected("{{.State.Running}}") == "true"

    def host_name(self) -> str:
        """What the container takes its machine to be called."""
        return self._inspected("{{.Config.Hostname}}")

    def _inspected(self, template: str) -> str:
        command = ["docker", "inspect", "--format", template, self.name]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def ended(self, *, timeout: float = 900) -> int:
        """Wait until it ends, and return its exit code."""
        command = ["docker", "wait", self.name]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=timeout)
        return int(done.stdout)

    def stop(self) -> None:
        """Ask it to end, as `docker compose stop` does."""
        subprocess.run(["docker", "stop", "--time", "120", self.name], capture_output=True, check=True)

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        subprocess.run(["docker", "kill", self.name], capture_output=True, check=True)


@contextmanager
def running_stack(folder: Path, project: str, **settings: str) -> Iterator[Stack]:
    """Run a stack as long as the block lasts."""
    stack = Stack(folder, project, settings)
    stack.prepare()
    try:
        # The image for NVIDIA's cards is the trainer's with another torch of gigabytes: it is not built here.
        stack.compose("--profile", "*", "build", "mlflow", "trainer", "dashboard", timeout=3000)
        stack.up()
        yield stack
    finally:
        stack.down()
