"""The modes: where a network is cut, and whether its weights are pretrained.

What follows from that is derived, and decided nowhere else: what is frozen, and which learning rate a mode
starts from. A new mode is a line in `NAMED`.
"""

from __future__ import annotations

from dataclasses import dataclass

INPUT, HEAD = "", "head"
FREEZE = "freeze:"


@dataclass(frozen=True, slots=True)
class Mode:
    """A mode.

    Attributes:
        name: What `--mode` calls it.
        cut: Where the network is cut: `INPUT` (nothing is frozen), `HEAD` (all before the last layer is), or
            the name of the node or block that is frozen last.
        pretrained: Whether the layers that are not new begin with pretrained weights.
    """

    name: str
    cut: str
    pretrained: bool = True

    @property
    def frozen(self) -> bool:
        """Whether anything is frozen."""
        return self.cut != INPUT

    @property
    def trains_pretrained_layers(self) -> bool:
        """Whether pretrained layers are trained, which large steps would destroy."""
        return self.pretrained and self.cut != HEAD


NAMED = (
    Mode("feature-extractor", cut=HEAD),
    Mode("fine-tuning", cut=INPUT),
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
