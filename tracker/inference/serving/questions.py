"""What a request asks about: its images, out of JSON or as they are."""

from __future__ import annotations

import base64
import json
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from tracker.inference.serving.limits import Limits
from tracker.inference.serving.refusals import bad_request, too_large, unknown_kind

JSON = "application/json"
_FILES = (
    "image/png",
    "image/jpeg",
    "image/tiff",
    "image/bmp",
    "application/dicom",
    "application/octet-stream",
)
_IMAGES = "images"
_UTF8 = {"utf-8", "utf8"}
_SPACE = string.whitespace.encode()
# What an image comes with: its row, its name, and what others wrote beside it.
_VALUES_OF_AN_IMAGE, _OTHER_VALUES = 100, 10_000


@dataclass(frozen=True)
class NoImage:
    """Something that is asked about is no image.

    Attributes:
        why: The reason, in plain words.
    """

    why: str


Asked = bytes | NoImage
"""An image file's content, or why there is none."""


def content_type(header: str | None) -> str:
    """Return the kind of a body.

    Args:
        header: Content-Type, which may say in which letters the text is.

    Raises:
        Refused: It is text in other letters than UTF-8.
    """
    kind, *parameters = (part.strip().lower() for part in (header or "").split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "charset" and value.strip('"') not in _UTF8:
            raise unknown_kind("text must be in UTF-8, but the charset of this one is another")
    return kind


def is_file(kind: str) -> bool:
    """Say whether a body of a kind is one image file.

    Raises:
        Refused: It is neither that nor JSON.
    """
    if kind not in {JSON, *_FILES}:
        taken = ", ".join([JSON, *_FILES])
        raise unknown_kind(f"Content-Type must be one of {taken}, but it is {kind[:80] or 'not given'}")
    return kind != JSON


def images_of(body: bytes, limits: Limits) -> list[Asked]:
    """Return the images of `{"images": ["BASE64", ...]}`.

    Raises:
        Refused: It is no such JSON, or has too many.
    """
    table = json_object(body, limits)
    if set(table) != {_IMAGES}:
        raise bad_request(f'JSON must be {{"images": ["BASE64", ...]}}, but it has {keys_of(table)}')
    return asked_of(table[_IMAGES], limits, what='"images"')


def json_object(body: bytes, limits: Limits) -> Mapping[str, Any]:
    """Return what an object in JSON holds.

    Args:
        body: JSON in UTF-8.
        limits: What is taken.

    Raises:
        Refused: It is not that, or of more values than images have.
    """
    require_few_values(body, limits)
    try:
        table = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except RecursionError:
        raise bad_request("a body must be JSON, but it is nested too deeply") from None
    except UnicodeDecodeError:
        raise bad_request("a body must be JSON in UTF-8, but it is no UTF-8") from None
    except ValueError as error:
        raise bad_request(f"a body must be JSON, but it is not ({_place(error)})") from None
    if not isinstance(table, dict):
        raise bad_request(f"a body must be an object in JSON, but it is {kind_of(table)}")
    return table


def require_few_values(body: bytes, limits: Limits) -> None:
    """Refuse JSON of so many values that they take far more memory than its text: `[],` takes 64 bytes.

    Raises:
        Refused: They are too many.
    """
    most = limits.max_images * _VALUES_OF_AN_IMAGE + _OTHER_VALUES
    if sum(body.count(sign) for sign in (b",", b"[", b"{")) > most:
        raise too_large(
            f"JSON must have at most {most:,} values, but this has more: "
            f"send at most {limits.max_images} images, each as one text in base64"
        )


def keys_of(table: Mapping[str, Any]) -> str:
    """Return the names in an object, as a sentence has them."""
    shown = ", ".join(json.dumps(key)[:40] for key in [*table][:5])
    return (shown + (", ..." if len(table) > 5 else "")) or "nothing"


def kind_of(value: object) -> str:
    """Return what JSON calls a value."""
    names = {dict: "an object", list: "an array", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def asked_of(listed: object, limits: Limits, *, what: str) -> list[Asked]:
    """Return the images of an array of texts in base64.

    Args:
        listed: What JSON held.
        limits: What is taken.
        what: What it is called.

    Raises:
        Refused: It is no array, or has too many.
    """
    if not isinstance(listed, list):
        raise bad_request(f"{what} must be an array of texts in base64, but it is {kind_of(listed)}")
    require_few(len(listed), limits)
    return [_asked(value) for value in listed]


def require_few(count: int, limits: Limits) -> None:
    """Check the number of images.

    Raises:
        Refused: They are too many.
    """
    if count > limits.max_images:
        raise too_large(
            f"a request must have at most {limits.max_images} images, but this one has {count}: "
            "ask several times, or serve with a larger --max-images"
        )


def _asked(value: object) -> Asked:
    if not isinstance(value, str):
        return NoImage(f"not a text in base64, but {kind_of(value)}")
    encoded = value.partition(",")[2] if value.startswith("data:") else value
    try:
        # Not split: as many pieces as letters would take twenty times the memory.
        content = base64.b64decode(encoded.encode("ascii").translate(None, _SPACE), validate=True)
    except ValueError:
        return NoImage("not in base64")
    return content or NoImage("nothing is in it")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _place(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg.lower()} at {error.pos}"
    return str(error).partition(";")[0].lower()
