"""What was played, as one would write it: onsets on sixteenths or triplets, few rests, chords that end together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.score.model import Score, Track
from bandmate.score.timeline import bar_grid, bar_of

DIVISIONS = (4, 3, 8)  # of a quarter: sixteenths, triplets, thirty-seconds
_CLEARLY = 0.5  # triplets are written where hits miss them by less than this share of what they miss sixteenths by
_MISSED = 0.03  # quarters: nearer than that, sixteenths are near enough
_TOGETHER = 1.0  # quarters: ends of a chord nearer than that are one end
_RINGING = 0.5  # quarters that a note has to last into the next one to be written as sounding on


def legible(score: Score) -> Score:
    """A score whose played tracks can be read; tracks that say how they are written stay as they are.

    In each quarter of a track onsets move to sixteenths, to triplets where these fit clearly better, or to
    thirty-seconds where sixteenths would throw two notes together. A note lasts to the next onset of its track or to
    the next beat, whichever is first, or as long as it was held; notes of a chord end together; what rings only a
    little into the next note ends there. Two of one pitch at one place are written once.
    """
    return replace(score, tracks=tuple(track if track.notation else _written(track, score) for track in score.tracks))


def _written(track: Track, score: Score) -> Track:
    if not len(track.notes):
        return track
    quarter = score.ticks_per_quarter
    grid = _Grid(track.notes, quarter)
    notes = track.notes.copy()
    onset = grid.snapped(notes["onset_ticks"])
    end = np.maximum(grid.snapped(notes["onset_ticks"] + notes["duration_ticks"]), onset + 1)
    onsets, index = np.unique(onset, return_inverse=True)
    after = np.append(onsets[1:], np.iinfo(np.int64).max)[index]
    line = _next_beat(onset, score)
    limit = np.minimum(line, after)
    first, last = np.full(len(onsets), np.iinfo(np.int64).max), np.zeros(len(onsets), np.int64)
    np.minimum.at(first, index, end)
    np.maximum.at(last, index, end)
    end = np.where((last - first < _TOGETHER * quarter)[index], last[index], end)
    end = np.where((end > after) & (end - after < _RINGING * quarter), after, end)
    end = np.where(track.is_drum | (end < limit), limit, end)
    notes["onset_ticks"], notes["duration_ticks"] = onset, end - onset
    notes = notes[np.lexsort((-notes["duration_ticks"], notes["pitch"], onset))]
    twice = (np.diff(notes["onset_ticks"]) == 0) & (np.diff(notes["pitch"].astype(int)) == 0)
    return track.with_notes(notes[np.append(True, ~twice)])


def _next_beat(onset: NDArray[np.int64], score: Score) -> NDArray[np.int64]:
    bars = bar_grid(score)
    bar = bar_of(bars, onset)
    beat = np.maximum(1, score.ticks_per_quarter * 4 // bars["denominator"][bar])
    inside = onset - bars["start_ticks"][bar]
    return onset + beat - inside % beat


class _Grid:
    """How many parts each quarter of a track is written in."""

    def __init__(self, notes: NDArray[Any], quarter: int) -> None:
        self.quarter = quarter
        onset, pitch = notes["onset_ticks"], notes["pitch"]
        # a hit shortly before a quarter belongs to it
        place = (onset + quarter // 16) // quarter
        self.parts: dict[int, int] = {
            int(each): self._division((onset[place == each] - each * quarter) / quarter, pitch[place == each])
            for each in np.unique(place)
        }

    def _division(self, at: NDArray[np.float64], pitch: NDArray[Any]) -> int:
        missed = [float(np.abs(at * parts - np.rint(at * parts)).mean() / parts) for parts in DIVISIONS]
        if missed[1] < _CLEARLY * missed[0] and missed[0] > _MISSED:
            return DIVISIONS[1]
        places = np.rint(at * DIVISIONS[0]) * 128 + pitch
        return DIVISIONS[0] if len(np.unique(places)) == len(places) else DIVISIONS[2]

    def snapped(self, ticks: NDArray[np.int64]) -> NDArray[np.int64]:
        """Places on the grid of their quarter."""
        place = (ticks + self.quarter // 16) // self.quarter
        parts = np.array([self.parts.get(each, DIVISIONS[0]) for each in place.tolist()])
        step = self.quarter / parts
        return np.rint(np.rint((ticks - place * self.quarter) / step) * step + place * self.quarter).astype(np.int64)
