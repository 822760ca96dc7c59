"""The words of trackbar texts, one by one: what a word as typed by a person says, or what would be right.

`trackbar_text` reads pieces of them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bandmate.errors import BriefError, FileFormatError
from bandmate.score.pitch import Key
from bandmate.tokenizers import trackbar_table as table
from bandmate.tokenizers.trackbar_table import Meter, TrackBarOptions

_RANGES = {
    "TEMPO": (table.TEMPO_LOW, table.TEMPO_HIGH),
    "TRACK": (1, 32),
    "TIME_DELTA": (1, 1_000_000),
    "DURATION": (1, 1_000_000),
    "NOTE_ON": (0, 127),
    "NOTE_OFF": (0, 127),
    "VELOCITY": (1, 127),
    "DENSITY": (0, table.DENSITY.bin_count - 1),
}
# the table with every type in it: what may stand where does not depend on the options of a writer
ALL_TYPES = (
    table.token_types(TrackBarOptions(24, "duration", 32, "bars", "score", True))
    | table.token_types(TrackBarOptions(24, "off", 32, "tracks", "score", True))
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """One token that was understood: its type and value (int, Meter, Key, instrument or word; None without one)."""

    name: str
    value: Any = None


def split_words(text: str) -> list[str]:
    """The words of a text, remarks left out."""
    return re.sub(r"#(?![A-Za-z_])[^\n]*|(?:^|(?<=\s))#[^\n]*", " ", text).split()


def parse_word(word: str) -> Token:
    """Understand one token as typed.

    Raises:
        FileFormatError: it is no token, or its value is out of range; the message says what would be right.
    """
    name, sign, value = word.partition("=")
    name = name.upper()
    kind = ALL_TYPES.get(name)
    if kind is None or name == "PAD":
        close = difflib.get_close_matches(name, ALL_TYPES, n=2, cutoff=0.5)
        raise FileFormatError(f"is not a token; {f'did you mean {close[0]}?' if close else 'see docs/TRACKBAR.md'}")
    if not kind.values:
        if sign:
            raise FileFormatError(f"takes no value; write {name}")
        return Token(name)
    if not value:
        raise FileFormatError(f"lacks its value; write it like {name}={kind.values[len(kind.values) // 2]}")
    return Token(name, _VALUES.get(name, _number)(name, value))


def _number(name: str, value: str) -> int:
    low, high = _RANGES[name]
    if not re.fullmatch(r"[0-9]{1,7}", value) or not low <= int(value) <= high:
        raise FileFormatError(f"has a value out of range; give a whole number from {low} to {high}")
    return int(value)


def _tempo(name: str, value: str) -> float:
    low, high = _RANGES[name]
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", value) or not low <= float(value) <= high:
        raise FileFormatError(f"is out of range; give {low} to {high} quarter notes a minute")
    return float(value)


def _choice(value: str, choices: Iterable[str], what: str) -> str:
    by_lower = {choice.lower(): choice for choice in choices}
    if value.lower() in by_lower:
        return by_lower[value.lower()]
    close = difflib.get_close_matches(value.lower(), by_lower, n=3, cutoff=0.4)
    hint = f"did you mean {', '.join(by_lower[c] for c in close)}?" if close else "see docs/TRACKBAR.md"
    raise FileFormatError(f"names no {what} that is known; {hint}")


def _instrument(_: str, value: str) -> tuple[int, bool]:
    if value.isdecimal():
        if int(value) > 127:
            raise FileFormatError("has a program out of range; give 0 to 127, or a name like ELECTRIC_BASS_FINGER")
        return int(value), False
    return table.INSTRUMENTS[_choice(value, table.INSTRUMENTS, "instrument")]


def _meter(_: str, value: str) -> Meter:
    match = re.fullmatch(r"([0-9]{1,2})/([0-9]{1,2})", value)
    if not match or (int(match[1]), int(match[2])) not in table.meters(48):
        raise FileFormatError(
            f"is no meter that fits; write it like 4/4 or 6/8, at most {table.MAX_BAR_QUARTERS} quarters a bar"
        )
    return int(match[1]), int(match[2])


def _key(_: str, value: str) -> Key:
    if value in table.KEYS:
        return table.KEYS[value]
    try:
        return Key.parse(value.replace("_", " ", 1))
    except BriefError as error:
        raise FileFormatError(f"is not understood: {error}") from error


def _steps(_: str, value: str) -> int:
    return int(_choice(value, map(str, table.RESOLUTIONS), "resolution"))


_VALUES: dict[str, Callable[[str, str], Any]] = {
    "TEMPO": _tempo,
    "INST": _instrument,
    "TIME_SIG": _meter,
    "KEY": _key,
    "STEPS": _steps,
    "GENRE": lambda _, value: _choice(value, table.GENRES, "genre"),
}


def detect_options(words: Iterable[str]) -> TrackBarOptions:
    """The options that a text was written with, as far as its tokens tell."""
    words = [word.upper() for word in words]
    names = {word.partition("=")[0] for word in words}
    said = [word[6:] for word in words if word.startswith("STEPS=") and word[6:].isdecimal()]
    steps = int(said[0]) if said and int(said[0]) in table.RESOLUTIONS else table.DEFAULT_STEPS
    return TrackBarOptions(
        steps,
        "duration" if "DURATION" in names else "off",
        128 if "VELOCITY" in names else 0,
        "bars" if "TRACK" in names else "tracks",
        density="DENSITY" in names,
    )
