from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.support.dicom_files import dicom
from tests.support.image_files import png
from tracker.data.decoding import decode, to_rgb
from tracker.data.manifest import Manifest, build_manifest
from tracker.data.pixels import build_pixels, earlier_digest, pixels_key
from tracker.errors import UnreadableImages

ClassFolders = Callable[..., Path]


@pytest.fixture
def manifest(class_folders: ClassFolders) -> Manifest:
    return build_manifest("folder", class_folders({"normal": 5, "tb": 5}))


def test_rows_are_the_decoded_images_in_the_manifests_order(manifest: Manifest) -> None:
    pixels = build_pixels(manifest, image_size=8, resize="pad")
    assert pixels.shape == (10, 8, 8, 1)
    assert pixels.array.dtype == np.uint8
    for row, sample in zip(pixels.array, manifest.samples, strict=True):
        assert np.array_equal(row[:, :, 0], decode(sample.path, image_size=8, resize="pad"))


def test_one_color_image_gives_all_three_channels(
    class_folders: ClassFolders, draw_image: Callable[..., Path]
) -> None:
    root = class_folders({"normal": 5, "tb": 5})
    draw_image(root / "normal" / "0002_color.png", 99, color=True)
    manifest = build_manifest("folder", root)
    pixels = build_pixels(manifest, image_size=8, resize="stretch")
    assert pixels.shape == (11, 8, 8, 3)
    for row, sample in zip(pixels.array, manifest.samples, strict=True):
        assert np.array_equal(row, to_rgb(decode(sample.path, image_size=8, resize="stretch")))
    assert sorted(path.name for path in pixels.path.parent.iterdir()) == ["pixels.raw", "shape.json"]


def test_the_array_cannot_be_written_to(manifest: Manifest) -> None:
    pixels = build_pixels(manifest, image_size=8, resize="stretch")
    with pytest.raises(ValueError, match="read-only"):
        pixels.array[0] = 0


def test_what_was_decoded_before_is_not_decoded_again(manifest: Manifest) -> None:
    first = build_pixels(manifest, image_size=8, resize="stretch")
    for sample in manifest.samples:
        sample.path.unlink()
    again = build_pixels(manifest, image_size=8, resize="stretch")
    assert again == first
    assert np.array_equal(again.array, first.array)


def test_the_key_names_content_order_and_preprocessing(manifest: Manifest) -> None:
    key = pixels_key(manifest, image_size=8, resize="stretch")
    fewer = manifest.without([manifest.samples[0].id])
    others = {
        pixels_key(manifest, image_size=9, resize="stretch"),
        pixels_key(manifest, image_size=8, resize="pad"),
        pixels_key(fewer, image_size=8, resize="stretch"),
        pixels_key(Manifest("folder", manifest.root, manifest.samples[::-1]), image_size=8, resize="stretch"),
    }
    assert len(others) == 4
    assert key not in others


def test_the_key_does_not_depend_on_where_the_images_lie(manifest: Manifest, tmp_path: Path) -> None:
    moved = manifest.root.rename(tmp_path / "moved")
    key = pixels_key(build_manifest("folder", moved), image_size=8, resize="stretch")
    assert key == pixels_key(manifest, image_size=8, resize="stretch")


def test_all_unreadable_images_are_named_at_once_and_nothing_is_left(
    class_folders: ClassFolders, cache: Path
) -> None:
    root = class_folders({"normal": 5, "tb": 5})
    cut = root / "normal" / "0001_001.png"
    cut.write_bytes(cut.read_bytes()[:200])
    (root / "tb" / "empty.png").touch()
    (root / "tb" / "text.png").write_text("no image")
    with pytest.raises(UnreadableImages) as caught:
        build_pixels(build_manifest("folder", root), image_size=8, resize="stretch")
    assert list(caught.value.reasons) == ["normal/0001_001.png", "tb/empty.png", "tb/text.png"]
    assert caught.value.reasons["tb/empty.png"] == "the file is empty"
    assert [path.name for path in (cache / "pixels").iterdir() if not path.name.endswith(".lock")] == []


def test_an_image_that_is_changed_after_it_was_listed_is_named(class_folders: ClassFolders) -> None:
    manifest = build_manifest("folder", class_folders({"normal": 5, "tb": 5}))
    first, second = manifest.samples[:2]
    first.path.write_bytes(second.path.read_bytes())
    with pytest.raises(UnreadableImages) as caught:
        build_pixels(manifest, image_size=8, resize="stretch")
    assert caught.value.reasons == {first.id: "it was changed while the study was prepared"}


def test_a_pipe_in_the_place_of_an_image_is_named_and_not_waited_for(class_folders: ClassFolders) -> None:
    manifest = build_manifest("folder", class_folders({"normal": 5, "tb": 5}))
    sample = manifest.samples[0]
    sample.path.unlink()
    os.mkfifo(sample.path)
    with pytest.raises(UnreadableImages) as caught:
        build_pixels(manifest, image_size=8, resize="stretch")
    assert caught.value.reasons == {sample.id: "not a file but a pipe or a device"}


