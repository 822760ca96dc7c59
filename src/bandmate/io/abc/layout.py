"""Time of an ABC tune in ticks: resolution, bars and meters, the way through repeats and endings."""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.io.abc.tune import Tune
from bandmate.score.model import MADE, METER
from bandmate.score.notation import Barline, Repeat, Volta

_USUAL, _FINEST = 480, 30_720
_STYLES = {"||": "light-light", "|]": "light-heavy", "[|": "heavy-light", "[|]": "none"}


def resolution(tune: Tune) -> int:
    """Ticks a quarter in which every sound has whole ticks: 480 where that will do; rounded beyond 30,720."""
    common = _USUAL
    for voice in tune.voices.values():
        for sound in voice.sounds:
            common = lcm(common, sound.onset.denominator, sound.length.denominator)
            if common > _FINEST:
                return _FINEST
    return common


def end_of(tune: Tune) -> Fraction:
    """Where the longest voice ends."""
    return max(voice.clock for voice in tune.voices.values())


def meters_of(tune: Tune, ticks: int) -> NDArray[Any]:
    """The meter map: changes of meter, and a row wherever a bar line does not stand where the meter has one."""
    changes = {at: meter or (4, 4) for at, meter in sorted(tune.meters.items())}
    free = {at for at, meter in tune.meters.items() if meter is None}
    places = sorted({*tune.first.bars, *changes, end_of(tune)})
    meter, anchor, is_free = (4, 4), Fraction(0), False
    rows: list[tuple[Fraction, tuple[int, int]]] = []
    for at in [Fraction(0), *[place for place in places if place > 0]]:
        if at in changes:
            meter, is_free = changes[at], at in free
        moved = (at - anchor) % Fraction(4 * meter[0], meter[1]) != 0
        is_last = at >= end_of(tune)
        if not rows or (not is_last and ((at in changes and meter != rows[-1][1]) or (moved and not is_free))):
            rows.append((at, meter))
            anchor = at
    return np.array([(round(at * ticks), *meter, 0, MADE, 24, 8) for at, meter in rows], METER)


def repeats_of(tune: Tune, ticks: int) -> tuple[Repeat, ...]:
    """Its repeat signs, without those that open an empty stretch at the very end."""
    end = end_of(tune)
    kept = sorted({row for row in tune.repeats if row[1] or row[0] < end}, key=lambda row: (row[0], not row[1]))
    return tuple(Repeat(round(at * ticks), backward, times) for at, backward, times in kept)


def voltas_of(tune: Tune, ticks: int) -> tuple[Volta, ...]:
    """Its endings with their ends.

    An ending lasts to the next double bar line, repeat sign or ending. One that is not the first, and would so reach
    over more bars to a sign that sends back, lasts one bar: what follows it is the next section.
    """
    end, bars = end_of(tune), sorted(tune.first.bars)
    strong = sorted(tune.strong, key=lambda one: one[0])
    starts = sorted(at for at, _ in tune.voltas)
    out = []
    for at, turns in tune.voltas:
        line = bisect_right(strong, at, key=lambda one: one[0])
        stop, kind = strong[line] if line < len(strong) else (end, "end")
        following = _next(starts, at, end)
        bar = _next(bars, at, end)
        is_open = kind not in ("backward", "end")
        if following < stop:
            stop, is_open = following, True
        if 1 not in turns and kind in ("backward", "end") and bar < stop:
            stop, is_open = bar, True
        if stop > at:
            out.append(Volta(round(at * ticks), round(stop * ticks), turns, is_open))
    return tuple(out)


def _next(places: list[Fraction], at: Fraction, end: Fraction) -> Fraction:
    """The first of some places in order that lies behind another; the end if none does."""
    following = bisect_right(places, at)
    return places[following] if following < len(places) else end


def barlines_of(tune: Tune, ticks: int) -> tuple[Barline, ...]:
    """Its double and final bar lines, one a place; none is hidden where another or a repeat sign stands."""
    repeats = {at for at, _, _ in tune.repeats}
    found: dict[Fraction, str] = {}
    for at, kind in tune.strong:
        hidden = _STYLES.get(kind) == "none"
        if kind in _STYLES and at > 0 and not (hidden and (at in repeats or at in found)):
            found[at] = _STYLES[kind]
    return tuple(Barline(round(at * ticks), style) for at, style in sorted(found.items()))
