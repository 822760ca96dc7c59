"""MEI's words and MusicXML's: note values, accidentals, signs; what is not held, and what it is called in a report."""

from __future__ import annotations

from fractions import Fraction

XML_ID = "{http://www.w3.org/XML/1998/namespace}id"

TYPES = {
    "maxima": "maxima", "long": "long", "longa": "long", "breve": "breve", "brevis": "breve", "1": "whole",
    "semibrevis": "whole", "2": "half", "minima": "half", "4": "quarter", "semiminima": "quarter", "8": "eighth",
    "fusa": "eighth", "16": "16th", "semifusa": "16th", "32": "32nd", "64": "64th", "128": "128th", "256": "256th",
    "512": "512th", "1024": "1024th",
}  # fmt: skip
_ORDER = ("maxima", "long", "breve", "whole", "half", "quarter", "eighth", "16th", "32nd", "64th", "128th", "256th",
          "512th", "1024th")  # fmt: skip
QUARTERS = {name: Fraction(32) / 2**place for place, name in enumerate(_ORDER)}
"""How long each of MusicXML's note values lasts."""

ALTERS = {
    "n": 0, "s": 1, "ns": 1, "f": -1, "nf": -1, "ss": 2, "x": 2, "ff": -2, "xs": 3, "sx": 3, "ts": 3, "tf": -3,
    "su": 1.5, "sd": 0.5, "fu": -0.5, "fd": -1.5, "nu": 0.5, "nd": -0.5, "1qs": 0.5, "3qs": 1.5, "1qf": -0.5,
    "3qf": -1.5,
}  # fmt: skip

ARTICULATIONS = {
    "acc": "accent", "stacc": "staccato", "ten": "tenuto", "stacciss": "staccatissimo", "marc": "strong-accent",
    "spicc": "spiccato", "stress": "stress", "ten-stacc": "detached-legato", "dnbow": "down-bow", "upbow": "up-bow",
    "harm": "harmonic", "snap": "snap-pizzicato", "open": "open-string", "stop": "stopped",
}  # fmt: skip
TECHNICAL = ("down-bow", "up-bow", "harmonic", "snap-pizzicato", "open-string", "stopped")
HEADS = {"x": "x", "+": "x", "diamond": "diamond", "filldiamond": "diamond", "slash": "slash"}

SIGNS = {
    "trill": ("ornaments", "trill-mark"), "mordent": ("ornaments", "inverted-mordent"),
    "mordent/lower": ("ornaments", "mordent"), "turn": ("ornaments", "turn"),
    "turn/lower": ("ornaments", "inverted-turn"), "fermata": ("", "fermata"), "arpeg": ("", "arpeggiate"),
    "breath": ("articulations", "breath-mark"), "caesura": ("articulations", "caesura"),
}  # fmt: skip
"""Control events that are signs on a note, with their form; where MusicXML has them."""

BARLINES = {
    "dbl": "light-light", "end": "light-heavy", "dashed": "dashed", "dotted": "dotted", "invis": "none",
    "heavy": "heavy", "single": "",
}  # fmt: skip
JUMPS = {"daCapo": ("dacapo", "yes"), "dalSegno": ("dalsegno", "segno"), "fine": ("fine", "yes")}
CREATORS = ("composer", "lyricist", "librettist", "arranger", "poet", "translator")

TRANSPARENT = (
    "add", "corr", "damage", "expan", "abbr", "lem", "orig", "rdg", "reg", "restore", "sic", "supplied", "unclear",
)  # fmt: skip
"""Editors' marks around music, which is read as if they were not there."""
CHOICES = ("app", "choice", "subst")
SKIPPED = ("del", "annot", "sb", "pb", "cb", "ossia", "pgHead", "pgFoot", "expansion", "extData")

LEFT_OUT = {
    "beam": "beams", "beamSpan": "beams", "annot": "notes of editors", "del": "deletions", "ossia": "ossias",
    "expansion": "", "app": "other readings of editors",
    "choice": "other readings of editors", "subst": "other readings of editors", "sb": "page layout",
    "pb": "page layout", "cb": "page layout", "pgHead": "page layout", "pgFoot": "page layout", "gliss": "glissandi",
    "lv": "ties into the open", "fing": "fingerings", "fingGrp": "fingerings", "bracketSpan": "brackets over music",
    "line": "lines", "ornam": "ornaments in letters", "mNum": "", "fb": "figured bass", "phrase": "phrases",
    "fTrem": "tremolos between two notes", "beatRpt": "signs that repeat beats",
    "halfmRpt": "signs that repeat beats", "mRpt": "signs that repeat bars", "mRpt2": "signs that repeat bars",
    "multiRpt": "signs that repeat bars", "barLine": "bar lines within bars", "tupletSpan": "tuplets without a bracket",
    "extData": "", "symbol": "symbols", "ambNote": "", "keyAccid": "",
}  # fmt: skip
"""Elements that a Score does not hold, as a report says it; "" = told by what is held already."""
