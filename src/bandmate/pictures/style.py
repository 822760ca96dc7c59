"""How every picture looks: its colours and its type.

The ground is light and the colours tell apart for colour-blind eyes, too (after Okabe and Ito, 2008). Letters are laid
out with Pillow's built-in scalable font, so that pictures look alike on every machine.
"""

from __future__ import annotations

import colorsys
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

from PIL import ImageFont

from bandmate.score.model import Track

Colour = tuple[int, int, int]

BACKGROUND: Colour = (255, 255, 255)
PANEL: Colour = (246, 247, 250)
PANEL_DARK: Colour = (236, 238, 243)  # rows of black keys
LINE: Colour = (221, 224, 232)
LINE_STRONG: Colour = (176, 182, 196)
TEXT: Colour = (24, 28, 38)
TEXT_MUTED: Colour = (78, 86, 104)
TEXT_FAINT: Colour = (108, 116, 134)
SECTION_LINE: Colour = (222, 110, 20)  # over the blue of likeness

ROLE_COLOURS: dict[str, Colour] = {
    "drums": (213, 94, 0),
    "perc": (181, 118, 20),
    "bass": (0, 114, 178),
    "chords": (46, 153, 214),
    "melody": (0, 148, 108),
    "lead": (96, 146, 0),
    "pad": (152, 96, 190),
    "arp": (204, 90, 150),
    "strings": (0, 140, 150),
    "brass": (190, 138, 0),
    "vox": (150, 40, 90),
    "fx": (110, 118, 132),
}
SECTION_COLOURS: tuple[Colour, ...] = (
    (190, 212, 240), (226, 204, 236), (194, 228, 214), (250, 222, 184), (246, 206, 214), (222, 230, 178),
    (212, 214, 224),
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


def label_every(spacing_px: float, room_px: float, steps: Iterable[int] = (1, 2, 4, 8, 16, 32, 64, 128, 256)) -> int:
    """Every how many bars a label is drawn, so that labels have some room."""
    last = 1
    for last in steps:
        if spacing_px * last >= room_px:
            break
    return last
