"""MusicXML's words and ours: note values, signs, dynamics; what is not held, and what it is called in a report."""

from __future__ import annotations

TYPES = {
    "maxima": -3, "long": -2, "breve": -1, "whole": 0, "half": 1, "quarter": 2, "eighth": 3, "16th": 4, "32nd": 5,
    "64th": 6, "128th": 7, "256th": 8, "512th": 9, "1024th": 10,
}  # fmt: skip
TYPE_NAMES = {value: name for name, value in TYPES.items()}

ARTICULATIONS = {
    "staccato": "staccato", "staccatissimo": "staccatissimo", "spiccato": "spiccato", "tenuto": "tenuto",
    "detached-legato": "portato", "accent": "accent", "strong-accent": "marcato", "stress": "stress",
    "breath-mark": "breath", "caesura": "caesura",
}  # fmt: skip
ORNAMENTS = {
    "trill-mark": "trill", "mordent": "mordent", "inverted-mordent": "inverted-mordent", "turn": "turn",
    "inverted-turn": "inverted-turn", "tremolo": "tremolo",
}  # fmt: skip
TECHNICAL = {
    "up-bow": "up-bow", "down-bow": "down-bow", "harmonic": "harmonic", "open-string": "open-string",
    "stopped": "stopped", "snap-pizzicato": "snap-pizzicato",
}  # fmt: skip
SIGN_PLACES = {"articulations": ARTICULATIONS, "ornaments": ORNAMENTS, "technical": TECHNICAL}
HEADS = {"x": "cross-head", "diamond": "diamond-head", "slash": "slash-head"}
HEAD_NAMES = {sign: name for name, sign in HEADS.items()}

LEVELS = {
    "pppppp": 4, "ppppp": 6, "pppp": 8, "ppp": 16, "pp": 32, "p": 48, "mp": 64, "mf": 80, "f": 96, "ff": 112,
    "fff": 120, "ffff": 124, "fffff": 126, "ffffff": 127,
}  # fmt: skip
"""Velocity of each dynamic level: 16 steps apart from ppp to ff, mf at the house's own default."""
SUDDEN = {
    "sf": 112, "sfz": 112, "sffz": 120, "fz": 112, "rf": 104, "rfz": 104, "sfzp": 112, "fp": 96, "sfp": 112,
    "sfpp": 112, "pf": 48,
}  # fmt: skip
"""Velocity of marks of one moment."""
AFTERWARDS = {"fp": "p", "sfp": "p", "sfpp": "pp", "pf": "f", "sfzp": "p"}
"""The level that such a mark leads to."""
STRESSED = {"accent": 12, "marcato": 20, "stress": 8}
"""What a sign adds to the velocity of its note."""
DEFAULT_VELOCITY = 80
FORTE = 90  # MusicXML's 100 per cent

JUMP_ATTRIBUTES = {
    "dacapo": "da-capo", "dalsegno": "dal-segno", "tocoda": "to-coda", "fine": "fine", "segno": "segno", "coda": "coda",
}  # fmt: skip
AT_START = ("segno", "coda")

CREATORS = ("composer", "lyricist", "poet", "arranger", "translator")

LOOKS = {
    "print": "page layout", "defaults": "page layout", "credit": "page layout", "appearance": "page layout",
    "stem": "stems", "beam": "beams", "accidental": "", "part-symbol": "braces", "instruments": "",
    "footnote": "editorial marks", "level": "editorial marks", "bookmark": "links", "link": "links",
    "grouping": "grouping of analysis", "staff-details": "lines and tunings of staves", "part-group": "braces",
    "notehead-text": "texts in note heads", "listen": "listening hints", "listening": "listening hints",
    "play": "hints for players",
    "measure-style": "bar signs (multiple rests, slashes, bar repeats)", "figured-bass": "figured bass",
    "for-part": "keys of concert scores", "directive": "", "interchangeable": "alternative meters",
    "part-link": "links", "group": "", "player": "players", "elision": "",
}  # fmt: skip
"""Elements that a Score does not hold, as a report says it; "" = told by what is held already."""

# Where a drum without a MIDI key stands on a staff of five lines, by common drum-set notation (treble places).
DRUM_PLACES = {
    "D4": 44, "E4": 35, "F4": 36, "G4": 41, "A4": 43, "B4": 45, "C5": 38, "D5": 47, "E5": 48, "F5": 51, "G5": 42,
    "A5": 49, "B5": 57, "C6": 52,
}  # fmt: skip
OTHER_DRUM = 38
