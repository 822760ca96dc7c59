"""Repairs of pitches: the bass stands on the root at chord changes, long melody notes do not rub against the chord."""

from __future__ import annotations

import numpy as np

from bandmate.generation.repair_work import EARLY, Work
from bandmate.groovebook.cells import TPQ
from bandmate.score.pitch import QUALITIES, Chord

_FREE_BASS = ("free", "pedal", "drone")
_BLUE_FAMILIES = ("blues", "jazz")
_TUNES = ("melody", "lead")


def bass_root(work: Work) -> None:
    """The first bass note after a chord change is its root (or its stated bass)."""
    facts = work.stage.block.get("bass") or {}
    words = f"{facts.get('kick_rel', '')} {facts.get('note', '')}".lower()
    if any(word in words.replace(";", " ").split() for word in _FREE_BASS):
        return
    half, chords = work.stage.grid.half_ticks, work.plan.chords
    for track in work.tracks("bass"):
        onset = work.notes[track]["onset_ticks"]
        for index, chord in enumerate(chords):
            if index and _foot(chord) == _foot(chords[index - 1]):
                continue
            after = np.flatnonzero((onset >= index * half - EARLY) & (onset <= index * half + TPQ // 2))
            if not len(after):
                continue
            at = int(after[0])
            now = int(work.notes[track]["pitch"][at])
            if now % 12 == _foot(chord):
                continue
            root = work.nearest(track, now, [_foot(chord)], int(onset[at]))
            if root is not None:
                work.set_pitch("bass root", track, at, root)


def _foot(chord: Chord) -> int:
    return chord.root if chord.bass is None else chord.bass


def melody_rub(work: Work) -> None:
    """A long melody note on a strong beat, a semitone from a chord tone, moves to the nearest chord tone."""
    if work.stage.block["family"] in _BLUE_FAMILIES or work.plan.key.mode == "blues":
        return  # there the rub is the style
    grid = work.stage.grid
    for track in work.tracks(*_TUNES):
        for at, note in enumerate(work.notes[track]):
            ticks = int(note["onset_ticks"])
            place = (ticks + EARLY) % grid.half_ticks
            if place > 2 * EARLY or note["duration_ticks"] < grid.beat_ticks:
                continue
            chord = work.stage.chord(min(ticks + EARLY, work.end - 1))
            if not _rubs(int(note["pitch"]), chord):
                continue
            tone = work.nearest(track, int(note["pitch"]), chord.pitch_classes, ticks)
            if tone is not None:
                work.set_pitch("melody rub", track, at, tone)


def _rubs(pitch: int, chord: Chord) -> bool:
    """Whether a pitch is no chord tone but a semitone from one; the major seventh of a major chord is a colour."""
    tones, colour = chord.pitch_classes, 4 in QUALITIES[chord.quality] and (pitch - chord.root) % 12 == 11
    near = {(pitch + 1) % 12, (pitch - 1) % 12}
    return pitch % 12 not in tones and not colour and bool(near & tones)
