"""Labels: what a piece is, from what was said of it and, where nothing was said, from its notes.

`label` gives plain data for the catalog, with names that the tokenizers read:

    genre, genres      id, all ids found      moods, styles    mood ids, words as found
    tempo              quarter notes a minute  meter            "4/4"
    key                "D minor"               key_confidence   0..1
    roles              one a track             tracks           name, program, is_drum, role, notes, and descriptors
    sections           [label, first bar from 0, bars, energy 1..5]
    chords             two a bar, "" = none    descriptors      of the piece, by name in DESCRIPTORS
    caption            one sentence
    from               field -> "metadata", "file name", "folder name", "file" or "notes"
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from bandmate.analysis.captions import caption
from bandmate.analysis.captions import mood_words as heard_moods
from bandmate.analysis.harmony import KeyEstimate
from bandmate.analysis.labels import Labels
from bandmate.analysis.labels import label as measure
from bandmate.errors import BandmateError
from bandmate.library.metadata import genre_words, instrument_words, mood_words
from bandmate.library.sources.base import Hints
from bandmate.score.model import Score, make_tempos
from bandmate.score.pitch import Key

DEFAULT_BPM = 120.0  # what a file that says nothing plays at, and what many programs write without being asked
_TOO_BROAD = frozenset({"classical", "commercial", "background music"})  # aliases that name one genre of many
_KEPT_OF_TRACKS = ("density", "polyphony", "low_pitch", "high_pitch", "note_length", "velocity", "syncopation", "swing")
_MAJOR_BY_FIFTHS = {fifths: (7 * fifths) % 12 for fifths in range(-7, 8)}


def _lookup(words: Iterable[str], table: dict[str, Any]) -> list[Any]:
    found = []
    for word in words:
        plain = " ".join(word.casefold().replace("_", " ").replace("-", " ").split())
        for candidate in (plain, plain.split("/")[0].strip()):
            if candidate in table and candidate not in _TOO_BROAD:
                found.append(table[candidate])
                break
    return list(dict.fromkeys(found))


def with_tempo(score: Score, hints: Hints) -> tuple[Score, str]:
    """The score at the tempo it is meant for, and where that is known from.

    A file that names a tempo other than 120 is believed; one that says nothing, or the 120 that many programs write
    unasked, gives way to its metadata, then to its name. A bare number in a name counts only there.
    """
    tempos = np.unique(score.tempos["us_per_quarter"])
    stated = len(tempos) > 1 or (len(tempos) == 1 and abs(score.bpm - DEFAULT_BPM) > 0.01)
    asked = hints.tempo_bpm or hints.weak_tempo_bpm
    if stated or asked is None or not 20 <= asked <= 400:
        return score, "file" if len(tempos) else ""
    origin = hints.origin.get("tempo_bpm", "file name")
    if abs(asked - DEFAULT_BPM) < 0.01 and len(tempos):
        return score, origin
    return replace(score, tempos=make_tempos(asked)), origin


def _signature(score: Score) -> Key | None:
    """The key signature in the file, unless it is the C major that many programs write unasked."""
    keys = np.unique(score.keys[["fifths", "minor"]]) if len(score.keys) else []
    if len(keys) != 1 or (int(keys[0]["fifths"]) == 0 and not keys[0]["minor"]):
        return None
    fifths, minor = int(keys[0]["fifths"]), bool(keys[0]["minor"])
    if fifths not in _MAJOR_BY_FIFTHS:
        return None
    tonic = _MAJOR_BY_FIFTHS[fifths]
    return Key((tonic + 9) % 12, "minor") if minor else Key(tonic, "major")


def _key(score: Score, hints: Hints, guess: KeyEstimate) -> tuple[str, float, str]:
    if guess.key is None:
        return "", 0.0, ""
    if hints.key:
        try:
            return Key.parse(hints.key).name, 1.0, hints.origin.get("key", "metadata")
        except BandmateError:
            pass  # words that are no key say nothing
    signature = _signature(score)
    if signature is not None and _fits(guess.key, signature):
        # A signature names the scale; which of its two tonics is home, the notes tell better.
        same = guess.key if guess.key.scale == signature.scale else signature
        return same.name, max(float(guess.confidence), 0.8), "file"
    return guess.key.name, float(guess.confidence), "notes"


def _fits(guess: Key, signature: Key) -> bool:
    return len(guess.scale & signature.scale) >= 6


def _rounded(values: dict[str, float], names: Sequence[str] | None = None) -> dict[str, float]:
    return {name: round(value, 3) for name, value in values.items() if value == value and (not names or name in names)}


def _tracks(score: Score, measured: Labels, roles: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"name": track.name[:60], "program": int(track.program), "is_drum": bool(track.is_drum), "role": role,
         "confidence": 1.0 if track.role else round(float(guess.confidence), 2), "notes": len(track.notes),
         **(_rounded(values, _KEPT_OF_TRACKS) if len(track.notes) else {})}
        for track, values, guess, role in zip(score.tracks, measured.tracks, measured.roles, roles, strict=True)
    ]  # fmt: skip


def label(score: Score, hints: Hints, tempo_from: str = "file") -> dict[str, Any]:
    """Everything that can be said of a piece, as plain data (see the top of this file).

    Args:
        score: the piece, prepared, at its own tempo (see `with_tempo`).
        hints: what its metadata, folders and name say.
        tempo_from: where the tempo is known from.
    """
    measured = measure(score, bar_level=False)
    roles = [track.role or guess.role for track, guess in zip(score.tracks, measured.roles, strict=True)]
    key, key_confidence, key_from = _key(score, hints, measured.key)
    genres = _lookup((*hints.genres, *hints.styles), genre_words())
    stated_moods = _lookup((*hints.moods, *hints.styles), mood_words())
    moods = stated_moods or list(heard_moods(score, measured))
    known = {name: hints.origin[name] for name in ("genres", "title", "instruments") if name in hints.origin}
    known["moods"] = hints.origin.get("moods", "metadata") if stated_moods else "notes"
    known["tempo"] = tempo_from
    if key_from:
        known["key"] = key_from
    return {
        "title": hints.title,
        "genre": genres[0] if genres else "",
        "genres": genres,
        "styles": list(dict.fromkeys((*hints.genres, *hints.styles))),
        "moods": moods,
        "tempo": round(score.bpm, 3),
        "meter": "{}/{}".format(*measured.meter),
        "bars": len(measured.bars),
        "key": key,
        "key_confidence": round(key_confidence, 3),
        "roles": roles,
        "tracks": _tracks(score, measured, roles),
        "instruments": _lookup(hints.instruments, instrument_words()),
        "sections": [[s.name or s.label.rstrip("'"), s.start_bar, s.bars, s.energy] for s in measured.sections],
        "chords": ["" if chord is None else chord.spell() for chord in measured.chords],
        "descriptors": _rounded(measured.piece),
        "caption": hints.caption or caption(score, measured, genre=genres[0] if genres else ""),
        "from": {name: origin for name, origin in known.items() if origin},
    }
