"""What the libraries of written music ask of a note: its step, accidental and octave, written or by the key."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.score.model import KEY_SIGNATURE, MADE, Score, Track, make_notes
from bandmate.score.notation import STEP_SEMITONES, STEPS

_FIFTHS = np.array([0, 2, 4, -1, 1, 3, 5])  # C D E F G A B
_NAMES = [(step, alter) for alter in (0, 1, -1, 2, -2) for step in range(7)]


def spelt(score: Score, track: Track) -> list[tuple[str, int, int]]:
    """Step, accidental in semitones and octave of each note."""
    out = [_by_key(int(note["pitch"]), _fifths_at(score, int(note["onset_ticks"]))) for note in track.notes]
    written = track.notation
    if written is not None and not written.transpositions:
        for row in written.rows[written.rows["note"] >= 0]:
            named = (STEPS[int(row["step"])], int(row["alter"]), int(row["octave"]))
            note = int(row["note"])
            if 12 * (named[2] + 1) + int(STEP_SEMITONES[row["step"]]) + named[1] == int(track.notes["pitch"][note]):
                out[note] = named
    return out


def _fifths_at(score: Score, ticks: int) -> int:
    before = score.keys[score.keys["ticks"] <= ticks]
    return int(before["fifths"][-1]) if len(before) else 0


def _by_key(pitch: int, fifths: int) -> tuple[str, int, int]:
    """Of the names of a pitch the one nearest to the middle of the key on the line of fifths."""
    fitting = [(step, alter) for step, alter in _NAMES if (int(STEP_SEMITONES[step]) + alter - pitch) % 12 == 0]
    step, alter = min(fitting, key=lambda name: abs(int(_FIFTHS[name[0]]) + 7 * name[1] - fifths - 2))
    return STEPS[step], alter, (pitch - alter - int(STEP_SEMITONES[step])) // 12 - 1


def key_rows(rows: list[tuple[int, int, bool]]) -> NDArray[Any]:
    """A key map from (ticks, fifths, minor)."""
    return np.array([(t, max(-7, min(f, 7)), minor, 0, MADE) for t, f, minor in sorted(rows)], KEY_SIGNATURE)


def notes_from(rows: list[tuple[int, int, int, int]], is_drum: bool) -> NDArray[Any]:
    """Notes from (onset, duration, pitch, velocity)."""
    onset, duration, pitch, velocity = np.array(rows, np.int64).reshape(-1, 4).T
    return make_notes(onset, duration, pitch, velocity, channel=9 if is_drum else 0)
