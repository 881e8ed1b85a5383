"""Which of two classes is the finding: the one that sensitivity, specificity and F1 are of.

The order of the alphabet does not know: it has `abnormal` before `normal`, and `benign` before `malignant`.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence

from tracker.errors import UsageError

_NEGATIONS = frozenset(
    {*("no", "non", "not", "without", "never", "absence"), *("kein", "keine", "nicht", "ohne", "sans", "sin")}
)
"""Words that a name begins with that says what was not found."""

_NOTHING = frozenset(
    {
        *("normal", "normals", "norm", "healthy", "negative", "negatives", "neg", "absent", "nothing", "nil"),
        *("control", "controls", "ctrl", "asymptomatic"),
        *("gesund", "gesunde", "negativ", "unauffällig", "kontrolle", "kontrollen", "normale", "sain"),
        *("négatif", "sano", "sana", "negativo", "正常", "健康", "阴性", "陰性"),
    }
)
"""Words that say wherever they stand in a name that nothing was found."""

_NOTHING_ALONE = frozenset(
    {
        *("none", "false", "clear", "clean", "well", "n", "f", "hc", "cn", "nc", "0", "00", "0 0"),
        "-",
        "−",
        "–",
    }
)
"""Names that say so where they are the whole name: a `clear cell` carcinoma is a finding."""

_FINDINGS = frozenset(
    {
        *("affected", "colonized", "colonised", "damaged", "detected", "diseased", "fractured", "infected"),
        *("infested", "infiltrated", "injured", "involved", "obstructed", "parasitized", "parasitised"),
        *("remarkable", "ruptured", "suspicious", "befallen", "beteiligt", "betroffen", "infiziert"),
        *("verdächtig", "verletzt"),
    }
)
"""Words that `un` makes say that nothing was found; `unstable` beside `stable` is more likely the finding."""

_HARMLESS = frozenset({"benign", "benigne", "benigno", "gutartig"})
"""Words of a finding that is the lesser one of two, beside anything but nothing."""


def positive_class(classes: Sequence[str], asked: str | None = None) -> str | None:
    """Return the class that is the finding; None where there are more than two.

    If one of two names is a usual word for "nothing found", it is the other one; if neither or both are, the
    last. Case, spaces, underscores and hyphens make no difference.

    Args:
        classes: The names, in order.
        asked: The name that a user gives, who knows better; None: none.

    Raises:
        UsageError: It is no class, or there are more than two.
    """
    if asked is not None:
        _check(classes, asked)
        return asked
    if len(classes) != 2:
        return None
    return _by_rule(classes) or classes[-1]


def positive_index(classes: Sequence[str], asked: str | None = None) -> int | None:
    """Return the place of the class that is the finding; None where there are more than two."""
    positive = positive_class(classes, asked)
    return None if positive is None else classes.index(positive)


def is_guessed(classes: Sequence[str], asked: str | None = None) -> bool:
    """Return whether nothing but the order of two names says which class is the finding."""
    return len(classes) == 2 and asked is None and _by_rule(classes) is None


def _by_rule(classes: Sequence[str]) -> str | None:
    first, second = classes
    for is_less in (_is_nothing, _is_harmless):
        less = [is_less(first, second), is_less(second, first)]
        if less[0] != less[1]:
            return second if less[0] else first
    return None


def _is_nothing(name: str, other: str) -> bool:
    words = _words(name)
    whole = " ".join(words)
    if whole in _NOTHING_ALONE or words[-1] in ("-", "−", "–"):
        return True
    if any("".join(words) == negation + "".join(_words(other)) for negation in _NEGATIONS):
        # `noncovid` beside `covid`; but `not normal` is a finding.
        return not _says_nothing(_words(other))
    return _says_nothing(words)


def _says_nothing(words: Sequence[str]) -> bool:
    """Return whether a name says that nothing was found; `not normal` says twice no."""
    nothing = bool(_NOTHING.intersection(words)) or _is_unaffected(words)
    return (words[0] in _NEGATIONS) != nothing


def _is_unaffected(words: Sequence[str]) -> bool:
    """Return whether a word of a name, or two of `un-ruptured`, begin with `un` and go on with a finding."""
    pairs = [f"{first}{second}" for first, second in itertools.pairwise(words)]
    return any(word.startswith("un") and word[2:] in _FINDINGS for word in (*words, *pairs))


def _is_harmless(name: str, _other: str) -> bool:
    return bool(_HARMLESS.intersection(_words(name)))


def _words(name: str) -> list[str]:
    """Return the words of a name in small letters: `NoFinding` has two, and `TB-` ends with a minus."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFC", name))
    return re.findall(r"[^\W_]+|[-−–]$", apart.casefold()) or [name.casefold()]


def _check(classes: Sequence[str], asked: str) -> None:
    if len(classes) > 2:
        raise UsageError(
            "--positive must be given for two classes only",
            but=f"these images have {len(classes)}: {', '.join(classes)}",
            do="Leave it out: sensitivity, specificity and F1 are then means over the classes.",
        )
    if asked not in classes:
        raise UsageError(
            "--positive must be a class of the images",
            but=f"it was {asked!r}",
            do=f"The classes are {', '.join(classes)}.",
        )
