"""What was left out of a data set, in words: how many files, why, and of which classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from tracker.data.manifest import Manifest
from tracker.data.sources.listing import LeftOut, LeftOutKind
from tracker.errors import counted

_WIDTH = 68
"""What is left of a terminal's 80 columns beside the names of a plan's paragraphs."""


def left_out_report(manifest: Manifest) -> list[str]:
    """Return a line a reason; none where nothing was left out.

    Args:
        manifest: The images that take part, and what was left out.
    """
    by_kind = {kind: [one for one in manifest.left_out if one.kind == kind] for kind in _LINES}
    lines = [line for kind, found in by_kind.items() if found for line in _LINES[kind](found).splitlines()]
    if manifest.unopened:
        lines.append(
            _line(
                f"{counted(len(manifest.unopened), 'image')} that cannot be opened", list(manifest.unopened)
            )
        )
    return lines


def left_out_warnings(manifest: Manifest) -> list[str]:
    """Return what no one should miss: the classes that lack images because their format is not read.

    Args:
        manifest: The images that take part, and what was left out.
    """
    unread = [one for one in manifest.left_out if one.kind == "unread"]
    lacking = Counter((one.label, one.detail) for one in unread if one.label in manifest.counts)
    return [
        f"class {label}: {number} of {number + manifest.counts[label]} images are {name}, and not read"
        for (label, name), number in sorted(lacking.items(), key=lambda item: str(item[0]))
        if label is not None
    ]


def left_out_words(manifest: Manifest) -> str:
    """Return what was left out in a few words, such as `20 mask, 3 hidden`; empty where nothing was.

    Args:
        manifest: The images that take part, and what was left out.
    """
    kinds: Counter[LeftOutKind] = Counter(one.kind for one in manifest.left_out if one.kind != "other")
    return ", ".join(f"{kinds[kind]} {kind}" for kind in _LINES if kinds[kind])


def _unread(found: Sequence[LeftOut]) -> str:
    details = Counter(one.detail for one in found)
    told = ", ".join(f"{number} {name}" for name, number in details.most_common())
    classes = Counter(one.label for one in found if one.label)
    where = [f"{label} {number}" for label, number in classes.most_common()] or _folders(found)
    return _line(f"{told}: not read", where)


def _masks(found: Sequence[LeftOut]) -> str:
    how = "\n  (masks take part with --include '**')" if any(one.image for one in found) else ""
    look = "that looks like a mask" if len(found) == 1 else "that look like masks"
    return _line(f"{counted(len(found), 'image')} {look}", _folders(found)) + how


def _loose(found: Sequence[LeftOut]) -> str:
    return _line(f"{counted(len(found), 'image')} in no class folder", [one.id for one in found])


def _hidden(found: Sequence[LeftOut]) -> str:
    hidden = "that are" if len(found) > 1 else "that is"
    return _line(f"{counted(len(found), 'image')} {hidden} hidden", _folders(found))


def _unlisted(found: Sequence[LeftOut]) -> str:
    return _line(f"{counted(len(found), 'image')} beside them that are not listed", [one.id for one in found])


def _repeated(found: Sequence[LeftOut]) -> str:
    return _line(f"{counted(len(found), 'link')} to what is listed already", [one.id for one in found])


def _excluded(found: Sequence[LeftOut]) -> str:
    return _line(f"{counted(len(found), 'file')} by --exclude", _folders(found))


def _not_included(found: Sequence[LeftOut]) -> str:
    return _line(f"{counted(len(found), 'file')} that no --include covers", _folders(found))


def _empty(found: Sequence[LeftOut]) -> str:
    return _line(f"{counted(len(found), 'folder')} without images", [one.id for one in found])


def _other(found: Sequence[LeftOut]) -> str:
    endings = Counter(one.detail for one in found)
    return _line(
        f"{counted(len(found), 'file')} of other kinds",
        [f"{number} {name}" for name, number in endings.most_common()],
    )


_LINES: dict[LeftOutKind, Callable[[Sequence[LeftOut]], str]] = {
    "unread": _unread,
    "mask": _masks,
    "hidden": _hidden,
    "loose": _loose,
    "unlisted": _unlisted,
    "repeated": _repeated,
    "excluded": _excluded,
    "not included": _not_included,
    "empty": _empty,
    "other": _other,
}


def _folders(found: Sequence[LeftOut]) -> list[str]:
    """Return the folders that files lie in, and of files at the top their names."""
    folders = Counter(one.id.rpartition("/")[0] or one.id for one in found)
    return [name for name, _ in folders.most_common()]


def _line(told: str, where: Sequence[str]) -> str:
    """Return a line with as many places as it has room for."""
    room = _WIDTH - len(told) - len(": , ...")
    shown: list[str] = []
    for name in where:
        if len(", ".join([*shown, name])) > room:
            break
        shown.append(name)
    rest = ["..."] if len(shown) < len(where) else []
    return f"{told}: {', '.join([*shown, *rest])}" if shown else told