def test_the_key_names_the_libraries_that_decode(manifest: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
    key = pixels_key(manifest, image_size=8, resize="stretch")
    monkeypatch.setattr("PIL.__version__", "0.0.0")
    assert pixels_key(manifest, image_size=8, resize="stretch") != key


def test_what_is_known_of_dicom_is_in_the_keys_of_dicom_alone(
    class_folders: ClassFolders, monkeypatch: pytest.MonkeyPatch
) -> None:
    def key() -> str:
        return pixels_key(build_manifest("folder", root), image_size=8, resize="pad")

    root = class_folders({"normal": 2, "tb": 2})
    plain = key()
    monkeypatch.setattr("tracker.data.decoding.identity.DICOM_VERSION", 99)
    assert key() == plain
    (root / "tb" / "IM1").write_bytes(dicom(np.arange(64, dtype=np.uint16).reshape(8, 8)))
    mixed = key()
    monkeypatch.undo()
    assert key() != mixed


def test_the_readable_images_can_be_decoded_without_the_others(class_folders: ClassFolders) -> None:
    root = class_folders({"normal": 5, "tb": 5})
    (root / "tb" / "empty.png").touch()
    manifest = build_manifest("folder", root)
    with pytest.raises(UnreadableImages) as caught:
        build_pixels(manifest, image_size=8, resize="stretch")
    pixels = build_pixels(manifest.without(caught.value.reasons), image_size=8, resize="stretch")
    assert pixels.shape == (10, 8, 8, 1)


def test_progress_counts_every_image(manifest: Manifest) -> None:
    told: list[tuple[int, int, str]] = []

    def progress(done: int, total: int, what: str) -> None:
        told.append((done, total, what))

    build_pixels(manifest, image_size=8, resize="stretch", progress=progress)
    assert told == [(done, 10, "images decoded") for done in range(1, 11)]


@pytest.mark.parametrize("color", [0, 2, 4, 6])
def test_a_16_bit_radiograph_keeps_its_grays(class_folders: ClassFolders, color: int) -> None:
    root = class_folders({"normal": 1, "tb": 1})
    deep = np.linspace(0, 4095, 64).astype(np.uint16).reshape(8, 8, 1)
    channels = [deep] * (3 if color in {2, 6} else 1) + [np.full_like(deep, 65535)] * (color in {4, 6})
    (root / "tb" / "0000_deep.png").write_bytes(png(np.concatenate(channels, axis=2), bits=16, color=color))
    pixels = build_pixels(build_manifest("folder", root), image_size=8, resize="stretch")
    assert len(np.unique(pixels.array[1])) == 64


def test_the_digest_is_of_the_pixels_and_not_of_their_key(manifest: Manifest) -> None:
    pixels = build_pixels(manifest, image_size=8, resize="stretch")
    backwards = Manifest("folder", manifest.root, manifest.samples[::-1])
    other = build_pixels(backwards, image_size=8, resize="stretch")
    assert (
        len({pixels.digest, other.digest, build_pixels(manifest, image_size=9, resize="stretch").digest}) == 3
    )
    other.path.write_bytes(pixels.path.read_bytes())
    (other.path.parent / "shape.json").write_text(json.dumps(other.shape))
    assert build_pixels(backwards, image_size=8, resize="stretch").digest == pixels.digest


def test_a_digest_that_a_cache_does_not_have_is_computed_once(manifest: Manifest) -> None:
    pixels = build_pixels(manifest, image_size=8, resize="stretch")
    described = pixels.path.with_name("shape.json")
    described.write_text(json.dumps(pixels.shape))
    assert build_pixels(manifest, image_size=8, resize="stretch") == pixels
    pixels.path.write_bytes(bytes(pixels.path.stat().st_size))
    assert build_pixels(manifest, image_size=8, resize="stretch") == pixels


def test_what_0_1_0_decoded_is_known_by_its_digest(manifest: Manifest) -> None:
    pixels = build_pixels(manifest, image_size=8, resize="stretch")
    assert earlier_digest(manifest, image_size=8, resize="stretch") == ""
    key = hashlib.sha256(b"1 8 stretch" + b"".join(bytes.fromhex(one.sha256) for one in manifest.samples))
    earlier = shutil.copytree(pixels.path.parent, pixels.path.parent.with_name(key.hexdigest()))
    (earlier / "shape.json").write_text(json.dumps(pixels.shape))
    assert earlier_digest(manifest, image_size=8, resize="stretch") == pixels.digest
    assert json.loads((earlier / "shape.json").read_text()) == list(pixels.shape)


def test_pictures_are_hashed_once_and_kept_beside_the_pixels(manifest: Manifest) -> None:
    pixels = build_pixels(manifest, image_size=8, resize="stretch")
    assert pixels.pictures == [hashlib.sha256(row.tobytes()).hexdigest() for row in pixels.array]
    pixels.path.with_name("pictures.json").write_text(json.dumps(["kept"] * 10))
    assert build_pixels(manifest, image_size=8, resize="stretch").pictures == ["kept"] * 10
