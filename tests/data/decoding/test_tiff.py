"""Every depth, sign, byte order, plane, tile and alpha that a TIFF can have, against two other ways to know.

The values are known because the files are made of them, by hand or by tifffile, which also reads those that
were made by hand. The image is as large as the square, so that nothing is resized.
"""

from __future__ import annotations

import io
import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageOps

from tests.support.image_files import DEFLATE, LZW, NONE, PACKBITS, Tiff
from tests.support.scaled_by_hand import scaled_by_hand
from tracker.data.decoding import UndecodableError, decode

SIZE = 20
HALF = 0.51


def drawn(channels: int, low: float, high: float, kind: str, seed: int = 0) -> NDArray[Any]:
    """Draw values [SIZE, SIZE, channels] of a type, such as `u2`."""
    rng = np.random.default_rng(seed)
    if kind[0] == "f":
        return rng.uniform(low, high, (SIZE, SIZE, channels)).astype(kind)
    return rng.integers(int(low), int(high), (SIZE, SIZE, channels), dtype=kind, endpoint=True)


def decoded(content: bytes) -> NDArray[np.float64]:
    return decode(content, image_size=SIZE, resize="stretch").astype(float)


def assert_scaled(content: bytes, colors: NDArray[Any], **known: Any) -> None:
    expected = scaled_by_hand(colors, **known)
    found = decoded(content)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= HALF


# Of each type a range of about 12 bits, as radiographs have, at a place where clipping or rounding loses it.
RANGES = {
    "u1": (0, 255), "u2": (90, 4095), "u4": (10**9, 10**9 + 4095), "u8": (2**63, 2**63 + 4095),
    "i1": (-128, 127), "i2": (-1024, 3071), "i4": (-(10**9), 3000), "i8": (-(2**62), -(2**62) + 4095),
    "f2": (-3, 60), "f4": (-1000, 3000), "f8": (1e300, 3e300),
}  # fmt: skip
# Colors, and what the tag for extra samples says of the channel after them: 0 anything, 1 alpha that the
# colors know of already, 2 alpha.
LAYOUTS: dict[str, tuple[int, tuple[int, ...]]] = {
    "gray": (1, ()), "gray, alpha": (1, (2,)), "gray, other": (1, (0,)), "gray over black": (1, (1,)),
    "rgb": (3, ()), "rgb, alpha": (3, (2,)), "rgb, other": (3, (0,)), "rgb over black": (3, (1,)),
}  # fmt: skip
STORED = list(itertools.product("<>", (False, True), (None, (16, 16))))
COMPRESSIONS = ("none", "zlib", "lzma", "difference")


def drawn_layout(kind: str, layout: str) -> tuple[NDArray[Any], dict[str, Any]]:
    """Draw all channels of a layout, and say what is known of the alpha."""
    colors, extra = LAYOUTS[layout]
    values = drawn(colors + len(extra), *RANGES[kind], kind)
    opaque = 1 if kind[0] == "f" else np.iinfo(kind).max
    if extra:
        values[:, :, -1] = drawn(1, 0, opaque, kind, seed=1)[:, :, 0]
    return values, {"alpha": values[:, :, -1], "opaque": opaque} if extra == (2,) else {}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", [kind for kind in RANGES if kind != "u1"])
