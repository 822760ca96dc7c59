"""Perform: several performances of one plan as one: bars that are fuller or emptier, and sections that return varied.

The rules know how busy a track is, not a bar, and play a section that comes again as they played it. So a plan is
performed several times, at several densities and by several seeds, and each track takes each of its bars from one of
them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.groovebook.play import play
from bandmate.groovebook.stage import Note
from bandmate.limits import SEED
from bandmate.score.model import Score
from bandmate.score.plan import Plan

FULLNESS = "fullness"  # in `Plan.extra`: for each bar how many times as many notes as usual
_DENSITIES = (1.0, 0.7, 1.4, 0.45, 2.0)  # the usual one first, so that of equals it is taken
_MOST, _LEAST = 4.0, 0.25
_LONG, _APART = 32, 8  # bars of a piece whose sections return varied, and between the beginnings of two of one name
_NEXT_SEED = 7_919
_RETURNS, _ANSWER = 2, 3  # how many other performances returning sections take turns in; the one of the answers' ends
_PERIOD, _ENDS = 8, 2  # bars of a phrase and its answer, and at the end of that those that are played otherwise
_TUNES = ("melody", "lead", "vox")


def fullness_of(plan: Plan) -> NDArray[np.float64]:
    """How full each bar of a plan is asked to be, 1 = as usual; (bars,)."""
    asked = plan.extra.get(FULLNESS)
    return np.ones(plan.bars) if asked is None else np.array(asked, float)[np.arange(plan.bars) % len(asked)]


def perform(plan: Plan, seed: int, *, given: dict[int, list[Note]] | None = None) -> Score:
    """Perform a plan, every bar as full as is asked, and sections of a long piece varied where they return.

    Args:
        plan: what to play.
        seed: varies the performance, 0 or more; the same gives the same notes on every platform.
        given: grid notes of tracks that exist already, by track index; they stay as they are.
    """
    if FULLNESS not in plan.extra:
        return _returning(plan, seed, given)
    played = [_returning(_as_busy(plan, density), seed, given) for density in _DENSITIES]
    counts = _counts(played, plan)
    aim = counts[0] * fullness_of(plan)
    return bars_from(played, _kept(np.abs(np.log((counts + 0.5) / (aim + 0.5))).argmin(0), given), plan)


def returns(plan: Plan) -> NDArray[np.int64]:
    """Which performance each bar of the band takes: 0, or another where a section comes again or an answer ends.

    People repeat their drums nearly as they were, and vary what is played over them (docs/LOG.md, section 9); tunes
    come again by `generation.form`. Pieces under 32 bars and loops are played in one go.
    """
    found = np.zeros(plan.bars, np.int64)
    if plan.loop or plan.bars < _LONG:
        return found
    seen: Counter[str] = Counter()
    first: dict[str, int] = {}
    for section in plan.sections:
        start = first.setdefault(section.label, section.start_bar)
        bars = np.arange(section.start_bar, section.start_bar + section.bars)
        if section.start_bar - start > _APART:
            found[bars] = 1 + seen[section.label] % _RETURNS
            seen[section.label] += 1
        found[bars[(bars - section.start_bar) % _PERIOD >= _PERIOD - _ENDS]] = _ANSWER
    return found


def _returning(plan: Plan, seed: int, given: dict[int, list[Note]] | None) -> Score:
    chosen = returns(plan)
    if not chosen.any():
        return play(plan, seed, given=given)
    played = [play(plan, (seed + n * _NEXT_SEED) % int(SEED.high), given=given) for n in range(chosen.max() + 1)]
    return bars_from(played, _kept(band_of(plan)[:, None] * chosen[None], given), plan)


def band_of(plan: Plan) -> NDArray[np.bool_]:
    """The pitched tracks that play under the tune; (tracks,)."""
    return np.array([not track.is_drum and track.role not in _TUNES for track in plan.tracks])


def _kept(chosen: NDArray[np.int64], given: dict[int, list[Note]] | None) -> NDArray[np.int64]:
    chosen[list(given or ())] = 0
    return chosen


def _as_busy(plan: Plan, factor: float) -> Plan:
    tracks = (replace(t, density=float(np.clip(t.density * factor, _LEAST, _MOST))) for t in plan.tracks)
    return replace(plan, tracks=tuple(tracks))


def _counts(played: Sequence[Score], plan: Plan) -> NDArray[np.int64]:
    """Notes of every performance, track and bar."""
    return np.array([[np.bincount(_bar_of(t.notes, score, plan), minlength=plan.bars) for t in score.tracks]
                     for score in played])  # fmt: skip


def bars_from(played: Sequence[Score], chosen: NDArray[np.int64], plan: Plan) -> Score:
    """The first of several performances, with bars of the others.

    Args:
        played: performances of one plan.
        chosen: the one that each bar of each track is taken from; (tracks, bars).
        plan: its bars and meter.
    """
    base, tracks = played[0], []
    bar_ticks = _bar_ticks(base, plan)
    for index, (track, of) in enumerate(zip(base.tracks, chosen, strict=True)):
        if not of.any():
            tracks.append(track)
            continue
        parts = []
        for number in np.unique(of).tolist():
            notes = played[number].tracks[index].notes
            bars = _bar_of(notes, base, plan)
            here = of[bars] == number
            parts.append(_until(notes[here], bars[here], of, bar_ticks))
        joined = np.concatenate(parts)
        tracks.append(replace(track, notes=joined[np.lexsort((joined["pitch"], joined["onset_ticks"]))]))
    return replace(base, tracks=tuple(tracks))


def _bar_ticks(score: Score, plan: Plan) -> int:
    return score.ticks_per_quarter * 4 * plan.meter[0] // plan.meter[1]


def _bar_of(notes: NDArray[Any], score: Score, plan: Plan) -> NDArray[np.int64]:
    """The bar that each note is of; one that is played a little early is of the bar it leads into."""
    bar = (notes["onset_ticks"] + score.ticks_per_quarter // 24) // _bar_ticks(score, plan)
    return np.clip(bar, 0, plan.bars - 1).astype(np.int64)


def _until(notes: NDArray[Any], bars: NDArray[np.int64], chosen: NDArray[np.int64], bar_ticks: int) -> NDArray[Any]:
    """Notes of some bars, which end where a bar of another performance begins."""
    notes = notes.copy()
    follows = np.append(chosen[1:], chosen[-1])
    end = (bars + 1) * bar_ticks
    over = (follows[bars] != chosen[bars]) & (notes["onset_ticks"] + notes["duration_ticks"] > end)
    notes["duration_ticks"] = np.where(over, np.maximum(1, end - notes["onset_ticks"]), notes["duration_ticks"])
    return notes
