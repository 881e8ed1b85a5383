"""DICOM: the pixels of a PNG of the same values, and else what its file says that a reader is to see."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pydicom.data
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_modality_lut, apply_voi_lut
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from tests.support.dicom_files import PLAIN, dicom, lookup_table, saved
from tests.support.image_files import png
from tracker.data.decoding import UndecodableError, decode
from tracker.data.decoding.dicom_gray import windowed

SIZE = 32
SYNTAXES = (*PLAIN, RLELossless, JPEG2000Lossless)


def drawn(most: int, *shape: int, kind: str = "u2") -> NDArray[Any]:
    return np.random.default_rng(7).integers(0, most + 1, (24, 40, *shape)).astype(kind)


def square(content: bytes, **options: Any) -> NDArray[np.int64]:
    return decode(content, image_size=SIZE, resize=options.get("resize", "stretch")).astype(np.int64)


def of_png(values: NDArray[Any], bits: int = 16) -> NDArray[np.int64]:
    channels = values if values.ndim == 3 else values[:, :, None]
    return square(png(channels, bits=bits, color=2 if values.ndim == 3 else 0))


def refused(content: bytes) -> str:
    with pytest.raises(UndecodableError) as told:
        square(content)
    return str(told.value)


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda one: one.name)
@pytest.mark.parametrize("bits", [10, 12, 16])
def test_values_without_a_window_become_what_a_16_bit_png_of_them_becomes(syntax: UID, bits: int) -> None:
    values = drawn(2**bits - 1)
    assert np.array_equal(square(dicom(values, syntax=syntax, bits=bits)), of_png(values))


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda one: one.name)
@pytest.mark.parametrize("shape", [(), (3,)])
def test_values_of_8_bits_stay_what_they_are(syntax: UID, shape: tuple[int, ...]) -> None:
    values = drawn(200, *shape, kind="u1")
    assert np.array_equal(square(dicom(values, syntax=syntax)), of_png(values, bits=8))


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless])
def test_colors_of_16_bits_are_scaled_together(syntax: UID) -> None:
    values = drawn(3000, 3)
    assert np.array_equal(square(dicom(values, syntax=syntax)), of_png(values))


@pytest.mark.parametrize("shape", [(), (3,)])
def test_a_jpeg_is_read_as_it_is_outside_of_dicom(shape: tuple[int, ...]) -> None:
    values = np.asarray(Image.fromarray(drawn(255, *shape, kind="u1")).resize((64, 48)))
    made = dicom(values, syntax=JPEGBaseline8Bit, colors="YBR_FULL_422" if shape else None)
    assert np.array_equal(square(made), square(saved(values, "JPEG")))


def test_a_jpeg_of_colors_that_were_not_converted_is_not_converted_back() -> None:
    values = np.asarray(Image.fromarray(drawn(255, 3, kind="u1")).resize((64, 48)))
    kept = Image.merge("YCbCr", [Image.fromarray(values[:, :, one]) for one in range(3)])
    file = io.BytesIO()
    kept.save(file, "JPEG", quality=100, subsampling=0)
    # Without JFIF's mark, DICOM says what was compressed.
    frame = file.getvalue()
    start = frame.index(b"\xff\xe0")
    frame = frame[:start] + frame[start + 2 + int.from_bytes(frame[start + 2 : start + 4], "big") :]
    found = square(dicom(values, syntax=JPEGBaseline8Bit, frame=frame, colors="RGB"))
    assert abs(found - of_png(values, bits=8)).max() <= 3
    found = square(dicom(values, syntax=JPEGBaseline8Bit, frame=frame, colors="YBR_FULL"))
    assert abs(found - np.asarray(square(saved_png(kept.convert("RGB"))))).max() <= 4


def saved_png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("syntax", [*PLAIN[:3], RLELossless], ids=lambda one: one.name)
def test_negative_values_are_below_others(syntax: UID) -> None:
    values = drawn(4095).astype(np.int16) - 2048
    found = square(dicom(values, syntax=syntax))
    assert np.array_equal(found, of_png((values + 2048).astype(np.uint16)))


def test_negative_values_of_12_bits_have_their_sign_in_bit_11() -> None:
    values = drawn(4095).astype(np.int16) - 2048
    stored = (values.astype(np.uint16) & 0x0FFF).astype(np.uint16)
    made = dicom(stored, bits=12, PixelRepresentation=1)
    assert np.array_equal(square(made), of_png((values + 2048).astype(np.uint16)))


def test_bits_beside_the_values_are_not_seen() -> None:
    values = drawn(4095)
    with_overlay = values | (drawn(15) << 12).astype(np.uint16)
    assert np.array_equal(square(dicom(with_overlay, bits=12)), of_png(values))
    assert np.array_equal(square(dicom((values << 4) | 5, bits=12, HighBit=15)), of_png(values))


@pytest.mark.parametrize("elements", [{"colors": "MONOCHROME1"}, {"PresentationLUTShape": "INVERSE"}])
@pytest.mark.parametrize(("kind", "bits"), [("u1", 8), ("u2", 12)])
def test_where_the_lowest_is_white_it_is_white(elements: dict[str, str], kind: str, bits: int) -> None:
    values = drawn(2**bits - 1, kind=kind)
    values[0, :2] = 0, 2**bits - 1
    made = dicom(values, bits=bits, **elements)
    assert np.array_equal(square(made), of_png((2**bits - 1 - values).astype(kind), 8 if bits == 8 else 16))


def test_monochrome1_whose_shape_is_inverse_is_inverted_once() -> None:
    values = drawn(4095)
    both = dicom(values, bits=12, colors="MONOCHROME1", PresentationLUTShape="INVERSE")
    assert np.array_equal(square(both), square(dicom(values, bits=12, colors="MONOCHROME1")))


def test_a_negative_slope_turns_grays_round() -> None:
    values = drawn(4095)
    made = dicom(values, bits=12, RescaleSlope="-1", RescaleIntercept="4095")
    assert np.array_equal(square(made), of_png(4095 - values))


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID", None])
def test_a_window_decides_what_is_black_and_white(function: str | None) -> None:
    values = drawn(4095)
    made = dicom(
        values, bits=12, WindowCenter=["600", "99"], WindowWidth=["800", "1"], VOILUTFunction=function,
        RescaleSlope="0.5", RescaleIntercept="-200",
    )  # fmt: skip
    modality = values * 0.5 - 200
    expected = {
        "LINEAR": np.clip((modality - 599.5) / 799 + 0.5, 0, 1),
        "LINEAR_EXACT": np.clip((modality - 600) / 800 + 0.5, 0, 1),
        "SIGMOID": 1 / (1 + np.exp(-4 * (modality - 600) / 800)),
    }[function or "LINEAR"]
    found, grays = square(made), np.rint(expected * 65535) / 65535 * 255
    picture = Image.fromarray(grays.astype(np.float32)).resize((SIZE, SIZE), Image.Resampling.BILINEAR)
    assert abs(found - np.asarray(picture)).max() <= 0.51


def test_a_window_wider_than_the_values_leaves_them_gray() -> None:
    values = drawn(100) + np.uint16(1000)
    found = square(dicom(values, bits=12, WindowCenter="2048", WindowWidth="4096"))
    assert 60 < found.min() < found.max() < 70


def test_a_window_of_no_width_is_none() -> None:
    values = drawn(4095)
    for width in ("0", "0.5", "-3"):
        made = dicom(values, bits=12, WindowCenter="10", WindowWidth=width)
        assert np.array_equal(square(made), of_png(values))
    assert windowed(np.array([1.0, 2.0]), 2, 1, "LINEAR") is not None


def test_a_window_in_which_nothing_is_seen_is_refused() -> None:
    made = dicom(drawn(4095), bits=12, WindowCenter="-4000", WindowWidth="10")
    assert refused(made) == "DICOM whose window shows none of its values"


def test_tables_of_the_modality_and_of_values_of_interest_are_applied() -> None:
    values = drawn(255) + np.uint16(100)
    squares = (np.arange(256, dtype=np.uint32) ** 2).astype(np.uint16)
    by_modality = dicom(values, bits=12, ModalityLUTSequence=Sequence([lookup_table(squares, first=100)]))
    assert np.array_equal(square(by_modality), of_png(squares[values - 100]))
    by_interest = dicom(
        values, bits=12, VOILUTSequence=Sequence([lookup_table(squares, first=100)]),
        WindowCenter="1", WindowWidth="1",
    )  # fmt: skip
    expected = squares[values - 100] / 65535 * 255
    picture = Image.fromarray(expected.astype(np.float32)).resize((SIZE, SIZE), Image.Resampling.BILINEAR)
    assert abs(square(by_interest) - np.asarray(picture)).max() <= 0.51


@pytest.mark.parametrize(("value", "limit"), [(4095, None), (0, None), (4000, 4095)])
def test_what_fills_the_frame_is_black_and_has_no_part_in_the_range(value: int, limit: int | None) -> None:
    values = drawn(1000) + np.uint16(1000)
    seen = values.copy()
    values[:6] = value
    alpha = np.full(values.shape, 65535, np.uint16)
    alpha[:6] = 0
    more = {} if limit is None else {"PixelPaddingRangeLimit": limit}
    found = square(dicom(values, bits=12, PixelPaddingValue=value, **more))
    expected = square(png(np.dstack([seen, alpha]), bits=16, color=4))
    assert np.array_equal(found, expected)


def test_a_filling_of_more_bits_than_the_values_is_known_by_all_of_them() -> None:
    values = drawn(4000)
    values[:6] = 0xFFFF
    assert not square(dicom(values, bits=12, PixelPaddingValue=0xFFFF))[:7].any()


def test_colors_of_which_two_pixels_share_one_and_planes_and_palettes_are_read() -> None:
    values = drawn(255, 3, kind="u1")
    planes = dicom(np.moveaxis(values, 2, 0).reshape(values.shape), PlanarConfiguration=1)
    assert np.array_equal(square(planes), of_png(values, bits=8))
    numbers = drawn(255, kind="u1")
    tables = {}
    for place, color in enumerate(("Red", "Green", "Blue")):
        tables[f"{color}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        table = (np.arange(256, dtype=np.uint16) * (place + 1) % 256) * np.uint16(257)
        tables[f"{color}PaletteColorLookupTableData"] = table.astype("<u2").tobytes()
    found = square(dicom(numbers, colors="PALETTE COLOR", **tables))
    assert np.array_equal(found, of_png(np.dstack([numbers * np.uint8(by) for by in (1, 2, 3)]), bits=8))


@pytest.mark.parametrize(("resize", "narrow"), [("pad", True), ("crop", True), ("stretch", False)])
def test_pixels_that_are_not_square_keep_their_shape_but_where_all_is_stretched(
    resize: str, narrow: bool
) -> None:
    values = drawn(4095)
    plain = square(dicom(values, bits=12), resize=resize)
    high = square(dicom(values, bits=12, PixelSpacing=["0.2", "0.1"]), resize=resize)
    assert np.array_equal(plain, high) != narrow
    if resize == "pad":
        rows = [int((one.max(axis=1) > 0).sum()) for one in (plain, high)]
        assert rows == [19, 32]


def test_a_file_without_a_preamble_is_read() -> None:
    values = drawn(4095)
    for syntax in (ImplicitVRLittleEndian, ExplicitVRLittleEndian):
        assert np.array_equal(square(dicom(values, syntax=syntax, bits=12, preamble=False)), of_png(values))


REFUSED = {
    "frames": ({"NumberOfFrames": 2}, "DICOM of 2 frames, and which of them counts is not known"),
    "no frame": ({"NumberOfFrames": 0}, "DICOM of 0 frames"),
    "hue": ({"PhotometricInterpretation": "HSV"}, "photometric interpretation: HSV"),
    "unknown": ({"PhotometricInterpretation": None}, "photometric interpretation: none given"),
    "no size": ({"Rows": 0}, "DICOM of no size"),
    "bomb": ({"Rows": 60000, "Columns": 60000}, "decompression bomb"),
    "not all": ({"Rows": 48}, "not all of its pixels"),
    "bits": ({"BitsStored": 17}, "stores 17 bits"),
    "one bit": ({"BitsAllocated": 1, "BitsStored": 1, "HighBit": 0}, "DICOM of 1 bits a value"),
    "samples": ({"SamplesPerPixel": 4}, "with 4 values a pixel"),
    "slope": ({"RescaleSlope": "0"}, "multiplied by 0"),
    "kind": ({"WindowCenter": "9", "WindowWidth": "9", "VOILUTFunction": "CUBIC"}, "(CUBIC)"),
    "dose": ({"SOPClassUID": UID("1.2.840.10008.5.1.4.1.1.481.2")}, "no picture (RT Dose Storage)"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_read_has_a_reason(name: str) -> None:
    elements, reason = REFUSED[name]
    made = dicom(drawn(4095), **elements)
    assert reason in refused(made)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("4.57", "(JPEG Lossless, 1.2.840.10008.1.2.4.57)"),
        ("4.70", "make it plain: gdcmconv --raw IN OUT, or dcmdjpeg IN OUT"),
        ("4.80", "make it plain: gdcmconv --raw IN OUT, or dcmdjpls IN OUT"),
        ("4.102", "MPEG"),
    ],
)
def test_compressions_that_are_not_read_are_named_with_what_undoes_them(number: str, reason: str) -> None:
    made = dicom(drawn(255, kind="u1"), syntax=UID(f"1.2.840.10008.1.2.{number}"), frame=b"\0" * 8)
    assert reason in refused(made)


def test_a_file_without_an_image_says_what_it_is() -> None:
    about = {"SOPClassUID": UID("1.2.840.10008.5.1.4.1.1.88.11"), "Rows": None, "Columns": None}
    made = dicom(drawn(255), **about)
    cut = made[: made.index(b"\xe0\x7f\x10\x00")]
    assert refused(cut) == "DICOM without an image (Basic Text SR Storage)"


def test_a_deflated_bomb_and_endless_elements_cost_little() -> None:
    import zlib

    made = dicom(drawn(255), syntax=PLAIN[3])
    start = made.index(b"1.2.840.10008.1.2.1.99") + 22
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = b"".join([*(packing.compress(bytes(2**24)) for _ in range(20)), packing.flush()])
    assert "deflated DICOM of more than 272 MiB" in refused(made[:start] + bomb)
    head = dicom(drawn(255), preamble=False)
    head = head[: head.index(b"\xe0\x7f\x10\x00")]
    items = b"\x40\x00\x75\x02SQ\0\0" + b"\xff" * 4 + b"\xfe\xff\x00\xe0\0\0\0\0" * 200_000
    assert "too many elements" in refused(b"\0" * 128 + b"DICM" + head + items)
    deep = (b"\x40\x00\x75\x02SQ\0\0" + b"\xff" * 4 + b"\xfe\xff\x00\xe0" + b"\xff" * 4) * 20_000
    assert "damaged or cut off" in refused(b"\0" * 128 + b"DICM" + head + deep)


def test_an_rle_bomb_is_cut_where_the_image_ends() -> None:
    frame = np.zeros(16, "<u4")
    frame[:3] = 2, 64, 64 + 2**20
    runs = b"\x81\xff" * 2**19
    made = dicom(drawn(255), syntax=RLELossless, frame=frame.tobytes() + runs + runs)
    assert not square(made).any()


def test_two_frames_are_refused_even_where_the_header_says_one() -> None:
    values = drawn(255, kind="u1")
    frames = [saved(values, "JPEG"), saved(values, "JPEG")]
    made = pydicom.dcmread(io.BytesIO(dicom(values, syntax=JPEGBaseline8Bit)))
    made.PixelData = encapsulate(frames)
    file = io.BytesIO()
    made.save_as(file)
    assert "says where 2 begin" in refused(file.getvalue())


def local(name: str) -> Path:
    """Return one of the files that come with pydicom; asked for by its functions, it could be downloaded."""
    return Path(pydicom.data.__file__).parent / "test_files" / name


@pytest.mark.parametrize(
    "name",
    ["CT_small.dcm", "MR_small.dcm", "MR_small_RLE.dcm", "MR_small_bigendian.dcm", "MR_small_implicit.dcm",
     "MR_small_jp2klossless.dcm", "693_J2KI.dcm", "J2K_pixelrep_mismatch.dcm", "image_dfl.dcm"],
)  # fmt: skip
def test_real_grays_are_those_that_pydicom_computes(name: str) -> None:
    file = pydicom.dcmread(local(name))
    values = apply_modality_lut(file.pixel_array, file).astype(np.float64)
    if "WindowWidth" in file:
        shown = apply_voi_lut(values, file).astype(np.float64)
        signed, bits = bool(file.PixelRepresentation), int(file.BitsStored)
        ends = np.array([-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] if signed else [0, 2**bits - 1])
        low, high = ends * float(file.get("RescaleSlope", 1)) + float(file.get("RescaleIntercept", 0))
        grays = (shown - low) / (high - low)
    elif file.BitsStored <= 8:
        grays = values / 255
    else:
        grays = (values - values.min()) / (values.max() - values.min())
    picture = Image.fromarray((grays * 255).astype(np.float32))
    expected = np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BILINEAR))
    assert abs(square(local(name).read_bytes()) - expected).max() < 1


@pytest.mark.parametrize(
    "name",
    ["SC_rgb_jpeg.dcm", "SC_jpeg_no_color_transform.dcm", "SC_rgb_jpeg_app14_dcmd.dcm", "SC_rgb_rle.dcm",
     "SC_rgb_jpeg_dcmtk.dcm", "SC_rgb_dcmtk_+eb+cy+n2.dcm", "SC_rgb_small_odd_big_endian.dcm",
     "SC_ybr_full_422_uncompressed.dcm", "examples_jpeg2k.dcm", "examples_rgb_color.dcm"],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_real_colors_are_those_that_pydicom_computes(name: str) -> None:
    expected = square(saved_png(Image.fromarray(pydicom.dcmread(local(name)).pixel_array)))
    assert abs(square(local(name).read_bytes()) - expected).max() <= 1


def test_an_item_of_a_sequence_is_no_image() -> None:
    icon = Dataset()
    icon.Rows = icon.Columns = 4
    values = drawn(4095)
    made = dicom(values, bits=12, IconImageSequence=Sequence([icon]))
    assert np.array_equal(square(made), of_png(values))


def test_big_endian_bytes_in_words_are_put_in_order() -> None:
    values = drawn(255, kind="u1")
    made = pydicom.dcmread(io.BytesIO(dicom(values, syntax=ExplicitVRBigEndian)))
    made["PixelData"].VR = "OW"
    made.PixelData = values.reshape(-1, 2)[:, ::-1].tobytes()
    file = io.BytesIO()
    made.save_as(file)
    assert np.array_equal(square(file.getvalue()), of_png(values, bits=8))


def test_a_box_without_a_length_before_a_jpeg_2000_is_no_endless_loop() -> None:
    frame = b"\x00\x00\x00\x0cjP  \r\n\x87\n" + b"\0" * 64
    made = dicom(drawn(255), syntax=JPEG2000Lossless, frame=frame)
    assert "JPEG 2000 of 0 bits" in refused(made)
