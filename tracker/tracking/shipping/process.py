"""The shipper's two ends: `start_shipper` in the training process, and the process that it starts.

The process ends when its standard input does: when it is drained, and also when training is killed.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import BinaryIO

from tracker.errors import TrackingError
from tracker.io.short_path import short_path
from tracker.io.tracebacks import hide_accounts_in_tracebacks
from tracker.tracking.backend.account import with_account
from tracker.tracking.backend.environment import client_environment, prepare_environment
from tracker.tracking.backend.uri import as_mlflow_takes_it, resolve_uri
from tracker.tracking.shipping.unsent import Unsent, count_unsent

LOG = "shipper.log"
_LOG_LIMIT = 1_000_000
_DRAIN_S = 60.0
_STOP_S = 2.0
_LOOK_S = 0.5


class NotStarted(TrackingError):
    """The process that sends cannot be started.

    Args:
        reason: What the system says.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(
            "a process that sends must be startable",
            but=f"the system says: {reason}",
            do="Records wait on disk: tracker sync sends them.",
        )


class ShipperHandle:
    """A running shipper.

    Args:
        process: Its process, with a pipe as standard input.
        home: The folder that holds all journals.
        tracking_uri: Where it sends them.
        on_end: Told once, from another thread, where the process ends by itself; None: drain tells of it.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        home: Path,
        tracking_uri: str,
        on_end: Callable[[str], None] | None = None,
    ) -> None:
        self.process = process
        self._home = home
        self._uri = tracking_uri
        self._on_end = on_end
        self._asked = False
        self._to_end = Event()
        self._told = False
        self._watch = Thread(target=self._watch_over, daemon=True)
        with suppress(RuntimeError):
            # Where the system allows no further thread, the end is told when it is drained.
            self._watch.start()

    def drain(self, timeout_s: float) -> Unsent:
        """Wait until all is sent, and end the shipper; again, it only counts.

        Args:
            timeout_s: How long to wait at most, seconds.

        Returns:
            What could not be sent, and why; also how the process ended by itself, unless that was told.
        """
        ended_before = self._say_end()
        try:
            code = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            code = 0
            self._stop()
        left = count_unsent(self._home, self._uri)
        failed = code != 0 or ended_before
        return left.because(self._failure(code)) if failed and not self._told else left

    def __enter__(self) -> ShipperHandle:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._say_end()
        self._stop()

    def _watch_over(self) -> None:
        """Tell of an end that nobody asked for."""
        while not self._to_end.wait(_LOOK_S):
            if (code := self.process.poll()) is not None and self._on_end is not None:
                self._told = True
                self._on_end(self._failure(code))
                return

    def _failure(self, code: int) -> str:
        """Say how the process ended by itself, with nobody left to send."""
        log = self._home / LOG
        place = f"see the end of {short_path(log)}" if log.is_file() else "its log cannot be written"
        if code == -signal.SIGKILL:
            return f"the process that sends was killed, as the system does where memory is short ({place})"
        return f"the process that sends has failed ({place})"

    def _say_end(self) -> bool:
        """Have the process end when all is sent; say whether it had ended by itself."""
        self._to_end.set()
        if self._watch.is_alive():
            self._watch.join()
        ended = self.process.poll() is not None and not self._asked
        self._asked = True
        if self.process.stdin is not None:
            with suppress(BrokenPipeError):
                self.process.stdin.close()
        return ended

    def _stop(self) -> None:
        # What it was about to send is sent again by the next one, and changes nothing.
        self.process.terminate()
        try:
            self.process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_shipper(
    home: Path, tracking_uri: str, *, on_end: Callable[[str], None] | None = None
) -> ShipperHandle:
    """Start a process that sends the journals of a home to MLflow as they grow.

    Args:
        home: The folder that holds all journals.
        tracking_uri: Where MLflow is, as `resolve_uri` gives it.
        on_end: Told in one line, from another thread, where it ends before it is drained.

    Raises:
        NotStarted: The system does not let it start.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _log_of(home) as output:
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
    except (OSError, subprocess.SubprocessError) as error:
        raise NotStarted(" ".join(str(error).split())) from error
    return ShipperHandle(process, home, tracking_uri, on_end)


def _log_of(home: Path) -> BinaryIO:
    """Open the shipper's log; one that cannot be written is no reason not to send."""
    log = home / LOG
    try:
        too_long = log.exists() and log.stat().st_size > _LOG_LIMIT
        log.touch(0o600)
        return log.open("wb" if too_long else "ab")
    except OSError:
        return Path(os.devnull).open("wb")


def main() -> None:
    """Send until the standard input ends, and then what is left."""
    hide_accounts_in_tracebacks()
    prepare_environment()
    logging.getLogger("tracker").addHandler(logging.StreamHandler())
    from tracker.tracking.shipping.sender import Sender

    uri = resolve_uri()
    os.environ["MLFLOW_TRACKING_URI"] = as_mlflow_takes_it(uri)
    sender = Sender(Path(sys.argv[1]), uri)
    sender.follow(_input_has_ended, drain_s=_DRAIN_S)


def _input_has_ended(seconds: float) -> bool:
    readable, _, _ = select.select([sys.stdin.buffer], [], [], seconds)
    return bool(readable)


if __name__ == "__main__":
    main()
