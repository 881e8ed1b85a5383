"""What MLflow refused for good: one line of JSON a record, in `refused.jsonl` in the run's folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tracker.io.atomic import write_whole
from tracker.tracking.journal.entries import Entry, to_text

REFUSED = "refused.jsonl"


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that MLflow does not take.

    Attributes:
        entry: What was to be said: one metric, parameter or tag, or a whole entry of another kind.
        said: What MLflow answered, in one line.
    """

    entry: Entry
    said: str


def quarantine(folder: Path, refused: Sequence[Refused]) -> None:
    """Keep what MLflow refused; what is kept already is not kept twice.

    Args:
        folder: The run's folder.
        refused: Records, in the order of the journal.
    """
    kept = {_record_of(line): line for line in _lines(folder)}
    new = {to_text(one.entry): _line(one) for one in refused if to_text(one.entry) not in kept}
    if new:
        write_whole(folder / REFUSED, "".join(f"{line}\n" for line in (kept | new).values()).encode())


def release(folder: Path) -> None:
    """Forget what MLflow refused: the whole journal is about to be sent again.

    Args:
        folder: The run's folder.
    """
    (folder / REFUSED).unlink(missing_ok=True)


def refused_of(folder: Path) -> int:
    """Count the records of a run that MLflow refused; no later attempt sends them.

    Args:
        folder: The run's folder.

    Returns:
        The number of lines of its `refused.jsonl`; 0 where nothing was refused.
    """
    return len(_lines(folder))


def reason_of(folder: Path) -> str:
    """Return what MLflow said of the first record of a run that it refused; empty where there is none.

    Args:
        folder: The run's folder.
    """
    lines = _lines(folder)
    return str(json.loads(lines[0])["said"]) if lines else ""


def _line(one: Refused) -> str:
    return json.dumps({"record": json.loads(to_text(one.entry)), "said": one.said})


def _record_of(line: str) -> str:
    """Return what `to_text` gave; what MLflow said of it can differ from one time to the next."""
    return json.dumps(json.loads(line)["record"], separators=(",", ":"))


def _lines(folder: Path) -> list[str]:
    try:
        return (folder / REFUSED).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
