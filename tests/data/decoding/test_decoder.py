from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import PIL
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps, features

from tests.support.image_files import Tiff, png
from tracker.config.recipe import Resize
from tracker.data.decoding import (
    DECODER_VERSION,
    UndecodableError,
    decode,
    decoder_identity,
    prepare,
    to_rgb,
)

SIZE = 16


def ramp(height: int = SIZE, width: int = SIZE) -> NDArray[np.uint8]:
    """A smooth gray ramp, 0 at the top left."""
    rows, columns = np.mgrid[:height, :width]
    return ((rows * 8 + columns * 4) * 255 // (height * 8 + width * 4)).astype(np.uint8)


def colors() -> NDArray[np.uint8]:
    return np.stack([ramp(), 255 - ramp(), ramp() // 2], axis=2)


def saved(tmp_path: Path, image: Image.Image, name: str, **options: object) -> Path:
    path = tmp_path / name
    image.save(path, **options)
    return path


def same_size(path: Path) -> NDArray[np.uint8]:
    return decode(path, image_size=SIZE, resize="stretch")


def same_content(content: bytes) -> NDArray[np.uint8]:
    return decode(content, image_size=SIZE, resize="stretch")


@pytest.mark.parametrize("ending", ["png", "tif", "bmp"])
def test_an_8_bit_gray_image_keeps_its_values(tmp_path: Path, ending: str) -> None:
    path = saved(tmp_path, Image.fromarray(ramp()), f"image.{ending}")
    assert np.array_equal(same_size(path), ramp())


@pytest.mark.parametrize("ending", ["png", "tif", "bmp"])
def test_a_color_image_keeps_its_values(tmp_path: Path, ending: str) -> None:
    path = saved(tmp_path, Image.fromarray(colors()), f"image.{ending}")
    assert np.array_equal(same_size(path), colors())


def test_a_jpeg_image_nearly_keeps_its_values(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray(ramp()), "image.jpg", quality=95)
    assert np.abs(same_size(path).astype(int) - ramp()).max() < 8


def test_a_color_image_with_equal_channels_is_gray(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray(ramp()).convert("RGB"), "image.png")
    assert np.array_equal(same_size(path), ramp())


def test_a_one_bit_image_is_black_and_white(tmp_path: Path) -> None:
    bits = ramp() > 100
    path = saved(tmp_path, Image.fromarray(bits), "image.png")
    assert np.array_equal(same_size(path), bits * np.uint8(255))


@pytest.mark.parametrize("ending", ["png", "tif"])
@pytest.mark.parametrize(("low", "high"), [(0, 65535), (100, 4095), (0, 200)])
def test_16_bit_grays_are_scaled_over_their_real_range(
    tmp_path: Path, ending: str, low: int, high: int
) -> None:
    deep = np.linspace(low, high, SIZE * SIZE).round().astype(np.uint16).reshape(SIZE, SIZE)
    path = saved(tmp_path, Image.fromarray(deep), f"image.{ending}")
    expected = np.rint((deep - low) / (high - low) * 255)
    assert np.array_equal(same_size(path), expected)


@pytest.mark.parametrize("kind", [np.int32, np.float32])
def test_32_bit_grays_are_scaled_over_their_real_range(tmp_path: Path, kind: type) -> None:
    deep = np.linspace(-1000, 3000, SIZE * SIZE).reshape(SIZE, SIZE).astype(kind)
    path = saved(tmp_path, Image.fromarray(deep), "image.tif")
    expected = (deep.astype(float) + 1000) / 4000 * 255
    assert np.abs(same_size(path) - expected).max() <= 0.51


def test_a_big_endian_16_bit_tiff_is_read() -> None:
    deep = np.linspace(0, 4095, SIZE * SIZE).astype(np.uint16).reshape(SIZE, SIZE)
    found = same_content(Tiff(order=">").file(deep[:, :, None]))
    assert np.array_equal(found, np.rint(deep / 4095 * 255))


def test_a_flat_16_bit_image_is_black(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray(np.full((SIZE, SIZE), 700, np.uint16)), "image.png")
    assert not same_size(path).any()


def test_values_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    values = ramp().astype(np.float32)
    values[3, 3] = np.nan
    path = saved(tmp_path, Image.fromarray(values), "image.tif")
    with pytest.raises(UndecodableError, match="not finite"):
        same_size(path)


def test_transparency_is_laid_over_black(tmp_path: Path) -> None:
    alpha = np.where(np.arange(SIZE) < SIZE // 2, 0, 128).astype(np.uint8) * np.ones((SIZE, 1), np.uint8)
    path = saved(tmp_path, Image.fromarray(np.dstack([colors(), alpha])), "image.png")
    expected = np.rint(colors() * (alpha / 255.0)[:, :, None])
    assert np.abs(same_size(path) - expected).max() <= 1


def test_transparent_gray_is_laid_over_black(tmp_path: Path) -> None:
    alpha = np.full((SIZE, SIZE), 51, np.uint8)
    path = saved(tmp_path, Image.fromarray(np.dstack([ramp(), alpha])), "image.png")
    decoded = same_size(path)
    assert decoded.shape == (SIZE, SIZE)
    assert np.abs(decoded - ramp() * 0.2).max() <= 1


def test_a_palette_image_gets_its_colors(tmp_path: Path) -> None:
    few = Image.fromarray((colors() // 128) * 255)
    path = saved(tmp_path, few.convert("P", palette=Image.Palette.ADAPTIVE, colors=8), "image.png")
    assert np.array_equal(same_size(path), np.asarray(few))


def test_the_transparent_color_of_a_palette_becomes_black(tmp_path: Path) -> None:
    image = Image.fromarray((np.arange(SIZE * SIZE) % 2).astype(np.uint8).reshape(SIZE, SIZE)).convert("P")
    image.putpalette([10, 20, 30, 200, 100, 50])
    path = saved(tmp_path, image, "image.png", transparency=0)
    assert same_size(path)[0, :2].tolist() == [[0, 0, 0], [200, 100, 50]]


def test_a_palette_with_many_transparencies_is_read_without_a_warning(tmp_path: Path) -> None:
    image = Image.fromarray((np.arange(SIZE * SIZE) % 2).astype(np.uint8).reshape(SIZE, SIZE)).convert("P")
    image.putpalette([10, 20, 30, 200, 100, 50])
    path = saved(tmp_path, image, "image.png", transparency=bytes([255, 51]))
    assert same_size(path)[0, :2].tolist() == [[10, 20, 30], [40, 20, 10]]


def test_a_cmyk_image_gets_its_colors(tmp_path: Path) -> None:
    flat = np.zeros((SIZE, SIZE, 3), np.uint8) + np.array([200, 100, 50], np.uint8)
    path = saved(tmp_path, Image.fromarray(flat).convert("CMYK"), "image.jpg", quality=95)
    assert np.abs(same_size(path).astype(int) - [200, 100, 50]).max() <= 6


def test_16_bit_colors_become_8_bit_colors() -> None:
    content = png(colors().astype(int) * 257, bits=16, color=2)
    assert np.array_equal(same_content(content), colors())


@pytest.mark.parametrize("ending", ["jpg", "png", "tif"])
def test_the_exif_orientation_is_applied(tmp_path: Path, ending: str) -> None:
    upright = np.zeros((SIZE, SIZE), np.uint8)
    upright[:, : SIZE // 2] = 255
    # Orientation 6: the stored image has to be turned by 90 degrees clockwise to stand upright.
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path, Image.fromarray(np.rot90(upright).copy()), f"image.{ending}", exif=exif)
    assert np.abs(same_size(path).astype(int) - upright).max() < 10


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_agrees_with_pillows_own_way(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path, Image.fromarray(colors()), "image.png", exif=exif)
    with Image.open(path) as image:
        assert np.array_equal(same_size(path), np.asarray(ImageOps.exif_transpose(image)))


def test_the_orientation_of_a_16_bit_image_is_applied(tmp_path: Path) -> None:
    deep = (np.arange(SIZE * SIZE).reshape(SIZE, SIZE) * 100).astype(np.uint16)
    exif = Image.Exif()
    exif[0x0112] = 3
    path = saved(tmp_path, Image.fromarray(deep), "image.png", exif=exif)
    assert same_size(path)[0, 0] == 255
    assert same_size(path)[-1, -1] == 0


def test_the_first_page_of_a_tiff_counts(tmp_path: Path) -> None:
    pages = [Image.fromarray(ramp()), Image.fromarray(255 - ramp())]
    path = saved(tmp_path, pages[0], "image.tif", save_all=True, append_images=pages[1:])
    assert np.array_equal(same_size(path), ramp())


def wide_image(tmp_path: Path) -> Path:
    """White, twice as wide as high, with a black left and right quarter."""
    values = np.full((32, 64), 255, np.uint8)
    values[:, :16] = values[:, 48:] = 0
    return saved(tmp_path, Image.fromarray(values), "wide.png")


def test_stretching_ignores_the_aspect_ratio(tmp_path: Path) -> None:
    square = decode(wide_image(tmp_path), image_size=16, resize="stretch")
    assert not square[:, [0, 1, 2, 13, 14, 15]].any()
    assert square[:, 5:11].min() == 255


def test_padding_adds_black_above_and_below(tmp_path: Path) -> None:
    square = decode(wide_image(tmp_path), image_size=16, resize="pad")
    assert not square[:4].any()
    assert not square[12:].any()
    assert square[5:11, 6:10].min() == 255


def test_cropping_keeps_the_middle(tmp_path: Path) -> None:
    assert decode(wide_image(tmp_path), image_size=16, resize="crop").min() > 200


@pytest.mark.parametrize("resize", ["stretch", "pad", "crop"])
@pytest.mark.parametrize("deep", [False, True])
def test_shrinking_averages_instead_of_picking(tmp_path: Path, resize: Resize, deep: bool) -> None:
    checks = (np.indices((128, 128)).sum(axis=0) % 2 * 255).astype(np.uint16 if deep else np.uint8)
    path = saved(tmp_path, Image.fromarray(checks), "image.png")
    small = decode(path, image_size=16, resize=resize)
    assert np.abs(small.astype(int) - 127).max() <= 2


def test_an_empty_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "image.png").touch()
    with pytest.raises(UndecodableError, match="the file is empty"):
        same_size(tmp_path / "image.png")


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(UndecodableError, match="no such file"):
        same_size(tmp_path / "image.png")


def test_something_else_under_an_images_name_says_so(tmp_path: Path) -> None:
    (tmp_path / "image.png").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    with pytest.raises(UndecodableError, match="not a whole PNG, JPEG, TIFF, BMP or DICOM image"):
        same_size(tmp_path / "image.png")


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "bmp"])
def test_an_image_that_was_cut_off_is_refused(tmp_path: Path, ending: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    path = saved(tmp_path, Image.fromarray(noise), f"image.{ending}")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UndecodableError, match=r"cut off|whole"):
        same_size(path)


@pytest.mark.parametrize("times", [1.5, 3.0])
def test_a_decompression_bomb_is_refused_without_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: float
) -> None:
    path = saved(tmp_path, Image.fromarray(ramp()), "image.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", int(SIZE * SIZE / times))
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with pytest.raises(UndecodableError, match="decompression bomb"):
            same_size(path)
    assert seen == []


def test_decoding_in_many_threads_leaves_the_warning_filters_as_they_were(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray(ramp()), "image.png")
    before = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(same_size, [path] * 200))
    assert list(warnings.filters) == before


def drawn(channels: int, highest: int, kind: type) -> NDArray[Any]:
    return np.random.default_rng(channels).integers(0, highest, (40, 30, channels)).astype(kind)


@pytest.mark.parametrize("resize", ["stretch", "pad", "crop"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize(("kind", "highest"), [(np.uint8, 255), (np.uint16, 4095)])
def test_an_array_is_prepared_as_a_file_of_it_is(
    resize: Resize, channels: int, kind: type, highest: int
) -> None:
    values = drawn(channels, highest, kind)
    bits, color = 8 * np.dtype(kind).itemsize, {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    from_file = decode(png(values, bits=bits, color=color), image_size=SIZE, resize=resize)
    assert np.array_equal(prepare(values, image_size=SIZE, resize=resize), from_file)


def test_three_equal_channels_are_prepared_as_the_gray_image_is() -> None:
    gray = drawn(1, 255, np.uint8)
    equal = prepare(to_rgb(gray[:, :, 0]), image_size=SIZE, resize="pad")
    assert np.array_equal(equal, prepare(gray[:, :, 0], image_size=SIZE, resize="pad"))


def test_an_image_of_nearly_no_width_is_not_padded_but_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray(ramp(500, 1)), "image.png")
    assert decode(path, image_size=SIZE, resize="stretch").shape == (SIZE, SIZE)
    with pytest.raises(UndecodableError, match="1 x 500 is too narrow"):
        decode(path, image_size=SIZE, resize="pad")


def test_a_jpeg_of_12_bits_is_refused_and_said_to_be_one(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray(ramp()), "image.jpg")
    content = path.read_bytes()
    frame = content.index(b"\xff\xc0") + 4
    with pytest.raises(UndecodableError, match="a JPEG of 12 bits"):
        same_content(content[:frame] + b"\x0c" + content[frame + 1 :])


def test_the_identity_names_the_libraries_that_decode() -> None:
    assert decoder_identity().split() == [
        str(DECODER_VERSION), "pillow", PIL.__version__, "jpeg", features.version("jpg")
    ]  # fmt: skip


def test_gray_becomes_three_equal_channels() -> None:
    rgb = to_rgb(ramp())
    assert rgb.shape == (SIZE, SIZE, 3)
    assert all(np.array_equal(rgb[:, :, channel], ramp()) for channel in range(3))


def test_gray_with_an_axis_of_channels_as_it_is_stored_becomes_three_too() -> None:
    assert np.array_equal(to_rgb(ramp()[:, :, None]), to_rgb(ramp()))


def test_a_color_image_stays_as_it_is() -> None:
    image = colors()
    assert to_rgb(image) is image
    assert np.array_equal(image, colors())
