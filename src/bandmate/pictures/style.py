"""How every picture looks: colours, type and the small acts of drawing that they share.

Pictures are drawn with Pillow and its built-in scalable font, so that they look alike on every machine.
"""

from __future__ import annotations

import colorsys
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from bandmate.io.atomic import write_bytes_atomic
from bandmate.score.model import Track

Colour = tuple[int, int, int]

BACKGROUND: Colour = (19, 21, 28)
PANEL: Colour = (26, 29, 38)
PANEL_DARK: Colour = (22, 25, 33)  # rows of black keys
LINE: Colour = (38, 42, 54)
LINE_STRONG: Colour = (66, 72, 90)
TEXT: Colour = (232, 235, 242)
TEXT_MUTED: Colour = (142, 150, 168)
TEXT_FAINT: Colour = (98, 106, 124)

ROLE_COLOURS: dict[str, Colour] = {
    "drums": (255, 107, 107),
    "perc": (255, 152, 112),
    "bass": (255, 200, 87),
    "chords": (91, 180, 245),
    "melody": (116, 224, 148),
    "lead": (190, 232, 112),
    "pad": (163, 145, 246),
    "arp": (240, 130, 205),
    "strings": (98, 212, 200),
    "brass": (242, 160, 92),
    "vox": (246, 168, 240),
    "fx": (160, 172, 190),
}
SECTION_COLOURS: tuple[Colour, ...] = (
    (70, 96, 150), (116, 82, 150), (64, 124, 116), (150, 96, 72), (128, 72, 104), (92, 116, 72), (84, 88, 116),
)  # fmt: skip

# General MIDI programs by family of eight, as the role they most often play
_FAMILY_ROLES = (
    "chords", "arp", "chords", "chords", "bass", "strings", "strings", "brass",
    "lead", "lead", "lead", "pad", "fx", "arp", "perc", "fx",
)  # fmt: skip


def role_of(track: Track) -> str:
    """The role a track is coloured by: its own, or the usual one of its instrument."""
    if track.role in ROLE_COLOURS:
        return track.role
    return "drums" if track.is_drum else _FAMILY_ROLES[min(track.program, 127) // 8]


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """A colour between two; share 0 gives the first, 1 the second."""
    return tuple(round(a + (b - a) * share) for a, b in zip(first, second, strict=True))  # type: ignore[return-value]


def track_colours(tracks: Sequence[Track]) -> list[Colour]:
    """A colour a track: that of its role, turned a little for each further track of the same role."""
    seen: Counter[str] = Counter()
    colours = []
    for track in tracks:
        role = role_of(track)
        colours.append(_turned(ROLE_COLOURS[role], (0, 1, -1, 2, -2)[seen[role] % 5] * 0.045))
        seen[role] += 1
    return colours


def _turned(colour: Colour, turn: float) -> Colour:
    hue, light, strength = colorsys.rgb_to_hls(*(part / 255 for part in colour))
    return tuple(round(part * 255) for part in colorsys.hls_to_rgb((hue + turn) % 1, light, strength))  # type: ignore[return-value]


@cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font at a size in pixels; it exists wherever Pillow does."""
    return ImageFont.load_default(size)


def clean_text(text: str) -> str:
    """What the font can draw of a text: one line, without control signs or scripts it has no letters for."""
    text = text.replace("♯", "#").replace("♭", "b")
    shown = "".join(sign if sign.isprintable() and ord(sign) < 0x180 else " " for sign in text)
    return " ".join(shown.split())


def fit_text(text: str, size: int, width_px: float) -> str:
    """The text, cut with an ellipsis so that it fits a width."""
    text, face = clean_text(text), font(size)
    if face.getlength(text) <= width_px:
        return text
    while text and face.getlength(text + "...") > width_px:
        text = text[:-1]
    return text.rstrip() + "..." if text else ""


def write_text(
    draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, size: int, colour: Colour = TEXT, anchor: str = "la"
) -> None:
    """Draw one line of text; the anchor is Pillow's."""
    face = font(size)
    if isinstance(face, ImageFont.FreeTypeFont):
        draw.text(at, text, font=face, fill=colour, anchor=anchor)
    else:  # a Pillow built without FreeType has one bitmap font and no anchors
        draw.text((at[0], at[1] - (6 if anchor[1] == "m" else 0)), text, font=face, fill=colour)


def new_picture(width_px: int, height_px: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """An empty page in the house colour."""
    image = Image.new("RGB", (width_px, height_px), BACKGROUND)
    return image, ImageDraw.Draw(image)


def png_bytes(image: Image.Image) -> bytes:
    """The picture as the bytes of a PNG file."""
    buffer = BytesIO()
    image.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def save_png(image: Image.Image, path: str | Path) -> Path:
    """Write a PNG whole or not at all.

    Raises:
        OutputError: the place cannot be written to; the message names it.
    """
    return write_bytes_atomic(path, png_bytes(image))


def label_every(spacing_px: float, room_px: float, steps: Iterable[int] = (1, 2, 4, 8, 16, 32, 64, 128, 256)) -> int:
    """Every how many bars a label is drawn, so that labels have some room."""
    last = 1
    for last in steps:
        if spacing_px * last >= room_px:
            break
    return last
