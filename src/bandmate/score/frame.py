"""Frame: the outside of a piece, without a note: which tracks, how many bars, which meter, how fast.

Whoever writes music freely (the grid model without a plan, the baselines it is held against) fills frames; frames of
people's music make their takes comparable with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.score.model import Score, Track, make_meters, make_tempos

_DRUM_CHANNEL = 9
_MELODIC_CHANNELS = tuple(channel for channel in range(16) if channel != _DRUM_CHANNEL)


@dataclass(frozen=True, slots=True)
class FrameTrack:
    """One track: General MIDI program (of drums: the kit), whether it is drums, its role (may be empty), its name."""

    program: int
    is_drum: bool
    role: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """What is to be filled.

    Attributes:
        tracks: in the order they stand in the score.
        bars: how many, all of one meter.
        meter: numerator and denominator.
        tempo: quarter notes a minute.
    """

    tracks: tuple[FrameTrack, ...]
    bars: int
    meter: tuple[int, int]
    tempo: float

    @property
    def quarters(self) -> float:
        """Length in quarter notes."""
        return self.bars * 4 * self.meter[0] / self.meter[1]


# One score a frame, its tracks in the frame's order, exactly so many bars long; the same seed gives the same scores.
Filler = Callable[[Sequence[Frame], int], list[Score]]


def framed(frame: Frame, notes: Sequence[NDArray[Any]], *, ticks_per_quarter: int = 480) -> Score:
    """A score of a frame's tracks, bars, meter and tempo.

    Args:
        frame: what the score is to be.
        notes: one NOTE array a track. A key that is struck again ends there, and what sounds past the last bar line is
            cut at it.
        ticks_per_quarter: of the notes.
    """
    end_ticks = round(frame.quarters * ticks_per_quarter)
    melodic, tracks = 0, []
    for track, played in zip(frame.tracks, notes, strict=True):
        kept = _cut(played, end_ticks)
        kept["channel"] = _DRUM_CHANNEL if track.is_drum else _MELODIC_CHANNELS[melodic % len(_MELODIC_CHANNELS)]
        melodic += not track.is_drum
        tracks.append(Track(track.name, track.program, track.is_drum, kept, role=track.role))
    return Score(
        tracks=tuple(tracks), ticks_per_quarter=ticks_per_quarter, tempos=make_tempos(frame.tempo),
        meters=make_meters(*frame.meter), end_ticks=end_ticks,
    )  # fmt: skip


def _cut(notes: NDArray[Any], end_ticks: int) -> NDArray[Any]:
    """The notes that begin before the end, none longer than to it or to the next stroke of its key."""
    kept = notes[notes["onset_ticks"] < end_ticks].copy()
    order = np.lexsort((kept["onset_ticks"], kept["pitch"]))
    ordered = kept[order]
    limit = np.full(len(kept), end_ticks, np.int64)
    again = ordered["pitch"][1:] == ordered["pitch"][:-1]
    limit[:-1][again] = ordered["onset_ticks"][1:][again]
    room = limit - ordered["onset_ticks"]
    ordered["duration_ticks"] = np.minimum(ordered["duration_ticks"], room)
    ordered = ordered[room > 0]  # of two strokes of one key at one moment, the second stays
    return ordered[np.lexsort((ordered["pitch"], ordered["onset_ticks"]))]
