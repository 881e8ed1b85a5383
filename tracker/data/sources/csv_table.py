"""A table of images: columns `path` and `label`, optional `patient` and `split`, others as attributes."""

from __future__ import annotations

import csv
import os
from collections import Counter
from functools import partial
from pathlib import Path

from tracker.data.sources.source import Source, SourceImage, part_named
from tracker.errors import DataError, listed

_NEEDED = ("path", "label")
_KNOWN = (*_NEEDED, "patient", "split")
_NOT_THERE = "is not there"
CsvRow = dict[str, str]


def collect_csv(root: Path, *, must_exist: bool = True) -> list[SourceImage]:
    """List the images of a table.

    Args:
        root: A `.csv` file (UTF-8, commas), or a folder that holds exactly one. Paths in it are
            relative to the file.
        must_exist: Refuse rows without a file; else they are images, which nobody can open.

    Returns:
        The images, in the order of the rows.

    Raises:
        DataError: Columns or files are missing, labels are empty, words in `split` unknown, rows
            twice; all of them are listed.
    """
    table = _table(root)
    rows = _rows(table)
    problems = _problems(rows, table, must_exist)
    if problems:
        raise DataError(
            f"every row of {table} must name an image file and its label",
            but=f"{len(problems)} {'does' if len(problems) == 1 else 'do'} not",
            do="Mend the table; rows without a file are left out with --on-unreadable skip.",
            details=listed(problems),
        )
    return [_source_image(row, table) for row in rows.values()]


def _table(root: Path) -> Path:
    if root.is_file():
        return root
    tables = sorted(root.glob("*.csv")) if root.is_dir() else []
    if len(tables) == 1:
        return tables[0]
    raise DataError(
        f"{root} must be a .csv file or a folder with exactly one in it",
        but=f"it holds {len(tables)}" if root.is_dir() else "it does not exist",
        do="Point --data at the .csv file.",
        details=listed([table.name for table in tables], 5),
    )


def _rows(table: Path) -> dict[int, CsvRow]:
    """Read the rows by their line numbers; column names without case or spaces around them."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            names = [name.strip().lower() for name in reader.fieldnames or []]
            _check_columns(names, table)
            reader.fieldnames = names
            rows = [(reader.line_num, _stripped(row)) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{table} must be a table in UTF-8 with commas between its columns",
            but=str(error),
            do="Save it as CSV UTF-8.",
        ) from error
    return dict(rows)


def _check_columns(names: list[str], table: Path) -> None:
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise DataError(
            f"{table} must have the columns path and label (patient and split if known)",
            but=f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing among: "
            + (", ".join(names) or "none"),
            do="Name the columns in the first line, with commas between them.",
        )


def _stripped(row: dict[str | None, str | list[str] | None]) -> CsvRow:
    """Drop what stands right of the last column; fill what a short row leaves out."""
    return {name: (value if isinstance(value, str) else "").strip() for name, value in row.items() if name}


def _problems(rows: dict[int, CsvRow], table: Path, must_exist: bool) -> list[str]:
    twice = Counter(_id(row, table) for row in rows.values() if row["path"])
    with_part = any(row.get("split") for row in rows.values())
    return [
        f"line {number}: {problem}"
        for number, row in rows.items()
        for problem in _problems_of_row(row, table, twice, with_part)
        if must_exist or not problem.endswith(_NOT_THERE)
    ]


def _problems_of_row(row: CsvRow, table: Path, twice: Counter[str], with_part: bool) -> list[str]:
    part = row.get("split", "")
    checks = {
        "the path is empty": not row["path"],
        f"{row['path']} {_NOT_THERE}": bool(row["path"]) and not (table.parent / row["path"]).is_file(),
        f"{row['path']} is listed more than once": twice[_id(row, table)] > 1,
        "the label is empty": not row["label"],
        "the split is empty here but not everywhere": with_part and not part,
        f"split {part!r} is none of train, val, test": bool(part) and part_named(part) is None,
    }
    return [problem for problem, holds in checks.items() if holds]


def _id(row: CsvRow, table: Path) -> str:
    return Path(os.path.relpath(table.parent / row["path"], table.parent)).as_posix()


def _source_image(row: CsvRow, table: Path) -> SourceImage:
    part = row.get("split", "")
    return SourceImage(
        id=_id(row, table),
        path=table.parent / row["path"],
        label=row["label"],
        patient=row.get("patient") or None,
        part=part_named(part) if part else None,
        attributes={name: value for name, value in row.items() if name not in _KNOWN and value},
    )


SOURCE = Source(
    name="csv", collect=collect_csv, collect_missing=partial(collect_csv, must_exist=False), rank=91
)
