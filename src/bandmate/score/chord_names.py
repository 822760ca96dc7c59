"""Chord symbols as people write them, after the root: `m7`, `maj7`, `7(b9)`, `6/9`, as kinds and degrees."""

from __future__ import annotations

import re

from bandmate.score.notation import CHORD_KINDS

CHORD_KINDS_SAID = {said: kind for kind, said in CHORD_KINDS.items() if kind not in ("pedal", "none")} | {
    "maj": "major", "M": "major", "min": "minor", "-": "minor", "mi": "minor", "+": "augmented", "o": "diminished",
    "°": "diminished", "M7": "major-seventh", "Maj7": "major-seventh", "ma7": "major-seventh", "min7": "minor-seventh",
    "-7": "minor-seventh", "o7": "diminished-seventh", "°7": "diminished-seventh", "+7": "augmented-seventh",
    "7+": "augmented-seventh", "ø": "half-diminished", "ø7": "half-diminished", "sus": "suspended-fourth",
    "min6": "minor-sixth", "dom7": "dominant", "minmaj7": "major-minor",
}  # fmt: skip
"""Kinds of chords by what is said after the root."""
_ALSO = CHORD_KINDS_SAID | {
    "ma": "major", "^": "major-seventh", "^7": "major-seventh", "t7": "major-seventh", "j7": "major-seventh",
    "mi7": "minor-seventh", "0": "half-diminished", "07": "half-diminished", "mmaj7": "major-minor",
    "-6": "minor-sixth", "mi6": "minor-sixth", "M9": "major-ninth", "ma9": "major-ninth", "min9": "minor-ninth",
    "-9": "minor-ninth",
}  # fmt: skip
_LONGEST_FIRST = sorted((said for said in _ALSO), key=len, reverse=True)
_NOISE = str.maketrans({"♯": "#", "♭": "b", "(": "", ")": "", ",": "", " ": "", "/": "", "[": "", "]": ""})
_DEGREE = re.compile(r"(add|omit|no|sus)?([#b+-]?)(1[0-5]|[2-79])")
_USUALLY_ALTERED = (5,)


def kind_said(text: str) -> tuple[str, tuple[str, ...]] | None:
    """What is meant by the text after a chord's root.

    Args:
        text: such as `m7`, `7#9`, `sus4`, `7(b9)`, `6/9`; "" is a major triad.

    Returns:
        The kind and the degrees, as `ChordSymbol` has them; None where it is not understood.
    """
    plain = text.strip().translate(_NOISE)
    for said in _LONGEST_FIRST:
        if plain.startswith(said):
            degrees = _degrees(plain[len(said) :])
            if degrees is not None:
                return _ALSO[said], degrees
    return None


def _degrees(rest: str) -> tuple[str, ...] | None:
    found: list[str] = []
    at = 0
    while at < len(rest):
        match = _DEGREE.match(rest, at)
        if match is None:
            return None
        word, sign, number = match[1] or "", match[2].replace("+", "#").replace("-", "b"), int(match[3])
        if word == "sus":
            found += ["subtract3", f"add{number}"]
        elif word in ("no", "omit"):
            found.append(f"subtract{number}")
        elif sign and not word and number in _USUALLY_ALTERED:
            found.append(f"alter{sign}{number}")
        else:
            found.append(f"add{sign}{number}")
        at = match.end()
    return tuple(found)
