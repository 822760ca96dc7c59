"""How loud a note of written music is: dynamics by a table, straight lines through hairpins, more under accents."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from bandmate.io.musicxml_tables import AFTERWARDS, DEFAULT_VELOCITY, FORTE, LEVELS, STRESSED, SUDDEN
from bandmate.score.notation import SIGN_BITS, Span

_HAIRPIN_STEP = 16  # velocity, for a hairpin that leads to no mark
_STRESS_BITS = [(SIGN_BITS[sign], more) for sign, more in STRESSED.items()]


def percent_velocity(percent: float) -> int:
    """The velocity of a note that says its loudness itself, in per cent of forte; 0 = it does not."""
    return min(max(1, round(percent * FORTE / 100)), 127) if percent > 0 else 0


class Loudness:
    """The velocity of a part at any place.

    Args:
        dynamics: ticks, mark ("" = only told), velocity that a player is told (0 = by the mark).
        spans: of the part; hairpins are taken.
    """

    def __init__(self, dynamics: Iterable[tuple[int, str, int]], spans: Iterable[Span]) -> None:
        levels: dict[int, float] = {}
        self._moments: dict[int, int] = {}
        for tick, mark, told in dynamics:
            level = told or LEVELS.get(AFTERWARDS.get(mark, mark))
            if level is not None:
                levels[tick] = float(level)
            if mark in SUDDEN:
                self._moments[tick] = SUDDEN[mark]
        self._ticks = sorted(levels)
        self._levels = [levels[tick] for tick in self._ticks]
        self._ramps: list[tuple[int, int, float, float]] = []
        for span in sorted(spans, key=lambda one: one.start_ticks):
            if span.kind in ("crescendo", "diminuendo") and span.end_ticks > span.start_ticks:
                self._lead(span.kind == "crescendo", span.start_ticks, span.end_ticks)
        self._starts = [ramp[0] for ramp in self._ramps]

    def _lead(self, louder: bool, start: int, end: int) -> None:
        """A hairpin: to the mark that comes within its own length behind it, else a step louder or softer."""
        here, last = self._held(start), end + (end - start)
        after = bisect_right(self._ticks, start)
        near = after < len(self._ticks) and self._ticks[after] <= last
        target = self._levels[after] if near else here
        if (target > here) != louder or target == here:
            target = min(max(8.0, here + (_HAIRPIN_STEP if louder else -_HAIRPIN_STEP)), 127.0)
            if end not in self._ticks:
                place = bisect_right(self._ticks, end)
                self._ticks.insert(place, end)
                self._levels.insert(place, target)
        self._ramps.append((start, end, here, target))

    def _held(self, tick: int) -> float:
        place = bisect_right(self._ticks, tick) - 1
        return self._levels[place] if place >= 0 else float(DEFAULT_VELOCITY)

    def level(self, tick: int) -> float:
        """The level at a place."""
        place = bisect_right(self._starts, tick) - 1
        if place >= 0:
            start, end, low, high = self._ramps[place]
            if tick < end:
                return low + (high - low) * (tick - start) / (end - start)
        return self._held(tick)

    def of_note(self, tick: int, signs: int, louder_percent: float = 0.0) -> int:
        """The velocity of a note that begins at a place, bears signs (bits of WRITTEN) and is so much louder itself."""
        velocity = float(self._moments.get(tick) or self.level(tick))
        velocity += max((more for bit, more in _STRESS_BITS if signs & bit), default=0)
        return min(max(1, round(velocity * (1 + louder_percent / 100))), 127)
