"""Which class of an external data set is which class of a trained network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tracker.data.class_names import meaning_of
from tracker.data.manifest import Manifest
from tracker.data.positive_class import is_guessed, positive_class
from tracker.errors import DataError, UsageError, counted

_OPTION = "--class-map"
_LEFT_OUT = ""


def parse_class_map(said: Sequence[str] | Mapping[str, str]) -> dict[str, str]:
    """Read pairs such as `Pneumonia=tuberculosis`; nothing behind the sign leaves a class out.

    Args:
        said: The pairs, or the mapping that they mean.

    Raises:
        UsageError: One is no pair, or a class is mapped twice.
    """
    if isinstance(said, Mapping):
        return {str(theirs): str(ours) for theirs, ours in said.items()}
    pairs: dict[str, str] = {}
    for one in said:
        theirs, equals, ours = (piece.strip() for piece in one.partition("="))
        if not theirs or not equals:
            raise UsageError(
                f"{_OPTION} must be THEIRS=OURS",
                but=f"it was {one!r}",
                do=f"Type for example {_OPTION} Pneumonia=tuberculosis; {_OPTION} Pneumonia= leaves one out.",
            )
        if pairs.get(theirs, ours) != ours:
            raise UsageError(
                f"{_OPTION} must map a class once",
                but=f"{theirs} is {pairs[theirs] or 'left out'} and {ours or 'left out'}",
                do="Leave one of them out.",
            )
        pairs[theirs] = ours
    return pairs


def with_our_classes(
    manifest: Manifest, classes: Sequence[str], class_map: Mapping[str, str]
) -> tuple[Manifest, dict[str, str]]:
    """Give the images of a manifest the names that a network has for their classes.

    Equal names match; others match where a user says so. Names that are alike are offered, not guessed.

    Args:
        manifest: The images, under their own names.
        classes: Those of the network.
        class_map: Ours, by theirs; empty: the class is left out.

    Returns:
        The manifest with our names, and what became of each class of theirs that has another name.

    Raises:
        UsageError: A class of the map is not there, or one of theirs has no counterpart.
        DataError: Fewer than two of the network's classes have images.
    """
    _check_names(manifest, classes, class_map)
    unmapped = [name for name in manifest.classes if name not in class_map and name not in classes]
    if unmapped:
        raise _without_counterpart(manifest, classes, unmapped)
    ours = {name: class_map.get(name, name) for name in manifest.classes}
    samples = tuple(
        replace(sample, label=ours[sample.label])
        for sample in manifest.samples
        if ours[sample.label] != _LEFT_OUT
    )
    if len({sample.label for sample in samples}) < min(2, len(classes)):
        raise DataError(
            "an external test must have images of two of the network's classes at least",
            but=f"these are of {', '.join(sorted({one.label for one in samples})) or 'none'}",
            do=f"The network knows {', '.join(classes)}: map theirs with {_OPTION} THEIRS=OURS.",
        )
    told = {theirs: name for theirs, name in ours.items() if theirs != name}
    return replace(manifest, samples=samples), told


def class_map_words(class_map: Mapping[str, str]) -> str:
    """Return what became of their classes in one line: `Pneumonia = tuberculosis, Effusion left out`."""
    return ", ".join(
        f"{theirs} = {ours}" if ours else f"{theirs} left out" for theirs, ours in class_map.items()
    )


def _check_names(manifest: Manifest, classes: Sequence[str], class_map: Mapping[str, str]) -> None:
    strange = [name for name in class_map if name not in manifest.classes]
    if strange:
        raise UsageError(
            f"{_OPTION} must begin with a class of the images",
            but=f"{strange[0]!r} is none",
            do=f"Theirs are {', '.join(manifest.classes)}.",
        )
    strange = [name for name in class_map.values() if name and name not in classes]
    if strange:
        raise UsageError(
            f"{_OPTION} must end with a class of the network",
            but=f"{strange[0]!r} is none",
            do=f"The network knows {', '.join(classes)}; nothing behind = leaves a class out.",
        )


def _without_counterpart(manifest: Manifest, classes: Sequence[str], unmapped: Sequence[str]) -> UsageError:
    perhaps = _perhaps(manifest.classes, classes)
    offered = [
        argument for name in unmapped if name in perhaps for argument in (_OPTION, f"{name}={perhaps[name]}")
    ]
    return UsageError(
        "every class of the images must be one of the network's",
        but=f"it knows {', '.join(classes)}, and not {', '.join(unmapped)}",
        do=f"Say which is which ({_OPTION} {unmapped[0]}={classes[0]}), or leave a class out "
        f"({_OPTION} {unmapped[0]}=).{' If these mean the same, type:' if offered else ''}",
        details=[
            f"{name} ({counted(manifest.counts[name], 'image')}): "
            + " or ".join([*classes, f"nothing ({_OPTION} {name}=)"])
            for name in unmapped
        ],
        choices=[offered] if offered else (),
    )


def _perhaps(theirs: Sequence[str], ours: Sequence[str]) -> dict[str, str]:
    """Return names that mean the same but for case and spaces, and of two classes each finding's other."""
    known = {meaning_of(name): name for name in ours}
    alike = {name: known[meaning_of(name)] for name in theirs if meaning_of(name) in known}
    if len(theirs) == len(ours) == 2 and not is_guessed(theirs):
        finding, own = positive_class(theirs), positive_class(ours)
        others = [
            next(name for name in some if name != one) for some, one in ((theirs, finding), (ours, own))
        ]
        return {str(finding): str(own), others[0]: others[1]} | alike
    return alike
