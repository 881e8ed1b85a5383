from __future__ import annotations

import pytest

from tracker.data.globs import covers, glob_of_folder


@pytest.mark.parametrize(
    ("glob", "path"),
    [
        ("*.tif", "a/b/x.tif"),
        ("masks", "a/masks/x.png"),
        ("masks/", "a/masks/deep/x.png"),
        ("x.png", "x.png"),
        ("*/masks/*", "a/masks/x.png"),
        ("*/masks", "a/masks/x.png"),
        ("a/**", "a/b/c/x.png"),
        ("./a", "a/x.png"),
        ("**/masks/**", "masks/x.png"),
        ("**/masks/**", "a/b/masks/c/x.png"),
        ("**", "x"),
        ("*", "a/x"),
        ("a/**/x.png", "a/x.png"),
        ("a/**/x.png", "a/b/c/x.png"),
        ("**/*.png", "x.png"),
        ("a?/*", "ab/x"),
        ("[ab]/*", "b/x"),
        (r"a\masks\*", "a/masks/x.png"),
        ("../a/*.png", "../a/x.png"),
        ("a/*", "a/b/x.png"),
    ],
)
def test_a_glob_covers(glob: str, path: str) -> None:
    assert covers(glob, path)


@pytest.mark.parametrize(
    ("glob", "path"),
    [
        ("*.tif", "a/x.TIF"),
        ("*.tif", "a/x.tiff"),
        ("masks", "a/mask/x.png"),
        ("Masks", "a/masks/x.png"),
        ("masks/*", "a/masks/x.png"),
        ("*/x.png", "a/b/x.png"),
        ("*/x.png", "x.png"),
        ("a/**/x.png", "b/x.png"),
        ("**/masks/*.png", "a/b/x.png"),
        ("a/b/c", "a/b"),
        ("[ab]", "c"),
        ("/a/b", "x/a/b"),
    ],
)
def test_a_glob_does_not_cover(glob: str, path: str) -> None:
    assert not covers(glob, path)


def test_a_glob_of_many_stars_comes_to_an_end() -> None:
    """Each star tried against each place would take longer than anyone lives."""
    assert not covers("**/a*/" * 20 + "*a*a*a*b", "/".join("aaaa" for _ in range(40)))


@pytest.mark.parametrize(
    ("name", "paths", "others", "glob"),
    [
        ("masks", ["masks/1.png", "masks/x/2.png"], ["a/masks/1.png"], "'masks/**'"),
        ("masks", ["train/masks/1.png", "test/masks/2.png"], ["train/a/masks/1.png"], "'*/masks/**'"),
        ("masks", ["x/train/masks/1.png", "test/masks/2.png"], ["train/a/1.png"], "masks"),
        ("masks", ["x/train/masks/1.png", "test/masks/2.png"], ["a/masks/1.png"], ""),
        ("[a]*", ["[a]*/1.png"], ["a/1.png", "[a]b/1.png"], "'[[]a][*]/**'"),
        ("it's", ["it's/1.png"], [], """'it'"'"'s/**'"""),
        ("sick", ["scans/1.png"], [], ""),
    ],
)
def test_a_glob_of_a_folder_covers_what_is_in_it_and_nothing_else(
    name: str, paths: list[str], others: list[str], glob: str
) -> None:
    assert glob_of_folder(name, paths, others) == glob
