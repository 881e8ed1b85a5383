"""The modes: where a network is cut, and whether its weights are pretrained.

What follows from that is derived, and decided nowhere else: what is frozen, which learning rate a mode
starts from, and which settings mean nothing in it. A new mode is a line in `NAMED`. Each mode that freezes
layers and trains others has a variant, in which the batch norms of the frozen layers adapt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from tracker.records import ADAPTING

INPUT, HEAD = "", "head"
FREEZE = "freeze:"
EVERY = "all"
"""What `freeze:` is followed by where the end of every block is meant."""

_NODE_END = 12
_SHORT_VARIANT = "+N"
# Whatever a user says, a convex mode has these: one value for all, so that they make no other runs.
_OF_STEPS: Mapping[str, str | int | float] = MappingProxyType(
    {
        "epochs": 1,
        "batch_size": 32,
        "optimizer": "sgd",
        "lr": 1e-2,
        "weight_decay": 0.0,
        "momentum": 0.0,
        "schedule": "constant",
    }
)


@dataclass(frozen=True, slots=True)
class Mode:
    """A mode.

    Attributes:
        name: What `--mode` calls it.
        cut: Where the network is cut: `INPUT` (nothing is frozen), `HEAD` (all before the last layer is), or
            the name of the node or block that is frozen last.
        pretrained: Whether the layers that are not new begin with pretrained weights.
        short: A few letters for it where there is little room; empty where its name is short enough.
        convex: Whether the tail, one linear layer then, is solved for and not trained epoch by epoch.
        head_from: The mode as which the new last layer is trained before this one begins; empty: the layer
            is drawn at random.
        norms_adapt: Whether the batch norms of frozen layers go on as in training: each batch is normalized
            by itself, and their running statistics follow.
    """

    name: str
    cut: str
    pretrained: bool = True
    short: str = ""
    convex: bool = False
    head_from: str = ""
    norms_adapt: bool = False

    @property
    def base(self) -> str:
        """The mode that it is a variant of; itself where it is none."""
        return self.name.removesuffix(ADAPTING)

    @property
    def several(self) -> bool:
        """Whether it stands for several modes, which depend on the network."""
        return self.base == FREEZE + EVERY

    @property
    def frozen(self) -> bool:
        """Whether anything is frozen."""
        return self.cut != INPUT

    @property
    def has_variant(self) -> bool:
        """Whether frozen layers stand before trained ones in it, so that their batch norms could adapt."""
        return self.frozen and not self.convex

    @property
    def trains_pretrained_layers(self) -> bool:
        """Whether pretrained layers are trained, which large steps would destroy."""
        return self.pretrained and self.cut != HEAD

    @property
    def short_name(self) -> str:
        """What a list calls it that shows a name's first 20 letters; of a node the end, which differs."""
        node = self.base.removeprefix(FREEZE)
        short = self.short or (node[-_NODE_END:].lstrip("._") if node != self.base else self.base)
        return f"{short}{_SHORT_VARIANT}" if self.norms_adapt else short


NAMED = (
    Mode("feature-extractor", cut=HEAD, short="FE"),
    Mode("fine-tuning", cut=INPUT, short="FT"),
    Mode("scratch", cut=INPUT, pretrained=False),
    Mode("lp-ft", cut=INPUT, short="LP-FT", head_from="feature-extractor"),
    Mode("probe", cut=HEAD, short="LP", convex=True),
)
"""The modes that have a name; `freeze:NODE` is one for every node of a network.

Fine-tuning from a last layer that was trained alone (`lp-ft`) is that of Kumar et al., "Fine-Tuning can
Distort Pretrained Features and Underperform Out-of-Distribution", ICLR 2022.
"""


def find_mode(name: str) -> Mode:
    """Look up a mode.

    Args:
        name: What `--mode` says.

    Raises:
        ValueError: There is none of that name.
    """
    base = name.removesuffix(ADAPTING)
    mode = _find_base(base)
    if base == name:
        return mode
    if not mode.has_variant:
        raise ValueError(f"must be a mode with frozen layers before {ADAPTING}, got {name!r}")
    return replace(mode, name=name, norms_adapt=True)


def with_norms(names: Iterable[str], *, frozen: bool, adapt: bool) -> list[str]:
    """Return modes with their variants beside them, or in their place.

    Args:
        names: The modes.
        frozen: Whether modes that have a variant stay.
        adapt: Whether their variants are there.
    """
    found: list[str] = []
    for mode in map(find_mode, names):
        if mode.norms_adapt or not mode.has_variant:
            found.append(mode.name)
            continue
        found += [mode.name] * frozen + [mode.name + ADAPTING] * adapt
    return list(dict.fromkeys(found))


def _find_base(name: str) -> Mode:
    node = name.removeprefix(FREEZE)
    if node != name and node and not any(letter.isspace() for letter in node):
        return Mode(name, cut=node)
    for mode in NAMED:
        if mode.name == name:
            return mode
    named = ", ".join(mode.name for mode in NAMED)
    raise ValueError(f"must be {named} or freeze:NODE, got {name!r}")


def every_depth(block_ends: Iterable[str]) -> list[str]:
    """Return the modes that `freeze:all` stands for: less and less is trained, and scratch beside them.

    Args:
        block_ends: The nodes or blocks of a network at which it is frozen, from the input on.
    """
    return ["fine-tuning", *(FREEZE + end for end in block_ends), "feature-extractor", "scratch"]


def meaningless_settings(mode: str, weights: str = "") -> Mapping[str, str | int | float]:
    """Return the settings that change nothing in a mode, each with the value that stands for all values.

    Args:
        mode: The name of a mode; one that is not known has none.
        weights: What its network begins with. Where that is `none`, frozen layers are drawn by the seed,
            which then means something.
    """
    if not any(known.name == mode and known.convex for known in NAMED):
        return {}
    return dict(_OF_STEPS) if weights == "none" else {**_OF_STEPS, "seed": 0}
