"""Hard rules: what may be written in each cell, AND-ed once before sampling.

Each rule is a function of the Task's cells that narrows the Allowed tables it is given; if a cell that must sound has
nothing left, RuleConflict names the rules, before anything is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import RuleConflict
from bandmate.score.pitch import Chord
from bandmate.score.plan import Plan
from bandmate.tokenizers.grid_table import MAX_STEPS

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The asked cells in the order of writing.

    Attributes:
        track, bar: (n,) indices into the plan.
        steps: (n,) steps of the cell's bar.
        to_end: (n,) steps from the start of the cell to the end of the piece.
    """

    track: NDArray[np.int64]
    bar: NDArray[np.int64]
    steps: NDArray[np.int64]
    to_end: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.track)


@dataclass(slots=True, eq=False)
class Allowed:
    """What the rules leave, one entry a cell.

    Attributes:
        pitch: (n, 2, 128), for the first and second half of the bar.
        position: (n, MAX_STEPS).
        at_once: (n,) most notes at one position.
        least, most: (n,) notes in the cell.
        micro: (n,) whether micro-timing is free; else notes lie on the grid.
    """

    pitch: Bools
    position: Bools
    at_once: NDArray[np.int64]
    least: NDArray[np.int64]
    most: NDArray[np.int64]
    micro: Bools

    @classmethod
    def everything(cls, cells: Cells) -> Allowed:
        """No rule but the bar lines."""
        n = len(cells)
        return cls(
            pitch=np.ones((n, 2, 128), bool),
            position=np.arange(MAX_STEPS)[None] < cells.steps[:, None],
            at_once=np.full(n, 16),
            least=np.zeros(n, np.int64),
            most=np.full(n, 192),
            micro=np.ones(n, bool),
        )


Rule = Callable[[Plan, Cells, Allowed], None]


def instrument_range(plan: Plan, cells: Cells, allowed: Allowed) -> None:
    """Pitches between the track's lowest and highest note."""
    pitch = np.arange(128)
    low = np.array([track.low for track in plan.tracks])[cells.track]
    high = np.array([track.high for track in plan.tracks])[cells.track]
    allowed.pitch &= ((pitch >= low[:, None]) & (pitch <= high[:, None]))[:, None]


def _pitch_classes(classes: frozenset[int]) -> Bools:
    return np.isin(np.arange(128) % 12, list(classes))


def key_lock(plan: Plan, cells: Cells, allowed: Allowed) -> None:
    """A stated key locks pitched tracks to its scale; a stated chord wins for its half bar."""
    if not (plan.key_lock or plan.chord_lock):
        return
    scale = _pitch_classes(plan.key.lock)
    memo: dict[Chord, Bools] = {}
    pitched = ~np.array([track.is_drum for track in plan.tracks])[cells.track]
    for index in np.flatnonzero(pitched):
        for half in (0, 1):
            chord = plan.chord_at(int(cells.bar[index]), half)
            if chord not in memo:
                memo[chord] = scale | _pitch_classes(chord.pitch_classes) if plan.chord_lock else scale
            allowed.pitch[index, half] &= memo[chord]


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
    excluded_drums,
    polyphony_limit,
    density_cap,
    every_cell_sounds,
)


def compile_rules(plan: Plan, cells: Cells, rules: Sequence[Rule] = RULES) -> Allowed:
    """AND all rules over the cells.

    Raises:
        RuleConflict: a cell that must sound has no pitch or no position left; names the rules and the track.
    """
    allowed = Allowed.everything(cells)
    for rule in rules:
        rule(plan, cells, allowed)
    blocked = (allowed.least > 0) & ~(allowed.pitch.any((1, 2)) & allowed.position.any(1))
    if blocked.any():
        _explain(plan, cells, int(np.flatnonzero(blocked)[0]), rules)
    return allowed


def _explain(plan: Plan, cells: Cells, index: int, rules: Sequence[Rule]) -> None:
    track = plan.tracks[int(cells.track[index])]
    one = Cells(*(getattr(cells, name)[index : index + 1] for name in ("track", "bar", "steps", "to_end")))
    guilty = []
    for rule in rules:
        rest = Allowed.everything(one)
        for other in rules:
            if other is not rule:
                other(plan, one, rest)
        if rest.pitch.any() and rest.position.any():
            guilty.append(rule.__name__.replace("_", " "))
    names = " and ".join(guilty) or "the rules together"
    raise RuleConflict(
        f"{track.name or track.role}: {names} leave no note between MIDI pitch {track.low} and {track.high} "
        f"in {plan.key.name}, bar {int(cells.bar[index]) + 1}; widen the range or change the key"
    )
