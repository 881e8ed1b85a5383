"""Explanations as files: a picture an image, contact sheets, the maps themselves, and a table."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

import numpy as np

from tracker.figures.explanations import DrawnMap, contact_sheet, explanation_figure
from tracker.figures.sanity import sanity_figure
from tracker.figures.style import to_bytes
from tracker.inference.explanations.explaining import Explanation
from tracker.inference.explanations.sanity import SAME, Sanity
from tracker.io.progress import Progress, silent

MAPS, TABLE, SHEET = "maps", "maps.csv", "contact-sheet"
_COLUMNS = ("image", "class", "probability", "decision", "layer", "file", "map", "says_no_place")
_OF_A_SHEET = 24
_LONGEST = 80
_DPI = 150
_SHOWN = 3


def explanation_files(
    explanations: Sequence[Explanation],
    *,
    title: str = "",
    remarks: Mapping[str, str] | None = None,
    progress: Progress = silent,
) -> Iterator[tuple[str, bytes]]:
    """Yield paths and contents: pictures, `maps/*.npy` (float32 [h, w], signed), sheets, and `maps.csv` last.

    Args:
        explanations: What is drawn.
        title: What stands above contact sheets.
        remarks: What else is to be said of an image, by its name.
        progress: Told how many pictures are drawn.
    """
    names = [_file_name(number, one.image) for number, one in enumerate(explanations, start=1)]
    drawn = [drawn_map(one, (remarks or {}).get(one.image, "")) for one in explanations]
    for done, (name, one, picture) in enumerate(zip(names, explanations, drawn, strict=True), start=1):
        yield f"{name}.png", to_bytes(explanation_figure(picture, layer=one.layer), "png", dpi=_DPI)
        yield f"{MAPS}/{name}.npy", _npy(one)
        progress(done, len(drawn), "pictures drawn")
    for start in range(0, len(drawn), _OF_A_SHEET):
        number = f"-{start // _OF_A_SHEET + 1}" if start else ""
        sheet = contact_sheet(drawn[start : start + _OF_A_SHEET], title=title)
        yield f"{SHEET}{number}.png", to_bytes(sheet, "png", dpi=_DPI)
    yield TABLE, _table(explanations, names).encode()


def drawn_map(one: Explanation, remark: str = "") -> DrawnMap:
    """Return what is drawn of an explanation.

    Args:
        one: The explanation.
        remark: What else is to be said; empty: nothing.
    """
    map_hw = None if one.says_no_place else one.map
    return DrawnMap(one.image, one.pixels, map_hw, one.class_name, one.probability, remark)


def sheet_title(name: str, *, synthetic: bool) -> str:
    """Return what stands above contact sheets.

    Args:
        name: Of the network.
        synthetic: Whether a program drew the images.
    """
    return f"{name} (synthetic images)" if synthetic else name


def sanity_png(sanity: Sanity) -> bytes:
    """Draw how maps change with random layers, as a PNG file.

    Args:
        sanity: What was found.
    """
    figure = sanity_figure(
        [step.layer for step in sanity.steps],
        [step.similarity for step in sanity.steps],
        sanity.own[:_SHOWN],
        sanity.replaced[:, :_SHOWN],
        same=SAME,
        chance=sanity.chance,
        sentence=sanity.sentence,
    )
    return to_bytes(figure, "png", dpi=_DPI)


def _file_name(number: int, image: str) -> str:
    stem = re.sub(r"[^\w.-]+", "_", PurePosixPath(image).stem)[:_LONGEST]
    return f"{number:03}-{stem}"


def _npy(one: Explanation) -> bytes:
    content = io.BytesIO()
    np.save(content, one.signed.astype(np.float32), allow_pickle=False)
    return content.getvalue()


def _table(explanations: Sequence[Explanation], names: Sequence[str]) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    for name, one in zip(names, explanations, strict=True):
        files = (f"{name}.png", f"{MAPS}/{name}.npy")
        about = (one.image, one.class_name, f"{one.probability:.6g}", one.decision, one.layer)
        table.writerow([*about, *files, str(one.says_no_place).lower()])
    return text.getvalue()
