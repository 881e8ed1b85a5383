"""The Montgomery County chest X-ray set: 138 images, 58 with tuberculosis and 80 normal.

Grays of 12 bits in 16-bit PNG. Published together with the Shenzhen set (Jaeger et al., 2014).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from tracker.data.archive import Archive, fetch
from tracker.data.sources.nlm import collect_nlm, is_nlm, published_images, years
from tracker.data.sources.source import Source

_SEX = re.compile(r"sex:\s*([mf])", re.IGNORECASE)
_AGE = re.compile(r"age:\s*(\d+)\s*([ymwd]?)", re.IGNORECASE)
_SEXES = {"m": "male", "f": "female"}


def read_montgomery(lines: list[str]) -> Mapping[str, str]:
    """Understand a reading: `Patient's Sex: F`, `Patient's Age: 035Y`, then the finding.

    Args:
        lines: The lines of the text file, without empty ones.

    Returns:
        `sex`, `age` (in years) and `finding`, as far as they are there.
    """
    attributes: dict[str, str] = {}
    finding: list[str] = []
    for line in lines:
        if sex := _SEX.search(line):
            attributes["sex"] = _SEXES[sex[1].lower()]
        elif age := _AGE.search(line):
            attributes["age"] = years(age[1], age[2])
        else:
            finding.append(line)
    return attributes | ({"finding": " ".join(finding)} if finding else {})


SOURCE = Source(
    name="montgomery",
    collect=partial(collect_nlm, prefix="MCUCXR", wrapper="MontgomerySet", reading=read_montgomery),
    provide=partial(
        fetch,
        Archive(
            dataset="montgomery",
            url="https://openi.nlm.nih.gov/imgs/collections/NLM-MontgomeryCXRSet.zip",
            url_variable="TRACKER_MONTGOMERY_URL",
            holds=published_images("MCUCXR", normal=80, tuberculosis=58),
        ),
    ),
    one_image_a_patient=True,
    recognizes=partial(is_nlm, prefix="MCUCXR", wrapper="MontgomerySet"),
    rank=20,
)
