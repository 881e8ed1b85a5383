"""Which images are masks of other images, as segmentation data sets bring them along: told by their names.

A folder or file is looked at below its class folder alone, and a file counts by its name only where there is
an image that it would be the mask of. docs/data.md has the rule in words.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

_SURE = frozenset(
    {
        *("mask", "masks", "maske", "masken", "masque", "masques", "segmentation", "segmentations"),
        *("segmentierung", "segmentierungen", "segmented", "annotation", "annotations", "groundtruth"),
        *("contour", "contours", "kontur", "konturen", "heatmap", "heatmaps", "saliency"),
    }
)
_LIKELY = frozenset({"label", "labels", "gt", "seg", "segs", "segm", "overlay", "overlays", "bbox", "bboxes"})
_MASK_WORDS = _SURE | _LIKELY
# `no_mask` and `with_mask` tell of masks that people wear, `images_and_masks` of a folder of both.
_OTHERWISE = frozenset({"no", "non", "not", "without", "with", "un", "and", "or"})
_BESIDE = frozenset(
    {
        *("left", "right", "l", "r", "lung", "lungs", "heart", "lesion", "tumor", "tumour", "manual", "auto"),
        *("pred", "predicted", "prediction", "binary", "final", "combined", "merged"),
    }
)
IMAGE_WORDS = frozenset(
    {
        *("image", "images", "img", "imgs", "im", "pic", "pics", "picture", "pictures", "photo", "photos"),
        *("xray", "xrays", "cxr", "scan", "scans", "radiograph", "radiographs", "original", "originals"),
        *("raw", "data", "input", "inputs", "png", "jpg", "jpeg", "tif", "tiff", "bild", "bilder"),
    }
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")

Key = tuple[str, ...]


def words_of(name: str) -> Key:
    """Return the words of a name, in lower case: `leftLung_Mask2` has left, lung, mask and 2.

    Args:
        name: Of a folder, or of a file without its ending.
    """
    words = [word.lower() for word in _WORD.findall(name)]
    return tuple(" ".join(words).replace("ground truth", "groundtruth").split())


def folder_word(name: str) -> str:
    """Return the word by which a folder's name tells that masks lie in it; empty where none does.

    Args:
        name: The folder's name.
    """
    words = words_of(name)
    if _OTHERWISE.intersection(words):
        return ""
    sure = [word for word in words if _is_mask_word(word) and word not in _LIKELY]
    # `labels` is a folder of masks, `labels of the second reader` may be anything.
    spoken = [word for word in words if not word.isdigit()]
    likely = spoken if _LIKELY.issuperset(spoken) else []
    return (sure or likely or [""])[0]


def _is_mask_word(word: str) -> bool:
    """Return whether a word tells a mask: one that is known, or one such as `lungmask`; not `nomask`."""
    before = _before_mask(word)
    return word in _MASK_WORDS or (bool(before) and before not in _OTHERWISE)


def _before_mask(word: str) -> str:
    """Return what stands before mask in one word, such as `lung` in `lungmasks`; empty where nothing does."""
    bare = word.removesuffix("s")
    return bare.removesuffix("mask") if bare.endswith("mask") else ""


def only_image_words(name: str) -> bool:
    """Return whether a folder's name says that images lie in it, and not of which class.

    Args:
        name: The folder's name.
    """
    words = words_of(name)
    return bool(words) and IMAGE_WORDS.issuperset(words)


def bare_key(path: PurePosixPath) -> Key:
    """Return what an image and its mask have in common: the words of the name that tell neither.

    Args:
        path: The file.
    """
    return _bare(words_of(path.stem))


def _bare(words: Key) -> Key:
    return tuple(word for word in words if not _is_mask_word(word) and word not in IMAGE_WORDS)


def masks_among(paths: Iterable[PurePosixPath]) -> dict[PurePosixPath, str]:
    """Find the masks among the images of one class.

    Args:
        paths: Their paths below the class folder.

    Returns:
        The word that tells it, of each one that looks like a mask.
    """
    every = list(paths)
    by_folder = _in_mask_folders(every)
    rest = [path for path in every if path not in by_folder]
    return by_folder | _by_name(rest)


def _in_mask_folders(paths: Sequence[PurePosixPath]) -> dict[PurePosixPath, str]:
    told = {path: word for path in paths if (word := _word_of_folders(path))}
    images = {bare_key(path) for path in paths if path not in told}
    doubtful = {path for path, word in told.items() if word in _LIKELY}
    if 2 * sum(bare_key(path) in images for path in doubtful) < len(doubtful):
        return {path: word for path, word in told.items() if path not in doubtful}
    return told


def _word_of_folders(path: PurePosixPath) -> str:
    return next((word for folder in path.parts[:-1] if (word := folder_word(folder))), "")


def _by_name(paths: Sequence[PurePosixPath]) -> dict[PurePosixPath, str]:
    told = {path: word for path in paths if (word := _word_of_file(path))}
    images: dict[PurePosixPath, set[Key]] = defaultdict(set)
    for path in paths:
        if path not in told:
            images[path.parent].add(bare_key(path))
    everywhere = set().union(*images.values()) - {()}
    # A name such as mask.png says nothing else; its image lies beside it, whatever it is called.
    nameless = {path for path in told if all(map(_says_nothing_else, words_of(path.stem)))}
    return {
        path: word
        for path, word in told.items()
        # A folder with nothing but masks has its images elsewhere.
        if _possible_images(path) & images.get(path.parent, everywhere)
        or (path in nameless and path.parent in images)
    }


def _word_of_file(path: PurePosixPath) -> str:
    return next(filter(_is_mask_word, words_of(path.stem)), "")


def _says_nothing_else(word: str) -> bool:
    return word in _MASK_WORDS or word in _BESIDE or _before_mask(word) in _BESIDE


def _possible_images(path: PurePosixPath) -> set[Key]:
    """Return the keys of images that a file could be the mask of: `a_mask_1` of `a`, `x_left_mask` of `x`."""
    words = words_of(path.stem)
    numbered = {
        place
        for place, word in enumerate(words)
        if word.isdigit() and place and _is_mask_word(words[place - 1])
    }
    without_numbers = tuple(word for place, word in enumerate(words) if place not in numbered)
    keys: set[Key] = set()
    for kept in (words, without_numbers):
        bare = _bare(kept)
        keys |= {bare, tuple(word for word in bare if word not in _BESIDE)}
    return keys


def masks_of_classes(classes: Mapping[str, Sequence[PurePosixPath]]) -> list[str]:
    """Find folders beside those of the classes that hold the masks of their images.

    A class can be called `mask`: it is one unless each image in it is called as exactly one image of the
    other classes is.

    Args:
        classes: The paths of the images in each folder, by its name.

    Returns:
        The names of the folders of masks; two classes at least are left beside them.
    """
    told = [name for name in classes if folder_word(name)]
    others = [name for name in classes if name not in told and "mask" not in name.lower()]
    if len(others) < 2 or len(others) + len(told) < len(classes):
        return []
    counts: dict[Key, int] = defaultdict(int)
    for name in others:
        for path in classes[name]:
            counts[bare_key(path)] += 1
    return [
        name
        for name in told
        if classes[name] and all(counts.get(bare_key(path), 0) == 1 for path in classes[name])
    ]
