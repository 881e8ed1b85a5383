"""Why an image file cannot be decoded, in plain words."""

from __future__ import annotations


class UndecodableError(Exception):
    """One image file cannot be decoded; the message is the reason, in plain words."""
