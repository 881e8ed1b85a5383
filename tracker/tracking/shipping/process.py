"""The shipper's two ends: `start_shipper` in the training process, and the process that it starts.

The process ends when its standard input does: when it is drained, and also when training is killed.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from tracker.io.tracebacks import hide_accounts_in_tracebacks
from tracker.tracking.backend.account import with_account
from tracker.tracking.backend.environment import client_environment, prepare_environment
from tracker.tracking.backend.uri import resolve_uri, short_path
from tracker.tracking.shipping.unsent import Unsent, count_unsent

LOG = "shipper.log"
_LOG_LIMIT = 1_000_000
_DRAIN_S = 60.0
_STOP_S = 2.0


class ShipperHandle:
    """A running shipper.

    Args:
        process: Its process, with a pipe as standard input.
        home: The folder that holds all journals.
        tracking_uri: Where it sends them.
    """

    def __init__(self, process: subprocess.Popen[bytes], home: Path, tracking_uri: str) -> None:
        self.process = process
        self._home = home
        self._uri = tracking_uri

    def drain(self, timeout_s: float) -> Unsent:
        """Wait until all is sent, and end the shipper; again, it only counts.

        Args:
            timeout_s: How long to wait at most, seconds.

        Returns:
            What could not be sent, and why.
        """
        self._say_end()
        try:
            code = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            code = 0
            self._stop()
        left = count_unsent(self._home, self._uri)
        return replace(left, problems=(*left.problems, self._failure(code))) if left and code else left

    def __enter__(self) -> ShipperHandle:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._say_end()
        self._stop()

    def _failure(self, code: int) -> str:
        """Say how the process ended by itself, with nobody left to send."""
        if code == -signal.SIGKILL:
            return "the process that sends was killed, as the system does where memory is short"
        return f"the process that sends has failed: see the end of {short_path(self._home / LOG)}"

    def _say_end(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()

    def _stop(self) -> None:
        # What it was about to send is sent again by the next one, and changes nothing.
        self.process.terminate()
        try:
            self.process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_shipper(home: Path, tracking_uri: str) -> ShipperHandle:
    """Start a process that sends the journals of a home to MLflow as they grow.

    Args:
        home: The folder that holds all journals.
        tracking_uri: Where MLflow is, as `resolve_uri` gives it.
    """
    home.mkdir(parents=True, exist_ok=True)
    log = home / LOG
    too_long = log.exists() and log.stat().st_size > _LOG_LIMIT
    log.touch(0o600)
    with log.open("wb" if too_long else "ab") as output:
        process = subprocess.Popen(
            # -P: nothing in the user's folder can take the place of a library.
            [sys.executable, "-P", "-m", "tracker.tracking.shipping.process", str(home)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            # By the environment, not as an argument: an address can hold a password.
            env=os.environ | client_environment() | {"MLFLOW_TRACKING_URI": with_account(tracking_uri)},
            # A Ctrl-C in the terminal is for training, which then still has something to send.
            start_new_session=True,
        )
    return ShipperHandle(process, home, tracking_uri)


def main() -> None:
    """Send until the standard input ends, and then what is left."""
    hide_accounts_in_tracebacks()
    prepare_environment()
    from tracker.tracking.shipping.sender import Sender

    uri = resolve_uri()
    os.environ["MLFLOW_TRACKING_URI"] = uri
    sender = Sender(Path(sys.argv[1]), uri)
    sender.follow(_input_has_ended, drain_s=_DRAIN_S)


def _input_has_ended(seconds: float) -> bool:
    readable, _, _ = select.select([sys.stdin.buffer], [], [], seconds)
    return bool(readable)


if __name__ == "__main__":
    main()
