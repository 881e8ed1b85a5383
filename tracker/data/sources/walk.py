"""Every file below a folder, also behind links: a loop ends, and no folder is listed twice."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

_Identity = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Tree:
    """What lies below a folder.

    Attributes:
        files: Everything that is no folder, whatever it is; links to nothing, too. Sorted.
        closed: Folders that this user may not look into.
        repeated: Links to folders that are listed already, and loops.
    """

    files: list[Path] = field(default_factory=list)
    closed: list[Path] = field(default_factory=list)
    repeated: list[Path] = field(default_factory=list)


def walk(folder: Path) -> Tree:
    """List what lies below a folder, and below the folders that links in it lead to.

    Paths stay below the folder, wherever links lead. Real folders are listed before those behind links, so
    that a link never changes where a file is found that is there without it.

    Args:
        folder: Where to begin.
    """
    tree, waiting = Tree(), deque([folder])
    # A link that leads above the folder would list it again, and its neighbors as if they were in it.
    listed = {above for path in (folder, folder.resolve()) for above in map(_identity, path.parents)}
    while waiting:
        start = waiting.popleft()
        if _identity(start) in listed - {None}:
            tree.repeated.append(start)
            continue
        waiting.extend(_walk_without_links(start, listed, tree))
    for found in (tree.files, tree.closed, tree.repeated):
        found.sort()
    return tree


def entries(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return what lies directly in a folder: folders (also behind links), and everything else; both sorted.

    Args:
        folder: The folder.

    Raises:
        OSError: It cannot be looked into.
    """
    folders: list[Path] = []
    others: list[Path] = []
    with os.scandir(folder) as found:
        for entry in sorted(found, key=lambda one: one.name):
            (folders if _holds(entry.is_dir) else others).append(Path(entry.path))
    return folders, others


def _walk_without_links(start: Path, listed: set[_Identity | None], tree: Tree) -> Iterator[Path]:
    """Add a folder and its real subfolders to a tree; yield the links to folders that are in them."""
    stack = [start]
    while stack:
        folder = stack.pop()
        listed.add(_identity(folder))
        try:
            folders, others = entries(folder)
        except OSError:
            tree.closed.append(folder)
            continue
        tree.files.extend(others)
        stack.extend(path for path in reversed(folders) if not path.is_symlink())
        yield from (path for path in folders if path.is_symlink())


def _identity(folder: Path) -> _Identity | None:
    """Return what tells a folder from all others of this machine, whatever path leads to it."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _holds(question: Callable[[], bool]) -> bool:
    """Ask about an entry; of what cannot be looked at, nothing holds."""
    try:
        return question()
    except OSError:
        return False
