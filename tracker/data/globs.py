"""Which paths a glob covers: the rules of `--include` and `--exclude`.

- `*` is any part of one name, `?` one letter, `[ab]` one of them; none of them reaches across a slash.
- `**` between slashes is any number of folders, none as well.
- A glob without a slash is searched in every name of a path: `*.tif`, or a folder's name.
- A glob that covers a folder covers everything in it.

Upper and lower case differ, on every system.
"""

from __future__ import annotations

import glob as globs_of_files
import shlex
from collections.abc import Collection
from fnmatch import fnmatchcase
from functools import lru_cache

ANY_FOLDERS = "**"


def covers(glob: str, path: str) -> bool:
    """Return whether a glob covers a path.

    Args:
        glob: Such as `*/masks/*`.
        path: Below the data set's folder, with forward slashes.
    """
    wanted = _names_of(glob)
    if len(wanted) == 1 and "/" not in glob.replace("\\", "/").strip("/"):
        wanted = [ANY_FOLDERS, *wanted]
    return _covers(tuple(wanted), tuple(path.split("/")))


def glob_of_folder(name: str, paths: Collection[str], others: Collection[str] = ()) -> str:
    """Return a glob, quoted for a shell, that covers the files in folders of one name and no others.

    Args:
        name: The name of the folders.
        paths: The files in them.
        others: The files that it may not cover.

    Returns:
        The one that says most plainly where the folders lie; empty where there is none.
    """
    escaped = literal(name)
    for glob in (f"{escaped}/**", f"*/{escaped}/**", escaped):
        if all(covers(glob, path) for path in paths) and not any(covers(glob, path) for path in others):
            return shlex.quote(glob)
    return ""


def literal(text: str) -> str:
    """Return the glob that means a text letter by letter.

    Args:
        text: Of a name.
    """
    return globs_of_files.escape(text).replace("\\", "?")


def _names_of(glob: str) -> list[str]:
    names = [name for name in glob.replace("\\", "/").split("/") if name not in ("", ".")]
    # Two in a row are one, and would only cost time.
    return [name for place, name in enumerate(names) if names[place - 1 : place] != [name] or name != "**"]


@lru_cache(maxsize=10_000)
def _covers(wanted: tuple[str, ...], names: tuple[str, ...]) -> bool:
    if not wanted:
        return True
    if wanted[0] == ANY_FOLDERS:
        return len(wanted) == 1 or any(_covers(wanted[1:], names[place:]) for place in range(len(names)))
    return bool(names) and fnmatchcase(names[0], wanted[0]) and _covers(wanted[1:], names[1:])
