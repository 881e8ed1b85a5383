"""Classes that the kind of their files gives away: a network may learn the kind and not the finding."""

from __future__ import annotations

from collections import defaultdict

from tracker.data.manifest import Manifest
from tracker.data.sources.source import is_dicom_file

_SAME = {".jpeg": ".jpg", ".jpe": ".jpg", ".jfif": ".jpg", ".tiff": ".tif"}
_DICOM = ".dicom"


def file_kind_notes(manifest: Manifest) -> list[str]:
    """Return what to beware of where every class has files of a kind that no other class has.

    Args:
        manifest: The images; their endings say of which kind they are.
    """
    kinds: dict[str, set[str]] = defaultdict(set)
    for sample in manifest.samples:
        ending = _DICOM if is_dicom_file(sample.path) else sample.path.suffix.lower()
        kinds[sample.label].add(_SAME.get(ending, ending).removeprefix("."))
    everywhere = set.intersection(*kinds.values())
    several = len(set.union(*kinds.values())) > 1
    if not several or everywhere or sum(map(len, kinds.values())) > len(set.union(*kinds.values())):
        return []
    named = ", ".join(f"{name} {'/'.join(sorted(its)).upper()}" for name, its in kinds.items())
    return [f"the kind of file tells the class ({named}):", "a network may learn that instead"]