def test_a_deep_image_keeps_its_range_whatever_its_type_and_layout(kind: str, layout: str) -> None:
    colors, extra = LAYOUTS[layout]
    values, known = drawn_layout(kind, layout)
    expected = scaled_by_hand(values[:, :, :colors], **known)
    for number, stored in enumerate(STORED):
        order, planar, tile = stored
        # Another one in each layout, so that each meets each.
        compression = COMPRESSIONS[(number + list(LAYOUTS).index(layout)) % len(COMPRESSIONS)]
        if compression == "difference" and (kind[0] == "f" or kind[1] == "8"):
            continue
        file = io.BytesIO()
        tifffile.imwrite(
            file,
            np.moveaxis(values, 2, 0) if planar and values.shape[2] > 1 else values,
            byteorder=order,  # type: ignore[arg-type]
            photometric="rgb" if colors == 3 else "minisblack",
            planarconfig=None if values.shape[2] == 1 else "separate" if planar else "contig",
            extrasamples=extra or None,
            tile=tile,
            rowsperstrip=None if tile else 7,
            compression={"none": None, "lzma": "lzma"}.get(compression, "zlib"),
            predictor=compression == "difference",
        )
        found = decoded(file.getvalue())
        assert found.shape == expected.shape
        assert np.abs(found - expected).max() <= HALF, (stored, compression)


# What tifffile writes or reads with further packages only.
BY_HAND = {
    "LZW": Tiff(compression=LZW),
    "LZW, differences": Tiff(compression=LZW, predictor=2),
    "LZW, differences, big-endian": Tiff(compression=LZW, predictor=2, order=">"),
    "LZW, tiles": Tiff(compression=LZW, tile=(16, 16)),
    "LZW, one strip": Tiff(compression=LZW, rows=SIZE),
    "PackBits": Tiff(compression=PACKBITS),
    "big": Tiff(big=True),
    "big, big-endian, tiles": Tiff(big=True, order=">", tile=(16, 32)),
    "a strip a row": Tiff(rows=1),
    "more rows than there are": Tiff(rows=2**32 - 1),
    "low bits first": Tiff(low_bit_first=True),
    "low bits first, deflate": Tiff(low_bit_first=True, compression=DEFLATE, order=">"),
    "differences of 64 bits": Tiff(bits=64, compression=DEFLATE, predictor=2),
    "differences of signed values": Tiff(bits=16, kind="i", compression=LZW, predictor=2),
    **{
        f"float{bits} as differences of bytes{order}": Tiff(
            bits=bits, kind="f", order=order, compression=DEFLATE, predictor=3
        )
        for bits in (16, 32, 64)
        for order in "<>"
    },
    "float32 as differences": Tiff(bits=32, kind="f", compression=DEFLATE, predictor=2),
    **{
        f"{bits} bits{kind}{order}": Tiff(bits=bits, kind=kind, order=order)
        for bits in (9, 10, 11, 12, 13, 14, 15, 17, 23, 24, 31, 33, 40, 48, 55, 56)
        for kind in "ui"
        for order in "<>"
    },
    "12 bits, LZW": Tiff(bits=12, compression=LZW),
    "14 bits, tiles": Tiff(bits=14, tile=(16, 16)),
}


@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("how", BY_HAND)
def test_a_file_made_by_hand_keeps_its_range(how: str, planar: bool) -> None:
    made = replace(BY_HAND[how], planar=planar, photometric=2)
    values = of_bits(made, channels=3)
    if made.rows > SIZE:
        made = replace(made, rows=SIZE, tags=((278, 4, (made.rows,)),))
    assert_scaled(made.file(values), values)


def of_bits(made: Tiff, channels: int) -> NDArray[Any]:
    """Draw values of some bits, from near the lowest to near the highest."""
    if made.kind == "f":
        return drawn(channels, -1000, 3000, f"f{made.bits // 8}")
    unsigned = drawn(channels, 3, 2**made.bits - 5, "u8")
    if made.kind == "u":
        return unsigned
    return (unsigned.astype(object) - 2 ** (made.bits - 1)).astype(np.int64)


READ_BY_TIFFFILE = {
    name: made
    for name, made in BY_HAND.items()
    if made.bits in {16, 32, 64} and made.compression != LZW and made.predictor != 3 and made.rows <= SIZE
}


@pytest.mark.parametrize("how", READ_BY_TIFFFILE)
def test_tifffile_reads_the_same_from_what_was_made_by_hand(how: str) -> None:
    made = replace(BY_HAND[how], photometric=2)
    values = of_bits(made, channels=3)
    assert np.array_equal(tifffile.imread(io.BytesIO(made.file(values))), values)


