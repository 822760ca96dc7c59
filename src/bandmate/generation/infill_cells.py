"""The asked cells of one stretch: from what is asked to a task for the sampler, and from its rows back to notes.

Every rule is compiled before anything is drawn; notes come back at the score's own ticks, in the touch of the part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import RuleConflict
from bandmate.generation.allowed import Allowed, Cells
from bandmate.generation.dress import limit_voices
from bandmate.generation.groove import GroovePull, offbeat_pull, pattern_pull
from bandmate.generation.harmony import chord_pull
from bandmate.generation.lock_rules import Locked, bind
from bandmate.generation.scene import Harmony, Part, Stretch, stretch_of
from bandmate.generation.task import Lock, Task
from bandmate.score.model import NOTE, Score, make_notes
from bandmate.score.pitch import Chord, Key
from bandmate.score.selection import Selection, track_words
from bandmate.score.timeline import bar_of
from bandmate.tokenizers import grid_table as table
from bandmate.tokenizers.grid_rows import Shown, View, piece_rows
from bandmate.tokenizers.grid_table import COLUMN, Kind

USUAL_DENSITY = 2.0  # notes a quarter of a cell whose track says nothing of itself
_LEVEL_SLACK = 0.2  # a told density may be missed by this share
_LINES = ("melody", "lead", "vox")


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of the cells.

    Attributes:
        key: binds every pitched note; None = the piece's key pulls, and binds nothing.
        density: factor on how many notes there were, or, of tracks that were silent, on what is usual; 1 = open.
        syncopated: how much off-beats are sought, 0..1; negative = avoided.
        register: semitones up or down.
        velocity: factor.
        genre, moods: told to the model, by their ids in the tables.
        fresh: what is written has no forerunner: the candidate of middling likelihood is kept, not the one that most
            agree on, which of free inventions is the dullest.
        change: share of the notes that shall differ from the last of the takes to be unlike; 0 = no aim.
        sings: asked tracks that shall not dwell on one pitch, besides melodies.
        rests: the asked cells that may rest, bool (asked tracks, asked bars); None = those that rested, on tracks that
            did sound in the asked bars.
        locks: what a cell takes over from a cell of its track: (track, bar) -> Lock, bars of the score.
        pattern: notes whose rhythm pulls, for some asked tracks; NOTE in ticks of the score.
        pitches: pitch classes or pitches a cell may use: (track, bar) -> bool (128,).
    """

    key: Key | None = None
    density: float = 1.0
    syncopated: float = 0.0
    register: int = 0
    velocity: float = 1.0
    genre: str = ""
    moods: tuple[str, ...] = ()
    fresh: bool = False
    change: float = 0.0
    sings: frozenset[int] = frozenset()
    rests: NDArray[np.bool_] | None = None
    locks: Mapping[tuple[int, int], Lock] = field(default_factory=dict)
    pattern: Mapping[int, NDArray[Any]] = field(default_factory=dict)
    pitches: Mapping[tuple[int, int], NDArray[np.bool_]] = field(default_factory=dict)


