"""Decorations and chord symbols of ABC, and what they are called here."""

from __future__ import annotations

import re
from typing import NamedTuple

from bandmate.score.chord_names import CHORD_KINDS_SAID
from bandmate.score.notation import ChordSymbol

SHORT = {
    ".": "staccato", "~": "roll", "H": "fermata", "L": "accent", "M": "lowermordent", "O": "coda", "P": "uppermordent",
    "S": "segno", "T": "trill", "u": "upbow", "v": "downbow",
}  # fmt: skip
"""Letters that stand for decorations."""
SIGN_OF = {
    "staccato": "staccato", "wedge": "staccatissimo", "tenuto": "tenuto", "accent": "accent", ">": "accent",
    "emphasis": "accent", "marcato": "marcato", "^": "marcato", "fermata": "fermata", "invertedfermata": "fermata",
    "breath": "breath", "trill": "trill", "mordent": "mordent", "lowermordent": "mordent",
    "uppermordent": "inverted-mordent", "pralltriller": "inverted-mordent", "turn": "turn", "roll": "turn",
    "invertedturn": "inverted-turn", "arpeggio": "arpeggio", "upbow": "up-bow", "downbow": "down-bow",
    "open": "open-string", "plus": "stopped", "+": "stopped", "snap": "snap-pizzicato",
}  # fmt: skip
"""Decorations that are signs on a note (`score.notation.SIGNS`)."""
ABC_OF = {sign: name for name, sign in reversed(SIGN_OF.items())}
LEVELS = {
    "pppp": 20, "ppp": 30, "pp": 45, "p": 60, "mp": 75, "mf": 90, "f": 105, "ff": 120, "fff": 127, "ffff": 127,
    "sfz": 115, "sf": 115, "fp": 60, "fz": 115, "sffz": 120, "rf": 110, "rfz": 110, "sfp": 60, "sfpp": 45, "sfzp": 60,
    "pf": 105,
}  # fmt: skip
"""Velocities of dynamics, as abc2midi's guide gives them."""
SPANS = {
    "crescendo(": ("crescendo", True), "<(": ("crescendo", True), "crescendo)": ("crescendo", False),
    "<)": ("crescendo", False), "diminuendo(": ("diminuendo", True), ">(": ("diminuendo", True),
    "diminuendo)": ("diminuendo", False), ">)": ("diminuendo", False), "8va(": ("8va", True), "8va)": ("8va", False),
    "8vb(": ("8vb", True), "8vb)": ("8vb", False),
}  # fmt: skip
SPAN_NAMES = {"crescendo": "<", "diminuendo": ">", "8va": "8va", "8vb": "8vb"}
"""What `(` and `)` follow where such a sign opens and closes."""
JUMPS = {
    "segno": "segno", "coda": "coda", "fine": "fine", "D.C.": "da-capo", "dacapo": "da-capo", "D.S.": "dal-segno",
    "dacoda": "to-coda",
}  # fmt: skip

_CHORD = re.compile(r"([A-G])([#b♯♭]?)([^/()\s]*)(?:/([A-Ga-g][#b♯♭+]?))?")
_SIGNS = str.maketrans({"♯": "#", "♭": "b", "+": "#"})


class Said(NamedTuple):
    """A text over the music: a chord symbol, or words."""

    chord: ChordSymbol | None
    words: str


def read_text(text: str) -> Said:
    """What stands in quotes over a note: `Am7/E` is a chord, `^slowly` or anything else are words."""
    text = text.strip()
    if text[:1] in ("^", "_", "<", ">", "@"):
        return Said(None, re.sub(r"^@[-\d.,\s]*", "", text) if text[0] == "@" else text[1:])
    if text in ("N.C.", "NC", "n.c."):
        return Said(ChordSymbol(0, "", "none"), "")
    match = _CHORD.fullmatch(text)
    kind = CHORD_KINDS_SAID.get(match[3]) if match else None
    if match is None or kind is None:
        return Said(None, text)
    bass = (match[4] or "").translate(_SIGNS)
    return Said(ChordSymbol(0, match[1] + match[2].translate(_SIGNS), kind, bass[:1].upper() + bass[1:]), "")
