"""The two forms of a file of predictions, CSV and JSON lines: one image a line, in columns of fixed names."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tracker.inference.prediction.image_prediction import ImagePrediction

_PROBABILITY, _CALIBRATED = "p_", "calibrated_"
_Cell = str | float | None


@dataclass(frozen=True, slots=True)
class RowFormat:
    """Which columns a file has.

    Attributes:
        classes: The names of the classes.
        has_ids: Whether images have ids of a table.
        calibrated: Whether there are calibrated probabilities.
        together: Whether several networks answer.
        json_lines: JSON lines; else CSV.
    """

    classes: Sequence[str]
    has_ids: bool
    calibrated: bool
    together: bool
    json_lines: bool

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in order."""
        return [
            "image",
            *(["id"] if self.has_ids else []),
            *(_PROBABILITY + name for name in self.classes),
            *(_CALIBRATED + name for name in self.classes if self.calibrated),
            "decision",
            "threshold",
            *(["disagreement", "agreement"] if self.together else []),
            "problem",
            "file",
        ]

    @property
    def header(self) -> str:
        """What the file begins with."""
        return "" if self.json_lines else _csv_line(self.columns)

    def line(self, row: ImagePrediction) -> str:
        """Return an image's line; numbers come back exactly."""
        cells = self._cells(row)
        if self.json_lines:
            return json.dumps(cells, ensure_ascii=False) + "\n"
        return _csv_line(["" if cell is None else str(cell) for cell in cells.values()])

    def _cells(self, row: ImagePrediction) -> dict[str, _Cell]:
        cells: dict[str, _Cell] = {
            **{_PROBABILITY + name: row.probabilities.get(name) for name in self.classes},
            **{_CALIBRATED + name: row.calibrated.get(name) for name in self.classes},
            **{
                name: getattr(row, name)
                for name in ("image", "id", "decision", "threshold", "problem", "file")
            },
            "disagreement": row.disagreement,
            "agreement": row.agreement,
        }
        return {name: cells[name] for name in self.columns}

    def row(self, line: str) -> ImagePrediction:
        """Read what `line` wrote.

        Raises:
            ValueError: It is no such line.
        """
        if self.json_lines:
            told = json.loads(line)
            if not isinstance(told, dict) or list(told) != self.columns:
                raise ValueError("it has other columns")
            return self._row({name: "" if cell is None else str(cell) for name, cell in told.items()})
        (cells,) = csv.reader(io.StringIO(line, newline=""), strict=True)
        return self._row(dict(zip(self.columns, cells, strict=True)))

    def _row(self, cells: dict[str, str]) -> ImagePrediction:
        return ImagePrediction(
            image=cells["image"],
            id=cells.get("id", ""),
            probabilities=self._shares(cells, _PROBABILITY),
            calibrated=self._shares(cells, _CALIBRATED) if self.calibrated else {},
            decision=cells["decision"],
            threshold=_number(cells["threshold"]),
            disagreement=_number(cells.get("disagreement", "")),
            agreement=_number(cells.get("agreement", "")),
            problem=cells["problem"],
            file=cells["file"],
        )

    def _shares(self, cells: dict[str, str], prefix: str) -> dict[str, float]:
        return {name: float(cell) for name in self.classes if (cell := cells[prefix + name])}


def whole_lines(file: io.BufferedIOBase, *, json_lines: bool) -> Iterator[bytes]:
    """Yield the lines of a file that were written to their end; in CSV, a quoted cell may hold line ends.

    Args:
        file: Open, at the begin of a line.
        json_lines: JSON lines; else CSV.
    """
    pending = b""
    for piece in file:
        pending += piece
        if pending.endswith(b"\n") and (json_lines or pending.count(b'"') % 2 == 0):
            yield pending
            pending = b""


def _number(cell: str) -> float | None:
    return float(cell) if cell else None


def _csv_line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
