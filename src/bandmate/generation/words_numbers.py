"""Numbers in digits and words, and the rules for bars, time, meter, swing and letters of a form.

A rule looks at the tokens from one position on and answers (tokens used, kind, value) or None.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from bandmate.generation.words_tokens import Token

Tokens = Sequence[Token]
Found = tuple[int, str, Any]
Rule = Callable[[Tokens, int], "Found | None"]

_UNITS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_OTHER = {
    "fourty": 40, "zwei": 2, "drei": 3, "vier": 4, "acht": 8, "dos": 2, "tres": 3, "cuatro": 4, "ocho": 8, "deux": 2,
    "trois": 3, "quatre": 4, "huit": 8, "due": 2, "quattro": 4, "otto": 8, "dois": 2, "quatro": 4, "oito": 8,
    "sechzehn": 16, "dieciseis": 16, "seize": 16, "couple": 2, "pair": 2, "trio": 3,
}  # fmt: skip
BARS = frozenset(
    {"bar", "bars", "measure", "measures", "takt", "takte", "takten", "compas", "compases", "mesure", "mesures",
     "battute", "battuta", "compassos", "barres"}
)  # fmt: skip
SECONDS = frozenset(
    {"s", "sec", "secs", "second", "seconds", "sekunde", "sekunden", "segundo", "segundos", "seconde", "secondes",
     "secondi"}
)  # fmt: skip
MINUTES = frozenset({"m", "min", "mins", "minute", "minutes", "minuten", "minuto", "minutos", "minuti"})
ENSEMBLES = {
    "duo": 2, "duet": 2, "duett": 2, "trio": 3, "quartet": 4, "quartett": 4, "cuarteto": 4, "quintet": 5, "quintett": 5,
    "quinteto": 5, "sextet": 6, "sextett": 6, "septet": 7, "octet": 8,
}  # fmt: skip
NUMBER_WORDS = frozenset(
    {*_UNITS, *_TENS, *ENSEMBLES, "hundred", "dozen", "half", "dotted", "quarter", "crotchet", "minim", "quaver"}
)
TRACK_WORDS = frozenset({"tracks", "track", "instruments", "layers"})
_NO_TEMPO = frozenset({"%", "/", ":", "th", "nd", "rd", "st", "hz", "percent", "x", "notes", "takes"})
_FORM = re.compile(r"A(?=.*B)[A-D]{2,11}")


def text_at(tokens: Tokens, i: int) -> str:
    """The word at a position, "" past the end."""
    return tokens[i].text if 0 <= i < len(tokens) else ""


def number_at(tokens: Tokens, i: int) -> tuple[int, float] | None:
    """Read a number in digits or words: (tokens used, value)."""
    if i >= len(tokens):
        return None
    if tokens[i].value is not None:
        return 1, float(tokens[i].value or 0.0)
    return _spoken(tokens, i)


def _spoken(tokens: Tokens, i: int) -> tuple[int, float] | None:
    """`a hundred and forty`, `one twenty eight`, `sixteen`."""
    start, total, seen = i, 0, False
    if text_at(tokens, i) == "a" and text_at(tokens, i + 1) == "hundred":
        i, total, seen = i + 2, 100, True
    elif text_at(tokens, i) in _OTHER:
        return 1, float(_OTHER[text_at(tokens, i)])
    elif text_at(tokens, i) in _UNITS:
        total, seen, i = _UNITS[text_at(tokens, i)], True, i + 1
        if text_at(tokens, i) == "hundred":
            total, i = total * 100, i + 1
        elif total < 10 and (text_at(tokens, i) in _TENS or _UNITS.get(text_at(tokens, i), 0) >= 10):
            total *= 100  # "one twenty"
        else:
            return i - start, float(total)
    if (
        total >= 100
        and text_at(tokens, i) == "and"
        and (text_at(tokens, i + 1) in _TENS or text_at(tokens, i + 1) in _UNITS)
    ):
        i += 1
    if text_at(tokens, i) in _TENS:
        total, seen, i = total + _TENS[text_at(tokens, i)], True, i + 1
        if 0 < _UNITS.get(text_at(tokens, i), 0) < 10:
            total, i = total + _UNITS[text_at(tokens, i)], i + 1
    elif total >= 100 and text_at(tokens, i) in _UNITS:
        total, i = total + _UNITS[text_at(tokens, i)], i + 1
    return (i - start, float(total)) if seen else None


def range_at(tokens: Tokens, i: int) -> tuple[int, float, float] | None:
    """A number or a range `118-122`, `118 to 122`, `between 118 and 122`: (tokens used, low, high)."""
    between = text_at(tokens, i) in ("between", "from")
    first = number_at(tokens, i + between)
    if first is None:
        return None
    used, low = first[0] + between, first[1]
    j = i + used
    joiner = text_at(tokens, j) in (("-", "to", "and", "bis") if between else ("-", "to", "or", "bis"))
    second = number_at(tokens, j + 1) if joiner else None
    if second is None:
        return None if between else (used, low, low)
    return used + 1 + second[0], min(low, second[1]), max(low, second[1])


def bpm_at(tokens: Tokens, i: int) -> int:
    """How many tokens say "beats per minute" here; 0 if none."""
    word = text_at(tokens, i)
    if (
        word in ("beats", "schlage")
        and text_at(tokens, i + 1) in ("per", "pro", "a")
        and text_at(tokens, i + 2) == "minute"
    ):
        return 3
    if word == "beats" and text_at(tokens, i + 1) == "/" and text_at(tokens, i + 2) in MINUTES:
        return 3
    return 1 if word in ("bpm", "bpms") else 0


def other_unit(tokens: Tokens, i: int) -> bool:
    """Whether a unit follows that makes the number something else than a tempo."""
    word = text_at(tokens, i)
    return word in _NO_TEMPO or word in BARS or word in SECONDS or word in MINUTES or word in TRACK_WORDS


def bars(tokens: Tokens, i: int) -> Found | None:
    """`16 bars`, `8-bar`, `8 to 16 measures`, `acht Takte`."""
    if text_at(tokens, i) in ("bars", "measures", "length") and text_at(tokens, i + 1) in ("=", ":"):
        number = number_at(tokens, i + 2)
        used = 0 if number is None else 2 + number[0]
        used += text_at(tokens, i + used) in BARS
        return (
            None
            if number is None or text_at(tokens, i + used) in SECONDS | MINUTES
            else (used, "bars", (number[1], ""))
        )
    span = range_at(tokens, i)
    if span is None or text_at(tokens, i + span[0]) not in BARS:
        return None
    low, high = span[1], span[2]
    value = low if low == high else max(4, 4 * round((low + high) / 8))
    return span[0] + 1, "bars", (value, "" if low == high else f"{low:g}-{high:g} bars")


def at_bar(tokens: Tokens, i: int) -> Found | None:
    """`at bar 17`, `from measure 9`."""
    j = i + (text_at(tokens, i) in ("at", "from", "on", "by", "in", "after"))
    if text_at(tokens, j) not in ("bar", "measure", "takt", "compas") or text_at(tokens, j + 1) == "":
        return None
    number = number_at(tokens, j + 1)
    if number is None or (j == i and tokens[j + 1].value is None):
        return None
    return j + 1 + number[0] - i, "at_bar", int(min(number[1], 1e6))


def seconds(tokens: Tokens, i: int) -> Found | None:
    """`30 sec`, `2 minutes`, `1:30`, `2 min 30 sec`, `half a minute`, `a minute and a half`."""
    word = text_at(tokens, i)
    if re.fullmatch(r"\d{1,2}:\d\d", word):
        minutes, rest = word.split(":")
        return 1 + (text_at(tokens, i + 1) in MINUTES), "seconds", 60.0 * int(minutes) + int(rest)
    if word == "half" and text_at(tokens, i + 1) == "a" and text_at(tokens, i + 2) in MINUTES:
        return 3, "seconds", 30.0
    if word in ("a", "one") and text_at(tokens, i + 1) in ("minute", "min"):
        half = [text_at(tokens, i + k) for k in (2, 3, 4)] == ["and", "a", "half"]
        return (5, "seconds", 90.0) if half else (2, "seconds", 60.0)
    number = number_at(tokens, i)
    if number is None:
        return None
    used, value = number
    if [text_at(tokens, i + used + k) for k in (0, 1, 2)] == ["and", "a", "half"]:
        used, value = used + 3, value + 0.5
    unit = text_at(tokens, i + used)
    if unit in SECONDS:
        return used + 1, "seconds", value
    if unit not in MINUTES or (unit == "m" and not tokens[i + used].glued):
        return None
    j = i + used + 1
    j += text_at(tokens, j) == "and"
    rest = number_at(tokens, j)
    if rest is not None and text_at(tokens, j + rest[0]) in SECONDS:
        return j + rest[0] + 1 - i, "seconds", 60 * value + rest[1]
    return used + 1, "seconds", 60 * value


def meter(tokens: Tokens, i: int) -> Found | None:
    """`7/8`, `in 3/4`, `5/4 time`."""
    j = i + (text_at(tokens, i) == "in")
    top, slash, bottom = (tokens[j + k] if j + k < len(tokens) else None for k in range(3))
    if not (top and slash and bottom) or top.value is None or slash.text != "/" or bottom.value is None:
        return None
    if bottom.value not in (1, 2, 4, 8, 16, 32) or not 1 <= top.value <= 32 or top.value % 1:
        return None
    end = j + 3
    return end + (text_at(tokens, end) in ("time", "meter", "takt")) - i, "meter", (int(top.value), int(bottom.value))


def swing(tokens: Tokens, i: int) -> Found | None:
    """`swing 58%`, `55% swing`, `swing 0.55`; 50-75 are percent, 0-49 the amount of a workstation."""
    if text_at(tokens, i) in ("swing", "swung", "shuffle"):
        j = i + 1
        while text_at(tokens, j) in (":", "=", "of", "at", "amount", "to"):
            j += 1
        if j < len(tokens) and tokens[j].value is not None and not _other_unit_but_percent(tokens, j + 1):
            value = float(tokens[j].value or 0.0)
            percent = text_at(tokens, j + 1) in ("%", "percent")
            if percent or value <= 80:
                return j + 1 + percent - i, "swing_number", _swing_position(value)
    if i < len(tokens) and tokens[i].value is not None:
        j = i + 1
        percent = text_at(tokens, j) in ("%", "percent")
        if text_at(tokens, j + percent) in ("swing", "swung", "shuffle") and (
            percent or float(tokens[i].value or 0) <= 75
        ):
            return 2 + percent, "swing_number", _swing_position(float(tokens[i].value or 0.0))
    return None


def _other_unit_but_percent(tokens: Tokens, i: int) -> bool:
    return (other_unit(tokens, i) and text_at(tokens, i) not in ("%", "percent")) or bpm_at(tokens, i) > 0


def _swing_position(value: float) -> float:
    if value <= 1:
        return value if value >= 0.5 else 0.5 + value / 3
    return min(0.75, value / 100 if value >= 50 else 0.5 + value / 300)


def track_count(tokens: Tokens, i: int) -> Found | None:
    """`4 tracks`, `three instruments`."""
    j = i + (text_at(tokens, i) in ("exactly", "only"))
    number = number_at(tokens, j)
    if number is None or text_at(tokens, j + number[0]) not in TRACK_WORDS or not 1 <= number[1] <= 32:
        return None
    return j + number[0] + 1 - i, "track_count", int(number[1])


def ensemble(tokens: Tokens, i: int) -> Found | None:
    """`trio`, `quintet`: a band of that many; but `a trio of flutes` counts flutes, and a minuet has a trio."""
    size = ENSEMBLES.get(text_at(tokens, i))
    counts = text_at(tokens, i) == "trio" and text_at(tokens, i + 1) == "of"
    part = text_at(tokens, i + 1) in ("section", "part") or text_at(tokens, i - 1) in ("and", "&", "minuet")
    return None if size is None or counts or part else (1, "ensemble", size)


def form(tokens: Tokens, i: int) -> Found | None:
    """`AABA`, `ABABCB`: letters of a form."""
    raw = tokens[i].raw
    letters = "".join(dict.fromkeys(raw))
    if raw == "ABBA" or not _FORM.fullmatch(raw) or letters != "ABCD"[: len(letters)]:
        return None
    return 1 + (text_at(tokens, i + 1) in ("form", "structure")), "form", raw


RULES: tuple[Rule, ...] = (bars, at_bar, seconds, meter, swing, track_count, ensemble, form)
