"""Sampling: many takes at once, each step one row, every row inside the rules.

The walk is the grammar of `grid.v1`: cells come in their order, notes inside a cell by position and pitch, and a cell
ends when the model says so within its bounds. Whatever the weights, every walk decodes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.allowed import Allowed, Cells
from bandmate.generation.due import Due
from bandmate.generation.engine import Engine, Floats, Heads
from bandmate.generation.filters import SamplingOptions, draw
from bandmate.generation.groove import GroovePull
from bandmate.generation.no_copy import NoCopy
from bandmate.generation.no_copy_guard import Guard
from bandmate.tokenizers.grid_table import (
    COLUMN,
    DURATIONS,
    ECHO_FORMS,
    ECHO_LAGS,
    ECHO_NEW,
    FIELDS,
    LEVEL_EMPTY,
    LEVEL_SOUNDS,
    MAX_STEPS,
    Kind,
)

_C = COLUMN
_DRUM_CODES = 128
_CRASHES = (49, 52, 55, 57)
_FIRST_NOTE = 2.2  # how much more the first note of a cell leans on the harmony
_TIRED = 0.8  # logits a melody loses on a pitch with each repeat after the first


@dataclass(frozen=True, slots=True)
class Lock:
    """What a cell takes over: all notes ("same"), those before a step ("varied"), or the rhythm alone.

    `until` is that step of the bar; None = its half.
    """

    form: str
    track: int
    bar: int
    until: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What is to be written.

    Attributes:
        prompt: header, given cells and the write mark as rows; (p, fields).
        cells: one CELL row for each asked cell, in order; (n, fields).
        where: the same cells as indices.
        allowed: what the rules leave of each.
        drum: (n,) whether the cell's pitches are drum keys.
        pull: logits added to pitches by chord and key; (n, parts, 128).
        groove: logits added to onsets and drum keys.
        sings: (n,) whether the cell is part of a melody.
        locks: what each cell takes over from an earlier one of its track.
        known: notes of cells that are there already, the sources of locks; CELL_NOTE.
        listed: the form is the model's: it draws of each cell how full it is and how it repeats; `locks` is not used.
        may_rest, must_rest: (n,) with `listed`: whether the cell may be left empty, and whether it has to.
        due: (n,) with `listed`: whether the cell may not be left empty while its track has not sounded yet.
        around: NEIGHBOUR notes around the cells, in steps as `where.to_end` counts them; where copies are banned.
    """

    prompt: NDArray[np.int16]
    cells: NDArray[np.int16]
    where: Cells
    allowed: Allowed
    drum: NDArray[np.bool_]
    pull: NDArray[np.float32]
    groove: GroovePull
    sings: NDArray[np.bool_]
    locks: Sequence[Lock | None]
    known: NDArray[Any]
    listed: bool = False
    may_rest: NDArray[np.bool_] | None = None
    must_rest: NDArray[np.bool_] | None = None
    due: NDArray[np.bool_] | None = None
    around: NDArray[Any] | None = None

    @property
    def may_be_empty(self) -> NDArray[np.bool_]:
        """(n,) whether a cell may hold no note."""
        if not self.listed:
            return self.allowed.least == 0
        return np.ones(len(self.cells), bool) if self.may_rest is None else self.may_rest

    @property
    def most_rows(self) -> int:
        """Rows a take can have at most."""
        return len(self.prompt) + len(self.cells) + int(self.allowed.most.sum()) + 1


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """One take's rows after the prompt, and the mean log-likelihood of a drawn field under the rules.

    `copies` says that the take runs into given notes with a run that is banned, since nothing else was left to write.
    """

    rows: NDArray[np.int16]
    log_likelihood: float
    copies: bool = False


class _Dice:
    """One counter-based stream a take, so that a take does not depend on its neighbours in the batch."""

    def __init__(self, seeds: list[int]) -> None:
        self.streams = [np.random.Generator(np.random.Philox(seed)) for seed in seeds]
        self.block, self.at = np.zeros((len(seeds), 0, 6)), 0

    def roll(self) -> NDArray[np.float64]:
        """Six uniforms for each take; (takes, 6)."""
        if self.at == self.block.shape[1]:
            self.block, self.at = np.stack([stream.random((256, 6)) for stream in self.streams]), 0
        self.at += 1
        return self.block[:, self.at - 1]


