"""What ends a command early: Ctrl-C, and SIGTERM, which a cluster sends before it takes a machine away."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_STDERR = 2


class Interrupted(KeyboardInterrupt):
    """Someone asked for an end, and the work stopped at a point from which it can go on."""


def exit_code(ended_by: KeyboardInterrupt) -> int:
    """Return the exit code of a process that someone asked for an end, as a shell gives it: 130, 143...

    Args:
        ended_by: What ended it; the signal is its argument. Python's own, a Ctrl-C, has none, and that of
            another library may have a text.
    """
    return 128 + next((number for number in ended_by.args if _is_signal(number)), signal.SIGINT)


def _is_signal(number: object) -> bool:
    return isinstance(number, int) and number in set(signal.Signals)


class Interruption:
    """Takes the signals that ask for an end.

    The first one, where the work has points to stop at (`stopping_gently`), lets it reach the next of them;
    everywhere else, and the second time, it is a `KeyboardInterrupt` at once. Either has the signal as its
    argument.

    Args:
        silent: Whether nothing is printed on the first one: another process says it.
    """

    def __init__(self, *, silent: bool = False) -> None:
        self.asked: int | None = None
        self._silent = silent
        self._gentle = False

    def stop_point(self) -> None:
        """Stop here if someone asked for an end.

        Raises:
            Interrupted: Someone did.
        """
        if self.asked:
            raise Interrupted(self.asked)

    def taking_signals(self) -> AbstractContextManager[None]:
        """Take Ctrl-C and SIGTERM as long as the block lasts."""
        return self._taking(*_SIGNALS)

    def taking_hangups(self) -> AbstractContextManager[None]:
        """Take the signal that a closed terminal sends, unless `nohup` has it ignored."""
        ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        return self._taking(*(() if ignored else (signal.SIGHUP,)))

    def taking_terminations(self) -> AbstractContextManager[None]:
        """Take SIGTERM alone: where the Ctrl-C is a parent's, or Python's own answer to it is right.

        Without this, the first process of a container does not hear it, and is killed some seconds later.
        """
        return self._taking(signal.SIGTERM)

    @contextmanager
    def _taking(self, *numbers: signal.Signals) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            # Python lets no other thread take signals; in a notebook's server, say, they are somebody else's.
            numbers = ()
        before = {number: signal.signal(number, self._take) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def stopping_gently(self) -> Iterator[None]:
        """Let the work inside reach a stop point before it ends."""
        self._gentle = True
        try:
            yield
        finally:
            self._gentle = False

    def _take(self, number: int, _frame: FrameType | None) -> None:
        gently = self._gentle and not self.asked
        self.asked = number
        if not gently:
            raise KeyboardInterrupt(number)
        if self._silent:
            return
        with suppress(OSError):
            # Not print: this can come in the middle of one, and would break it.
            os.write(_STDERR, b"\nstopping after this batch; once more: at once\n")
