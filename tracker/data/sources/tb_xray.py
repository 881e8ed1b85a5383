"""The Shenzhen chest X-ray set: 662 images, 336 with tuberculosis and 326 normal.

Jaeger et al., "Two public chest X-ray datasets for computer-aided screening of pulmonary diseases",
Quantitative Imaging in Medicine and Surgery 4(6), 2014.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from tracker.data.archive import Archive, fetch
from tracker.data.sources.nlm import collect_nlm, is_nlm, published_images, years
from tracker.data.sources.source import Source

_SEX = re.compile(r"\b(fe)?male", re.IGNORECASE)
_AGE = re.compile(r"(\d+)\s*([ymwd])", re.IGNORECASE)


def read_shenzhen(lines: list[str]) -> Mapping[str, str]:
    """Understand a reading such as `male 45yrs`, followed by the finding.

    Args:
        lines: The lines of the text file, without empty ones.

    Returns:
        `sex`, `age` (in years) and `finding`, as far as they are there.
    """
    attributes: dict[str, str] = {}
    first = lines[0] if lines else ""
    if sex := _SEX.search(first):
        attributes["sex"] = sex.group().lower()
    if age := _AGE.search(first):
        attributes["age"] = years(age[1], age[2])
    finding = " ".join(lines[1:] if attributes else lines)
    return attributes | ({"finding": finding} if finding else {})


SOURCE = Source(
    name="tb-xray",
    collect=partial(collect_nlm, prefix="CHNCXR", wrapper="ChinaSet_AllFiles", reading=read_shenzhen),
    default_split="486/44/132",
    provide=partial(
        fetch,
        Archive(
            dataset="tb-xray",
            url="https://openi.nlm.nih.gov/imgs/collections/ChinaSet_AllFiles.zip",
            url_variable="TRACKER_TB_XRAY_URL",
            holds=published_images("CHNCXR", normal=326, tuberculosis=336),
        ),
    ),
    one_image_a_patient=True,
    recognizes=partial(is_nlm, prefix="CHNCXR", wrapper="ChinaSet_AllFiles"),
    rank=10,
)
