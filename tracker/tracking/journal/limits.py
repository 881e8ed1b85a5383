"""What MLflow would refuse or silently change is made safe here, when it is written.

A record that is refused when it is sent would stop everything behind it; a value that is changed by the
server would no longer be equal to what is sent again.
"""

from __future__ import annotations

import math
import re
import sys
import zlib
from collections.abc import Mapping

MAX_KEY = 250
MAX_PARAM = 6000
MAX_TAG = 8000
MAX_NAME = 500
MAX_EXPERIMENT_NAME = 256
MAX_RUN_NAME = 250
MAX_DIGEST = 36
MAX_MODEL_NAME = 200
MAX_SOURCE = 65_535
MAX_PROFILE = 16_777_215

# Encrypted home folders allow no more than 143 bytes, other file systems 255.
_MAX_FOLDER_BYTES = 120
_UNSAFE_CHARACTERS = re.compile(r"[^\w\-./: ]")
_CUT = " ... (cut)"


def safe_text(text: str, limit: int) -> str:
    """Return text without NUL and lone surrogates, no longer than a limit.

    Args:
        text: Any text.
        limit: Characters that MLflow keeps; what is longer is cut and says so.
    """
    clean = text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")
    return clean if len(clean) <= limit else clean[: limit - len(_CUT)] + _CUT


def safe_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return tags with keys that MLflow accepts and values that it keeps.

    Args:
        tags: Texts, by name.
    """
    return {safe_key(key): safe_text(str(value), MAX_TAG) for key, value in tags.items()}


def safe_key(key: str) -> str:
    """Return a key that MLflow accepts; a changed key ends with a checksum of the original.

    MLflow allows word characters and ` -./:`, and no path that is not in its shortest form. The checksum
    keeps two keys apart that differ only in what was replaced.

    Args:
        key: The name of a parameter, a metric or a tag.
    """
    parts = _UNSAFE_CHARACTERS.sub("_", key).split("/")
    clean = "/".join("_" if part in ("", ".", "..") else part for part in parts)
    if clean == key and len(key) <= MAX_KEY and not key.startswith(".."):
        return key
    checksum = f"{zlib.crc32(key.encode('utf-8', 'surrogatepass')):08x}"
    return f"{clean[: MAX_KEY - 9].lstrip('.')}.{checksum}"


def safe_model_name(name: str) -> str:
    """Return a name that MLflow accepts for a model, and that stands in an address as it is.

    Args:
        name: An arm or the like.
    """
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:MAX_MODEL_NAME].strip("-") or "model"


def safe_folder(name: str) -> str:
    """Return the name of a folder that every file system takes; a shortened one ends with a checksum.

    Args:
        name: An experiment's name or the like.
    """
    clean = re.sub(r"[^\w-]", "_", name)
    if len(clean.encode()) <= _MAX_FOLDER_BYTES:
        return clean
    checksum = f"{zlib.crc32(name.encode('utf-8', 'surrogatepass')):08x}"
    # Half a letter is left out.
    beginning = clean.encode()[: _MAX_FOLDER_BYTES - 9].decode(errors="ignore")
    return f"{beginning}-{checksum}"


def safe_values(values: Mapping[str, float]) -> dict[str, float]:
    """Return metrics as MLflow keeps them.

    Args:
        values: Numbers, by name.
    """
    return {safe_key(key): safe_number(value) for key, value in values.items()}


def safe_number(value: float) -> float:
    """Return a metric's value as MLflow's SQL stores keep it: infinities become the largest numbers.

    Args:
        value: Any number; not a number (NaN) stays what it is.
    """
    number = float(value)
    return math.copysign(sys.float_info.max, number) if math.isinf(number) else number
