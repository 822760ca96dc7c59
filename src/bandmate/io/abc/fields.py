"""What the fields of an ABC tune say: keys, meters, unit lengths, tempi, properties of voices.

Source: the ABC music standard 2.1 (abcnotation.com), sections 3 and 4.6. Time is in quarter notes.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from fractions import Fraction

_FIFTHS = {"C": 0, "D": 2, "E": 4, "F": -1, "G": 1, "A": 3, "B": 5}
_MODES = {
    "": 0, "maj": 0, "ion": 0, "m": -3, "min": -3, "aeo": -3, "mix": -1, "dor": -2, "phr": -4, "lyd": 1, "loc": -5,
}  # fmt: skip
_SHARPS, _FLATS = "FCGDAEB", "BEADGCF"
_ALTER = {"^^": 2, "^": 1, "=": 0, "_": -1, "__": -2}
_TONIC = re.compile(r"(?:(HP|Hp)(?![a-z])|([A-G])(#|b)?\s*([A-Za-z]*))")
_ACCIDENTAL = re.compile(r"(\^\^|\^|=|__|_)\s*([A-Ga-g])(?![a-z])")
_PROPERTY = re.compile(r"^(clef|name|nm|subname|snm|octave|transpose|middle|m|stafflines|staff|stem)=", re.IGNORECASE)
CLEF = re.compile(r"^(treble|alto|tenor|bass|perc|none|[GCF](?=[1-5]))([1-5])?([+-]8|[+-]15)?$")
_MOST_FIFTHS = 7


class FieldError(ValueError):
    """What is wrong with a field, without its place."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A key: sharps (flats negative), whether it is minor, accidentals by letter, whether it is neither mode."""

    fifths: int = 0
    minor: bool = False
    alters: dict[str, int] = field(default_factory=dict)
    is_odd: bool = False


def parse_key(text: str) -> tuple[Signature | None, str]:
    """The key that a K: field says, None if it says none, and the properties that follow it.

    Raises:
        FieldError: there is no such mode, or more sharps or flats than seven.
    """
    text = text.strip()
    words = text.split()
    if not words or words[0].lower() == "none":
        return Signature(), text[4:]
    if _PROPERTY.match(words[0]) or CLEF.match(words[0]):
        return None, text
    match = _TONIC.match(text)
    if match is None and not _ACCIDENTAL.match(text):
        raise FieldError(f"key '{text[:24]}' is none; write it like K:G, K:Ador or K:D exp _b")
    base, rest = _tonic(match, text) if match else (Signature(), text)
    is_explicit = rest[:3].lower() == "exp"
    if is_explicit:
        base, rest = Signature(0, False, {}, True), rest[3:]
    alters = dict(base.alters)
    while found := _ACCIDENTAL.match(rest.lstrip()):
        alters[found[2].upper()] = _ALTER[found[1]]
        rest = rest.lstrip()[found.end() :]
    fifths = max(-_MOST_FIFTHS, min(sum(alters.values()), _MOST_FIFTHS)) if is_explicit else base.fifths
    return Signature(fifths, base.minor, alters, base.is_odd or alters != base.alters), rest


def _tonic(match: re.Match[str], text: str) -> tuple[Signature, str]:
    rest = text[match.end() :].strip()
    if match[1]:  # Highland pipes: HP prints no signs, both sound as D major with a natural G
        return Signature(2, False, {"F": 1, "C": 1}, match[1] == "HP"), rest
    mode = match[4]
    if _PROPERTY.match(mode + rest[:1]) or CLEF.match(mode):
        mode, rest = "", mode + rest
    if mode.lower() == "exp":
        mode, rest = "", "exp " + rest
    if not mode and (word := re.match(r"(?:maj|min|mix|dor|phr|lyd|loc|aeo|ion)[a-z]*", rest, re.IGNORECASE)):
        mode, rest = word[0], rest[word.end() :]
    short = mode.lower()[:3] if mode != "M" else ""
    if short not in _MODES:
        raise FieldError(f"key '{text[:24]}' has no known mode; write it like K:G, K:Ador or K:F#m")
    fifths = _FIFTHS[match[2]] + {"#": 7, "b": -7}.get(match[3] or "", 0) + _MODES[short]
    if abs(fifths) > _MOST_FIFTHS:
        raise FieldError(f"key '{text[:24]}' would have {abs(fifths)} signs; write one with at most seven")
    letters = _SHARPS[:fifths] if fifths > 0 else _FLATS[:-fifths]
    alters = dict.fromkeys(letters, 1 if fifths > 0 else -1)
    return Signature(fifths, _MODES[short] == _MODES["m"], alters, _MODES[short] not in (0, -3)), rest


