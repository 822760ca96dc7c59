"""Infill by rule: the groove book plays the asked tracks over the piece's own chords, and its bars fill the cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.counts import spanned
from bandmate.errors import RuleConflict
from bandmate.generation.conform import conform
from bandmate.generation.infill import Ask, Infilled
from bandmate.generation.scene import Harmony, Part
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.score.brief import Brief, TrackAsk
from bandmate.score.locks import TrackLock
from bandmate.score.model import Score, Track, make_notes
from bandmate.score.plan import Plan
from bandmate.score.selection import Selection
from bandmate.score.timeline import bar_grid, meter_runs

_SLOWEST, _FASTEST = 30.0, 300.0


def infill_by_rules(
    score: Score,
    selection: Selection,
    ask: Ask,
    seed: int,
    *,
    parts: Mapping[int, Part],
    harmony: Harmony,
    tempo: float,
) -> Infilled:
    """Write the selected cells as the groove book would play them; same arguments as `infill`, without a model.

    Where the meter changes in them, each stretch of one meter is played by itself.

    Raises:
        RuleConflict: the groove book has no such part in a meter; the message names the bars.
    """
    bars = bar_grid(score)[selection.first_bar : selection.last_bar + 1]
    found = []
    for first, last in meter_runs(bars, score.ticks_per_quarter):
        run = replace(selection, first_bar=selection.first_bar + first, last_bar=selection.first_bar + last)
        found.append(_in_one_meter(score, run, ask, seed, parts, harmony, tempo))
    return Infilled({i: np.concatenate([notes[i] for notes in found]) for i in selection.tracks}, 1.0, 0.0, 0)


def _in_one_meter(
    score: Score, selection: Selection, ask: Ask, seed: int, parts: Mapping[int, Part], harmony: Harmony, tempo: float
) -> dict[int, NDArray[Any]]:
    plan = _plan(score, selection, ask, seed, parts, harmony, tempo)
    performance = conform(play(plan, seed), plan)
    seen: Counter[str] = Counter()
    notes = {}
    for index in selection.tracks:
        role = parts[index].role
        places = [i for i, track in enumerate(plan.tracks) if track.role == role]
        if seen[role] >= len(places):
            bars = spanned(selection.first_bar + 1, selection.last_bar + 1)
            meter = f"{plan.meter[0]}/{plan.meter[1]}"
            raise RuleConflict(f"the rules engine has no {role} in {meter} ({bars}); leave --engine or those bars out")
        notes[index] = _placed(performance, performance.tracks[places[seen[role]]], score, selection, ask, parts[index])
        seen[role] += 1
    return notes


def _plan(
    score: Score, selection: Selection, ask: Ask, seed: int, parts: Mapping[int, Part], harmony: Harmony, tempo: float
) -> Plan:
    bar = bar_grid(score)[selection.first_bar]
    asks = tuple(_track_ask(parts[index], ask) for index in selection.tracks)
    brief = Brief(
        genre=ask.genre or "pop", key=ask.key or harmony.key, tempo=min(_FASTEST, max(_SLOWEST, tempo)), loop=True,
        meter=(int(bar["numerator"]), int(bar["denominator"])), bars=selection.bars, tracks=asks,
        only=tuple(dict.fromkeys(a.role for a in asks)), moods=ask.moods,
        feel=("syncopated",) if ask.syncopated > 0 else (), locks=_locks(selection, parts),
    )  # fmt: skip
    plan = make_plan(brief, seed)
    first = selection.first_bar
    chords = [harmony.at(first + half // 2, half % 2) or chord for half, chord in enumerate(plan.chords)]
    return replace(plan, chords=tuple(chords), active=np.ones_like(plan.active), key_lock=ask.key is not None)


def _locks(selection: Selection, parts: Mapping[int, Part]) -> tuple[TrackLock, ...]:
    """The locks of the asked tracks by their roles, patterns turned so that they fall on the bars of the piece."""

    def turned(bars: tuple[str, ...]) -> tuple[str, ...]:
        at = selection.first_bar % len(bars) if bars else 0
        return bars[at:] + bars[:at]

    found: dict[str, TrackLock] = {}
    for index in selection.tracks:
        lock = parts[index].lock
        if lock is not None:
            voices = tuple((key, turned(bars)) for key, bars in lock.voices)
            found[parts[index].role] = replace(lock, track=parts[index].role, rhythm=turned(lock.rhythm), voices=voices)
    return tuple(found.values())


def _track_ask(part: Part, ask: Ask) -> TrackAsk:
    if part.is_drum:
        return TrackAsk(part.role, kit=None, density=ask.density)
    low, high = max(0, part.low + ask.register), min(127, part.high + ask.register)
    return TrackAsk(part.role, part.program, low=low, high=high, polyphony=part.voices, density=ask.density)


def _placed(performance: Score, track: Track, score: Score, selection: Selection, ask: Ask, part: Part) -> NDArray[Any]:
    """A track of the performance at the ticks of the asked bars."""
    start, end = selection.span(score)
    rate = score.ticks_per_quarter / performance.ticks_per_quarter
    onset = start + np.rint(track.notes["onset_ticks"] * rate).astype(np.int64)
    inside = onset < end
    notes, onset = track.notes[inside], onset[inside]
    long = np.maximum(1, np.rint(notes["duration_ticks"] * rate)).astype(np.int64)
    velocity = np.clip(np.rint(notes["velocity"] * ask.velocity), 1, 127)
    if part.velocities and ask.velocity == 1.0:
        known = np.array(part.velocities)
        velocity = known[np.abs(known[None] - velocity[:, None]).argmin(1)] if len(velocity) else velocity
    return make_notes(onset, long, notes["pitch"], velocity)
