"""How the values of a TIFF file lie in it, as its tags say."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from .limits import LONGEST_SIDE, require_affordable, require_few_bytes
from .reasons import UndecodableError
from .tiff_tags import Tag, TiffTags

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR = 0, 1, 2, 3, 5, 6
NOT_COMPRESSED, JPEG = 1, 7
_UNSIGNED, _SIGNED, _FLOAT, _ANYTHING = 1, 2, 3, 4
_KINDS = {_UNSIGNED: "u", _SIGNED: "i", _FLOAT: "f", _ANYTHING: "u"}


@dataclass(frozen=True)
class TiffLayout:
    """Where the values are, and what they are.

    Attributes:
        height: Rows.
        width: Columns.
        samples: Channels, of colors and others.
        bits: Of each value.
        kind: `u` unsigned integers, `i` signed ones, `f` floats.
        order: Of the bytes of a value, `<` or `>`.
        planar: Whether each channel lies apart.
        photometric: What the colors are.
        tiled: Whether the pieces are tiles, which are whole at the edges too, and not strips.
        piece_height: Rows of a piece.
        piece_width: Columns of a piece.
        compression: Its number.
        predictor: 1 none, 2 differences of values, 3 differences of the bytes of floats.
        shared_color: Whether several pixels share one color, where colors are YCbCr.
        low_bit_first: Whether the first bit of a byte is its lowest.
        offsets: Where each piece begins.
        counts: How many bytes each piece takes.
    """

    height: int
    width: int
    samples: int
    bits: int
    kind: str
    order: str
    planar: bool
    photometric: int
    tiled: bool
    piece_height: int
    piece_width: int
    compression: int
    predictor: int
    shared_color: bool
    low_bit_first: bool
    offsets: tuple[int, ...]
    counts: tuple[int, ...]

    @property
    def fits_bytes(self) -> bool:
        """Whether the values fit a byte each, as they are."""
        return self.kind == "u" and self.bits <= 8

    @property
    def samples_of_piece(self) -> int:
        """How many channels lie in one piece."""
        return 1 if self.planar else self.samples

    @property
    def row_bytes(self) -> int:
        """How many bytes a row of a piece takes."""
        return ceil(self.piece_width * self.samples_of_piece * self.bits / 8)

    @property
    def pieces(self) -> int:
        """How many strips or tiles there have to be."""
        of_plane = ceil(self.height / self.piece_height) * ceil(self.width / self.piece_width)
        return of_plane * (self.samples if self.planar else 1)


def layout_of(tags: TiffTags) -> TiffLayout:
    """Understand the tags of a page.

    Raises:
        UndecodableError: It is damaged or too large.
    """
    height, width = tags.number(Tag.HEIGHT), tags.number(Tag.WIDTH)
    require_affordable(width, height)
    compression = tags.number(Tag.COMPRESSION, NOT_COMPRESSED)
    samples = tags.number(
        Tag.SAMPLES, 3 if compression == JPEG else max(1, len(tags.numbers(Tag.BITS, (1,))))
    )
    tiled = Tag.TILE_OFFSETS in tags
    layout = TiffLayout(
        height=height,
        width=width,
        samples=samples,
        bits=tags.same(Tag.BITS, 1),
        kind=_kind(tags.same(Tag.SAMPLE_FORMAT, _UNSIGNED)),
        order=tags.order,
        planar=tags.number(Tag.PLANAR, 1) == 2 and samples > 1,
        photometric=tags.number(Tag.PHOTOMETRIC, RGB if samples >= 3 else BLACK_IS_ZERO),
        tiled=tiled,
        piece_height=tags.number(Tag.TILE_HEIGHT)
        if tiled
        else min(height, tags.number(Tag.ROWS_OF_STRIP, height)),
        piece_width=tags.number(Tag.TILE_WIDTH) if tiled else width,
        compression=compression,
        predictor=tags.number(Tag.PREDICTOR, 1),
        shared_color=set(tags.numbers(Tag.SUBSAMPLING, (2, 2))) != {1},
        low_bit_first=tags.number(Tag.FILL_ORDER, 1) == 2,
        offsets=tags.numbers(Tag.TILE_OFFSETS if tiled else Tag.STRIP_OFFSETS, ()),
        counts=tags.numbers(Tag.TILE_BYTES if tiled else Tag.STRIP_BYTES, ()),
    )
    _require_pieces_in_reason(layout)
    return layout


def _kind(sample_format: int) -> str:
    if sample_format not in _KINDS:
        raise UndecodableError(
            f"its values are neither integers nor floats (TIFF sample format {sample_format})"
        )
    return _KINDS[sample_format]


def _require_pieces_in_reason(layout: TiffLayout) -> None:
    if not all((layout.height, layout.width, layout.piece_height, layout.piece_width, layout.samples)):
        raise UndecodableError("damaged or cut off (a TIFF of no size)")
    if max(layout.piece_height, layout.piece_width) > LONGEST_SIDE:
        raise UndecodableError(f"a tile with a side of more than {LONGEST_SIDE:,} pixels")
    require_few_bytes(layout.piece_height * layout.row_bytes)
