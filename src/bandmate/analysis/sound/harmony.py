"""Key and chords of sound: what the note network hears, judged by the same tables as written music."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.chords import SpanEvidence, chords_of
from bandmate.analysis.harmony import key_of
from bandmate.audio.note_onsets import LOWEST, NOTE_FRAME_RATE, NotePicture
from bandmate.score.pitch import Chord, Key

Floats = NDArray[np.float64]
FLOOR = 0.15  # likelihood below it counts as silence
_LOW_SOUNDS = 0.3  # mean likelihood at which a pitch may be the lowest of a span
_ENOUGH = 0.02  # sounding pitches on average, below which nothing pitched is heard


@dataclass(frozen=True, slots=True)
class HeardChord:
    """A chord from one time to another in seconds, and how much of what sounds there belongs to it (0..1)."""

    start_sec: float
    end_sec: float
    chord: Chord | None
    sure: float


def span_sound(picture: NotePicture, edges_sec: Floats, quarter_sec: float) -> SpanEvidence:
    """What sounds between neighbouring edges, in the form that written music is judged in.

    Args:
        picture: of the sound.
        edges_sec: ascending, at least two.
        quarter_sec: length of a quarter note.
    """
    edges = np.clip(np.round(edges_sec * NOTE_FRAME_RATE).astype(int), 0, len(picture.sound))
    loud = np.maximum(0.0, picture.sound.astype(float) - FLOOR)
    folded = np.stack([loud[:, (pc - LOWEST) % 12 :: 12].sum(axis=1) for pc in range(12)], axis=1)
    quarters = 1.0 / (NOTE_FRAME_RATE * quarter_sec)
    first = round(quarter_sec * NOTE_FRAME_RATE)
    chroma, low, low_start = [], [], []
    for start, end in pairwise(edges):
        chroma.append(folded[start:end].sum(axis=0) * quarters)
        low.append(_lowest(picture.sound[start:end]))
        low_start.append(_lowest(picture.sound[start : min(end, start + first)]))
    found = np.array(chroma).reshape(-1, 12)
    found[found.sum(axis=1) < _ENOUGH] = 0.0
    return SpanEvidence(found, np.array(low, np.int64), np.array(low_start, np.int64))


def _lowest(sound: NDArray[np.float32]) -> int:
    """Pitch class of the lowest pitch that sounds, -1 without one."""
    heard = np.flatnonzero(sound.mean(axis=0) >= _LOW_SOUNDS) if len(sound) else np.zeros(0, int)
    return int(LOWEST + heard[0]) % 12 if len(heard) else -1


def find_key(evidence: SpanEvidence) -> tuple[tuple[Key, float], ...]:
    """All 24 keys with their probabilities, likeliest first; empty if nothing pitched sounds."""
    heard = evidence.low[evidence.low >= 0]
    if not evidence.chroma.any() or not len(heard):
        return ()
    return key_of(evidence, int(heard[-1])).ranked


def find_chords(evidence: SpanEvidence, edges_sec: Floats) -> tuple[HeardChord, ...]:
    """The chord of each span, neighbours of one chord as one."""
    found: list[HeardChord] = []
    if not len(evidence.chroma):
        return ()
    for chord, chroma, start, end in zip(
        chords_of(evidence), evidence.chroma, edges_sec, edges_sec[1:], strict=False
    ):  # fmt: skip
        total = chroma.sum()
        sure = float(chroma[list(chord.pitch_classes)].sum() / total) if chord and total > 0 else 0.0
        last = found[-1] if found else None
        if last is not None and last.chord == chord:
            whole, part = end - last.start_sec, end - start
            sure = last.sure + (sure - last.sure) * part / whole
            found[-1] = HeardChord(last.start_sec, float(end), chord, sure)
        else:
            found.append(HeardChord(float(start), float(end), chord, sure))
    return tuple(found)
