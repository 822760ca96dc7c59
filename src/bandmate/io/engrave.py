"""Music engraved as SVG, PNG or PDF: MusicXML of ours, set by Verovio, painted by resvg or Typst (extra `[scores]`).

This is the one place that imports any of them. In PNG and PDF, text is set in the font that comes with Pillow, so that
pages look alike on every machine. A PDF is drawn in lines and letters, not in dots.
"""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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
_SCALE, _ZOOM = 40, 1.6
_FACE = "Aileron"  # of the font that comes with Pillow
_MUSIC_LETTER = re.compile(r'<tspan font-family="Leipzig" font-size="(\d+)px">(.)</tspan>')
_PLAIN_LETTERS = {0xEA64: "b", 0xEA65: "", 0xEA66: "#", 0xED60: "b", 0xED61: "", 0xED62: "#", 0xE260: "b", 0xE262: "#"}


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


def _png(svg: str) -> bytes:
    try:
        import resvg_py
    except ImportError as error:
        raise MissingExtra("scores", "engraving as PNG") from error
    with _place_with_font() as place:
        return bytes(
            resvg_py.svg_to_bytes(
                svg_string=_paintable(svg), background="white", skip_system_fonts=True,
                font_files=[str(place / "text.ttf")], serif_family=_FACE, font_family=_FACE, zoom=_ZOOM,
            )
        )  # fmt: skip


def _pdf(pages: list[str]) -> bytes:
    """Pages of SVG as A4 pages; without a date, so that the same music gives the same bytes."""
    try:
        import typst
    except ImportError as error:
        raise MissingExtra("scores", "engraving as PDF") from error
    with _place_with_font() as place:
        for number, page in enumerate(pages):
            (place / f"{number}.svg").write_text(_paintable(page), encoding="utf-8")
        images = "#pagebreak()\n".join(f'#image("{number}.svg", width: 100%)\n' for number in range(len(pages)))
        text = f'#set document(date: none)\n#set page("a4", margin: 0mm)\n{images}'
        (place / "pages.typ").write_text(text, encoding="utf-8")
        return typst.compile(str(place / "pages.typ"), font_paths=[str(place)], ignore_system_fonts=True)


def _paintable(svg: str) -> str:
    """Verovio's SVG without what painters stumble over: flats and sharps of a music font within words become letters.

    Subtle: a line whose outermost letters have no size loses its place, and that is how Verovio writes headings.
    """

    def plain(found: re.Match[str]) -> str:
        letter = _PLAIN_LETTERS.get(ord(found[2]))
        return found[0] if letter is None else f'<tspan font-size="{int(found[1]) * 9 // 16}px">{letter}</tspan>'

    return _MUSIC_LETTER.sub(plain, svg).replace(_NOTHING, _SMALL).replace("Times, serif", _FACE)


@contextmanager
def _place_with_font() -> Iterator[Path]:
    """A folder for a while, with the text font in it."""
    with tempfile.TemporaryDirectory(prefix="bandmate-font-") as place:
        (Path(place) / "text.ttf").write_bytes(_font())
        yield Path(place)


def _font() -> bytes:
    from PIL import ImageFont

    face = ImageFont.load_default(20)
    if not isinstance(face, ImageFont.FreeTypeFont) or not isinstance(face.path, io.BytesIO):
        raise OutputError("this Pillow has no font of its own to write text with; engrave as .svg, or update Pillow")
    return face.path.getvalue()
