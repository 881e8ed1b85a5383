"""The modes: where a network is cut, and whether its weights are pretrained.

What follows from that is derived, and decided nowhere else: what is frozen, and which learning rate a mode
starts from. A new mode is a line in `NAMED`.
"""

from __future__ import annotations

from dataclasses import dataclass

INPUT, HEAD = "", "head"
FREEZE = "freeze:"
_NODE_END = 12


@dataclass(frozen=True, slots=True)
class Mode:
    """A mode.

    Attributes:
        name: What `--mode` calls it.
        cut: Where the network is cut: `INPUT` (nothing is frozen), `HEAD` (all before the last layer is), or
            the name of the node or block that is frozen last.
        pretrained: Whether the layers that are not new begin with pretrained weights.
        short: Two letters for it where there is little room; empty where its name is short enough.
    """

    name: str
    cut: str
    pretrained: bool = True
    short: str = ""

    @property
    def frozen(self) -> bool:
        """Whether anything is frozen."""
        return self.cut != INPUT

    @property
    def trains_pretrained_layers(self) -> bool:
        """Whether pretrained layers are trained, which large steps would destroy."""
        return self.pretrained and self.cut != HEAD

    @property
    def short_name(self) -> str:
        """What a list calls it that shows a name's first 20 letters; of a node the end, which differs."""
        node = self.name.removeprefix(FREEZE)
        return self.short or (node[-_NODE_END:].lstrip("._") if node != self.name else self.name)


NAMED = (
    Mode("feature-extractor", cut=HEAD, short="FE"),
    Mode("fine-tuning", cut=INPUT, short="FT"),
    Mode("scratch", cut=INPUT, pretrained=False),
)
"""The modes that have a name; `freeze:NODE` is one for every node of a network."""


def find_mode(name: str) -> Mode:
    """Look up a mode.

    Args:
        name: What `--mode` says.

    Raises:
        ValueError: There is none of that name.
    """
    node = name.removeprefix(FREEZE)
    if node != name and node and not any(letter.isspace() for letter in node):
        return Mode(name, cut=node)
    for mode in NAMED:
        if mode.name == name:
            return mode
    named = ", ".join(mode.name for mode in NAMED)
    raise ValueError(f"must be {named} or freeze:NODE, got {name!r}")
