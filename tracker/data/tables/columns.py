"""Which column is which: by its name, by what a user says, or by a usual name where there is no doubt."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tracker.config.columns import COLUMN_NAMES
from tracker.data.tables.parts import PartNamed, check_no_part_is_marked, columns_with_parts, quoted
from tracker.data.tables.rows import SourceTable
from tracker.errors import DataError, listed

_NEEDED = ("path", "label")

_USUAL: Mapping[str, str] = {
    "path": (
        "file filename filepath fullpath relativepath relpath image imagefile imagefilename "
        "imagefilepath imageid imageindex imagename imagepath img imgfile imgid imgname imgpath bild "
        "bilddatei datei dateiname dateipfad pfad"
    ),
    "label": (
        "class classlabel classname category diagnose diagnosis disease dx finding findinglabel "
        "findinglabels findings groundtruth gt labels outcome pathology target befund klasse"
    ),
    "patient": (
        "case caseid casenumber medicalrecordnumber mrn participant participantid pat patid patientcode "
        "patientid patientidentifier patientkey patientno patientnr patientnumber patients patientuid "
        "person personid pid pseudonym subject subjectid subjectkey subjectno subjectnumber patientenid "
        "patientennr patientennummer proband probandid"
    ),
    "split": "dataset fold part partition phase set subset usage",
}
"""How columns are called in the wild, in small letters and nothing between them."""

_PERHAPS_PATIENTS = (
    "accession accessionnumber exam examid fall fallid fallnr fallnummer group groupid id lesion "
    "lesionid name patientname study studyid studyinstanceuid"
)
"""Columns that may tell patients, and often tell something else."""

_PATIENT_WORDS = ("patient", "paciente", "paziente", "pasient", "pacjent")
"""A column with one of these in its name may tell patients, too: `Name des Patienten`, `No. paciente`."""

_KNOWN = frozenset(name for names in _USUAL.values() for name in names.split()) | set(COLUMN_NAMES)
_IMAGE = re.compile(r"\.(png|jpe?g|tiff?|bmp)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FoundColumns:
    """The places of the columns that are used.

    Attributes:
        places: By `path`, `label`, `patient` and `split`; the latter two only where there are such.
        notes: What a user should know of how they were found.
    """

    places: Mapping[str, int]
    notes: Sequence[str]


def is_known(name: str) -> bool:
    """Return whether columns are called so that say what an image is."""
    return _plain(name) in _KNOWN


def find_columns(table: SourceTable, given: Mapping[str, str], part_named: PartNamed) -> FoundColumns:
    """Find the columns of a table.

    Args:
        table: The table.
        given: What the user calls `path`, `label`, `patient` or `split`.
        part_named: Knows the words of a column with the parts of a split.

    Raises:
        DataError: Columns are missing, or may be several, or mark the test part without naming the others;
            says what to type.
    """
    _check_header(table)
    found: dict[str, int] = {}
    problems: dict[str, str] = {}
    for name in COLUMN_NAMES:
        taken = [*found.values()]
        candidates = _candidates(table, name, given, taken)
        if name == "split" and name not in given:
            candidates = columns_with_parts(table, candidates, taken, part_named)
        if name == "patient":
            candidates = _one_of_equals(table, candidates)
        if len(candidates) > 1:
            problems[name] = _which(table, name, candidates)
        elif set(candidates) & {*taken}:
            problems[name] = f"{table.names[candidates[0]]} is named twice: a column tells one thing"
        elif candidates:
            found[name] = candidates[0]
        elif name in given:
            problems[name] = _unknown(table, name, given[name])
    _check(table, found, problems)
    if "split" not in found:
        check_no_part_is_marked(table, [*found.values()], part_named)
    return FoundColumns(found, [*_renamed(table, found), *_perhaps(table, found)])


def find_path(table: SourceTable, given: Mapping[str, str]) -> int:
    """Find the column with the paths of images, in a table that need say nothing else of them.

    Args:
        table: The table.
        given: What the user calls `path`.

    Raises:
        DataError: There is none, or it may be several; says what to type.
    """
    _check_header(table)
    candidates = _candidates(table, "path", given, [])
    if len(candidates) == 1:
        return candidates[0]
    unknown = [_unknown(table, "path", given["path"])] if "path" in given else []
    raise DataError(
        f"{table.path} must have one column with the paths of images, called path",
        but=f"{'several may be it' if candidates else 'it is not'} among: {', '.join(table.names) or 'none'}",
        do="Say which it is: --column path=COLUMN.",
        details=[_which(table, "path", candidates)] if candidates else unknown,
    )


def _candidates(table: SourceTable, name: str, given: Mapping[str, str], taken: Sequence[int]) -> list[int]:
    """Return the columns that the user names, else those of that name, else those of a usual name."""
    names = list(enumerate(table.names))
    if name in given:
        wanted = given[name].strip()
        exact = [place for place, called in names if called == wanted]
        return exact or [place for place, called in names if called.casefold() == wanted.casefold()]
    named = [place for place, called in names if called.casefold() == name]
    asked_for = {wanted.strip().casefold() for wanted in given.values()}
    usual = set(_USUAL[name].split())
    return named or [
        place
        for place, called in names
        if _plain(called) in usual and place not in taken and called.casefold() not in asked_for
    ]


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


def _one_of_equals(table: SourceTable, candidates: list[int]) -> list[int]:
    """Keep the first of columns that group the rows in the same way."""
    if len({table.names[place].casefold() for place in candidates}) < len(candidates):
        return candidates
    columns = [table.column(place) for place in candidates]
    groups = [len(set(column)) for column in columns]
    if columns and len({*groups, len(set(zip(*columns, strict=True)))}) == 1:
        return candidates[:1]
    return candidates


def _check_header(table: SourceTable) -> None:
    images = [name for name in table.names if _IMAGE.search(name)]
    if images:
        raise DataError(
            f"the first line of {table.path} must name the columns, such as path,label",
            but=f"it looks like an image: {', '.join(listed(list(table.names), 4))}",
            do="Add a line with names above it.",
        )


def _check(table: SourceTable, found: Mapping[str, int], problems: Mapping[str, str]) -> None:
    missing = [name for name in _NEEDED if name not in found and name not in problems]
    if missing or problems:
        lacking = f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
        raise DataError(
            f"{table.path} must have the columns path and label (patient and split if known)",
            but=f"{lacking if missing else 'they are not clear'} among: {', '.join(table.names) or 'none'}",
            do="Say which they are, such as --column path=COLUMN, or name them so in the first line.",
            details=list(problems.values()),
        )
    if not table.rows:
        raise DataError(
            f"{table.path} must have a row an image", but="it has none", do="Add rows below the first line."
        )


def _which(table: SourceTable, name: str, candidates: Sequence[int]) -> str:
    names = [table.names[place] for place in candidates]
    if len(set(names)) == 1:
        return (
            f"{len(names)} columns are called {names[0]}: leave one, --column {name}={names[0]} cannot choose"
        )
    typed = [f"--column {name}={quoted(called)}" for called in dict.fromkeys(names)]
    return f"{name} can be {len(typed)} of them: {' or '.join(typed)}"


def _unknown(table: SourceTable, name: str, wanted: str) -> str:
    near = difflib.get_close_matches(wanted, table.names, n=1)
    return f"--column {name}={quoted(wanted)}: there is no such column" + (
        f" (did you mean {near[0]}?)" if near else ""
    )


def _renamed(table: SourceTable, found: Mapping[str, int]) -> list[str]:
    other = {name: table.names[place] for name, place in found.items()}
    told = [f"{name} from {called}" for name, called in other.items() if called.casefold() != name]
    return [f"columns: {', '.join(told)}"] if told else []


def _perhaps(table: SourceTable, found: Mapping[str, int]) -> list[str]:
    """Offer columns that may tell patients, where none does and they tell that images belong together."""
    if "patient" in found:
        return []
    return [
        f"if {name} tells patients: --column patient={quoted(name)}"
        for place, name in enumerate(table.names)
        if _is_perhaps_of_patients(name)
        and place not in found.values()
        and 1 < len(set(table.column(place))) < len(table.rows)
    ]


def _is_perhaps_of_patients(name: str) -> bool:
    letters = unicodedata.normalize("NFKD", name.casefold())
    plain = _plain("".join(letter for letter in letters if not unicodedata.combining(letter)))
    return plain in _PERHAPS_PATIENTS.split() or any(word in plain for word in _PATIENT_WORDS)
