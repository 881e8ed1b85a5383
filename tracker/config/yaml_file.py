"""A file of names and values that a user wrote: each name once, plain data, and of a size that ends.

It takes YAML 1.2 (JSON is a part of it). Aliases and `<<` take over what stands elsewhere, such as under a
name that begins with `x-`, which means nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tracker.config.home import expanded
from tracker.config.yaml_nodes import (
    DEEPEST,
    MOST,
    TAG,
    NotYaml,
    compose,
    foreign_tag,
    line_of,
    scalar_value,
    too_much,
)
from tracker.errors import UsageError

BACKSLASHES = "Write paths of Windows with / or in single quotes: in double ones, a backslash begins a code."

_LARGEST_KIB = 256
_IGNORED = "x-"
_MERGE = "<<"
_MAPPING, _SEQUENCE = f"{TAG}map", f"{TAG}seq"

Spelling = Callable[[str], str]


@dataclass(frozen=True)
class Named:
    """A value of a file, and the line that names it."""

    value: Any
    line: int


def read_names(path: Path) -> dict[str, Named]:
    """Return the names of a file and their values; names with `-` are those with `_`.

    Args:
        path: The file; `~` stands for the user's folder.

    Raises:
        UsageError: It cannot be read, is not YAML, or gives a name twice: one line says where.
    """
    text = _text_of(path)
    # JSON may be indented with tabs, and has none within its strings.
    text = text.replace("\t", " ") if path.suffix.lower() == ".json" else text
    try:
        root = compose(text)
        names = _Reading().names(_top(root), spelled=lambda name: name.replace("-", "_")) if root else {}
    except NotYaml as error:
        raise UsageError(
            "the configuration file must be YAML with one value a name",
            but=f"line {error.line} of {path} {error.problem}",
            do=BACKSLASHES if "escape" in error.problem else "Mend the file.",
        ) from None
    return {name: named for name, named in names.items() if not name.startswith(_IGNORED)}


def _top(root: yaml.Node) -> yaml.MappingNode:
    if isinstance(root, yaml.ScalarNode) and scalar_value(root) is None:
        return yaml.MappingNode(_MAPPING, [], root.start_mark)
    if not isinstance(root, yaml.MappingNode):
        kind = "a list" if isinstance(root, yaml.SequenceNode) else "a single value"
        raise NotYaml(line_of(root), f"holds {kind}, where `name: value` must be")
    return root


def _text_of(path: Path) -> str:
    try:
        with expanded(path).open("rb") as file:
            content = file.read(_LARGEST_KIB * 1024 + 1)
    except OSError as error:
        raise UsageError(
            "the configuration file must be readable", but=f"{path}: {error.strerror}", do="Check --config."
        ) from None
    if len(content) > _LARGEST_KIB * 1024:
        raise UsageError(
            f"the configuration file must have {_LARGEST_KIB} KiB at most",
            but=f"{path} has more",
            do="Check --config.",
        )
    return _decoded(path, content)


def _decoded(path: Path, content: bytes) -> str:
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if marked else "utf-8-sig")
        wrong, found = text.find("\0"), "a zero byte"
    except UnicodeDecodeError as error:
        text, wrong = content[: error.start].decode("latin-1"), error.start
        found = f"the byte {content[error.start]:#04x}"
    if wrong < 0:
        return text
    raise UsageError(
        "the configuration file must be text in UTF-8",
        but=f"line {text.count(chr(10), 0, wrong) + 1} of {path} has {found}",
        do="Save it as UTF-8 in your editor.",
    )


class _Reading:
    """Makes plain data of nodes, and counts it: a node that aliases name many times counts as often."""

    def __init__(self) -> None:
        self._values = 0

    def names(self, node: yaml.MappingNode, *, spelled: Spelling = str, depth: int = 0) -> dict[str, Named]:
        """Return what a mapping names; its own values before those that `<<` takes over.

        Args:
            node: The mapping.
            spelled: How its names are spelled; those that begin with `x-` stay.
            depth: How many lists and mappings it is in.
        """
        self._count(node, depth)
        if node.tag != _MAPPING:
            raise foreign_tag(node)
        own, merged, first = dict[str, Named](), dict[str, Named](), dict[str, int]()
        for key, value in node.value:
            name, line = self._name(key, spelled), line_of(key)
            if name in first:
                raise NotYaml(line, f"gives {_both(name, key)} again, after line {first[name]}")
            first[name] = line
            if name == _MERGE and key.style is None:
                for source in self._sources(value):
                    for taken, named in self.names(source, spelled=spelled, depth=depth + 1).items():
                        merged.setdefault(taken, named)
            else:
                own[name] = Named(self._value(value, depth + 1), line)
        return merged | own

    def _name(self, key: yaml.Node, spelled: Spelling) -> str:
        name = scalar_value(key) if isinstance(key, yaml.ScalarNode) else None
        if not isinstance(name, str):
            raise NotYaml(line_of(key), "has a name that is no text: put it in quotes")
        return name if name.startswith(_IGNORED) else spelled(name)

    def _sources(self, node: yaml.Node) -> Iterator[yaml.MappingNode]:
        for one in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            if not isinstance(one, yaml.MappingNode):
                raise NotYaml(line_of(node), f"takes over (`{_MERGE}`) what are no names and values")
            yield one

    def _value(self, node: yaml.Node, depth: int) -> Any:
        if isinstance(node, yaml.MappingNode):
            return {name: named.value for name, named in self.names(node, depth=depth).items()}
        self._count(node, depth)
        if isinstance(node, yaml.ScalarNode):
            return scalar_value(node)
        if node.tag != _SEQUENCE:
            raise foreign_tag(node)
        return [self._value(one, depth + 1) for one in node.value]

    def _count(self, node: yaml.Node, depth: int) -> None:
        self._values += 1
        if self._values > MOST or depth > DEEPEST:
            raise too_much(line_of(node), depth)


def _both(name: str, key: yaml.Node) -> str:
    written = str(key.value)
    return name if written == name else f"{name} (as {written})"
