"""Chord progressions as typed: symbols or numerals, bar lines, several chords a bar, `%` for the same again."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from bandmate.errors import BriefError
from bandmate.groovebook.harmony import NAMED_PROGRESSIONS, numeral
from bandmate.score.pitch import QUALITIES, Chord

_NUMERAL = re.compile(r"[b#♭♯]?[ivIV].*")
MOST_A_BAR = 8
_EXAMPLE = "write symbols such as 'Dm7 G7 | Cmaj7' or numerals such as 'ii7 V7 | Imaj7'"


def _bars_of(text: str) -> list[list[str]]:
    text = re.sub(r"[–—,→]|->|\s-\s|(?<=[A-Za-z0-9])-(?=[A-GIViv])", " ", text)
    if "|" not in text:
        return [[name] for name in text.split()]
    bars = [bar.split() for bar in text.strip().strip("|").split("|")]
    empty = next((number for number, bar in enumerate(bars, 1) if not bar), 0)
    if empty:
        raise BriefError(f"bar {empty} of --chords is empty; give it a chord, or % for the same as before")
    return bars


def parse_progression(text: str) -> tuple[str, tuple[tuple[Chord, ...], ...] | str]:
    """Read a progression.

    Args:
        text: one chord a bar, or bars between `|` whose chords share the bar; `%` is the bar before.

    Returns:
        ("chords", bars of chords), or ("progression", numerals with `|` between bars), which wait for a key.

    Raises:
        BriefError: empty, a chord that does not exist, numerals and symbols mixed, or too many chords in a bar.
    """
    if text.strip().lower() in NAMED_PROGRESSIONS:
        return "progression", text.strip()
    bars = _bars_of(text)
    if not any(bars):
        raise BriefError(f"--chords is empty; {_EXAMPLE}")
    if bars[0] == ["%"]:
        raise BriefError("--chords begins with %, which repeats the bar before; begin with a chord")
    crowded = next((number for number, bar in enumerate(bars, 1) if len(bar) > MOST_A_BAR), 0)
    if crowded:
        raise BriefError(
            f"bar {crowded} of --chords has {len(bars[crowded - 1])} chords; give at most {MOST_A_BAR} a bar"
        )
    names = [name for bar in bars for name in bar if name != "%"]
    roman = [bool(_NUMERAL.fullmatch(name)) for name in names]
    if any(roman) and not all(roman):
        odd = next(name for name, is_roman in zip(names, roman, strict=True) if is_roman != roman[0])
        raise BriefError(f"--chords mixes numerals and symbols near '{odd}'; {_EXAMPLE}")
    full = _without_repeats(bars)
    if all(roman):
        for name in names:
            numeral(name, 0)
        return "progression", (" | " if "|" in text else " ").join(" ".join(bar) for bar in full)
    return "chords", tuple(tuple(_chord(name) for name in bar) for bar in full)


def _without_repeats(bars: Sequence[Sequence[str]]) -> list[list[str]]:
    full: list[list[str]] = []
    for number, bar in enumerate(bars, 1):
        if "%" in bar and list(bar) != ["%"]:
            raise BriefError(f"bar {number} of --chords has % beside chords; % stands alone for a whole bar")
        full.append(full[-1] if list(bar) == ["%"] else list(bar))
    return full


def _chord(name: str) -> Chord:
    try:
        return Chord.parse(name)
    except BriefError as error:
        match = re.fullmatch(r"([A-Ga-g])([#b♯♭]?)(.*)", name)
        if not match:
            raise BriefError(
                f"chord '{name}' does not exist; chords begin with a letter A to G, such as Dm7"
            ) from error
        root = match[1].upper() + match[2]
        kinds = ["", "m", *QUALITIES, "m7", "m9", "m6", "13", "11"]
        close = [root + kind for kind in difflib.get_close_matches(match[3], kinds, n=3, cutoff=0.5)] or [
            root,
            f"{root}m",
        ]
        raise BriefError(f"chord '{name}' does not exist; did you mean {' or '.join(close)}?") from error
