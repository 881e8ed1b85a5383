"""Writes `docs/study.yaml`, the example with every option: `python -m tools.study_yaml`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tracker.config.command_line import CommandLine
from tracker.config.options import RunOptions
from tracker.config.yaml_nodes import to_yaml

EXAMPLE = Path(__file__).resolve().parents[1] / "docs" / "study.yaml"

_WIDTH = 80
_BEGINNING = """\
# Every option of a study with its default: tracker run --config study.yaml
#
# Keep the lines that you change and delete the others. What the command line
# says wins over the file. Relative paths begin at the folder of this file, and
# ~ is your own. Each name may stand here once. It is YAML 1.2: 010 is 10, yes
# and no are words (write true or false), and text that looks like a number
# needs quotes. null: nothing is said, and what the text above it says holds.
"""
_END = """
# A name that begins with x- means nothing by itself; others can take over what
# stands there:
#
# x-small: &small
#   epochs: 5
#   image-size: 64
# <<: *small
#
# Your own ranges, for all modes or by mode:
#
# search:
#   lr: {feature-extractor: [1e-4, 1], fine-tuning: [1e-6, 1e-2]}
#   weight_decay: [1e-6, 1e-3]
#   optimizer: [sgd, adamw]
"""


def example() -> str:
    """Return the example."""
    panels: dict[str, list[str]] = {}
    for name, info in RunOptions.model_fields.items():
        panel = next((one.panel for one in info.metadata if isinstance(one, CommandLine)), "")
        default = info.get_default(call_default_factory=True)
        lines = [*_comment(info.description or ""), *_value(name, default)]
        panels.setdefault(panel or "What the command does", []).extend(["", *lines])
    body = [line for panel, lines in panels.items() for line in ("", f"# --- {panel} ---", *lines)]
    return "\n".join([_BEGINNING.rstrip("\n"), *body, _END.rstrip("\n")]) + "\n"


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


def _value(name: str, value: Any) -> Iterator[str]:
    plain = list(value) if isinstance(value, tuple) else value
    yield from to_yaml({name.replace("_", "-"): plain}).splitlines()


if __name__ == "__main__":
    EXAMPLE.write_text(example(), encoding="utf-8")
