"""Ctrl-C once lets the work reach a point from which it can go on; twice ends it at once."""

from __future__ import annotations

import os
import signal

import pytest

from tracker.interruption import Interrupted, Interruption, exit_code


def ask(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_waits_for_a_stop_point(
    number: signal.Signals, capfd: pytest.CaptureFixture[str]
) -> None:
    interruption = Interruption()
    with interruption.taking_signals(), interruption.stopping_gently():
        interruption.stop_point()
        ask(number)
        assert interruption.asked
        with pytest.raises(Interrupted) as ended:
            interruption.stop_point()
    assert exit_code(ended.value) == 128 + number
    assert "once more: at once" in capfd.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_second_signal_ends_at_once(number: signal.Signals) -> None:
    interruption = Interruption()
    with interruption.taking_signals(), interruption.stopping_gently():
        ask(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt) as ended:
            ask(number)
    assert not isinstance(ended.value, Interrupted), "nothing says that the work can go on from here"
    assert exit_code(ended.value) == 128 + number


def test_pythons_own_answer_to_a_ctrl_c_has_its_exit_code() -> None:
    assert exit_code(KeyboardInterrupt()) == 130


@pytest.mark.parametrize("argument", ["text", "15", None, 1.5, 0, -1, 4000, OSError("x")])
def test_what_is_no_signal_is_taken_for_a_ctrl_c(argument: object) -> None:
    assert exit_code(KeyboardInterrupt(argument)) == 130


def test_where_there_are_no_stop_points_the_first_signal_ends_at_once() -> None:
    interruption = Interruption()
    with interruption.taking_signals():
        with interruption.stopping_gently():
            pass
        with pytest.raises(KeyboardInterrupt):
            ask(signal.SIGTERM)


def test_the_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with Interruption().taking_signals():
        assert signal.getsignal(signal.SIGTERM) != before[0]
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_a_closed_terminal_ends_it_unless_nohup_says_otherwise() -> None:
    before = signal.getsignal(signal.SIGHUP)
    try:
        with pytest.raises(KeyboardInterrupt), Interruption().taking_hangups():
            ask(signal.SIGHUP)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with Interruption().taking_hangups():
            ask(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