class CellWriter:
    """One stretch: from what is asked to a task, and from rows back to notes at the score's own ticks."""

    def __init__(
        self, old: Score, stretch: Stretch, chunk: Selection, ask: Ask, parts: Mapping[int, Part], harmony: Harmony,
        offset: int,
    ) -> None:  # fmt: skip
        self.old, self.stretch, self.chunk, self.ask = old, stretch, chunk, ask
        self.parts, self.harmony, self.offset = parts, harmony, offset
        self.slot = {index: slot for slot, index in enumerate(stretch.tracks)}
        self.first = chunk.first_bar - stretch.first_bar
        self.last = chunk.last_bar + 1 - stretch.first_bar
        self.counts = self._counts()
        self.told = ask.density != 1.0 or bool(ask.locks)

    def _counts(self) -> NDArray[np.int64]:
        """Notes that the asked cells held; (asked tracks, asked bars)."""
        shape = (len(self.chunk.tracks), self.chunk.bars)
        counts = np.zeros(shape, np.int64)
        for row, index in enumerate(self.chunk.tracks):
            bar = bar_of(self.stretch.bars, self.old.tracks[index].notes["onset_ticks"]) - self.chunk.first_bar
            bar = bar[(bar >= 0) & (bar < shape[1])]
            counts[row] = np.bincount(bar, minlength=shape[1])
        return counts

    def targets(self) -> NDArray[np.float64]:
        """How many notes each asked cell shall hold where a density is asked; (asked tracks, asked bars)."""
        bars = self.stretch.bars[self.chunk.first_bar : self.chunk.last_bar + 1]
        quarters = bars["length_ticks"] / self.old.ticks_per_quarter
        usual = np.array([[self.parts[i].density or USUAL_DENSITY] for i in self.chunk.tracks]) * quarters[None]
        return np.where(self.counts > 0, self.counts, usual) * self.ask.density

    def task(self) -> Task:
        """The open cells as a task, every rule compiled."""
        piece = self.stretch.piece
        given = np.ones(piece.level.shape, bool)
        slots = [self.slot[index] for index in self.chunk.tracks]
        given[slots, self.first : self.last] = False
        level, echo = piece.level.copy(), piece.echo.copy()
        level[~given], echo[~given] = self._levels().ravel(), 0
        tags = tuple(filter(None, (table.value_id("tag", mood) for mood in self.ask.moods)))
        piece = replace(piece, level=level, echo=echo, genre=table.value_id("genre", self.ask.genre), tags=tags)
        order = tuple(range(len(piece.tracks)))
        shown = Shown(form=False, level=2, listed=not self.told)
        rows = piece_rows(piece, View(0, len(piece.bars), order, given, 0, shown))
        rows[rows[:, 0] == Kind.BARS, COLUMN["value2"]] = table.value_id("begins", int(self.stretch.before))
        rows[rows[:, 0] == Kind.BARS, COLUMN["value3"]] = table.value_id("ends", int(self.stretch.after))
        mark = int(np.flatnonzero(rows[:, 0] == Kind.WRITE)[0])
        cells = rows[mark + 1 :][rows[mark + 1 :, 0] == Kind.CELL].copy()
        if not self.told:
            cells[:, [COLUMN["value1"], COLUMN["value2"]]] = 0
        track, bar = cells[:, COLUMN["track"]].astype(np.int64) - 1, cells[:, COLUMN["bar"]].astype(np.int64) - 1
        steps = piece.bars["steps"].astype(np.int64)
        starts = np.concatenate([[0], np.cumsum(steps)])
        to_end = starts[self.last] - starts[:-1]  # of the asked bars; bars behind them count backwards
        where = Cells(track, bar, steps[bar], to_end[bar])
        allowed = self._allowed(where)
        return Task(
            prompt=rows[: mark + 1], cells=cells, where=where, allowed=allowed,
            drum=np.array([t.is_drum for t in piece.tracks])[track], pull=self._pull(where), groove=self._groove(where),
            sings=self._sings(track), locks=self._locks(where),
            known=self._known(), listed=not self.told, may_rest=self._may_rest(where),
        )  # fmt: skip

    def _sings(self, track: NDArray[np.int64]) -> NDArray[np.bool_]:
        tracks = [self.stretch.tracks[slot] for slot in track.tolist()]
        return np.array([self.parts[index].role in _LINES or index in self.ask.sings for index in tracks])

    def _known(self) -> NDArray[Any]:
        """The notes that locks may take over: those of the old piece."""
        if not self.ask.locks:
            return self.stretch.piece.notes
        first, count = self.stretch.first_bar, len(self.stretch.piece.bars)
        return stretch_of(self.old, self.harmony, self.stretch.tracks, first, first + count).piece.notes

    def _levels(self) -> NDArray[np.int16]:
        bars = self.stretch.bars[self.chunk.first_bar : self.chunk.last_bar + 1]
        quarters = bars["length_ticks"] / self.old.ticks_per_quarter
        code = table.LEVEL_SOUNDS + 1 + np.searchsorted(table.LEVEL_EDGES, self.targets() / quarters)
        return code.astype(np.int16) if self.told else np.full(self.counts.shape, table.LEVEL_SOUNDS, np.int16)

    def _place(self, where: Cells) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row and column of each cell among the asked ones."""
        row = {self.slot[index]: number for number, index in enumerate(self.chunk.tracks)}
        return np.array([row[t] for t in where.track.tolist()], np.int64), where.bar - self.first

    def _may_rest(self, where: Cells) -> NDArray[np.bool_]:
        rested = (self.counts == 0) & (self.counts.sum(1, keepdims=True) > 0)
        row, column = self._place(where)
        return (rested if self.ask.rests is None else self.ask.rests[:, self.offset :])[row, column]

    def _allowed(self, where: Cells) -> Allowed:
        allowed, pitch = Allowed.everything(where), np.arange(128)
        row, column = self._place(where)
        targets = self.targets()
        for cell, number in enumerate(row.tolist()):
            index = self.chunk.tracks[number]
            part, bar = self.parts[index], int(where.bar[cell]) + self.stretch.first_bar
            shift = 0 if part.is_drum else self.ask.register
            able = (pitch >= max(0, part.low + shift)) & (pitch <= min(127, part.high + shift))
            if part.keys:
                able &= np.isin(pitch, part.keys)
            if self.ask.key and not part.is_drum:
                able &= np.isin(pitch % 12, list(self.ask.key.lock))
            able = able & self.ask.pitches.get((index, bar), np.ones(128, bool))
            if not able.any():
                self._conflict(index, part)
            allowed.pitch[cell] &= able
            allowed.at_once[cell] = part.at_once
            allowed.most[cell] = max(1, (6 if part.at_once == 1 else 12) * int(where.steps[cell]) // 24)
            allowed.micro[cell] = not part.on_grid
            if self.told:
                wanted = float(targets[number, column[cell]])
                allowed.least[cell] = max(1, min(round(wanted), int(np.ceil(wanted * (1 - _LEVEL_SLACK)))))
                allowed.most[cell] = max(1, round(wanted), int(wanted * (1 + _LEVEL_SLACK)))
                allowed.floor[cell] = not self.ask.locks
            if part.voices == 1:
                allowed.position[cell] &= ~self._rung(index, bar, int(where.steps[cell]))
        places = allowed.position.sum(1) * np.minimum(allowed.at_once, 2) // 2
        allowed.least = np.minimum(allowed.least, np.maximum(1, places))
        self._lock(where, allowed)
        return allowed

    def _lock(self, where: Cells, allowed: Allowed) -> None:
        """What is locked on single tracks binds their cells; bars are counted from the first of the piece."""
        parts = [self.parts.get(index) for index in self.stretch.tracks]
        if not any(part is not None and part.lock is not None for part in parts):
            return
        bars = len(self.stretch.bars)
        home = Chord((self.ask.key or self.harmony.key or Key(0)).tonic, "5")
        chords = tuple(self.harmony.at(bar, half) or home for bar in range(bars) for half in (0, 1))
        bind(Locked(tuple(p or Part("", 0, False) for p in parts), bars, chords),
             replace(where, bar=where.bar + self.stretch.first_bar), allowed,
             [track_words(self.old, index) for index in self.stretch.tracks])  # fmt: skip

    def _conflict(self, index: int, part: Part) -> None:
        key = f" in {self.ask.key.name}" if self.ask.key else ""
        low, high = part.low + self.ask.register, part.high + self.ask.register
        raise RuleConflict(
            f"{track_words(self.old, index)}: nothing is left to play between MIDI pitch {low} and {high}{key}; change "
            "the key or the register"
        )

    def _rung(self, index: int, bar: int, steps: int) -> NDArray[np.bool_]:
        """Places of a bar over which a note from before the asked bars still sounds."""
        taken = np.zeros(table.MAX_STEPS, bool)
        start = int(self.stretch.bars["start_ticks"][bar])
        notes = self.old.tracks[index].notes
        notes = notes[notes["onset_ticks"] < int(self.stretch.bars["start_ticks"][self.chunk.first_bar])]
        until = int((notes["onset_ticks"] + notes["duration_ticks"]).max(initial=0)) - start
        over = int(until * table.STEPS_PER_QUARTER / self.old.ticks_per_quarter) - 3
        taken[: max(0, min(over, steps - 6))] = True
        return taken

    def _pull(self, where: Cells) -> NDArray[np.float32]:
        pull = np.zeros((len(where), 2, 128), np.float32)
        key = self.ask.key or self.harmony.key
        for cell, (slot, bar) in enumerate(zip(where.track.tolist(), where.bar.tolist(), strict=True)):
            part = self.parts[self.stretch.tracks[slot]]
            for half in () if part.is_drum else (0, 1):
                pull[cell, half] = chord_pull(part.role, self.harmony.at(bar + self.stretch.first_bar, half), key)
        return pull

    def _groove(self, where: Cells) -> GroovePull:
        place = {(t, b): cell for cell, (t, b) in enumerate(zip(where.track.tolist(), where.bar.tolist(), strict=True))}
        notes, cells = self._pattern(place)
        roles = [self.parts[self.stretch.tracks[slot]].role for slot in where.track.tolist()]
        pull = pattern_pull(notes, cells, roles, np.full(len(where), np.log(self.ask.density)))
        return replace(pull, position=pull.position + offbeat_pull(np.full(len(where), self.ask.syncopated)))

    def _pattern(self, place: Mapping[tuple[int, int], int]) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Positions and pitches of the pattern to lean on, and the cell of each."""
        rows, cells = [], []
        for index, notes in self.ask.pattern.items():
            bars = bar_of(self.stretch.bars, notes["onset_ticks"])
            per_tick = table.STEPS_PER_QUARTER / self.old.ticks_per_quarter
            for bar, onset, pitch in zip(
                bars.tolist(), notes["onset_ticks"].tolist(), notes["pitch"].tolist(), strict=True
            ):
                cell = place.get((self.slot[index], bar - self.stretch.first_bar))
                step = round((onset - int(self.stretch.bars["start_ticks"][bar])) * per_tick)
                if cell is not None and step < table.MAX_STEPS:
                    rows.append((step, pitch))
                    cells.append(cell)
        return np.array(rows, [("position", "<i8"), ("pitch", "u1")]), np.array(cells, np.int64)

    def _locks(self, where: Cells) -> list[Lock | None]:
        first = self.stretch.first_bar
        found = []
        for slot, bar in zip(where.track.tolist(), where.bar.tolist(), strict=True):
            lock = self.ask.locks.get((self.stretch.tracks[slot], bar + first))
            found.append(replace(lock, track=slot, bar=lock.bar - first) if lock else None)
        return found

    def notes(self, rows: NDArray[Any]) -> dict[int, NDArray[Any]]:
        """Cell notes as notes of the score's tracks, at its own ticks, in the touch of each part."""
        found = {}
        for index in self.chunk.tracks:
            mine = rows[rows["track"] == self.slot[index]]
            found[index] = self._played(mine, self.parts[index])
        return found

    def _played(self, mine: NDArray[Any], part: Part) -> NDArray[Any]:
        if not len(mine):
            return np.empty(0, NOTE)
        grid, per_step = self.stretch.bars, self.old.ticks_per_quarter / table.STEPS_PER_QUARTER
        bar = mine["bar"].astype(np.int64) + self.stretch.first_bar
        micro = (mine["micro"].astype(np.float64) - 3) / table.MICRO_CODES
        start, stop = self.chunk.span(self.old)
        onset = np.rint(grid["start_ticks"][bar] + (mine["position"] + micro) * per_step).astype(np.int64)
        onset = np.clip(onset, start, stop - 1)
        long = np.maximum(1, np.rint(table.DURATIONS[mine["duration"]] * per_step)).astype(np.int64)
        if part.is_drum:
            long[:] = part.hit_ticks or self.old.ticks_per_quarter // 4
        velocity = np.clip(
            ((mine["velocity"].astype(np.float64) - 1) * table.VELOCITY_STEP + 2) * self.ask.velocity, 1, 127
        )
        if part.velocities and self.ask.velocity == 1.0:
            known = np.array(part.velocities)
            velocity = known[np.abs(known[None] - velocity[:, None]).argmin(1)]
        notes = make_notes(onset, long, mine["pitch"], np.rint(velocity))
        return notes if part.is_drum else limit_voices(notes, part.voices)
