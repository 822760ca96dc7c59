"""Music engraved as SVG, PNG or PDF: MusicXML of ours, set by Verovio and painted by resvg (extra `[scores]`).

This is the one place that imports either. Text is set in the font that comes with Pillow, so that pages look alike on
every machine; PDF pages are pictures of 200 dots an inch.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

from bandmate.errors import FileFormatError, MissingExtra, OutputError
from bandmate.io.atomic import write_bytes_atomic
from bandmate.io.engravable import engravable
from bandmate.io.musicxml_write import musicxml_bytes
from bandmate.score.legible import legible
from bandmate.score.model import Score

SUFFIXES = (".svg", ".png", ".pdf")
_TALLEST = 60_000  # hundredths of a millimetre, as Verovio counts; the tallest page that it sets
_NOTHING, _SMALL = '<text font-size="0px">', '<text font-size="1px">'
_A4 = {"pageWidth": 2100, "pageHeight": 2970}
_SCALE, _PDF_DPI = 40, 200
_SCREEN_DPI = 25.4 * _SCALE / 10  # px an inch of what Verovio draws at this scale


def engrave(score: Score, *, tall: bool = True, first_bar: int = 1) -> list[str]:
    """A score as pages of SVG.

    Played notes are written to the next note or beat (see `score.legible`).

    Args:
        score: at least one track.
        tall: one page as tall as it takes; else A4 pages.
        first_bar: the number that the first bar carries.

    Raises:
        MissingExtra: Verovio is not installed. FileFormatError: it cannot set this score.
    """
    toolkit = _toolkit()
    size = {**_A4, "pageHeight": _TALLEST} if tall else _A4
    toolkit.setOptions({**size, "scale": _SCALE, "adjustPageHeight": tall, "footer": "none", "breaks": "auto"})
    if not toolkit.loadData(engravable(musicxml_bytes(legible(score)), first_bar).decode("utf-8")):
        raise FileFormatError("this score cannot be engraved; choose fewer bars or tracks")
    return [toolkit.renderToSVG(page + 1) for page in range(toolkit.getPageCount())]


def check_engraving(path: str | Path) -> Path:
    """The path, if its suffix names a format of engraving.

    Raises:
        OutputError: it does not.
    """
    if Path(path).suffix.lower() not in SUFFIXES:
        raise OutputError(
            f"{path}: '{Path(path).suffix}' is no format of engraving; end the name in {', '.join(SUFFIXES)}"
        )
    return Path(path)


def write_engraving(score: Score, path: str | Path, first_bar: int = 1) -> Path:
    """Engrave a score into a file: PDF in A4 pages; SVG and PNG as one tall page.

    Raises:
        OutputError: the suffix is none of SUFFIXES, the music is taller than one page can be, or the place cannot be
        written. MissingExtra, FileFormatError: as of `engrave`.
    """
    suffix = check_engraving(path).suffix.lower()
    pages = engrave(score, tall=suffix != ".pdf", first_bar=first_bar)
    if suffix == ".pdf":
        return write_bytes_atomic(path, _pdf(pages))
    if len(pages) > 1:
        raise OutputError(
            f"{path}: the music is too tall for one picture; choose fewer bars or tracks, or end it in .pdf"
        )
    return write_bytes_atomic(path, pages[0].encode("utf-8") if suffix == ".svg" else _png(pages[0]))


def _toolkit() -> Any:
    try:
        import verovio
    except ImportError as error:
        raise MissingExtra("scores", "engraving") from error
    verovio.enableLog(verovio.LOG_OFF)
    return verovio.toolkit()


def _png(svg: str, zoom: float = 1.6) -> bytes:
    # subtle: resvg loses the place of a line whose outermost letters have no size, which is how Verovio writes headings
    try:
        import resvg_py
    except ImportError as error:
        raise MissingExtra("scores", "engraving as PNG or PDF") from error
    with tempfile.TemporaryDirectory(prefix="bandmate-font-") as place:
        font = Path(place) / "text.ttf"
        font.write_bytes(_font())
        return bytes(
            resvg_py.svg_to_bytes(
                svg_string=svg.replace(_NOTHING, _SMALL), background="white", skip_system_fonts=True,
                font_files=[str(font)], serif_family="Aileron", font_family="Aileron", zoom=zoom,
            )
        )  # fmt: skip


def _font() -> bytes:
    from PIL import ImageFont

    face = ImageFont.load_default(20)
    if not isinstance(face, ImageFont.FreeTypeFont) or not isinstance(face.path, io.BytesIO):
        raise OutputError("this Pillow has no font of its own to write text with; engrave as .svg, or update Pillow")
    return face.path.getvalue()


def _pdf(pages: list[str]) -> bytes:
    from PIL import Image

    images = [Image.open(io.BytesIO(_png(page, _PDF_DPI / _SCREEN_DPI))).convert("L") for page in pages]
    buffer = io.BytesIO()
    images[0].save(buffer, "PDF", resolution=_PDF_DPI, save_all=True, append_images=images[1:])
    return buffer.getvalue()
