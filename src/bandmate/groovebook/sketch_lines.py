"""What is laid out of a sketch so far: the bars of the song, each in the meter it brings along, and its tracks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.score.model import Track, make_meters
from bandmate.score.timeline import meter_runs


@dataclass(frozen=True, slots=True, eq=False)
class BarLines:
    """Where the bars of the song stand.

    Attributes:
        starts: ticks of their lines, and of the end; (bars + 1,).
        bars: length and meter of each; BAR rows, whose own starts are those of the sketch.
        ticks_per_quarter: of both.
    """

    starts: NDArray[np.int64]
    bars: NDArray[Any]
    ticks_per_quarter: int

    @classmethod
    def of(cls, bars: NDArray[Any], ticks_per_quarter: int) -> BarLines:
        """Bars of a sketch in the order of the song."""
        return cls(np.append(0, np.cumsum(bars["length_ticks"])), bars, ticks_per_quarter)

    @property
    def meters(self) -> NDArray[Any]:
        """The meter map: a row for the first bar, and for each that is in another meter or follows a bar cut short."""
        rows = [make_meters(*self.meter(first), ticks=int(self.starts[first]))
                for first, _ in meter_runs(self.bars, self.ticks_per_quarter)]  # fmt: skip
        return np.concatenate(rows)

    def meter(self, bar: int) -> tuple[int, int]:
        """Of one bar."""
        return int(self.bars["numerator"][bar]), int(self.bars["denominator"][bar])

    def is_whole(self, bar: int) -> bool:
        """Whether a bar is as long as its meter says."""
        top, bottom = self.meter(bar)
        return int(self.bars["length_ticks"][bar]) == self.ticks_per_quarter * 4 * top // bottom

    def inside(self, notes: NDArray[Any], span: tuple[int, int]) -> NDArray[np.bool_]:
        """Which notes begin in some bars, the second of the two not among them."""
        return (notes["onset_ticks"] >= self.starts[span[0]]) & (notes["onset_ticks"] < self.starts[span[1]])


@dataclass(slots=True)
class Piece:
    """What has been laid out so far of one track."""

    track: Track
    notes: list[NDArray[Any]]
    events: list[NDArray[Any]]