class _Locked:
    """For each take, the notes its cell takes over from an earlier one, and how far it has come with them."""

    def __init__(self, task: Task, takes: int) -> None:
        self.task = task
        self.memory: list[dict[tuple[int, int], list[tuple[int, int, int]]]] = [{} for _ in range(takes)]
        for note in task.known:
            kept = (int(note["position"]), int(note["pitch"]), int(note["duration"]))
            for memory in self.memory:
                memory.setdefault((int(note["track"]), int(note["bar"])), []).append(kept)
        self.notes: list[list[tuple[int, int, int]]] = [[] for _ in range(takes)]
        self.form = [""] * takes

    def enter(self, takes: NDArray[np.int64], cells: NDArray[np.int64], locks: Sequence[Lock | None]) -> None:
        """Some takes begin a cell."""
        where = self.task.where
        for take, cell, lock in zip(takes.tolist(), cells.tolist(), locks, strict=True):
            self.memory[take].setdefault((int(where.track[cell]), int(where.bar[cell])), [])
            source = self.memory[take].get((lock.track, lock.bar), []) if lock else []
            half = int(where.steps[cell]) // 2 if lock is None or lock.until is None else lock.until
            self.form[take] = lock.form if lock and source else ""
            keep = [n for n in source if lock and (lock.form != "varied" or n[0] < half) and self._repeats(cell, n)]
            self.notes[take] = list(reversed(keep))  # subtle: the next note is popped from the end

    def _repeats(self, cell: int, note: tuple[int, int, int]) -> bool:
        """A crash marks the start of a section; it comes again only where the pattern strikes it again."""
        crash = bool(self.task.drum[cell]) and note[1] in _CRASHES
        return not crash or bool(self.task.groove.struck[cell, note[0], note[1]])

    def remember(self, take: int, cell: int, note: tuple[int, int, int]) -> None:
        """A take has written a note."""
        self.memory[take][int(self.task.where.track[cell]), int(self.task.where.bar[cell])].append(note)

    def next(self, take: int, free: NDArray[np.bool_]) -> tuple[int, int, int] | None:
        """The next note a take shall take over; notes that the rules no longer allow are passed over."""
        while self.notes[take] and not free[self.notes[take][-1][0]]:
            self.notes[take].pop()
        return self.notes[take][-1] if self.notes[take] else None

    def more_here(self, take: int) -> int:
        """How many further notes of the lock start where the next one does."""
        notes = self.notes[take]
        return sum(note[0] == notes[-1][0] for note in notes[:-1][-16:])

    def closed(self, take: int) -> bool:
        """Whether the cell ends when its lock does."""
        return self.form[take] in ("same", "rhythm")


def _cells_shape(task: Task) -> tuple[int, int]:
    rows = np.concatenate([task.prompt, task.cells])
    return int(rows[:, _C["track"]].max()) + 1, int(rows[:, _C["bar"]].max()) + 1


