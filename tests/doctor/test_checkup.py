"""What is told where a check itself fails."""

from __future__ import annotations

import os
from pathlib import Path

from tracker.doctor.checkup import Check
from tracker.doctor.finding import Finding


def test_what_the_system_refuses_is_a_finding_with_its_file(tmp_path: Path) -> None:
    def look() -> Finding:
        return Finding(state="good", found=(tmp_path / "absent").read_text())

    found = Check("any", look).finding()
    assert (found.state, found.found) == ("missing", f"{tmp_path}/absent: No such file or directory")
    assert found.advice


def test_what_the_system_refuses_without_a_file_is_told_as_it_says_it() -> None:
    def look() -> Finding:
        os.close(-1)
        return Finding(state="good", found="closed")

    assert Check("any", look).finding().found == "Bad file descriptor"
