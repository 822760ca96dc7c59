"""Draws of a walk: whether a note comes, the note field after field, and how the next cell begins."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.engine import Floats, Heads
from bandmate.generation.filters import SamplingOptions, draw
from bandmate.generation.task import Lock
from bandmate.generation.walk import Walk
from bandmate.tokenizers.grid_table import (
    COLUMN,
    DURATIONS,
    ECHO_FORMS,
    ECHO_LAGS,
    ECHO_NEW,
    LEVEL_EMPTY,
    LEVEL_SOUNDS,
    Kind,
)

_C = COLUMN
_DRUM_CODES = 128
_FIRST_NOTE = 2.2  # how much more the first note of a cell leans on the harmony


def draw_kind(
    walk: Walk,
    heads: Heads,
    hidden: Floats,
    free: NDArray[np.bool_],
    taken_over: NDArray[np.int64],
    u: NDArray[Any],
    soft: SamplingOptions,
) -> NDArray[np.bool_]:
    """Which takes write another note in their cell."""
    cell = np.maximum(walk.cell, 0)
    may = (walk.cell >= 0) & ~walk.done & (walk.count < walk.most) & free.any(1)
    must = may & ((walk.count < walk.least) | (taken_over[:, 0] >= 0) | walk.due.waits(walk) | walk.waits(may))
    closed = np.array([walk.locked.closed(take) for take in range(len(cell))])
    choice = may & ~must & ~closed
    if not choice.any():
        return must
    logits = heads.logits("kind", hidden)
    last = walk.cell + 1 >= len(walk.task.cells)
    note = logits[:, Kind.NOTE] + walk.task.groove.more[cell, walk.position + 1] * soft.groove
    pair = np.stack([note, np.where(last, logits[:, Kind.END], logits[:, Kind.CELL])], 1, dtype=np.float32)
    code, odds = draw(pair, np.ones_like(pair, bool), u[:, 0], soft.kind)
    walk.total += np.where(choice, odds, 0)
    walk.draws += choice
    return must | (choice & (code == 0))


def taken_over_by(walk: Walk, free: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each take the position, pitch, duration and company of the note it takes over next; -1 = none; (takes, 4)."""
    found = np.full((len(free), 4), -1)
    for take in range(len(free)):
        note = None if walk.done[take] or walk.cell[take] < 0 else walk.locked.next(take, free[take])
        if note is not None:
            pitch = -1 if walk.locked.form[take] == "rhythm" else note[1]
            found[take] = (note[0], pitch, note[2], walk.locked.more_here(take))
    return found