class _Walk:
    """Where each take stands in the grammar."""

    def __init__(
        self,
        task: Task,
        takes: int,
        rows: int,
        no_copy: NoCopy | None = None,
        warmth: NDArray[np.float32] | None = None,
    ) -> None:
        self.task, self.warmth = task, warmth
        self.guard = None
        if no_copy is not None and task.around is not None:
            self.guard = Guard(no_copy, takes, task.where, task.drum, task.around, task.may_be_empty)
        self.cell = np.full(takes, -1)
        self.position = np.full(takes, -1)
        self.pitch = np.full(takes, -1)
        self.count = np.zeros(takes, np.int64)
        self.at_once = np.zeros(takes, np.int64)
        self.done = np.zeros(takes, bool)
        self.rows = np.zeros((takes, rows, len(FIELDS)), np.int16)
        self.length = np.zeros(takes, np.int64)
        self.total = np.zeros(takes)
        self.draws = np.zeros(takes, np.int64)
        self.locked = _Locked(task, takes)
        tracks = int(task.where.track.max()) + 1
        self.last = np.full((takes, tracks), -1)  # the pitch each track wrote last, and how often in a row
        self.run = np.zeros((takes, tracks), np.int64)
        allowed, cells = task.allowed, np.arange(len(task.cells))
        place = allowed.part(cells[:, None], np.arange(MAX_STEPS)[None], task.where.steps)  # (n, MAX_STEPS)
        any_pitch = np.any(allowed.pitch, axis=2)
        self.open = allowed.position & any_pitch[cells[:, None], place]
        top = 127 - np.argmax(allowed.pitch[:, :, ::-1], 2)
        self.highest = np.where(any_pitch, top, -1)  # (n, parts)
        self.due = Due(task, takes)
        self.least, self.most = np.zeros(takes, np.int64), np.zeros(takes, np.int64)
        self.seen = np.zeros((takes, *_cells_shape(task), len(FIELDS)), np.int16)  # rows of cells by track and bar
        given = task.prompt[task.prompt[:, 0] == Kind.GIVEN]
        self.seen[:, given[:, _C["track"]], given[:, _C["bar"]]] = given

    def positions(self) -> NDArray[np.bool_]:
        """Positions each take may write next; (takes, MAX_STEPS)."""
        cell = np.maximum(self.cell, 0)
        step = np.arange(MAX_STEPS)[None]
        free = self.open[cell] & (step > self.position[:, None])
        again = (self.position >= 0) & (self.at_once < self.task.allowed.at_once[cell])
        part = self.task.allowed.part(cell, np.maximum(self.position, 0), self.task.where.steps)
        again &= self.pitch < self.highest[cell, part]
        rows = np.flatnonzero(again)
        free[rows, self.position[rows]] = True
        for take in self.due.takes(cell, self.done | (self.cell < 0)):
            self.due.narrow(self, take, free[take])
        if self.guard:
            for take in np.flatnonzero((self.cell >= 0) & ~self.done).tolist():
                at = (int(self.position[take]), int(self.pitch[take]))
                pitch, before = self.task.allowed.pitch[cell[take]], free[take].copy()
                self.guard.positions(take, int(cell[take]), free[take], pitch, at)
                if self.due.owes[cell[take]] and not free[take].any():
                    free[take] = before  # what is locked comes first
        return free

    def pitches(self, take: NDArray[np.int64], position: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Pitches some takes may write at a position; (len(take), 128)."""
        cell = self.cell[take]
        part = self.task.allowed.part(cell, position, self.task.where.steps)
        above = np.arange(128)[None] > np.where(position == self.position[take], self.pitch[take], -1)[:, None]
        free = self.task.allowed.pitch[cell, part] & above
        for index in self.due.takes(cell):
            self.due.narrow_pitches(self, int(take[index]), int(position[index]), free[index])
        if self.guard:
            for index, who in enumerate(take.tolist()):
                self.guard.pitches(who, int(cell[index]), int(position[index]), free[index])
        return free

    def waits(self, may: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Takes, of those that may write on, whose cell may not end since its line would copy with what is behind."""
        waits = np.zeros(len(may), bool)
        for take in np.flatnonzero(may).tolist() if self.guard else ():
            waits[take] = self.guard is not None and self.guard.waits(take, int(self.cell[take]))
        return waits

    def tired(self, take: NDArray[np.int64]) -> NDArray[np.float32]:
        """Logits that melodies lose on the pitch they keep repeating; (len(take), 128)."""
        cell = self.cell[take]
        track = self.task.where.track[cell]
        weary = np.maximum(self.run[take, track] - 1, 0) * self.task.sings[cell] * _TIRED
        same = np.arange(128)[None] == self.last[take, track][:, None]
        return np.where(same, -weary[:, None], 0.0).astype(np.float32)

    def write(self, row: NDArray[np.int16], take: NDArray[np.int64]) -> None:
        """Append rows to some takes."""
        self.rows[take, self.length[take]] = row
        self.length[take] += 1

    def leave_cell(self, take: NDArray[np.int64]) -> NDArray[np.int64]:
        """Some takes leave their cell, the piece of some ends; the takes for which another cell begins."""
        if self.guard:
            for who in take[self.cell[take] >= 0].tolist():
                self.guard.leave(who, int(self.cell[who]))
        self.cell[take] += 1
        ended = self.cell[take] >= len(self.task.cells)
        self.done[take[ended]] = True
        self.cell[take[ended]] = len(self.task.cells) - 1
        self.position[take] = self.pitch[take] = -1
        self.count[take] = self.at_once[take] = 0
        return take[~ended]

    def enter_cell(self, take: NDArray[np.int64], rows: NDArray[np.int16], locks: Sequence[Lock | None]) -> None:
        """A cell begins for some takes; `rows` are its rows, which may say that it stays empty."""
        cell, allowed = self.cell[take], self.task.allowed
        empty = self.task.listed & (rows[:, _C["value1"]] == LEVEL_EMPTY)
        self.most[take] = np.where(empty, 0, allowed.most[cell])
        self.least[take] = np.where(empty, 0, np.maximum(allowed.least[cell], int(self.task.listed)))
        self.write(rows, take)
        self.seen[take, rows[:, _C["track"]], rows[:, _C["bar"]]] = rows
        self.locked.enter(
            take, cell, [None if owes else lock for owes, lock in zip(self.due.owes[cell], locks, strict=True)]
        )
        self.due.enter(take, cell)
        if self.guard:
            for who, where in zip(take.tolist(), cell.tolist(), strict=True):
                self.guard.enter(who, where)

    def past(self, take: NDArray[np.int64], rows: NDArray[np.int16], lags: Sequence[int]) -> NDArray[np.int16]:
        """Rows of the cells so many bars before some cells, on their track; 0 = none; (len(take), lags, fields)."""
        track, bar = rows[:, _C["track"]], rows[:, _C["bar"]]
        found = [self.seen[take, track, np.where(bar > lag, bar - lag, 0)] for lag in lags]
        return np.stack(found, 1) if found else np.zeros((len(take), 0, len(FIELDS)), np.int16)

    def note(self, take: NDArray[np.int64], position: NDArray[np.int64], pitch: NDArray[np.int64]) -> None:
        """Some takes write a note."""
        same = position == self.position[take]
        self.due.meet(take, self.cell[take], position, pitch)
        self.at_once[take] = np.where(same, self.at_once[take] + 1, 1)
        self.position[take], self.pitch[take] = position, pitch
        track = self.task.where.track[self.cell[take]]
        self.run[take, track] = np.where(self.last[take, track] == pitch, self.run[take, track] + 1, 1)
        self.last[take, track] = pitch
        self.count[take] += 1


def _draw_kind(
    walk: _Walk,
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


def _taken_over(walk: _Walk, free: NDArray[np.bool_]) -> NDArray[np.int64]:
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
    walk: _Walk, take: NDArray[np.int64], soft: SamplingOptions
) -> tuple[NDArray[np.float32] | None, NDArray[np.float32] | None]:
    """Factors on the temperature of some takes' next draws, of pitches and of all else; None where there are none."""
    pitches = None
    if soft.drums != 1.0:
        pitches = np.where(walk.task.drum[walk.cell[take]], np.float32(soft.drums), np.float32(1.0))
    if walk.warmth is None:
        return pitches, pitches
    others = walk.warmth[take]
    return pitches, others if pitches is None else pitches * others


def _draw_notes(
    walk: _Walk,
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


def _begin_cells(
    walk: _Walk, heads: Heads, hidden: Floats, take: NDArray[np.int64], u: NDArray[Any], soft: SamplingOptions
) -> None:
    """The next cell of some takes: as it was asked, or with a form that is drawn now."""
    task, cell = walk.task, walk.cell[take]
    rows = task.cells[cell].copy()
    if not task.listed:
        walk.enter_cell(take, rows, [task.locks[index] for index in cell.tolist()])
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
    walk.enter_cell(take, rows, copies)


def sample(
    engine: Engine,
    heads: Heads,
    task: Task,
    seeds: list[int],
    soft: SamplingOptions,
    *,
    no_copy: NoCopy | None = None,
    warmth: NDArray[np.float32] | None = None,
    on_row: Callable[[int, int], None] | None = None,
) -> list[Written]:
    """Write a task, one take a seed, all in one batch.

    Args:
        engine: fresh, with a batch as large as the seeds and room for `task.most_rows`.
        heads: of the same weights.
        task: what is to be written.
        seeds: one a take.
        soft: filters of every field.
        no_copy: runs that must not be written.
        warmth: (takes,) factor on each take's temperature of all but pitches; None = 1.
        on_row: called with (rows done, cells done by the slowest take) after each step; may raise to stop.
    """
    takes = len(seeds)
    walk, dice = _Walk(task, takes, task.most_rows, no_copy, warmth), _Dice(seeds)
    hidden = engine.feed(np.broadcast_to(task.prompt, (takes, *task.prompt.shape)))
    step = 0
    while True:
        u = dice.roll()
        free = walk.positions()
        taken_over = _taken_over(walk, free)
        noting = _draw_kind(walk, heads, hidden, free, taken_over, u, soft)
        writers = np.flatnonzero(noting)
        if len(writers):
            _draw_notes(walk, heads, hidden, free, taken_over, writers, u, soft)
        entering = walk.leave_cell(np.flatnonzero(~noting & ~walk.done))
        _begin_cells(walk, heads, hidden, entering, u, soft)
        if walk.done.all():
            break
        step += 1
        newest = walk.rows[np.arange(takes), np.maximum(walk.length - 1, 0)]
        hidden = engine.feed(newest[:, None])
        if on_row:
            on_row(step, int(walk.cell.min()))
    return [
        Written(
            walk.rows[i, : walk.length[i]].copy(),
            float(walk.total[i] / max(1, walk.draws[i])),
            walk.guard is not None and bool(walk.guard.copies[i]),
        )
        for i in range(takes)
    ]
