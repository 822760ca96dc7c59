"""Lines: what is hummed, sung or played one note at a time, as notes.

Two ears agree on it: the note network hears where notes begin, SwiftF0 which pitch the voice is at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandmate.audio.note_onsets import NotePicture, pick_notes
from bandmate.audio.pitch_line import LINE_RATE, VOICED, PitchLine

Floats = NDArray[np.float64]
LINE_ONSET, LINE_SOUND = 0.55, 0.3  # thresholds of the note network; false notes are dropped afterwards
NEAR = 0.7  # semitones between a note and the voice
SUPPORT = 0.2  # share of a note in which the voice must be at its pitch
SHORTEST_SEC = 0.06
NEXT_SEC, REATTACK_DB = 0.08, 6.0  # notes of one pitch no further apart are one, unless the level rises by so much
LATE_SEC = 0.015  # a slow attack is marked so much late on average
_STEADY_FRAMES = 6  # of the voice at one pitch that nobody heard as a note: it is one
_WHOLE_GAP_SEC = 0.03


@dataclass(frozen=True, slots=True)
class HeardNote:
    """A note: onset and end in seconds, MIDI key, loudness (0..1 of the loudest) and how sure it is (0..1)."""

    onset_sec: float
    end_sec: float
    pitch: int
    strength: float
    sure: float


def find_line(picture: NotePicture, line: PitchLine) -> tuple[HeardNote, ...]:
    """The notes of one voice, none over another.

    Args:
        picture: what the note network sees.
        line: the pitch of the voice in the same sound.
    """
    rows = pick_notes(picture, LINE_ONSET, LINE_SOUND)
    support = np.array([_support(line, *row[:3]) for row in rows]).reshape(-1)
    rows, support = rows[support >= SUPPORT], support[support >= SUPPORT]
    kept = _one_voice(rows, support)
    kept += _unheard(kept, line)
    kept = _joined(sorted(kept), line)
    levels = [_level(line, onset, end) for onset, end, _, _ in kept]
    loudest = max(levels, default=0.0)
    return tuple(
        HeardNote(max(0.0, onset - LATE_SEC), end - LATE_SEC, pitch, float(10 ** ((level - loudest) / 40)), sure)
        for (onset, end, pitch, sure), level in zip(kept, levels, strict=True)
    )


def _frames(line: PitchLine, onset: float, end: float) -> slice:
    first = max(0, int(onset * LINE_RATE))
    return slice(first, max(first + 1, min(len(line.key), int(np.ceil(end * LINE_RATE)))))


def _support(line: PitchLine, onset: float, end: float, pitch: float) -> float:
    """Share of a note's time in which the voice is at its pitch."""
    part = _frames(line, onset, end)
    near = (np.abs(line.key[part] - pitch) < NEAR) & (line.sure[part] >= VOICED)
    return float(near.mean()) if len(near) else 0.0


def _level(line: PitchLine, onset: float, end: float) -> float:
    part = line.level_db[_frames(line, onset, end)]
    return float(part.max()) if len(part) else -120.0


def _one_voice(rows: Floats, support: Floats) -> list[tuple[float, float, int, float]]:
    """Of notes that begin together the surest; a note ends where the next begins."""
    kept: list[tuple[float, float, int, float]] = []
    for (onset, end, pitch, _), sure in zip(rows, support, strict=True):
        if kept and onset - kept[-1][0] < SHORTEST_SEC:
            if sure <= kept[-1][3]:
                continue
            kept.pop()
        if kept and kept[-1][1] > onset:
            kept[-1] = (kept[-1][0], float(onset), *kept[-1][2:])
        kept.append((float(onset), float(end), int(pitch), float(sure)))
    return [note for note in kept if note[1] - note[0] >= SHORTEST_SEC]


def _joined(notes: list[tuple[float, float, int, float]], line: PitchLine) -> list[tuple[float, float, int, float]]:
    """Neighbours of one pitch are one note, unless the voice swells anew between them: vibrato begins nothing."""
    found: list[tuple[float, float, int, float]] = []
    for onset, end, pitch, sure in notes:
        last = found[-1] if found else None
        if last and last[2] == pitch and onset - last[1] < NEXT_SEC and _rise(line, onset) < REATTACK_DB:
            found[-1] = (last[0], end, pitch, max(last[3], sure))
        else:
            found.append((onset, end, pitch, sure))
    return found


def _rise(line: PitchLine, onset: float) -> float:
    """How much louder the voice is just after a time than just before it, in dB."""
    before = line.level_db[_frames(line, onset - 0.07, onset + 0.01)]
    after = line.level_db[_frames(line, onset, onset + 0.09)]
    return float(after.max() - before.min()) if len(before) and len(after) else 0.0


def _unheard(kept: list[tuple[float, float, int, float]], line: PitchLine) -> list[tuple[float, float, int, float]]:
    """Steady pitches of the voice outside all notes: soft beginnings that the note network did not mark."""
    free = line.sure >= VOICED
    for onset, end, _, _ in kept:
        free[_frames(line, onset - _WHOLE_GAP_SEC, end + _WHOLE_GAP_SEC)] = False
    rounded = np.where(free, np.round(line.key), -1)
    edges = np.flatnonzero(np.diff(rounded)) + 1
    found = []
    for start, stop in zip([0, *edges], [*edges, len(rounded)], strict=True):
        if rounded[start] > 0 and stop - start >= _STEADY_FRAMES:
            sure = float(line.sure[start:stop].mean()) * 0.7
            found.append((float(start / LINE_RATE), float(stop / LINE_RATE), int(rounded[start]), sure))
    return found
