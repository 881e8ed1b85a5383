"""The syntax of YAML: text as a tree of nodes, with the scalars of YAML 1.2 and bounded depth, and back.

In version 1.1, which PyYAML reads otherwise, `010` is 8, `12:30:45` is a number of seconds, `yes` is true and
`1e-3` is a word. Nothing is constructed here: whatever tag a node has, it stays text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

DEEPEST = 30
"""Levels of lists and mappings within each other, of which options need four."""

MOST = 20_000
"""Names and values of a file, those that aliases repeat counted each time."""

TAG = "tag:yaml.org,2002:"

_LONGEST_NUMBER = 400

_WORDS = {
    "'\\t'": "has a tab where spaces must be",
    "but found another document": "begins another document (---), and there can be one",
    "that cannot start any token": "has a value that begins with a sign of YAML's own: put it in quotes",
    "mapping values are not allowed here": "has `: ` in a value, or is indented too far: "
    "put such a value in quotes",
}
"""What a line has, by a part of what PyYAML says of it."""

# By the type's tag: how its scalars are written, with what characters they begin, and what they mean.
_SCALARS: dict[str, tuple[re.Pattern[str], list[str], Callable[[str], Any]]] = {
    "null": (re.compile(r"(?:null|Null|NULL|~)?\Z"), ["n", "N", "~", ""], lambda _: None),
    "bool": (
        re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"),
        list("tTfF"),
        lambda text: text.lower() == "true",
    ),
    "int": (
        re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z"),
        list("-+0123456789"),
        lambda text: int(text, {"0o": 8, "0x": 16}.get(text[:2], 10)),
    ),
    "float": (
        re.compile(
            r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
            r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
        ),
        list("-+.0123456789"),
        lambda text: float(text.lower().replace(".inf", "inf").replace(".nan", "nan")),
    ),
}


class NotYaml(Exception):
    """A text is not YAML, or more of it than options need.

    Args:
        line: The line, from 1.
        problem: What stands there, as the end of a sentence.
    """

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(line, problem)
        self.line = line
        self.problem = problem


class _Composer(Reader, Scanner, Parser, Composer, BaseResolver):
    """Composes a tree of nodes from text."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        BaseResolver.__init__(self)
        self._depth = self._nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose a node, unless it is nested too deep or one too many: this method calls itself."""
        self._depth += 1
        self._nodes += 1
        if self._depth > DEEPEST or self._nodes > MOST:
            raise too_much(int(self.get_mark().line) + 1, self._depth)
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node


class _Dumper(yaml.SafeDumper):
    """Puts text in quotes that either version of YAML would take for something else."""


for _name, (_pattern, _first, _) in _SCALARS.items():
    _Composer.add_implicit_resolver(f"{TAG}{_name}", _pattern, _first)
    _Dumper.add_implicit_resolver(f"{TAG}{_name}", _pattern, _first)


def to_yaml(values: Mapping[str, Any]) -> str:
    """Return plain data as YAML, a line a name.

    Args:
        values: The values by name, in the order in which they are written.
    """
    return yaml.dump(dict(values), Dumper=_Dumper, sort_keys=False, allow_unicode=True)


def compose(text: str) -> yaml.Node | None:
    """Return the root of a text of one document; None where it says nothing.

    Args:
        text: The text of a file.

    Raises:
        NotYaml: It is not YAML.
    """
    try:
        return _Composer(text).get_single_node()
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise NotYaml(line, f"has the character {chr(int(error.character))!r}, which is no text") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise NotYaml(mark.line + 1 if mark else 1, _in_words(error)) from None


def line_of(node: yaml.Node) -> int:
    """Return the line that a node begins in, from 1."""
    return int(node.start_mark.line) + 1


def scalar_value(node: yaml.ScalarNode) -> str | int | float | bool | None:
    """Return the value of a scalar.

    Args:
        node: The scalar.

    Raises:
        NotYaml: It has a tag that is none of plain data, or is not written as its tag demands.
    """
    name, text = node.tag.removeprefix(TAG), str(node.value)
    if name == "str":
        return _text(node, text)
    if name not in _SCALARS:
        raise foreign_tag(node)
    pattern, _, convert = _SCALARS[name]
    if not pattern.match(text) or len(text) > _LONGEST_NUMBER:
        raise NotYaml(line_of(node), f"has {_shown(text)}, which is no {name}")
    value: int | float | bool | None = convert(text)
    return value


def too_much(line: int, depth: int) -> NotYaml:
    """Return the error of a file that is deeper than options are, or has more in it.

    Args:
        line: Where that is.
        depth: How deep it is there.
    """
    if depth > DEEPEST:
        return NotYaml(line, f"goes deeper than {DEEPEST} levels")
    return NotYaml(line, f"and the rest stand for more than {MOST:,} names and values")


def foreign_tag(node: yaml.Node) -> NotYaml:
    """Return the error of a node whose tag is none of plain data."""
    tag = str(node.tag)
    shown = f"!!{tag.removeprefix(TAG)}" if tag.startswith(TAG) else tag
    return NotYaml(line_of(node), f"has the tag {_shown(shown)}: options are plain names and values")


def _text(node: yaml.ScalarNode, text: str) -> str:
    """Return text without the halves in which escapes write letters beyond 65,535."""
    try:
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise NotYaml(line_of(node), "has half a character (a lone surrogate)") from None
    control = next((letter for letter in whole if ord(letter) < 32 and letter not in "\t\n\r"), None)
    if control is not None:
        problem = f"has the control character {control!r}: a backslash is written twice, or in single quotes"
        raise NotYaml(line_of(node), problem)
    return whole


def _in_words(error: yaml.MarkedYAMLError) -> str:
    """Say what the parser found, in words that need no knowledge of its grammar."""
    problem = str(error.problem or error.context)
    for found, words in _WORDS.items():
        if found in problem:
            return words
    context = f" {error.context}" if error.problem and error.context else ""
    return f"cannot be read{_shown(context, 100)}: {_shown(problem, 200)}"


def _shown(text: str, longest: int = 60) -> str:
    line = re.sub(r"\s+", " ", text)
    return line if len(line) <= longest else f"{line[:longest]} ..."
