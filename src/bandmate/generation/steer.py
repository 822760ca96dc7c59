"""Soft controls: density, polyphony and range that were asked as "about so much" (`density ~6`, `range ~C3-C5`).

The outline tells the model, and where the hard rules leave room the bounds of each cell close in on what was asked.
Nothing here can be refused: where a rule leaves no room, the control yields.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.allowed import Allowed, Cells, blocked, capacity
from bandmate.generation.form import Sketch
from bandmate.groovebook.perform import fullness_of
from bandmate.score.plan import Plan
from bandmate.tokenizers import grid_table as table

_OUTSIDE = -4.0  # logits of pitches outside a range that was asked for loosely
_SIXTEENTH, _TRIPLET = 6, 8  # steps
_FEWER, _MORE = 0.8, 1.2  # of the notes that were asked for


def steered(plan: Plan, outline: Sketch) -> Sketch:
    """The outline with what soft controls ask: how full cells are, how many voices, how high."""
    if not any(track.lock for track in plan.tracks):
        return outline
    level, controls = outline.level.copy(), list(outline.controls)
    quarters = 4 * plan.meter[0] / plan.meter[1]
    for index, track in enumerate(plan.tracks):
        lock = track.lock
        if lock is None:
            continue
        density, register, polyphony = controls[index]
        if (notes := _notes(lock.near_density, lock.least, lock.most)) is not None:
            density = _value("density", table.DENSITY_EDGES, notes / quarters)
            code = table.LEVEL_SOUNDS + 1 + np.searchsorted(table.LEVEL_EDGES, notes * fullness_of(plan) / quarters)
            level[index] = np.where(plan.active[index], code, level[index])
        if lock.near_low is not None and lock.near_high is not None and not track.is_drum:
            register = _value("register", table.REGISTER_EDGES, (lock.near_low + lock.near_high) / 2)
        if lock.near_voices is not None:
            polyphony = _value("polyphony", table.POLYPHONY_EDGES, lock.near_voices)
        controls[index] = (density, register, polyphony)
    return replace(outline, level=level.astype(np.int16), controls=tuple(controls))


def _notes(near: float | None, least: int, most: int | None) -> float | None:
    if near is not None or not (least and most):
        return near
    return (least + most) / 2


def _value(name: str, edges: NDArray[np.float64], number: float) -> int:
    return table.VALUE_OFFSETS[name] + int(np.searchsorted(edges, number))


def counts_asked(plan: Plan) -> NDArray[np.bool_]:
    """Tracks whose number of notes was asked for loosely, so that the outline's does not count; (tracks,)."""
    return np.array([track.lock is not None and track.lock.near_density is not None for track in plan.tracks])


def lean(plan: Plan, cells: Cells, allowed: Allowed, pull: NDArray[np.float32]) -> None:
    """Close the bounds of cells in on what soft controls ask, where hard rules leave room; in place."""
    full = fullness_of(plan)
    for cell, track in enumerate(cells.track.tolist()):
        lock = plan.tracks[track].lock
        if lock is None:
            continue
        if lock.near_low is not None and lock.near_high is not None:
            pitch = np.arange(128)
            pull[cell] += np.where((pitch >= lock.near_low) & (pitch <= lock.near_high), 0.0, _OUTSIDE)
        pitched = not plan.tracks[track].is_drum
        if pitched and not lock.rhythm and (lock.near_voices is not None or lock.most_voices is not None):
            _strokes_apart(allowed, cells, cell)
        if pitched and lock.near_voices is not None:
            _about_voices(allowed, cells, cell, lock.near_voices)
        if lock.near_density is not None:
            _about_notes(allowed, cells, cell, lock.near_density * float(full[cells.bar[cell]]))


def _strokes_apart(allowed: Allowed, cells: Cells, cell: int) -> None:
    """Onsets on sixteenths and triplets: a chord that is rolled over neighbouring steps is one of more voices."""
    before = allowed.position[cell].copy()
    step = np.arange(before.size)
    allowed.position[cell] &= (step % _SIXTEENTH == 0) | (step % _TRIPLET == 0)
    if blocked(allowed, cells, cell) or not allowed.position[cell].any():
        allowed.position[cell] = before


def _about_voices(allowed: Allowed, cells: Cells, cell: int, near: float) -> None:
    before = int(allowed.at_once[cell]), int(allowed.together[cell])
    allowed.at_once[cell] = max(min(before[0], int(np.ceil(near))), before[1])
    allowed.together[cell] = max(before[1], int(near) if near < 3 else int(near) - 1)
    if blocked(allowed, cells, cell):
        allowed.at_once[cell], allowed.together[cell] = before


def _about_notes(allowed: Allowed, cells: Cells, cell: int, near: float) -> None:
    before = int(allowed.least[cell]), int(allowed.most[cell]), bool(allowed.floor[cell])
    room = int(capacity(allowed, cells, cell).sum())
    least = max(1, min(round(near * _FEWER), room))
    allowed.least[cell] = min(max(before[0] if before[2] else 1, least), before[1])
    allowed.most[cell] = max(min(before[1], round(near * _MORE)), int(allowed.least[cell]))
    allowed.floor[cell] = True
    if blocked(allowed, cells, cell):
        allowed.least[cell], allowed.most[cell], allowed.floor[cell] = before
