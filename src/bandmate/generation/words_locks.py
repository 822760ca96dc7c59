"""Locks as a musician writes them: `bass: range E1-G2, polyphony 1; melody: pitches C E G; drums: rhythm x...x...`.

One table, LOCKS, names every kind, how it is written and what it binds; parsing, help and docs/LOCKS.md read it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bandmate.errors import BriefError
from bandmate.score.locks import TrackLock
from bandmate.score.pitch import Key, parse_pitch_class

_NOTE = re.compile(r"([A-Ga-g])(#|b|♯|♭)?(-?\d)")
_SPAN = re.compile(r"(~|<=|>=|≤|≥)?\s*(\d+(?:\.\d+)?)(?:\s*(?:-|to)\s*(\d+))?")
_STROKES, _RESTS = "xX", ".-_"
_LONGEST_BAR = 192
_MOST = 192

# What a drum pattern may name: the key that is struck, and all keys that keep silent elsewhere.
VOICES: dict[str, tuple[int, tuple[int, ...]]] = {
    "kick": (36, (35, 36)),
    "snare": (38, (38, 40)),
    "rim": (37, (37,)),
    "clap": (39, (39,)),
    "hat": (42, (42, 44, 46)),
    "open hat": (46, (46,)),
    "ride": (51, (51, 53, 59)),
    "crash": (49, (49, 52, 55, 57)),
    "low tom": (45, (41, 43, 45)),
    "tom": (47, (47, 48)),
    "high tom": (50, (50,)),
    "cowbell": (56, (56,)),
    "tambourine": (54, (54,)),
    "shaker": (82, (69, 70, 82)),
}
_NO = ("no", "without")
_VOICE_WORDS = {
    "bass drum": "kick", "bd": "kick", "sd": "snare", "hihat": "hat", "hi-hat": "hat", "hh": "hat", "hats": "hat",
    "oh": "open hat", "openhat": "open hat", "rimshot": "rim", "cymbal": "crash", "toms": "tom",
}  # fmt: skip


def keys_of_voice(key: int) -> tuple[int, ...]:
    """All drum keys that a pattern for this key binds."""
    return next((keys for struck, keys in VOICES.values() if struck == key), (key,))


@dataclass(frozen=True, slots=True)
class LockKind:
    """One kind of lock: what reads its value, how it is written, what it binds."""

    read: Callable[[TrackLock, str], TrackLock]
    written: str
    binds: str


def _pitch(text: str) -> int:
    match = _NOTE.fullmatch(text.strip())
    if match:
        value = parse_pitch_class(match[1] + (match[2] or "")) + 12 * (int(match[3]) + 1)
    elif text.strip().isdigit():
        value = int(text)
    else:
        raise BriefError(f"'{text.strip()}' is not a pitch; write a note with its octave such as E1 (middle C is C4)")
    if not 0 <= value <= 127:
        raise BriefError(f"'{text.strip()}' is out of range; give C-1 to G9 (MIDI 0 to 127)")
    return value


def _range(lock: TrackLock, text: str) -> TrackLock:
    soft = text.startswith("~")
    match = re.fullmatch(r"([A-Ga-g][#b♯♭]?-?\d|\d+)\s*(?:-|to|–)\s*([A-Ga-g][#b♯♭]?-?\d|\d+)", text.lstrip("~ "))
    if not match:
        raise BriefError(f"range '{text}' is not understood; write it like 'range E1-G2' or 'range 28-43'")
    low, high = _pitch(match[1]), _pitch(match[2])
    if low > high:
        raise BriefError(
            f"range '{text}' is upside down; give the lower note first, such as 'range {match[2]}-{match[1]}'"
        )
    return replace(lock, near_low=low, near_high=high) if soft else replace(lock, low=low, high=high)


def _span(name: str, text: str, least: int) -> tuple[str, float, int, int | None]:
    """A number as (its sign, itself, least, most); alone it is the most."""
    match = _SPAN.fullmatch(text.strip())
    if not match or (match[1] and match[3]) or ("." in match[2] and match[1] != "~"):
        raise BriefError(f"{name} '{text}' is not understood; write '{name} 4', '{name} <=4', '>=2', '2-4' or '~3'")
    number = float(match[2])
    top = int(match[3] or number)
    if not least <= number <= _MOST or top > _MOST:
        raise BriefError(f"{name} {text} is out of range; give {least} to {_MOST}")
    sign = {"≤": "<=", "≥": ">="}.get(match[1] or "", match[1] or "")
    if match[3]:
        if number > top:
            raise BriefError(f"{name} '{text}' is upside down; give the smaller number first")
        return sign, number, int(number), top
    return sign, number, int(number) if sign == ">=" else 0, None if sign == ">=" else top


def _polyphony(lock: TrackLock, text: str) -> TrackLock:
    sign, number, least, most = _span("polyphony", text, 1)
    if sign == "~":
        return replace(lock, near_voices=number)
    if least > 16:
        raise BriefError(f"polyphony {text} is out of range; no more than 16 notes begin together")
    return replace(lock, fewest_voices=least if least > 1 else 0, most_voices=most)


def _density(lock: TrackLock, text: str) -> TrackLock:
    sign, number, least, most = _span("density", re.sub(r"\s*(a bar|per bar|notes)\b.*", "", text), 1)
    return replace(lock, near_density=number) if sign == "~" else replace(lock, least=least, most=most)


def _pitches(lock: TrackLock, text: str) -> TrackLock:
    found: set[int] = set()
    for name in text.split():
        if name[-1].isdigit():
            found.add(_pitch(name))
        else:
            found |= set(range(parse_pitch_class(name), 128, 12))
    if not found:
        raise BriefError("pitches is empty; write notes such as 'pitches C E G' or 'pitches C4 E4 G4'")
    return replace(lock, pitches=tuple(sorted(found)))


def _scale(lock: TrackLock, text: str) -> TrackLock:
    scale = Key.parse(text).scale
    return replace(lock, pitches=tuple(pitch for pitch in range(128) if pitch % 12 in scale))


def _chord(lock: TrackLock, text: str) -> TrackLock:
    if text not in ("tones", "tones only", "notes"):
        raise BriefError(f"chord '{text}' is not a lock; write 'chord tones', and state chords with --chords")
    return replace(lock, chord_tones=True)


def read_bars(text: str) -> tuple[str, ...]:
    """A pattern such as `x...x...|x..x..x.` as bars of strokes and rests.

    Raises:
        BriefError: it holds other signs, no stroke, or a bar of it is empty or too long.
    """
    plain = re.sub(r"\s+", "", text).strip("|")
    wrong = next((sign for sign in plain if sign not in f"{_STROKES}{_RESTS}|"), "")
    if wrong:
        raise BriefError(f"the pattern '{text}' has a '{wrong}'; write x for a stroke, . for a rest, | between bars")
    bars = tuple("".join("x" if sign in _STROKES else "." for sign in bar) for bar in plain.split("|"))
    if not any("x" in bar for bar in bars):
        raise BriefError(f"the pattern '{text}' has no stroke; write x where a note begins, such as x...x...")
    for bar in bars:
        if not 1 <= len(bar) <= _LONGEST_BAR:
            raise BriefError(f"the pattern '{text}' has a bar of {len(bar)} steps; give 1 to {_LONGEST_BAR}")
    return bars


def _rhythm(lock: TrackLock, text: str) -> TrackLock:
    return replace(lock, rhythm=read_bars(text))


def _voice(name: str) -> Callable[[TrackLock, str], TrackLock]:
    def read(lock: TrackLock, text: str) -> TrackLock:
        return replace(lock, voices=(*lock.voices, (VOICES[name][0], read_bars(text))))

    return read


LOCKS: dict[str, LockKind] = {
    "range": LockKind(_range, "range E1-G2", "every note lies between the two, both included"),
    "polyphony": LockKind(_polyphony, "polyphony 1 · <=3 · 2-4 · >=2",
                          "so many notes at once; a least counts notes that begin together"),
    "density": LockKind(_density, "density 8 · <=8 · 4-8 · >=4", "so many notes in each bar in which the track sounds"),
    "pitches": LockKind(_pitches, "pitches C E G · pitches C4 E4", "no other notes; without an octave, all octaves"),
    "scale": LockKind(_scale, "scale A minor pentatonic", "only notes of this scale"),
    "chord": LockKind(_chord, "chord tones", "only tones of the chord that sounds"),
    "rhythm": LockKind(_rhythm, "rhythm x...x...x...x...", "a note begins at every x and nowhere else; | between bars"),
    **{name: LockKind(_voice(name), f"{name} x...x...x...x...", f"the {name} is struck at every x and nowhere else")
       for name in VOICES},
}  # fmt: skip


def _kind(text: str) -> tuple[str, str]:
    """The kind that a text begins with, and the rest of it."""
    words = text.split()
    for count in (2, 1):
        name = " ".join(words[:count]).lower()
        name = _VOICE_WORDS.get(name, name)
        if name in LOCKS:
            return name, " ".join(words[count:])
    if words[0].lower() in _NO and len(words) > 1:
        raise BriefError(f"'{text}' is not a lock; say what shall not sound in words: \"{text}\"")
    if len(words) > 1 and words[1].lower() in LOCKS:
        raise BriefError(f"'{text}' names its track without a colon; write '{words[0]}: {' '.join(words[1:])}'")
    close = difflib.get_close_matches(words[0].lower(), [*LOCKS, *_VOICE_WORDS], n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(list(LOCKS)[:7])}, and kick, snare, hat ..."
    raise BriefError(f"'{text}' is not a lock; {hint}")


def parse_locks(text: str | Sequence[str]) -> tuple[TrackLock, ...]:
    """Read locks of tracks.

    Args:
        text: `TRACK: lock, lock; TRACK: lock` or several such; without TRACK a lock binds every pitched track.

    Raises:
        BriefError: a lock is not known or its value is not understood; the message says how it is written.
        RuleConflict: two locks of one track contradict each other.
    """
    parts = [text] if isinstance(text, str) else list(text)
    found = []
    for part in (piece.strip() for each in parts for piece in re.split(r"[;\n]", each)):
        if not part:
            continue
        name, sign, rest = part.partition(":")
        name, rest = (name.strip(), rest) if sign else ("", part)
        lock = TrackLock(name)
        for item in filter(None, (item.strip() for item in rest.split(","))):
            kind, value = _kind(item)
            if not value:
                raise BriefError(f"'{item}' says nothing more; write it like '{LOCKS[kind].written}'")
            lock = lock.joined(LOCKS[kind].read(TrackLock(), value))
        if lock.empty:
            raise BriefError(f"'{part}' locks nothing; write it like 'bass: range E1-G2, polyphony 1'")
        found.append(lock)
    if not found:
        raise BriefError("the lock is empty; write it like 'bass: range E1-G2, polyphony 1; drums: rhythm x...x...'")
    return tuple(found)


def parse_drums(text: str) -> TrackLock:
    """A drum pattern: one line of strokes is the kick; lines or parts after `;` that begin with a name are that drum.

    Raises:
        BriefError: as for `parse_locks`.
    """
    lock = TrackLock("drums")
    for part in filter(None, (part.strip() for part in re.split(r"[;,\n]", text))):
        bare = re.fullmatch(rf"[{_STROKES}{re.escape(_RESTS)}|\s]+", part)
        alone = len(part.split()) == 1 and part.lower() not in (*LOCKS, *_VOICE_WORDS) and set(part) & set(_STROKES)
        name, value = ("kick", part) if bare or alone else _kind(part.replace(":", " ", 1))
        if name not in VOICES:
            raise BriefError(f"'{part}' is not a drum; name kick, snare, hat, {', '.join(list(VOICES)[2:])}")
        if not value:
            raise BriefError(f"'{part}' has no pattern; write it like '{name} x...x...x...x...'")
        lock = lock.joined(LOCKS[name].read(TrackLock(), value))
    if lock.empty:
        raise BriefError("the drum pattern is empty; write it like 'x...x...x...x...' or 'kick x...; snare ..x.'")
    return lock


def locks_table() -> str:
    """The table as Markdown, for docs/LOCKS.md."""
    rows = [(kind.written, kind.binds) for name, kind in LOCKS.items() if name not in VOICES]
    rows.append(
        (f"kick x...x...x...x... (or {', '.join(list(VOICES)[1:])})", "the drum is struck at every x and nowhere else")
    )
    return "\n".join(["| lock | what it binds |", "| --- | --- |", *(f"| `{a}` | {b} |" for a, b in rows)]) + "\n"
