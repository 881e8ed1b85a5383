"""The result where a check itself fails."""

from __future__ import annotations

import os
from pathlib import Path

from tracker.doctor.checkup import Check
from tracker.doctor.result import CheckResult


def test_what_the_system_refuses_is_a_result_with_its_file(tmp_path: Path) -> None:
    def probe() -> CheckResult:
        return CheckResult(state="good", found=(tmp_path / "absent").read_text())

    found = Check("any", probe).run()
    assert (found.state, found.found) == ("missing", f"{tmp_path}/absent: No such file or directory")
    assert found.advice


def test_what_the_system_refuses_without_a_file_is_told_as_it_says_it() -> None:
    def probe() -> CheckResult:
        os.close(-1)
        return CheckResult(state="good", found="closed")

    assert Check("any", probe).run().found == "Bad file descriptor"
