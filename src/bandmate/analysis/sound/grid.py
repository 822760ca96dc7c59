"""What was heard on a grid of bars: onset patterns, and strokes and notes as a written track."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.sound.lines import HeardNote
from bandmate.audio.drum_onsets import DRUM_KEYS, Stroke
from bandmate.score.model import make_notes

Floats = NDArray[np.float64]
TICKS = 480  # a quarter note
STEPS_A_BEAT = 4
_SOFTEST, _LOUDEST = 30, 118  # velocities of the softest and the hardest that is heard
_RING_TICKS = 60  # written length of a drum stroke
_SNAPS = (STEPS_A_BEAT, 3)  # sixteenths, triplets


@dataclass(frozen=True, slots=True, eq=False)
class BarGrid:
    """Bars of one meter on beats in seconds.

    Attributes:
        beats_sec: every beat, ascending, at least two. first_bar: which of them begins a bar. meter: beats a bar.
    """

    beats_sec: Floats
    first_bar: int
    meter: int

    def quarters(self, times_sec: Floats | Sequence[float]) -> Floats:
        """Times as quarter notes from the first bar line; before it below 0."""
        times = np.asarray(times_sec, float)
        beats, index = self.beats_sec, np.arange(len(self.beats_sec))
        first, last = beats[1] - beats[0], beats[-1] - beats[-2]
        found = np.interp(times, beats, index)
        found = np.where(times < beats[0], (times - beats[0]) / first, found)
        return np.where(times > beats[-1], index[-1] + (times - beats[-1]) / last, found) - self.first_bar

    def bars_until(self, end_sec: float) -> int:
        """Whole bars from the first bar line to a time, at least 1; an eighth of a beat may be missing."""
        return max(1, int((float(self.quarters([end_sec])[0]) + 0.125) // self.meter))


def snapped(quarters: Floats, keep_feel: float = 1.0) -> NDArray[np.int64]:
    """Quarter notes as ticks.

    Args:
        quarters: where things were played.
        keep_feel: 1 = as played, 0 = on sixteenths or triplets, whichever they fit better as a whole.
    """
    grids = [np.round(quarters * snap) / snap for snap in _SNAPS]
    errors = [float(np.abs(quarters - grid).mean()) if len(quarters) else 0.0 for grid in grids]
    grid = grids[1] if errors[1] < 0.5 * errors[0] else grids[0]
    return np.round((grid + keep_feel * (quarters - grid)) * TICKS).astype(np.int64)


def onset_steps(grid: BarGrid, times_sec: Sequence[float], bars: int) -> NDArray[np.int64]:
    """The sixteenths from the first bar line, for so many bars, at which something begins; ascending."""
    steps = np.round(grid.quarters(times_sec) * STEPS_A_BEAT).astype(np.int64)
    return np.unique(steps[(steps >= 0) & (steps < bars * STEPS_A_BEAT * grid.meter)])


def onset_pattern(grid: BarGrid, times_sec: Sequence[float], bars: int) -> tuple[int, ...]:
    """In how many of the bars something begins at each sixteenth; one number a sixteenth of a bar."""
    a_bar = STEPS_A_BEAT * grid.meter
    steps = onset_steps(grid, times_sec, bars)
    return tuple(int(count) for count in np.bincount(steps % a_bar, minlength=a_bar))


def drum_pattern(grid: BarGrid, strokes: Sequence[Stroke], drum: str, bars: int) -> str:
    """The usual bar of a drum as text: `x...x...`; x = in at least half of the bars."""
    counts = onset_pattern(grid, [stroke.time_sec for stroke in strokes if stroke.drum == drum], bars)
    return "".join("x" if 2 * count >= bars else "." for count in counts)


def drum_notes(grid: BarGrid, strokes: Sequence[Stroke], bars: int, keep_feel: float = 1.0) -> NDArray[np.void]:
    """Strokes from the first bar line on, for so many bars, as notes of a drum track."""
    ticks = snapped(grid.quarters([stroke.time_sec for stroke in strokes]), keep_feel)
    keys = np.array([DRUM_KEYS[stroke.drum][0] for stroke in strokes], np.int64)
    return _inside(ticks, np.full(len(ticks), _RING_TICKS), keys, [stroke.strength for stroke in strokes],
                   bars * grid.meter * TICKS, channel=9)  # fmt: skip


def pitched_notes(grid: BarGrid, notes: Sequence[HeardNote], bars: int, keep_feel: float = 1.0) -> NDArray[np.void]:
    """Notes from the first bar line on, for so many bars, as notes of a pitched track."""
    ticks = snapped(grid.quarters([note.onset_sec for note in notes]), keep_feel)
    ends = np.round(grid.quarters([note.end_sec for note in notes]) * TICKS).astype(np.int64)
    keys = np.array([note.pitch for note in notes], np.int64)
    return _inside(ticks, np.maximum(TICKS // 8, ends - ticks), keys, [note.strength for note in notes],
                   bars * grid.meter * TICKS, channel=0)  # fmt: skip


def _inside(
    ticks: NDArray[np.int64],
    lengths: NDArray[np.int64],
    keys: NDArray[np.int64],
    strengths: Sequence[float],
    end: int,
    channel: int,
) -> NDArray[np.void]:
    """Notes of the stretch; a little early on the first line is on it, and nothing sounds past the end."""
    early = (ticks < 0) & (ticks > -TICKS // 8)
    ticks = np.where(early, 0, ticks)
    here = (ticks >= 0) & (ticks < end)
    velocity = np.round(_SOFTEST + (_LOUDEST - _SOFTEST) * np.sqrt(np.clip(strengths, 0, 1))).astype(int)
    lengths = np.minimum(lengths, end - ticks)
    notes = make_notes(ticks[here], lengths[here], keys[here], velocity[here] if len(ticks) else [], channel=channel)
    same = np.zeros(len(notes), bool)  # two strokes of one drum at one tick are one
    seen: set[tuple[int, int]] = set()
    for index, note in enumerate(notes):
        place = (int(note["onset_ticks"]), int(note["pitch"]))
        same[index] = place in seen
        seen.add(place)
    return notes[~same]
