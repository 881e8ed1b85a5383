"""What the rows of a table say of images, and all that is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tracker.config.columns import COLUMN_NAMES
from tracker.data.spellings import NOBODY, check_spellings
from tracker.data.tables.columns import FoundColumns
from tracker.data.tables.parts import PartNamed
from tracker.data.tables.paths import Located, Locator
from tracker.data.tables.problems import ENOUGH, Problems
from tracker.data.tables.rows import SourceTable
from tracker.data.wording import shown
from tracker.errors import listed


@dataclass(frozen=True, slots=True)
class TableEntry:
    """A row, with its cells by what they say.

    Attributes:
        line: Where it is in the table.
        problem: What is wrong with it as a whole; empty: nothing.
        path: As it is written.
        label: The name of the class.
        patient: Whose image it is; empty where the table does not say.
        split: The part, as it is written; empty where the table does not say.
        located: The file that the path stands for.
        id: Path below the table's folder.
        attributes: The cells that say nothing of these.
    """

    line: int
    problem: str
    path: str
    label: str
    patient: str
    split: str
    located: Located
    id: str
    attributes: Mapping[str, str]


def read_entries(
    table: SourceTable, columns: FoundColumns, endings: Collection[str], *, must_exist: bool
) -> list[TableEntry]:
    """Read what the rows of a table say.

    Args:
        table: The table.
        columns: Its columns.
        endings: Endings of images, in small letters.
        must_exist: Whether images may not be missing: behind very many bad rows, no more are read.
    """
    folder = table.path.parent
    locator = Locator(folder, endings)
    used = {*columns.places.values()}
    others = {place: name.lower() for place, name in enumerate(table.names) if name and place not in used}
    entries: list[TableEntry] = []
    bad = 0
    for row in table.rows:
        path, label, patient, split = (
            row.cells[columns.places[name]] if name in columns.places else "" for name in COLUMN_NAMES
        )
        located = locator.locate(path)
        name = Path(os.path.relpath(located.path, folder)).as_posix()
        attributes = {name: row.cells[place] for place, name in others.items() if row.cells[place]}
        entries.append(
            TableEntry(row.line, row.problem, path, label, patient, split, located, name, attributes)
        )
        bad += bool(row.problem) or not _is_name(label) or _is_lost(located, must_exist=must_exist)
        if bad >= ENOUGH:
            break
    return entries


def _is_name(label: str) -> bool:
    return bool(label) and label.isprintable()


def _is_lost(located: Located, *, must_exist: bool) -> bool:
    return bool(located.problem) and (must_exist or not located.absent)


def check_entries(entries: Sequence[TableEntry], part_named: PartNamed, *, must_exist: bool) -> Problems:
    """Find all that is wrong with the rows of a table, or enough of it.

    Args:
        entries: The rows.
        part_named: Knows the words for the parts of a split.
        must_exist: Whether images may not be missing.
    """
    whole = [entry for entry in entries if not entry.problem]
    used = {name for name in ("patient", "split") if any(getattr(entry, name) for entry in whole)}
    spelled = check_spellings(entry.patient for entry in whole if entry.patient)
    repeated = _repeated(whole)
    problems = Problems()
    for entry in entries:
        if problems.enough:
            break
        found = [
            repeated.get(entry.line, ""),
            *([entry.problem] if entry.problem else _problems_of(entry, used, part_named, must_exist)),
            spelled.get(entry.patient, ""),
        ]
        for problem in filter(None, found):
            problems.add(
                entry.line, problem, entry.located.example if problem == entry.located.problem else ""
            )
    return problems


def _problems_of(
    entry: TableEntry, used: Collection[str], part_named: PartNamed, must_exist: bool
) -> list[str]:
    located, label, split, patient = entry.located, entry.label, entry.split, entry.patient
    checks = {
        located.problem: _is_lost(located, must_exist=must_exist),
        "the label is empty": not label,
        f"the label '{shown(label)}' has letters that cannot be printed": not label.isprintable(),
        "the split is empty here but not everywhere": "split" in used and not split,
        f"split '{shown(split)}' is none of train, val, test": bool(split) and part_named(split) is None,
        "the patient is empty here but not everywhere": "patient" in used and not patient,
        f"the patient '{shown(patient)}' is nobody": patient.lower() in NOBODY,
        f"the patient '{shown(patient)}' has letters that cannot be printed": not patient.isprintable(),
    }
    return [problem for problem, holds in checks.items() if holds]


def _repeated(entries: Sequence[TableEntry]) -> dict[int, str]:
    """Return what is wrong with rows that name an image which another row names too, by line."""
    by_id: dict[str, list[TableEntry]] = {}
    for entry in entries:
        if entry.path:
            by_id.setdefault(entry.id, []).append(entry)
    problems: dict[int, str] = {}
    for name, rows in by_id.items():
        labels = [shown(label) for label in dict.fromkeys(row.label for row in rows)]
        several = f"{shown(name)} is listed under {len(labels)} labels: {', '.join(listed(labels, 4))}"
        for row in rows if len(rows) > 1 else ():
            twice = f"{shown(row.path)} is listed more than once"
            problems[row.line] = several if len(labels) > 1 else twice
    return problems
