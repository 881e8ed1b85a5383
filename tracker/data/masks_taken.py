"""Images that look like masks and take part, because a table lists them or a glob asks for them."""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from tracker.data.globs import covers, literal
from tracker.data.sources.masks import masks_among, words_of
from tracker.data.sources.source import SourceImage
from tracker.errors import counted

_MOST_GLOBS = 3


def masks_taken(images: Iterable[SourceImage]) -> list[str]:
    """Return a line that says how many there are; none where no class has masks beside other images.

    Args:
        images: Those that take part.
    """
    by_label: dict[str, dict[PurePosixPath, str]] = defaultdict(dict)
    for image in images:
        by_label[image.label][_below_class_folder(image)] = image.id
    words: dict[str, str] = {}
    for ids in by_label.values():
        found = masks_among(ids)
        if len(found) < len(ids):
            words |= {ids[path]: _as_written(path, word) for path, word in found.items()}
    if not words:
        return []
    looks = "looks like a mask and takes" if len(words) == 1 else "look like masks and take"
    others = [name for ids in by_label.values() for name in ids.values() if name not in words]
    return [f"{counted(len(words), 'image')} {looks} part{_advice(words, others)}"]


def _advice(words: Mapping[str, str], others: Iterable[str]) -> str:
    """Return the options that leave masks out and nothing else; empty where no few globs do."""
    globs = list(dict.fromkeys(f"*{literal(word)}*" for word in words.values()))
    if len(globs) > _MOST_GLOBS or any(covers(glob, name) for glob in globs for name in others):
        return ""
    return "; without: " + " ".join(f"--exclude {shlex.quote(glob)}" for glob in globs)


def _as_written(path: PurePosixPath, word: str) -> str:
    """Return the word that tells a mask as its path has it: globs heed upper and lower case."""
    name = next(name for name in reversed(path.parts) if word in words_of(name))
    told = "mask" if "mask" in word else re.escape(word).replace("groundtruth", r"ground[\W_]*truth")
    (*_, last) = re.finditer(told, name, re.IGNORECASE)
    return last.group()


def _below_class_folder(image: SourceImage) -> PurePosixPath:
    """Return the path of an image below its class folder: a class may be called `mask`."""
    path = PurePosixPath(image.id)
    if image.label not in path.parts[:-1]:
        return path
    return PurePosixPath(*path.parts[path.parts.index(image.label) + 1 :])