def parse_meter(text: str) -> tuple[int, int] | None:
    """Numerator and denominator of an M: field, None for free meter; sums are added up.

    Raises:
        FieldError: it is none of 1 to 255 over a power of two up to 128.
    """
    text = re.sub(r"\s", "", text)
    if text in ("C", "c"):
        return 4, 4
    if text in ("C|", "c|"):
        return 2, 2
    if text.lower() in ("none", ""):
        return None
    match = re.fullmatch(r"\(?(\d{1,3}(?:\+\d{1,3}){0,16})\)?/(\d{1,3})", text)
    if match:
        beats, unit = sum(map(int, match[1].split("+"))), int(match[2])
        if 1 <= beats <= 255 and unit in (1, 2, 4, 8, 16, 32, 64, 128):
            return beats, unit
    raise FieldError(f"meter '{text[:24]}' is none; write it like M:6/8, M:C| or M:none")


def parse_fraction(text: str, what: str) -> Fraction:
    """A length such as `1/8`, in quarter notes.

    Raises:
        FieldError: it is none, or absurd.
    """
    match = re.fullmatch(r"\s*(\d{1,4})\s*(?:/\s*(\d{1,4}))?\s*", text)
    if match:
        value = Fraction(int(match[1]), max(1, int(match[2] or 1)))
        if Fraction(1, 1024) <= value <= 64:
            return value * 4
    raise FieldError(f"{what} '{text.strip()[:24]}' is none; write it like 1/8")


def usual_length(meter: tuple[int, int] | None) -> Fraction:
    """The unit length where no L: says it: a sixteenth in meters below 3/4, else an eighth."""
    return Fraction(1, 4) if meter and Fraction(*meter) < Fraction(3, 4) else Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Tempo:
    """A tempo: quarter notes a minute (0 = words alone), its words, and the note that beats, in quarters."""

    bpm: float
    text: str = ""
    beat: Fraction = Fraction(1)


def parse_tempo(text: str, unit: Fraction) -> Tempo:
    """What a Q: field says; a lone number counts unit lengths.

    Raises:
        FieldError: it is no tempo.
    """
    words = " ".join(re.findall(r'"([^"]*)"', text))
    bare = re.sub(r'"[^"]*"', " ", text).strip()
    if not bare:
        return Tempo(0.0, words)
    match = re.fullmatch(r"(?:(C\d*|L|[\d/\s]+)\s*=)?\s*(\d{1,5}(?:\.\d{1,4})?)\s*(?:bpm)?", bare)
    if match and 0 < float(match[2]) < 20_000:
        left = (match[1] or "L").strip()
        if left[0] in "CL":
            beat = unit * int(left[1:] or 1)
        else:
            beat = sum((parse_fraction(part, "beat") for part in left.split()), Fraction(0))
        bpm = float(match[2]) * float(beat)
        if 0.01 < bpm < 60_000:
            return Tempo(bpm, words, beat)
    raise FieldError(f"tempo '{text.strip()[:24]}' is none; write it like Q:1/4=120")


def properties(text: str) -> dict[str, str]:
    """The `name=value` words of a V: or K: field; a word alone that names a clef is the clef."""
    try:
        words = shlex.split(text.replace("'", "\\'"))
    except ValueError:
        words = text.replace('"', "").split()
    out = {}
    for word in words:
        key, _, value = word.partition("=")
        if value:
            out[{"nm": "name", "cl": "clef"}.get(key.lower(), key.lower())] = value
        elif CLEF.match(word):
            out["clef"] = word
    return out


def whole(text: str, low: int, high: int, what: str) -> int:
    """A whole number of a field.

    Raises:
        FieldError: it is none or out of range.
    """
    if re.fullmatch(r"[+-]?\d{1,6}", text.strip()) and low <= int(text) <= high:
        return int(text)
    raise FieldError(f"{what} '{text.strip()[:24]}' is out of range; give {low} to {high}")
