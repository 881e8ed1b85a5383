"""Commands import what they need, and not what other commands need: each of these takes seconds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.command import Study, probe, probe_all
from tests.support.workplace import working_in


def test_networks_are_listed_without_importing_any(workplace: Path) -> None:
    told = probe("models")
    assert "mini-alexnet" in told.out
    assert told.heavy == []


def test_a_look_at_runs_that_have_finished_imports_what_plans_need_alone(
    study: Study, shared_cache: Path
) -> None:
    with working_in(study.folder, shared_cache):
        told = probe_all([*study.arguments, "--dry-run"], study.arguments)
    assert told.out.count("finished before") == 8
    assert not {"sklearn", "matplotlib", "pandas", "mlflow"} & set(told.heavy)


def test_where_nothing_is_to_be_sent_sync_imports_nothing_heavy(study: Study, shared_cache: Path) -> None:
    with working_in(study.folder, shared_cache):
        told = probe_all(["sync"], ["status"])
    assert "everything is sent" in told.out
    assert told.heavy == []


def test_tables_are_compared_without_what_draws_figures() -> None:
    program = "import sys, tracker.runs.experiment; sys.exit({'matplotlib', 'torch'} & set(sys.modules) or 0)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
