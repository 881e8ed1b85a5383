"""Earlier studies whose trials were judged otherwise: on other pixels or folds, or by another AUROC."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tracker.config.options import RunOptions
from tracker.runs.plan import Prepared
from tracker.search.attributes import PIXELS
from tracker.search.reading import FoundStudy

_RANKED_BY = "ranked_by"
_DIVIDED_BY = "divided_by"
_AUROC = "val/auroc"


@dataclass(frozen=True)
class Chosen:
    """The study of an arm that goes on or begins.

    Attributes:
        name: Its name.
        attributes: What it says about itself if it begins now.
        note: What a user should know of an earlier study.
    """

    name: str
    attributes: Mapping[str, str]
    note: str = ""


def judging(options: RunOptions) -> dict[str, str]:
    """Return what a study says, beside its objective, of how trials are judged.

    0.1.0 ranked images by probabilities, which are 0 and 1 where a network is certain, so that its areas
    cannot be compared with others. Its folds were those of scikit-learn, which differ by its version.

    Args:
        options: By what trials are judged, and on how many folds.
    """
    return _judging(options.objective, str(options.tune_folds or ""))


def _judging(objective: str, folds: str) -> dict[str, str]:
    ranked = {_RANKED_BY: "log-odds"} if objective == _AUROC else {}
    return ranked | ({_DIVIDED_BY: "allocation"} if folds else {})


def without_judging(attributes: Mapping[str, str]) -> dict[str, str]:
    """Return what the studies of 0.1.0 say about themselves, too.

    Args:
        attributes: What a study says about itself.
    """
    return _without(attributes, _RANKED_BY, _DIVIDED_BY)


def _without(attributes: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in attributes.items() if name not in names}


def choose(
    prepared: Prepared,
    attributes: Mapping[str, str],
    earlier: Mapping[str, FoundStudy],
    name_of: Callable[[Mapping[str, str]], str],
) -> Chosen:
    """Choose the study of an arm: an earlier one goes on if its trials were judged on the same pixels.

    Pixels are no part of a study's name unless an earlier one had others, so that studies of 0.1.0 go on.

    Args:
        prepared: The plan.
        attributes: What the study says about itself, but for its pixels.
        earlier: Studies by name, those of the same options among them.
        name_of: Names a study by what it says about itself.
    """
    complete = {**attributes, PIXELS: prepared.pixels.digest}
    plain, own = name_of(attributes), name_of(complete)
    if own in earlier:
        return Chosen(own, complete)
    if plain not in earlier:
        return Chosen(plain, complete, _given_up(attributes, earlier, name_of))
    if prepared.same_pixels(earlier[plain].attributes.get(PIXELS, "")) is False:
        return Chosen(own, complete, _OTHER_PIXELS)
    # What it does not say about itself yet is not known of the trials that it has.
    known = complete if PIXELS in earlier[plain].attributes else attributes
    return Chosen(plain, known, doubt(prepared, earlier[plain]))


def _given_up(
    attributes: Mapping[str, str],
    earlier: Mapping[str, FoundStudy],
    name_of: Callable[[Mapping[str, str]], str],
) -> str:
    """Say why a study of an earlier version does not go on; empty where there is none."""
    if name_of(without_judging(attributes)) in earlier and _RANKED_BY in attributes:
        return _SATURATED
    return _OTHER_FOLDS if name_of(_without(attributes, _DIVIDED_BY)) in earlier else ""


def fitting(prepared: Prepared, studies: Sequence[FoundStudy]) -> list[FoundStudy]:
    """Return the studies that were not made on other pixels, those last of which it cannot be known.

    Args:
        prepared: The plan.
        studies: Studies of the same options.
    """
    same = [(study, prepared.same_pixels(study.attributes.get(PIXELS, ""))) for study in studies]
    return [study for wanted in (True, None) for study, found in same if found is wanted]


def doubt(prepared: Prepared, study: FoundStudy) -> str:
    """Say of a study that it may have been made on other pixels; empty where it was not.

    Args:
        prepared: The plan.
        study: An earlier study.
    """
    return _UNKNOWN if prepared.same_pixels(study.attributes.get(PIXELS, "")) is None else ""


def unlike(prepared: Prepared, study: FoundStudy, *, fixed: str) -> str:
    """Say in what trials were judged otherwise, to be put behind what a study searched.

    Args:
        prepared: The plan.
        study: A study of the same arm.
        fixed: What the plan says of its images and settings: others have other pixels anyway.
    """
    said = study.attributes
    lacking = _judging(said["objective"], said["folds"]).keys() - said.keys()
    ranked = " of probabilities" if _RANKED_BY in lacking else ""
    divided = " on folds of scikit-learn" if _DIVIDED_BY in lacking else ""
    other = said["fixed"] == fixed and prepared.same_pixels(said.get(PIXELS, "")) is False
    return ranked + divided + (" on other pixels, of another decoder" if other else "")


_SATURATED = "its earlier study ranked images by probabilities, which saturate: a new study begins"
_OTHER_FOLDS = "its earlier study had folds of scikit-learn, which differ by its version: a new study begins"
_OTHER_PIXELS = "its earlier study was made on other pixels, of another decoder: a new study begins"
_UNKNOWN = (
    "its study is of an earlier version, which may have decoded the images to other pixels: "
    "its trials count; another --experiment begins a new study"
)
