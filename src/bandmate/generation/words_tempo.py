"""The rule for tempo in all its written forms; the middle of a range, and a bound taken as the value, are told."""

from __future__ import annotations

from bandmate.generation.words_numbers import (
    Found,
    Rule,
    Tokens,
    bpm_at,
    number_at,
    other_unit,
    range_at,
    text_at,
)

_ABOUT = frozenset(
    {"~", "≈", "around", "about", "approx", "approximately", "circa", "roughly", "near", "nearly", "ca", "almost"}
)
_AT = frozenset({"at", "@", "a", "bei", "alla", "um"})
_BETWEEN = _ABOUT | {":", "=", "of", "is", "at", "to", "should", "be", "set"}
_NOTE_VALUES = {
    "q": 1.0, "quarter": 1.0, "crotchet": 1.0, "half": 2.0, "minim": 2.0, "eighth": 0.5, "8th": 0.5, "quaver": 0.5,
    "whole": 4.0, "beat": 1.0,
}  # fmt: skip
_BOUNDS = (
    "no more than", "no less than", "no faster than", "no slower than", "faster than", "slower than", "at least",
    "at most", "up to", "under", "below", "over", "above", "max", "maximum", "minimum", "not over", "not above",
    "not under", "not below", "less than", "more than",
)  # fmt: skip


def tempo(tokens: Tokens, i: int) -> Found | None:
    """Tempo with its unit or its word: `120 bpm`, `tempo: 120`, `at 120`, `~120`, `120-ish`, `dotted quarter = 60`."""
    return (
        _note_value(tokens, i)
        or _bounded(tokens, i)
        or _named(tokens, i)
        or _before_unit(tokens, i)
        or _placed(tokens, i)
    )


def _value(low: float, high: float) -> tuple[float, str]:
    """Middle of a range, and what to tell about it."""
    return (low, "") if low == high else (round((low + high) / 2), f"{low:g}-{high:g}")


def _note_value(tokens: Tokens, i: int) -> Found | None:
    j, factor = i, 1.0
    if text_at(tokens, j) == "dotted":
        j, factor = j + 1, 1.5
    if text_at(tokens, j) not in _NOTE_VALUES:
        return None
    factor *= _NOTE_VALUES[text_at(tokens, j)]
    j += 1 + (text_at(tokens, j + 1) in ("note", "notes"))
    if text_at(tokens, j) not in ("=", "equals"):
        return None
    number = number_at(tokens, j + 1)
    if number is None:
        return None
    j += 1 + number[0]
    return j + bpm_at(tokens, j) - i, "tempo", (number[1] * factor, "")


def _bounded(tokens: Tokens, i: int) -> Found | None:
    for phrase in _BOUNDS:
        words = phrase.split()
        if [text_at(tokens, i + k) for k in range(len(words))] == words:
            j = i + len(words)
            number = number_at(tokens, j)
            if number is None:
                return None
            end = j + number[0]
            unit = bpm_at(tokens, end)
            if unit or (60 <= number[1] <= 300 and not other_unit(tokens, end)):
                return end + unit - i, "tempo", (number[1], f"{phrase} {number[1]:g}")
            return None
    return None


def _named(tokens: Tokens, i: int) -> Found | None:
    if text_at(tokens, i) not in ("bpm", "tempo", "speed"):
        return None
    j = i + 1
    while text_at(tokens, j) in _BETWEEN:
        j += 1
    span = range_at(tokens, j)
    if span is None or other_unit(tokens, j + span[0]):
        return None
    end = j + span[0]
    return end + bpm_at(tokens, end) - i, "tempo", _value(span[1], span[2])


def _skip_at(tokens: Tokens, i: int) -> int:
    """Past `at`, `@`, `around`; the `a` of `a hundred` belongs to the number."""
    while text_at(tokens, i) in _ABOUT | _AT and text_at(tokens, i + 1) != "hundred":
        i += 1
    return i


def _before_unit(tokens: Tokens, i: int) -> Found | None:
    j = _skip_at(tokens, i)
    span = range_at(tokens, j)
    if span is None:
        return None
    end = j + span[0]
    end += text_at(tokens, end) == "ish"
    unit = bpm_at(tokens, end)
    return (end + unit - i, "tempo", _value(span[1], span[2])) if unit else None


def _placed(tokens: Tokens, i: int) -> Found | None:
    j = _skip_at(tokens, i)
    span = range_at(tokens, j)
    if span is None:
        return None
    end = j + span[0]
    ish = text_at(tokens, end) == "ish"
    if not 30 <= span[1] <= span[2] <= 300 or other_unit(tokens, end + ish) or text_at(tokens, i - 1) in ("/", ":"):
        return None
    spoken = tokens[j].value is None
    if spoken and (span[1] < 60 or j == i):
        return (end - i, "bare_tempo", _value(span[1], span[2])) if span[1] >= 60 and end - j >= 2 else None
    if j > i or ish or span[1] != span[2]:
        return end + ish - i, "tempo" if span[1] >= 40 or j > i else "number", _value(span[1], span[2])
    return (end - i, "bare_tempo", _value(span[1], span[2])) if span[1] >= 40 else None


RULES: tuple[Rule, ...] = (tempo,)