@pytest.mark.parametrize("bits", [8, 12, 16, 32])
@pytest.mark.parametrize("kind", ["u", "i"])
def test_white_is_zero_counts_down(bits: int, kind: str) -> None:
    made = Tiff(bits=bits, kind=kind, photometric=0)
    values = of_bits(made, channels=1)
    if bits == 8 and kind == "u":
        assert np.array_equal(decoded(made.file(values)), 255 - values[:, :, 0])
    else:
        assert_scaled(made.file(values), values, white_is_zero=True)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_8_bits_stay_what_they_are_whatever_the_layout(layout: str) -> None:
    colors, extra = LAYOUTS[layout]
    values = drawn(colors + len(extra), 40, 200, "u1")
    if extra == (1,):
        values = np.minimum(values, values[:, :, -1:])
    expected = values[:, :, :colors].astype(float)
    if extra == (2,):
        expected *= values[:, :, -1:] / 255
    for planar, tile, compression in itertools.product(
        (False, True), (None, (16, 16)), (NONE, LZW, DEFLATE, PACKBITS)
    ):
        made = Tiff(
            bits=8,
            photometric=2 if colors == 3 else 1,
            planar=planar,
            tile=tile,
            compression=compression,
            extra_samples=extra or None,
        )
        assert np.abs(decoded(made.file(values)) - expected.squeeze()).max() <= 1, made


@pytest.mark.parametrize("bits", range(1, 9))
@pytest.mark.parametrize("photometric", [0, 1, 2])
def test_up_to_8_bits_are_stretched_to_8(bits: int, photometric: int) -> None:
    values = drawn(3 if photometric == 2 else 1, 0, 2**bits - 1, "u1")
    expected = np.rint(values * (255 / (2**bits - 1))).squeeze()
    found = decoded(Tiff(bits=bits, photometric=photometric).file(values))
    assert np.array_equal(found, 255 - expected if photometric == 0 else expected)


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("channels", [1, 3])
def test_8_bits_stay_what_they_are_whatever_the_file(channels: int, order: str, big: bool) -> None:
    values = drawn(channels, 40, 200, "u1")
    made = Tiff(bits=8, order=order, big=big, photometric=2 if channels == 3 else 1)
    assert np.array_equal(decoded(made.file(values)), values.squeeze())


@pytest.mark.parametrize("extra", [(0, 0), (0, 2), (2, 0, 0)])
def test_channels_beyond_colors_and_alpha_are_left_out(extra: tuple[int, ...]) -> None:
    values = drawn(3 + len(extra), 40, 200, "u1")
    made = Tiff(bits=8, photometric=2, extra_samples=extra)
    expected = values[:, :, :3].astype(float)
    if 2 in extra:
        expected *= values[:, :, [3 + extra.index(2)]] / 255
    assert np.abs(decoded(made.file(values)) - expected).max() <= 1


def test_bytes_of_no_stated_kind_are_bytes() -> None:
    values = drawn(1, 40, 200, "u1")
    assert np.array_equal(decoded(Tiff(bits=8, tags=((339, 3, (4,)),)).file(values)), values[:, :, 0])


def test_signed_bytes_are_scaled_and_do_not_wrap() -> None:
    values = drawn(1, -100, 27, "i1")
    assert_scaled(Tiff(bits=8, kind="i").file(values), values)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("scale", ["8 bits, times 256", "8 bits, times 257", "8 bits", "12 bits"])
def test_a_palette_gives_its_colors(bits: int, scale: str) -> None:
    numbers = drawn(1, 0, 2**bits - 1, "u1")
    palette = np.arange(3 * 2**bits).reshape(3, -1) * 7 // 2 % 256
    factor = {"8 bits, times 256": 256, "8 bits, times 257": 257, "8 bits": 1, "12 bits": 16.05}[scale]
    stored = tuple(int(shade * factor) for shade in palette.ravel())
    content = Tiff(bits=bits, photometric=3, tags=((320, 3, stored),)).file(numbers)
    colors = palette.T[numbers[:, :, 0]]
    if scale == "12 bits":
        assert_scaled(content, (colors * factor).astype(int))
    else:
        assert np.array_equal(decoded(content), colors)


