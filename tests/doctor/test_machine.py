"""How much memory a container leaves."""

from __future__ import annotations

from pathlib import Path

from tracker.doctor.machine import limit_left


def test_a_container_has_its_limit_less_what_it_cannot_give_up(tmp_path: Path) -> None:
    assert limit_left(tmp_path) is None
    (tmp_path / "memory.current").write_text("3000000000\n")
    (tmp_path / "memory.stat").write_text("anon 1\nfile 2000000000\ninactive_file 1000000000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert limit_left(tmp_path) is None
    (tmp_path / "memory.max").write_text("4000000000\n")
    assert limit_left(tmp_path) == 2_000_000_000
