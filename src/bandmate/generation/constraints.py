"""Hard rules: what may be written in each cell, AND-ed once before sampling.

Each rule is a function of the Task's cells that narrows the Allowed tables it is given; if a cell that must sound has
nothing left, RuleConflict names the rules, before anything is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from bandmate.errors import RuleConflict
from bandmate.generation.allowed import Allowed, Cells, blocked, least_notes
from bandmate.generation.lock_rules import (
    by_chord,
    chord_tone_lock,
    density_lock,
    drum_pattern,
    pitch_classes,
    pitch_lock,
    polyphony_lock,
    range_lock,
    rhythm_lock,
)
from bandmate.score.plan import Plan

Rule = Callable[[Plan, Cells, Allowed], None]


def instrument_range(plan: Plan, cells: Cells, allowed: Allowed) -> None:
    """Pitches between the track's lowest and highest note."""
    pitch = np.arange(128)
    low = np.array([track.low for track in plan.tracks])[cells.track]
    high = np.array([track.high for track in plan.tracks])[cells.track]
    allowed.pitch &= ((pitch >= low[:, None]) & (pitch <= high[:, None]))[:, None]


def key_lock(plan: Plan, cells: Cells, allowed: Allowed) -> None:
    """A stated key locks pitched tracks to its scale; a stated chord wins for its part of the bar."""
    if not (plan.key_lock or plan.chord_lock):
        return
    scale = pitch_classes(plan.key.lock)
    chords = [
        pitch_classes(chord.pitch_classes) | scale if plan.chord_lock else scale for chord in plan.sounding_chords
    ]
    by_chord(plan, cells, allowed, chords, ~np.array([track.is_drum for track in plan.tracks]))


def excluded_drums(plan: Plan, cells: Cells, allowed: Allowed) -> None:
    """Drum keys that must not sound."""
    if plan.brief.excluded_drums:
        drum = np.array([track.is_drum for track in plan.tracks])[cells.track]
        silent = np.isin(np.arange(128), plan.brief.excluded_drums)
        allowed.pitch[drum] &= ~silent


def polyphony_limit(plan: Plan, cells: Cells, allowed: Allowed) -> None:
    """At most so many notes start together."""
    limit = np.array([max(1, track.polyphony) for track in plan.tracks])[cells.track]
    allowed.at_once = np.minimum(allowed.at_once, limit)


def density_cap(plan: Plan, cells: Cells, allowed: Allowed) -> None:
    """No cell is fuller than a musician plays: per quarter 12 notes on drums and chords, 6 on one-voice tracks."""
    one_voice = np.array([track.polyphony == 1 for track in plan.tracks])[cells.track]
    per_quarter = np.where(one_voice, 6, 12)
    allowed.most = np.minimum(allowed.most, np.maximum(1, per_quarter * cells.steps // 24))


def every_cell_sounds(plan: Plan, cells: Cells, allowed: Allowed) -> None:
    """Cells that were asked to sound hold at least one note."""
    allowed.least = np.maximum(allowed.least, 1)


RULES: tuple[Rule, ...] = (
    instrument_range,
    key_lock,
    chord_tone_lock,
    range_lock,
    pitch_lock,
    excluded_drums,
    polyphony_limit,
    polyphony_lock,
    density_cap,
    density_lock,
    rhythm_lock,
    drum_pattern,
    every_cell_sounds,
)


def compile_rules(plan: Plan, cells: Cells, rules: Sequence[Rule] = RULES) -> Allowed:
    """AND all rules over the cells.

    Raises:
        RuleConflict: a cell that must sound cannot; names the rules, the track and the bar.
        BriefError: a locked pattern does not divide its bar.
    """
    allowed = _compiled(plan, cells, rules)
    index = next((index for index in range(len(cells)) if blocked(allowed, cells, index)), None)
    if index is not None:
        _explain(plan, cells, index, rules)
    for cell in np.flatnonzero(allowed.bound).tolist():
        allowed.least[cell] = max(int(allowed.least[cell]), least_notes(allowed, cell))
    return allowed


def _compiled(plan: Plan, cells: Cells, rules: Sequence[Rule]) -> Allowed:
    allowed = Allowed.everything(cells, plan.parts)
    for rule in rules:
        rule(plan, cells, allowed)
    return allowed


def _explain(plan: Plan, cells: Cells, index: int, rules: Sequence[Rule]) -> None:
    """Name a smallest set of rules that cannot hold together."""
    track = plan.tracks[int(cells.track[index])]
    one = Cells(*(getattr(cells, name)[index : index + 1] for name in ("track", "bar", "steps", "to_end")))
    guilty = list(rules)
    for rule in rules:
        fewer = [other for other in guilty if other is not rule]
        if blocked(_compiled(plan, one, fewer), one, 0):
            guilty = fewer
    names = " and ".join(rule.__name__.replace("_", " ") for rule in guilty if rule is not every_cell_sounds)
    raise RuleConflict(
        f"{track.name or track.role}: {names or 'the rules together'} cannot hold together in bar "
        f"{int(cells.bar[index]) + 1} ({plan.key.name}, MIDI pitch {track.low} to {track.high}); "
        "widen or drop one of them"
    )
