"""Notes in sound: which of 88 pitches sound, and where they begin, by the network of Basic Pitch.

Source of the network: Bittner, Bosch, Rubinstein, Meseguer-Brocal, Ewert: A Lightweight Instrument-Agnostic Model for
Polyphonic Note Transcription and Multipitch Estimation, ICASSP 2022; Spotify AB, Apache 2.0 (`data/ears`). What turns
its likelihoods into notes is ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandmate.audio.networks import open_network
from bandmate.audio.spectrum import RATE, Mono

HOP = 256
NOTE_FRAME_RATE = RATE / HOP
LOWEST = 21  # MIDI key of the first pitch
ONSET_SURE, SOUND_SURE = 0.6, 0.35  # of a band or a piano; a lower onset gives more notes
_WINDOW, _FRAMES, _EDGE = 43844, 172, 15  # samples and frames of a window; frames at its ends that are not used
_STEP = (_FRAMES - 2 * _EDGE - 1) * HOP  # a whole number of frames, so that windows join without a seam
_GAP_FRAMES = 9  # 0.1 s of silence end a note
_SHORTEST_FRAMES = 5
_LATE_SEC = 0.006  # the network marks onsets this much early

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class NotePicture:
    """Likelihoods, float32 (frames, 88): `onset` that a pitch begins, `sound` that it sounds; NOTE_FRAME_RATE."""

    onset: Floats
    sound: Floats


def note_picture(mono: Mono) -> NotePicture:
    """Listen to sound at RATE; memory grows with its length by 60 kB a second."""
    network = open_network("notes")
    count = len(mono) // HOP + 1
    padded = np.pad(mono, (_EDGE * HOP, _WINDOW))
    onsets, sounds = [], []
    for start in range(0, count * HOP, _STEP):
        given = {"serving_default_input_2:0": padded[start : start + _WINDOW].reshape(1, _WINDOW, 1)}
        sound, onset = network.run(["StatefulPartitionedCall:1", "StatefulPartitionedCall:2"], given)
        middle = slice(_EDGE, _EDGE + _STEP // HOP)
        sounds.append(sound[0, middle])
        onsets.append(onset[0, middle])
    return NotePicture(np.concatenate(onsets)[:count], np.concatenate(sounds)[:count])


def pick_notes(
    picture: NotePicture, onset_sure: float = ONSET_SURE, sound_sure: float = SOUND_SURE
) -> NDArray[np.float64]:
    """Notes as rows of onset and end in seconds, MIDI key, and how strongly they sound (0..1), by onset.

    A note begins at a peak of `onset` and ends where the pitch begins anew or is silent for 0.1 s.
    """
    onset, rows = picture.onset, []
    before, after = np.roll(onset, 1, axis=0), np.roll(onset, -1, axis=0)
    before[0] = after[-1] = 0.0
    frames, pitches = np.nonzero((onset >= onset_sure) & (onset >= before) & (onset > after))
    for pitch in np.unique(pitches):
        begins = frames[pitches == pitch]
        sounding = picture.sound[:, pitch] >= sound_sure
        for begin, limit in zip(begins, [*begins[1:], len(sounding)], strict=True):
            end = _end(sounding, int(begin), int(limit))
            if end - begin >= _SHORTEST_FRAMES:
                strength = float(picture.sound[begin:end, pitch].mean())
                rows.append((begin / NOTE_FRAME_RATE + _LATE_SEC, end / NOTE_FRAME_RATE, LOWEST + pitch, strength))
    return np.array(sorted(rows), float).reshape(-1, 4)


def _end(sounding: NDArray[np.bool_], begin: int, limit: int) -> int:
    """The frame where a note that begins there ends."""
    part = np.flatnonzero(sounding[begin:limit])
    if not len(part) or part[0] > _GAP_FRAMES:
        return begin
    gaps = np.flatnonzero(np.diff(part) > _GAP_FRAMES)
    return begin + int(part[gaps[0]] if len(gaps) else part[-1]) + 1
