"""Fullness: a performance whose bars are fuller or emptier than usual, each by a factor of its own.

The rules know how busy a track is, not a bar. So a plan is performed at several densities with one seed, and each track
takes each of its bars from the performance that is nearest to the notes that are wanted there.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.groovebook.play import play
from bandmate.groovebook.stage import Note
from bandmate.score.model import Score
from bandmate.score.plan import Plan

FULLNESS = "fullness"  # in `Plan.extra`: for each bar how many times as many notes as usual
_DENSITIES = (1.0, 0.7, 1.4, 0.45, 2.0)  # the usual one first, so that of equals it is taken
_MOST, _LEAST = 4.0, 0.25


def fullness_of(plan: Plan) -> NDArray[np.float64]:
    """How full each bar of a plan is asked to be, 1 = as usual; (bars,)."""
    asked = plan.extra.get(FULLNESS)
    return np.ones(plan.bars) if asked is None else np.array(asked, float)[np.arange(plan.bars) % len(asked)]


def play_full(plan: Plan, seed: int, *, given: dict[int, list[Note]] | None = None) -> Score:
    """Perform a plan, every bar as full as is asked; as `play` where nothing is."""
    if FULLNESS not in plan.extra:
        return play(plan, seed, given=given)
    played = [play(_as_busy(plan, density), seed, given=given) for density in _DENSITIES]
    return mixed(played, fullness_of(plan), plan, given or ())


def _as_busy(plan: Plan, factor: float) -> Plan:
    tracks = (replace(t, density=float(np.clip(t.density * factor, _LEAST, _MOST))) for t in plan.tracks)
    return replace(plan, tracks=tuple(tracks))


def mixed(played: list[Score], fullness: NDArray[np.float64], plan: Plan, kept: Collection[int] = ()) -> Score:
    """The first performance with those bars of the others that come nearest to its own notes times the fullness.

    Args:
        played: performances of one plan, the usual one first.
        fullness: factor of each bar.
        plan: its bars and meter.
        kept: tracks that stay as they are in the first.
    """
    base = played[0]
    bar_ticks = base.ticks_per_quarter * 4 * plan.meter[0] // plan.meter[1]
    tracks = []
    for index, track in enumerate(base.tracks):
        notes = [score.tracks[index].notes for score in played]
        bars = [_bar_of(each, bar_ticks, base.ticks_per_quarter, plan.bars) for each in notes]
        counts = np.array([np.bincount(each, minlength=plan.bars) for each in bars])
        aim = counts[0] * fullness
        chosen = np.abs(np.log((counts + 0.5) / (aim + 0.5))).argmin(0)
        if index in kept or not chosen.any():
            tracks.append(track)
            continue
        parts = [_until(n[chosen[b] == at], b[chosen[b] == at], chosen, bar_ticks)
                 for at, (n, b) in enumerate(zip(notes, bars, strict=True))]  # fmt: skip
        joined = np.concatenate(parts)
        tracks.append(replace(track, notes=joined[np.lexsort((joined["pitch"], joined["onset_ticks"]))]))
    return replace(base, tracks=tuple(tracks))


def _bar_of(notes: NDArray[Any], bar_ticks: int, ticks_per_quarter: int, bars: int) -> NDArray[np.int64]:
    """The bar that each note is of; one that is played a little early is of the bar it leads into."""
    return np.clip((notes["onset_ticks"] + ticks_per_quarter // 24) // bar_ticks, 0, bars - 1).astype(np.int64)


def _until(notes: NDArray[Any], bars: NDArray[np.int64], chosen: NDArray[np.int64], bar_ticks: int) -> NDArray[Any]:
    """Notes of some bars, which end where a bar of another performance begins."""
    notes = notes.copy()
    follows = np.append(chosen[1:], chosen[-1])
    end = (bars + 1) * bar_ticks
    over = (follows[bars] != chosen[bars]) & (notes["onset_ticks"] + notes["duration_ticks"] > end)
    notes["duration_ticks"] = np.where(over, np.maximum(1, end - notes["onset_ticks"]), notes["duration_ticks"])
    return notes
