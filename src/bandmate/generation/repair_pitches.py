"""Repairs of pitches: the bass stands on the root at chord changes; long notes of tunes and chords do not rub."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.measures import Notes
from bandmate.generation.repair_promises import EARLY
from bandmate.generation.repair_work import Fix, Work, with_pitch
from bandmate.groovebook.cells import TPQ
from bandmate.score.pitch import QUALITIES, Chord

_FREE_BASS = ("free", "pedal", "drone")
_BLUE_FAMILIES = ("blues", "jazz")
_TUNES = ("melody", "lead")
_CHORDS = ("chords", "pad")


def bass_root(work: Work, track: int, notes: Notes) -> list[Fix]:
    """The first bass note after a chord change is its root (or its stated bass)."""
    facts = work.stage.block.get("bass") or {}
    words = f"{facts.get('kick_rel', '')} {facts.get('note', '')}".lower()
    free = any(word in words.replace(";", " ").split() for word in _FREE_BASS)
    if free or not work.plays(track, "bass"):
        return []
    half, chords, found = work.stage.grid.half_ticks, work.plan.chords, []
    order = np.lexsort((notes["pitch"], notes["onset_ticks"]))
    onset = notes["onset_ticks"][order]
    for index, chord in enumerate(chords):
        if index and foot(chord) == foot(chords[index - 1]):
            continue
        place = int(np.searchsorted(onset, index * half - EARLY))
        if place == len(onset) or onset[place] > index * half + TPQ // 2:
            continue
        at = int(order[place])
        now = int(notes["pitch"][at])
        root = None if now % 12 == foot(chord) else work.nearest(track, now, [foot(chord)], int(onset[place]))
        if root is not None:
            found.append(partial(with_pitch, notes, at, root))
    return found


def foot(chord: Chord) -> int:
    """The pitch class that a chord stands on."""
    return chord.root if chord.bass is None else chord.bass


def melody_rub(work: Work, track: int, notes: Notes) -> list[Fix]:
    """A long melody note on a strong beat, a semitone from a chord tone, moves to the nearest chord tone."""
    if _is_blue(work) or not work.plays(track, *_TUNES):
        return []
    grid, found = work.stage.grid, []
    strong = (notes["onset_ticks"] + EARLY) % grid.half_ticks <= 2 * EARLY
    for at in np.flatnonzero(strong & (notes["duration_ticks"] >= grid.beat_ticks)).tolist():
        ticks, pitch = int(notes["onset_ticks"][at]), int(notes["pitch"][at])
        chord = work.stage.chord(min(ticks + EARLY, work.end - 1))
        tone = work.nearest(track, pitch, chord.pitch_classes, ticks) if _rubs(pitch, chord) else None
        if tone is not None:
            found.append(partial(with_pitch, notes, at, tone))
    return found


def chord_rub(work: Work, track: int, notes: Notes) -> list[Fix]:
    """A note held in a chord, a semitone from a chord tone that sounds with it, goes to one that does not, or away."""
    if _is_blue(work) or not work.plays(track, *_CHORDS):
        return []
    found = []
    for at in np.flatnonzero(notes["duration_ticks"] >= work.stage.grid.beat_ticks).tolist():
        ticks, pitch = int(notes["onset_ticks"][at]), int(notes["pitch"][at])
        chord = work.stage.chord(min(ticks + EARLY, work.end - 1))
        others = notes["pitch"][_with(notes, at)]
        if _rubs(pitch, chord) and {(pitch + 1) % 12, (pitch - 1) % 12} & chord.pitch_classes & set(
            (others % 12).tolist()
        ):
            found.append(partial(_without_rub, work, track, notes, at, chord))
    return found


def _with(notes: Notes, at: int) -> NDArray[np.bool_]:
    """Which other notes begin with one."""
    together = np.abs(notes["onset_ticks"] - notes["onset_ticks"][at]) <= EARLY
    together[at] = False
    return together


def _without_rub(work: Work, track: int, notes: Notes, at: int, chord: Chord) -> Iterator[Notes]:
    sounding = set((notes["pitch"][_with(notes, at)] % 12).tolist())
    free = chord.pitch_classes - sounding
    tone = work.nearest(track, int(notes["pitch"][at]), free, int(notes["onset_ticks"][at])) if free else None
    if tone is not None:
        yield from with_pitch(notes, at, tone)
    yield np.delete(notes, at)


def _is_blue(work: Work) -> bool:
    """Whether the rub is the style."""
    return work.stage.block["family"] in _BLUE_FAMILIES or work.plan.key.mode == "blues"


def _rubs(pitch: int, chord: Chord) -> bool:
    """Whether a pitch is no chord tone but a semitone from one; the major seventh of a major chord is a colour."""
    tones, colour = chord.pitch_classes, 4 in QUALITIES[chord.quality] and (pitch - chord.root) % 12 == 11
    near = {(pitch + 1) % 12, (pitch - 1) % 12}
    return pitch % 12 not in tones and not colour and bool(near & tones)
