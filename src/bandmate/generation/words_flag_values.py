"""What each flag means: its value checked against the limits, as values of a Brief."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from bandmate import limits
from bandmate.analysis.genres import genre_ids, load_table
from bandmate.errors import BriefError
from bandmate.generation.lexicon import Entry, lexicon, meanings
from bandmate.generation.progression import parse_progression
from bandmate.generation.words_flag_tracks import apply_exclude, apply_tracks, did_you_mean
from bandmate.generation.words_locks import parse_drums, parse_locks
from bandmate.generation.words_scan import scan
from bandmate.score.brief import Brief
from bandmate.score.locks import TrackLock
from bandmate.score.pitch import MODES, Key


def _number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise BriefError(f"{name} '{value}' is not a number; give one such as {name} 8") from None
    if math.isnan(number):
        raise BriefError(f"{name} is not a number (nan); give a finite one")
    return number


def _genre_entry(text: str) -> Entry:
    entries = [e for e in meanings(text) if e.kind == "genre"]
    if not entries:
        known = sorted({e.phrase for es in lexicon().phrases.values() for e in es if e.kind == "genre"})
        raise did_you_mean("genre", text, known)
    return entries[0]


def _apply_genre(brief: Brief, text: str) -> dict[str, Any]:
    name = text if text in genre_ids() else None
    entry = None if name else _genre_entry(text)
    head = name or (entry.value if entry else "")
    values: dict[str, Any] = {"genre": head}
    if head != brief.genre:
        near = load_table("words")["near_genres"]
        values["styles"] = tuple(s for s in brief.styles if s not in near)
        values["genre2"] = None if brief.genre2 == head else brief.genre2
        if "tempo" in brief.guessed:
            values["tempo"] = None
    if entry is not None and "style" in entry.extra:
        values["styles"] = (entry.extra["style"], *values.get("styles", brief.styles))
    return values


def _apply_style(brief: Brief, text: str) -> dict[str, Any]:
    styles = []
    for part in re.split(r"\s*,\s*", text.strip()):
        entry = next((e for e in meanings(part) if e.kind == "genre"), None)
        styles.append(entry.extra.get("style", entry.value) if entry else re.sub(r"[\s-]+", "_", part.lower()))
    values: dict[str, Any] = {"styles": tuple(dict.fromkeys((*styles, *brief.styles)))}
    own = next((s for s in styles if s in genre_ids()), None)
    if own is not None:
        values["genre"], values["styles"] = own, tuple(s for s in values["styles"] if s != own)
    return values


def _apply_mood(brief: Brief, text: str) -> dict[str, Any]:
    moods = []
    for part in re.split(r"\s*,\s*|\s+and\s+", text.strip()):
        entry = next((e for e in meanings(part) if e.kind == "mood"), None)
        if entry is None:
            raise did_you_mean("mood", part, sorted(load_table("moods")["moods"]))
        moods.append(entry.value)
    return {"moods": tuple(dict.fromkeys((*moods, *brief.moods)))}


def _apply_tempo(brief: Brief, value: Any) -> dict[str, Any]:
    return {"tempo": limits.TEMPO.check(_number("tempo", value)), "tempo_factor": 1.0}


def _apply_key(brief: Brief, text: str) -> dict[str, Any]:
    try:
        return {"key": Key.parse(text), "mode": None}
    except BriefError:
        facts = [f for f in scan(f"in {text}").facts if f.kind != "end"]
    if len(facts) != 1 or facts[0].kind != "key" or not facts[0].value[1]:
        raise _key_error(text)
    return {"key": Key(*facts[0].value), "mode": None}


def _key_error(text: str) -> BriefError:
    words = text.strip().split()
    close = difflib.get_close_matches(words[-1].lower() if words else "", list(MODES), n=1, cutoff=0.5)
    if len(words) > 1 and close and re.fullmatch(r"[A-Ga-g][#b]?", words[0]):
        return BriefError(f"key '{text}' is not known; did you mean {words[0][0].upper()}{words[0][1:]} {close[0]}?")
    return BriefError(
        f"key '{text}' is not known; write a note and a mode, such as 'D minor', 'F# major' or 'A dorian'"
    )


def _apply_meter(brief: Brief, text: Any) -> dict[str, Any]:
    match = re.fullmatch(r"\s*(\d+)\s*/\s*(\d+)\s*", str(text))
    if not match or int(match[2]) not in (1, 2, 4, 8, 16, 32):
        raise BriefError(f"meter '{text}' is not understood; write it like 4/4, 6/8 or 7/8")
    return {"meter": (int(limits.METER_NUMERATOR.check(int(match[1]))), int(match[2]))}


def _apply_bars(brief: Brief, value: Any) -> dict[str, Any]:
    number = limits.BARS.check(_number("bars", value))
    if number != int(number):
        raise BriefError(f"bars {number:g} is not a whole number; give one such as 16")
    return {"bars": int(number), "seconds": None}


def _apply_seconds(brief: Brief, value: Any) -> dict[str, Any]:
    number = _number("seconds", value)
    if not 0 < number <= 7200:
        raise BriefError(f"seconds {number:g} is out of range; give more than 0 and at most 7200 seconds")
    return {"seconds": number, "bars": None}


def _apply_chords(brief: Brief, text: str) -> dict[str, Any]:
    name, found = parse_progression(text)
    return {"progression": found, "chords": ()} if name == "progression" else {"chords": found, "progression": None}


def _apply_lock(brief: Brief, text: str | Sequence[str]) -> dict[str, Any]:
    return {"locks": (*brief.locks, *parse_locks(text))}


def _apply_drums(brief: Brief, pattern: str | TrackLock) -> dict[str, Any]:
    return {"locks": (*brief.locks, pattern if isinstance(pattern, TrackLock) else parse_drums(pattern))}


def _apply_energy(brief: Brief, value: Any) -> dict[str, Any]:
    number = _number("energy", value)
    if not 1 <= number <= 5:
        raise BriefError(f"energy {number:g} is out of range; give 1 (sparse) to 5 (full)")
    return {"energy": round(number)}


def _apply_density(brief: Brief, value: Any) -> dict[str, Any]:
    number = _number("density", value)
    if not 0.25 <= number <= 4:
        raise BriefError(f"density {number:g} is out of range; give a factor of 0.25 to 4, where 1 is usual")
    return {"density": number}


def _apply_swing(brief: Brief, value: Any) -> dict[str, Any]:
    number = _number("swing", value)
    number = number / 100 if number > 1 else number
    if not 0.5 <= number <= 0.75:
        raise BriefError(f"swing {value} is out of range; give 50 (straight) to 75 percent")
    return {"swing": number}


def _apply_loop(brief: Brief, value: bool) -> dict[str, Any]:
    return {"loop": bool(value)}


APPLY: dict[str, Callable[[Brief, Any], dict[str, Any]]] = {
    "genre": _apply_genre,
    "style": _apply_style,
    "mood": _apply_mood,
    "tempo": _apply_tempo,
    "key": _apply_key,
    "meter": _apply_meter,
    "bars": _apply_bars,
    "seconds": _apply_seconds,
    "tracks": apply_tracks,
    "chords": _apply_chords,
    "energy": _apply_energy,
    "density": _apply_density,
    "swing": _apply_swing,
    "loop": _apply_loop,
    "exclude": apply_exclude,
    "lock": _apply_lock,
    "drums": _apply_drums,
}
