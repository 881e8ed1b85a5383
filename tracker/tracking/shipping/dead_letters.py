"""What MLflow refused for good: one line of JSON a record, in `refused.jsonl` in the run's folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from tracker.io.atomic import write_whole
from tracker.tracking.journal.entries import Entry, to_text
from tracker.tracking.journal.run_folder import RunFolder


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that MLflow does not take.

    Attributes:
        entry: One metric, parameter or tag, or a whole entry of another kind.
        reason: What MLflow answered, in one line.
    """

    entry: Entry
    reason: str


def keep_dead_letters(run: RunFolder, letters: Sequence[DeadLetter]) -> None:
    """Keep what MLflow refused; what is kept already is not kept twice.

    Args:
        run: The run's folder.
        letters: Records, in the order of the journal.
    """
    kept = {_record_of(line): line for line in _lines(run)}
    new = {to_text(one.entry): _line(one) for one in letters if to_text(one.entry) not in kept}
    if new:
        write_whole(run.refused, "".join(f"{line}\n" for line in (kept | new).values()).encode())


def clear_dead_letters(run: RunFolder) -> None:
    """Forget what MLflow refused: the whole journal is about to be sent again.

    Args:
        run: The run's folder.
    """
    run.refused.unlink(missing_ok=True)


def count_dead_letters(run: RunFolder) -> int:
    """Count the records of a run that MLflow refused; no later attempt sends them.

    Args:
        run: The run's folder.
    """
    return len(_lines(run))


def first_reason(run: RunFolder) -> str:
    """Return what MLflow said of the first record of a run that it refused; empty where there is none.

    Args:
        run: The run's folder.
    """
    lines = _lines(run)
    return str(json.loads(lines[0])["said"]) if lines else ""


def _line(one: DeadLetter) -> str:
    return json.dumps({"record": json.loads(to_text(one.entry)), "said": one.reason})


def _record_of(line: str) -> str:
    """Return what `to_text` gave; what MLflow said of it can differ from one time to the next."""
    return json.dumps(json.loads(line)["record"], separators=(",", ":"))


def _lines(run: RunFolder) -> list[str]:
    try:
        return [line for line in run.refused.read_text(encoding="utf-8").splitlines() if _is_whole(line)]
    except (OSError, ValueError):
        # What is lost of it is in the journal, and refused again: tracker sync --all.
        return []


def _is_whole(line: str) -> bool:
    try:
        found = json.loads(line)
    except ValueError:
        return False
    return isinstance(found, dict) and {"record", "said"} <= found.keys()
