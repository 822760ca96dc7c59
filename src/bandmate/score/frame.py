"""Frame: the outside of a piece, without a note: which tracks, how many bars, which meter, how fast.

Whoever writes music freely (the grid model without a plan, the baselines it is held against) fills frames; frames of
people's music make their takes comparable with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bandmate.score.model import Score


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
