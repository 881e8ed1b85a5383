"""Whose image is it? A regular expression on file names, or on paths below the class folders, may tell."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.data.pattern import check_pattern, search
from tracker.data.sources.source import part_named
from tracker.data.spellings import check_spellings
from tracker.data.wording import shown
from tracker.errors import DataError, listed


def patients_of(paths: Sequence[str], pattern: str) -> list[str]:
    """Find the patient of each image.

    A pattern with a slash in it is searched in the paths. Another one is searched in the file names or, where
    some of them do not match, in the paths, of all images; where both find patients they have to agree on
    which images are of one patient.

    Args:
        paths: Paths below the class folder, with forward slashes.
        pattern: The patient is its group called `patient`, else the first group, else the whole match.

    Returns:
        One patient an image.

    Raises:
        UsageError: The pattern is no regular expression, or takes for ever.
        DataError: Some paths do not match, or match with nothing, or names and paths disagree, or a patient
            is written in two ways.
    """
    check_pattern(pattern)
    patients = search(pattern, paths) if "/" in pattern else _in_names_or_paths(paths, pattern)
    without = [path for path, patient in zip(paths, patients, strict=True) if not patient]
    if without:
        raise DataError(
            f"--patient-pattern '{shown(pattern)}' must find a patient in every file name, or in every path",
            but=f"in {len(without)} of {len(paths)} it finds none",
            do="Change the pattern, or name the patients in a table (--dataset csv).",
            details=listed(without, 5),
        )
    found = [patient for patient in patients if patient]
    _check_spellings(found, pattern)
    return found


def _check_spellings(patients: Sequence[str], pattern: str) -> None:
    """Refuse patients in two forms, such as `007` and `7`: as two they could train and test."""
    spelled = check_spellings(patients)
    if spelled:
        raise DataError(
            f"--patient-pattern '{shown(pattern)}' must find each patient in one form",
            but=f"{len(spelled)} of {len(set(patients))} look like another one, or have lost digits",
            do=r"Rename the files, or leave zeros out of what it finds: '^0*(\d+)'.",
            details=listed([*dict.fromkeys(spelled.values())], 5),
        )


def _in_names_or_paths(paths: Sequence[str], pattern: str) -> Sequence[str | None]:
    names = [path.rpartition("/")[2] for path in paths]
    found = search(pattern, [*names, *paths])
    by_name, by_path = found[: len(paths)], found[len(paths) :]
    _check_agreement(paths, pattern, by_name, by_path)
    return by_name if all(by_name) else by_path


def _check_agreement(
    paths: Sequence[str], pattern: str, by_name: Sequence[str | None], by_path: Sequence[str | None]
) -> None:
    """Refuse a pattern that groups images in one way by names, in another by paths."""
    found = [one for one in zip(by_name, by_path, paths, strict=True) if one[0] and one[1]]
    pairs = {(name, other) for name, other, _ in found}
    if len({name for name, _ in pairs}) == len({other for _, other in pairs}) == len(pairs):
        return
    differing = [f"{path}: {name} or {other}?" for name, other, path in found if name != other]
    raise DataError(
        f"--patient-pattern '{shown(pattern)}' must mean either the file name or the folders above it",
        but=f"in {len(differing)} of {len(paths)} paths the name has another patient than the folders",
        do=r"Put the slash into it: '(\d+)/' for numbers of folders, '(\d+)[^/]*$' for those of file names.",
        details=listed(differing, 5),
    )


def folders_note(paths: Sequence[str], patients: Sequence[str]) -> list[str]:
    """Tell that there are folders which file names know nothing of: they may be the patients.

    Args:
        paths: Paths below the class folder.
        patients: The patient of each.

    Returns:
        A line; none where folders and patients are the same, or patients are not told by file names.
    """
    folders = [path.rpartition("/")[0] for path in paths]
    by_name = all(patient in path.rpartition("/")[2] for path, patient in zip(paths, patients, strict=True))
    pairs = len(set(zip(folders, patients, strict=True)))
    if not any(folders) or not by_name or pairs == len(set(folders)) == len(set(patients)):
        return []
    return ["patients are told by file names; if folders are patients: --patient-pattern '^([^/]+)/'"]


def below_class_folders(ids: Sequence[str], labels: Sequence[str]) -> list[str]:
    """Cut paths behind the folder that is named after the class, where all images have it in one place.

    Folders of the parts of a split that follow it are cut off, too.

    Args:
        ids: Paths below the data set's folder.
        labels: The class of each.

    Returns:
        The paths below the class folders; the same paths where there are none.
    """
    folders = [path.split("/")[:-1] for path in ids]
    depth = min((len(parts) for parts in folders), default=0)
    places = [
        place
        for place in range(depth)
        if all(parts[place] == label for parts, label in zip(folders, labels, strict=True))
    ]
    cut = places[0] + 1 if places else 0
    if 0 < cut < depth and all(part_named(parts[cut]) for parts in folders):
        cut += 1
    return ["/".join(path.split("/")[cut:]) for path in ids]
