"""Paths in a file of options, which begin at the file's own folder: it can be moved with what it names."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

from tracker.addresses import SQLITE, sqlite_address
from tracker.config.command_line import options_of
from tracker.config.home import expanded
from tracker.config.options import RunOptions
from tracker.config.recipe import WEIGHTS
from tracker.config.yaml_file import BACKSLASHES
from tracker.errors import UsageError

_DATABASES = ("tracking_uri", "study_storage")
_PATHS = {option.field for option in options_of("run", RunOptions) if option.kind is Path}


def from_folder(name: str, value: object, folder: Path) -> object:
    """Return the value of an option as it is for a process in any folder.

    Args:
        name: The option.
        value: What a file gives it.
        folder: The folder of the file, absolute.

    Returns:
        An absolute path for a path; every other value as it is.

    Raises:
        UsageError: A path has line breaks or the like.
    """
    if not isinstance(value, str) or not value:
        return value
    if name in _PATHS or (name == "weights" and value not in WEIGHTS):
        if any(letter < " " for letter in value):
            raise UsageError(
                f"{name} must be a path", but=f"it holds letters that no path has: {value!a}", do=BACKSLASHES
            )
        return _absolute(value, folder)
    if name in _DATABASES and value.startswith(SQLITE) and ":memory:" not in value:
        path, mark, query = value.removeprefix(SQLITE).partition("?")
        return sqlite_address(Path(_absolute(unquote(path), folder))) + mark + query
    return value


def _absolute(path: str, folder: Path) -> str:
    return str(folder / expanded(path))