def _room_above(pitches: NDArray[np.bool_], company: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Pitches that leave room for the notes that shall stand above them, where there are any such."""
    above = np.cumsum(pitches[:, ::-1], 1)[:, ::-1] - pitches
    roomy = pitches & (above >= company[:, None])
    return np.where(roomy.any(1)[:, None], roomy, pitches)


def _heats(
    walk: Walk, take: NDArray[np.int64], soft: SamplingOptions
) -> tuple[NDArray[np.float32] | None, NDArray[np.float32] | None]:
    """Factors on the temperature of some takes' next draws, of pitches and of all else; None where there are none."""
    pitches = None
    if soft.drums != 1.0:
        pitches = np.where(walk.task.drum[walk.cell[take]], np.float32(soft.drums), np.float32(1.0))
    if walk.warmth is None:
        return pitches, pitches
    others = walk.warmth[take]
    return pitches, others if pitches is None else pitches * others


def draw_notes(
    walk: Walk,
    heads: Heads,
    hidden: Floats,
    free: NDArray[np.bool_],
    taken_over: NDArray[np.int64],
    take: NDArray[np.int64],
    u: NDArray[Any],
    soft: SamplingOptions,
) -> None:
    """Draw a note for some takes, field after field, and write it; what is taken over is not drawn."""
    task, cell = walk.task, walk.cell[take]
    state, locked = hidden[take], taken_over[take]
    row = task.cells[cell].copy()
    row[:, _C["value1"] : _C["position"]] = 0
    row[:, 0] = Kind.NOTE

    def field(
        name: str, allowed: NDArray[np.bool_], column: int, fixed: NDArray[np.int64] | None = None, pull: Any = 0
    ) -> NDArray[np.int64]:
        logits = heads.logits(name, state)[:, : allowed.shape[1]] + pull
        code, odds = draw(logits, allowed, u[take, column], getattr(soft, name), cool if name == "pitch" else heat)
        drawn = np.ones(len(take), bool)
        if fixed is not None:
            drawn = (fixed < 0) | ~allowed[np.arange(len(take)), np.maximum(fixed, 0)]
            code = np.where(drawn, code, fixed)
        row[:, _C[name]] = code
        walk.total[take] += np.where(drawn, odds, 0)
        walk.draws[take] += drawn
        return code

    cool, heat = _heats(walk, take, soft)
    none = np.zeros((len(take), 1), bool)
    held = locked[:, 0] >= 0
    onsets = task.groove.onsets(cell, walk.position[take], walk.pitch[take]) * soft.groove
    beat = np.concatenate([none, onsets], 1, dtype=np.float32)
    position = (
        field("position", np.concatenate([none, free[take]], 1), 1, np.where(held, locked[:, 0] + 1, -1), beat) - 1
    )
    state = heads.after("pitch", "position", state, row[:, _C["position"]])
    part = task.allowed.part(cell, position, task.where.steps)
    pitches, drum = _room_above(walk.pitches(take, position), locked[:, 3]), task.drum[cell][:, None]
    keys = task.groove.keys(cell, position, pitches & drum) * soft.groove
    stress = np.where(walk.count[take] == 0, _FIRST_NOTE, 1.0)[:, None] * soft.harmony
    chord = task.pull[cell, part] * stress + walk.tired(take) * soft.repetition
    chord = chord + task.groove.tones(cell, position) * soft.groove
    lean = np.concatenate([none, chord, keys], 1, dtype=np.float32)
    fixed = np.where(locked[:, 1] >= 0, locked[:, 1] + np.where(drum[:, 0], 129, 1), -1)
    pitch_code = field("pitch", np.concatenate([none, pitches & ~drum, pitches & drum], 1), 2, fixed, lean)
    state = heads.after("duration", "pitch", state, pitch_code)
    remaining = task.where.to_end[cell] - position
    lengths = (DURATIONS[None] <= remaining[:, None]) & (DURATIONS[None] > 0)
    duration = field("duration", lengths, 3, locked[:, 2])
    state = heads.after("velocity", "duration", state, duration)
    field("velocity", np.broadcast_to(np.arange(33) > 0, (len(take), 33)), 4)
    state = heads.after("micro", "velocity", state, row[:, _C["velocity"]])
    on_grid = np.arange(6)[None] == 3
    micro = np.where(task.allowed.micro[cell][:, None], np.arange(6)[None] > 0, on_grid)
    field("micro", micro, 5)
    pitch = (pitch_code - 1) % _DRUM_CODES
    walk.note(take, position, pitch)
    walk.write(row, take)
    for index, who in enumerate(take.tolist()):
        if held[index]:
            walk.locked.notes[who].pop()
        walk.locked.remember(who, int(cell[index]), (int(position[index]), int(pitch[index]), int(duration[index])))
        if walk.guard:
            walk.guard.note(who, int(cell[index]), int(position[index]), int(pitch[index]))


def _lock_of(echo: int, track: int, bar: int) -> Lock | None:
    """What a cell whose row tells this echo takes over: the notes of a cell that it repeats."""
    step = echo - ECHO_NEW - 1
    lag = ECHO_LAGS[step // len(ECHO_FORMS)] if step >= 0 else 0
    return Lock("same", track, bar - lag) if 0 < lag <= bar and ECHO_FORMS[step % len(ECHO_FORMS)] == "same" else None


def begin_cells(
    walk: Walk, heads: Heads, hidden: Floats, take: NDArray[np.int64], u: NDArray[Any], soft: SamplingOptions
) -> None:
    """The next cell of some takes: as it was asked, or with a form that is drawn now."""
    task, cell = walk.task, walk.cell[take]
    rows = task.cells[cell].copy()
    if not task.listed:
        walk.enter_cell(take, rows, [task.lock_of(i, task.locks[i]) for i in cell.tolist()])
        return
    if not len(take):
        return
    (level, echo), where = heads.form, task.where
    state = heads.before_cell("level", hidden[take], rows, walk.past(take, rows, heads.lags))
    may = np.ones((len(take), level[3]), bool)
    may[:, LEVEL_SOUNDS - LEVEL_EMPTY] = False  # an amount is drawn, not that there is one
    may[:, 0] = task.may_rest[cell] if task.may_rest is not None else True
    if task.due is not None:
        may[:, 0] &= ~task.due[cell] | (walk.last[take, where.track[cell]] >= 0)
    if task.must_rest is not None:
        may[task.must_rest[cell], 1:] = False
        may[task.must_rest[cell], 0] = True
    _, heat = _heats(walk, take, soft)
    code, _ = draw(heads.logits("level", state), may, u[take, 1], soft.level, heat)
    rows[:, _C["value1"]] = level[2] + code
    state = heads.after("echo", "level", state, rows[:, _C["value1"]])
    lag = np.array([0, *np.repeat(ECHO_LAGS, len(ECHO_FORMS))])
    seen = task.cells[cell, _C["bar"]] - 1
    code, _ = draw(heads.logits("echo", state), lag[None] <= seen[:, None], u[take, 2], soft.echo, heat)
    rows[:, _C["value2"]] = np.where(rows[:, _C["value1"]] == LEVEL_EMPTY, 0, echo[2] + code)
    copies = [
        _lock_of(int(row[_C["value2"]]), int(where.track[at]), int(where.bar[at])) if soft.copying else None
        for row, at in zip(rows, cell, strict=True)
    ]
    walk.enter_cell(take, rows, [task.lock_of(at, copy) for at, copy in zip(cell.tolist(), copies, strict=True)])
