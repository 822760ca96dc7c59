"""Beats and bars of a clip: its tempo by name, length or sound, and how many bars of it are played.

A loop may ring on behind its last bar; such a tail is sound, and no bar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.sound.grid import BarGrid
from bandmate.analysis.sound.pulse import Pulse
from bandmate.analysis.sound.tempo import (
    CLEAR,
    Beats,
    TempoGuess,
    beats_at,
    comb_strength,
    find_tempos,
    liveliest,
    sharpened,
)
from bandmate.audio.clip import Clip, Warp
from bandmate.audio.spectrum import RATE

Floats = NDArray[np.float64]

_LOOP_BARS = 64
_LOOP_OFF = 0.005  # of its length, by which a loop may miss whole bars
_AS_WELL = 0.975  # of how well a tempo fits by ear; loops of loose drummers had 0.987 and more, tails 0.97 and less
_EARLY = 1 / 32  # of a bar, by which what is played on a bar line may come before it
FIRM = 0.15  # strength of a stroke from which on it is no crackle of a tail
_RINGS_DB = -9.0  # a bar that only rings is so far below those that are played


def beats_of(clip: Clip, pulse: Pulse, stated: float | None, drums: bool) -> tuple[Beats | None, str]:
    """Beats, and where the tempo comes from: what was stated or named, else the length of a loop, else the sound."""
    tempos, clear = find_tempos(liveliest(pulse), drums)
    if clip.warp is not None and stated is None:
        return _warped(clip.warp, tempos, clear), "warp markers"
    if stated is not None:
        return beats_at(pulse, _led_by(stated, 1.0, tempos), clear), "stated"
    if clear < CLEAR and not clip.stated:
        return None, ""
    named = [bpm for bpm in clip.named_bpm if clip.stated or any(abs(g.bpm / bpm - 1) < 0.03 for g in tempos)]
    if named:
        return beats_at(pulse, _led_by(named[0], 0.98, tempos), clear), "name"
    tempos = tuple(replace(guess, bpm=sharpened(pulse, guess.bpm)) for guess in tempos)
    whole = _whole_bars(clip, pulse, tempos[0].bpm)
    if whole is not None:
        tempos = tuple(replace(guess, bpm=guess.bpm * whole / tempos[0].bpm) for guess in tempos)
    return beats_at(pulse, _with_octaves(tempos), clear), "length" if whole is not None else "sound"


def _warped(warp: Warp, tempos: Sequence[TempoGuess], clear: float) -> Beats:
    """The beat that a set states."""
    times = np.array(warp.beats_sec)
    return Beats(_led_by(warp.bpm, 0.98, tempos), clear, times, warp.first_bar, warp.meter, 0.98, warp.steady)


def _whole_bars(clip: Clip, pulse: Pulse, bpm: float) -> float | None:
    """The tempo that makes a file a whole number of bars of four, if it is nearly that and sounds as well.

    It sounds worse where a short tail rings behind the last bar: that would be spread over all bars.
    """
    if clip.whole_sec > clip.read_sec + 0.1:
        return None
    bars = round(clip.read_sec * bpm / 240.0)
    exact = bars * 240.0 / clip.read_sec
    if not 1 <= bars <= _LOOP_BARS or abs(exact / bpm - 1) >= _LOOP_OFF:
        return None
    by_ear, by_length = comb_strength(pulse, np.array([bpm, exact]))
    return exact if by_length >= _AS_WELL * by_ear else None


def _led_by(bpm: float, sure: float, tempos: Sequence[TempoGuess]) -> tuple[TempoGuess, ...]:
    rest = [guess for guess in tempos if abs(guess.bpm / bpm - 1) > 0.03]
    return _with_octaves((TempoGuess(bpm, sure), *(replace(g, sure=g.sure * (1 - sure)) for g in rest)))


def _with_octaves(tempos: tuple[TempoGuess, ...]) -> tuple[TempoGuess, ...]:
    """The likeliest tempos, the double and half of the first always among them."""
    first, found = tempos[0].bpm, [tempos[0]]
    for factor in (2.0, 0.5):
        same = [g for g in tempos if abs(g.bpm / (first * factor) - 1) < 0.03]
        found.append(TempoGuess(first * factor, same[0].sure if same else 0.0))
    found += [g for g in tempos if all(abs(g.bpm / other.bpm - 1) > 0.03 for other in found)][:2]
    return (found[0], *sorted(found[1:], key=lambda guess: -guess.sure))


def is_loop(clip: Clip, beats: Beats | None, bars: int) -> bool:
    """Whether a clip is exactly so many bars."""
    if beats is None or bars < 1 or clip.whole_sec > clip.read_sec + 0.1:
        return False
    length = bars * beats.meter * 60.0 / beats.bpm
    return bars <= _LOOP_BARS and abs(clip.read_sec / length - 1) < _LOOP_OFF


def played_bars(clip: Clip, grid: BarGrid, begins_sec: Sequence[float]) -> int:
    """How many bars are played: whole ones from the first bar line, without those in which a loop only rings out.

    Bars in which nothing begins are a tail where they are soft, and a loop as long as loops are comes before them: one
    bar, two, or fours. A song that ends, and a loop whose last bar rests, keep theirs.
    """
    bars = grid.bars_until(clip.read_sec)
    if clip.whole_sec > clip.read_sec + 0.1 or bars > _LOOP_BARS:
        return bars
    at = np.floor(grid.quarters(begins_sec) / grid.meter + _EARLY)
    struck = at[(at >= 0) & (at < bars)]
    played = int(struck.max()) + 1 if len(struck) else bars
    as_long_as_loops = played in (1, 2) or played % 4 == 0
    if played == bars or not as_long_as_loops or bars - played > max(1, played // 2):
        return bars
    level = _levels_db(clip, grid, bars)
    loud = 10.0 * np.log10(np.mean(10.0 ** (level[:played] / 10.0)))
    return played if (level[played:] < loud + _RINGS_DB).all() else bars


def _levels_db(clip: Clip, grid: BarGrid, bars: int) -> Floats:
    """How loud each bar is; float (bars,)."""
    quarters = grid.first_bar + grid.meter * np.arange(bars + 1)
    beats = grid.beats_sec
    beyond = beats[-1] + (quarters - len(beats) + 1) * (beats[-1] - beats[-2])
    seconds = np.where(quarters < len(beats), np.interp(quarters, np.arange(len(beats)), beats), beyond)
    edges = np.clip(np.rint(seconds * RATE).astype(np.int64), 0, len(clip.mono))
    power = [np.mean(np.square(clip.mono[a:b], dtype=float)) if b > a else 0.0 for a, b in pairwise(edges.tolist())]
    return 10.0 * np.log10(np.array(power) + 1e-12)