def test_the_first_page_counts() -> None:
    file = io.BytesIO()
    first = drawn(3, 90, 4095, "u2")
    tifffile.imwrite(file, np.stack([first, 4095 - first]), photometric="rgb")
    assert_scaled(file.getvalue(), first)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("bits", [5, 16])
def test_the_orientation_is_applied(orientation: int, bits: int) -> None:
    values = drawn(1, 0, 2**bits - 1, "u2")
    values.flat[:2] = 0, 2**bits - 1
    straight = decoded(Tiff(bits=bits).file(values))
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = Image.fromarray(straight.astype(np.uint8))
    picture.getexif()[0x0112] = orientation
    found = decoded(Tiff(bits=bits, tags=((274, 3, (orientation,)),)).file(values))
    assert np.array_equal(found, np.asarray(ImageOps.exif_transpose(picture)))


REFUSED = {
    "complex numbers": (Tiff(bits=64, tags=((339, 3, (6,)),)), "neither integers nor floats"),
    "channels of different depths": (Tiff(photometric=2, tags=((258, 3, (5, 6, 5)),)), "channels differ"),
    "floats of 24 bits": (Tiff(bits=24, tags=((339, 3, (3, 3, 3)),)), "floats of 24 bits"),
    "57 bits": (Tiff(tags=((258, 3, (57,)),)), "values of 57 bits"),
    "CIE Lab": (Tiff(photometric=8), "colors of a kind"),
    "raw of a camera": (Tiff(photometric=32803), "colors of a kind"),
    "CMYK of 16 bits": (Tiff(photometric=5), "only gray and RGB are read so deep"),
    "YCbCr of 16 bits": (Tiff(photometric=6), "only gray and RGB are read so deep"),
    "YCbCr with shared colors": (Tiff(bits=8, photometric=6), "several pixels share a color"),
    "gray with two others": (Tiff(photometric=1), "3 channels"),
    "JPEG of 12 bits": (Tiff(bits=12, photometric=2, tags=((259, 3, (7,)),)), "compression .7. that is"),
    "JPEG 2000": (Tiff(photometric=2, tags=((259, 3, (33003,)),)), "compression .33003. that is not read"),
    "another predictor": (Tiff(photometric=2, tags=((317, 3, (3,)),)), "predictor"),
    "strips missing": (Tiff(photometric=2, tags=((273, 4, (8,)),)), "not all of its strips"),
    "damaged LZW": (Tiff(photometric=2, tags=((259, 3, (5,)),)), "damaged or cut off"),
    "no width": (Tiff(photometric=2, tags=((256, 4, (0,)),)), "no size"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_supported_is_refused_with_its_reason(what: str) -> None:
    made, reason = REFUSED[what]
    with pytest.raises(UndecodableError, match=reason):
        decoded(made.file(drawn(3, 1000, 4000, "u8")))


def test_a_file_that_lacks_its_end_is_refused() -> None:
    values = drawn(3, 90, 4095, "u2")
    # The tags come first, so that only the last values are missing.
    file = io.BytesIO()
    tifffile.imwrite(file, values, photometric="rgb")
    with pytest.raises(UndecodableError, match="cut off"):
        decoded(file.getvalue()[:-100])


def test_the_only_row_that_is_left_is_not_taken_for_all() -> None:
    values = drawn(1, 90, 4095, "u2")
    whole = Tiff(rows=SIZE).file(values)
    last_row = len(whole) - 2 * SIZE
    with pytest.raises(UndecodableError, match="not all of its rows"):
        decoded(Tiff(rows=SIZE, tags=((273, 4, (last_row,)),)).file(values))
