"""A table of images: columns `path` and `label`, optional `patient` and `split`, others as attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from tracker.data.sources.listing import Listing
from tracker.data.sources.source import IMAGE_ENDINGS, Source, SourceImage, part_named
from tracker.data.tables.columns import FoundColumns, find_columns, is_known
from tracker.data.tables.entries import TableEntry, check_entries, read_entries
from tracker.data.tables.problems import Problems
from tracker.data.tables.rows import SourceTable, read_table
from tracker.errors import DataError, counted, listed

_TABLES, _WORKBOOKS = (".csv", ".tsv"), (".xlsx", ".xls", ".ods")


def collect_csv(
    root: Path, *, columns: Mapping[str, str] | None = None, must_exist: bool = True
) -> Sequence[SourceImage]:
    """List the images of a table.

    Args:
        root: A `.csv` or `.tsv` file, or a folder that holds exactly one. Paths in it are relative to the
            file.
        columns: What the table calls `path`, `label`, `patient` and `split`, where it has other names.
        must_exist: Refuse rows without a file; else they are images, which nobody can open.

    Returns:
        The images, in the order of the rows.

    Raises:
        DataError: Columns or files are missing, cells are empty, words in `split` unknown, rows twice or
            longer than the first; all of them are listed.
    """
    given = columns or {}
    asked_for = {name.strip().casefold() for name in given.values()}
    table = read_table(_table(root), lambda name: is_known(name) or name.strip().casefold() in asked_for)
    found = find_columns(table, given, part_named)
    entries = read_entries(table, found, IMAGE_ENDINGS, must_exist=must_exist)
    problems = check_entries(entries, part_named, must_exist=must_exist)
    if problems.rows:
        raise _bad_rows(table, problems)
    notes = [*table.notes, *found.notes, *_notes(entries, found)]
    return Listing([_source_image(entry) for entry in entries], notes=notes)


def _bad_rows(table: SourceTable, problems: Problems) -> DataError:
    number, rows = problems.rows, len(table.rows)
    found = f"{number} of {rows} {'does' if number == 1 else 'do'} not"
    return DataError(
        f"every row of {table.path} must name an image file, its label, and whatever else has a column",
        but=f"{number} do not, and the rest of its {rows} rows was not looked at"
        if problems.enough
        else found,
        do="Mend the table; paths are relative to its folder.",
        details=listed(problems.told()),
    )


def _table(root: Path) -> Path:
    if root.is_file():
        return root
    files = (
        sorted(path for path in root.iterdir() if not path.name.startswith((".", "~")))
        if root.is_dir()
        else []
    )
    tables = [path for path in files if path.suffix.lower() in _TABLES]
    if len(tables) == 1:
        return tables[0]
    workbooks = [path for path in files if path.suffix.lower() in _WORKBOOKS]
    if workbooks and not tables:
        raise DataError(
            f"{root} must hold a table as text",
            but=f"{workbooks[0].name} is a workbook",
            do="Save its sheet as CSV UTF-8, beside it.",
        )
    raise DataError(
        f"{root} must be a .csv file or a folder with exactly one in it",
        but=f"it holds {len(tables)}" if root.is_dir() else "it does not exist",
        do="Point --data at the .csv file.",
        details=listed([table.name for table in tables], 5),
    )


def _source_image(entry: TableEntry) -> SourceImage:
    return SourceImage(
        id=entry.id,
        path=entry.located.path,
        label=entry.label,
        patient=entry.patient or None,
        part=part_named(entry.split) if entry.split else None,
        attributes=entry.attributes,
    )


def _notes(entries: Sequence[TableEntry], columns: FoundColumns) -> list[str]:
    ended = [entry.id for entry in entries if entry.located.added]
    optional = [name for name in ("patient", "split") if name in columns.places]
    empty = [name for name in optional if not any(getattr(entry, name) for entry in entries)]
    return [
        *([f"{counted(len(ended), 'path')} without an ending, such as that of {ended[0]}"] if ended else []),
        *(f"the column {name} is empty" for name in empty),
    ]


def _source(columns: Mapping[str, str]) -> Source:
    return Source(
        name="csv",
        collect=partial(collect_csv, columns=columns),
        collect_missing=partial(collect_csv, columns=columns, must_exist=False),
        with_columns=_source,
        rank=91,
    )


SOURCE = _source({})
