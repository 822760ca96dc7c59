"""Melodies alone on many instruments, with their notes: what the ear for lines is measured on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from band_material import Band
from numpy.typing import NDArray

from bandmate.audio.spectrum import Mono, to_mono
from bandmate.rendering.quick import quick_sound
from bandmate.score.model import Score, Track, make_notes, make_tempos

# organ-free voices of General MIDI: piano, guitar, violin, choir, trumpet, sax, oboe, clarinet, flute, synth leads ...
PROGRAMS = (0, 24, 40, 52, 56, 65, 68, 71, 73, 80, 4, 11, 27, 42, 53, 60, 66, 74, 78, 81)
_TICKS_A_SEC = 960


@dataclass(frozen=True, slots=True, eq=False)
class MelodyClip:
    """A melody on one instrument; notes are rows of onset, end, pitch."""

    mono: Mono
    notes: NDArray[np.float64]
    program: int


def melody_clips(bands: list[Band], count: int, seed: int) -> Iterator[MelodyClip]:
    """Melodies of clips as one voice, on instruments in turn."""
    able = [band for band in bands if len(band.melody) >= 10]
    for number in range(count):
        notes = one_voice(able[(number * 7 + seed) % len(able)].melody)
        program = PROGRAMS[number % len(PROGRAMS)]
        onset, end = (np.round(notes[:, column] * _TICKS_A_SEC).astype(int) for column in (0, 1))
        track = Track(
            "line", program, False, make_notes(onset, np.maximum(end - onset, 40), notes[:, 2].astype(int), 92)
        )
        score = Score((track,), 480, tempos=make_tempos(120.0))
        mono = to_mono(quick_sound(score))
        yield MelodyClip((mono / np.abs(mono).max()).astype(np.float32), notes, program)


def one_voice(notes: NDArray[np.float64]) -> NDArray[np.float64]:
    """The highest note of each beginning, ending where the next begins; the first begins at 0.2 s."""
    order = np.lexsort((-notes[:, 2], notes[:, 0]))
    notes = notes[order]
    notes = notes[np.diff(notes[:, 0], prepend=-9.0) > 0.05].copy()
    notes[:-1, 1] = np.minimum(notes[:-1, 1], notes[1:, 0])
    notes = notes[notes[:, 1] - notes[:, 0] > 0.06]
    notes[:, :2] -= notes[0, 0] - 0.2
    return notes
