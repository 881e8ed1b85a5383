from __future__ import annotations

from pathlib import Path

import pytest

from tracker.config.home import expanded
from tracker.errors import UsageError


def test_a_tilde_is_the_users_folder_and_elsewhere_a_letter() -> None:
    assert expanded("~/images") == Path.home() / "images"
    assert expanded("/data/~images") == Path("/data/~images")


def test_the_home_of_nobody_is_refused() -> None:
    with pytest.raises(UsageError, match="nobody is called so in ~nobody-of-that-name/images"):
        expanded("~nobody-of-that-name/images")
