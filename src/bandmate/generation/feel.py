"""Feel: a piece as a grid model would play it, when and how loud; what is played stays.

The piece is put on the grid as it is written, and played stretch by stretch: the bars before as they were played, the
tracks that are not asked as they sound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.engine import Heads
from bandmate.generation.engine_choice import WriteOptions, make_engine
from bandmate.generation.feel_walk import FeelFilters, FeelWalk, Struck, Written
from bandmate.generation.scene import MOST_TRACKS, company
from bandmate.groovebook.strokes import Floats, Strokes, Swing, strokes_of_all
from bandmate.models.checkpoint import Weights
from bandmate.score.model import Score, Track
from bandmate.tokenizers import grid_table as table
from bandmate.tokenizers.grid import encode_piece
from bandmate.tokenizers.grid_rows import Shown, View, piece_rows
from bandmate.tokenizers.grid_table import COLUMN, STEPS_PER_QUARTER, Kind

_C = COLUMN
_BARS, _ROWS = 8, 360  # most that is played at once, and as much is read before it
_MOST_ROWS = 8000  # that an engine holds
_SHOWN = Shown(key=False, echo=False, form=False, chords=False)


@dataclass(frozen=True, slots=True, eq=False)
class ModelGroove:
    """How a model plays one piece, as a groove for that piece alone; NaN = a note that it did not play.

    Attributes:
        swing: that it is played with.
        late: ms after the swung place, of every note of a track; force: velocities likewise.
    """

    swing: Swing
    late: dict[int, Floats]
    force: dict[int, Floats]

    def late_ms(self, strokes: Strokes, dice: object) -> Floats:
        """When the model strikes each note."""
        late = self.late.get(strokes.track, strokes.late_ms)
        return np.where(np.isnan(late), strokes.late_ms, late)

    def velocity(self, strokes: Strokes, own: object, dice: object) -> Floats:
        """How loud the model strikes each note; the track stays as loud as it was on average."""
        force = self.force.get(strokes.track, strokes.velocity)
        played = ~np.isnan(force)
        level = strokes.velocity[played].mean() / force[played].mean() if played.any() else 1.0
        return np.where(played, force * level, strokes.velocity)


def model_groove(
    score: Score,
    weights: Weights,
    options: WriteOptions,
    seed: int,
    *,
    tracks: Sequence[int] | None = None,
    span: tuple[int, int] | None = None,
    genre: str = "",
    swing: Swing | None = None,
    filters: FeelFilters | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> ModelGroove:
    """Have a grid model play what is written.

    Args:
        score: with roles on its tracks.
        weights: of a grid model.
        options: engine and threads.
        seed: the same seed gives the same performance on one engine, version and thread count.
        tracks: which are played; None = all.
        span: first tick and end of what is played; None = everything.
        genre: told to the model; "" = nothing is.
        swing: that it is played with; None = the piece's own.
        filters: how freely it is drawn.
        on_progress: gets the share done, 0..1.
    """
    strokes, own, bars = strokes_of_all(score)
    swing = swing or own
    start, end = span or (0, np.iinfo(np.int64).max)
    picked: dict[int, NDArray[np.bool_]] = {}
    for index in range(len(score.tracks)) if tracks is None else tracks:
        onset = score.tracks[index].notes["onset_ticks"]
        inside = (onset >= start) & (onset < end)
        if inside.any():
            picked[index] = inside
    places = {
        i: bars["start_ticks"][strokes[i].bar] / score.ticks_per_quarter + swing.bent(strokes[i].straight)
        for i in picked
    }
    late: dict[int, Floats] = {}
    force: dict[int, Floats] = {}
    order = sorted(picked, key=lambda i: not score.tracks[i].is_drum)  # the others follow the drums
    for at in range(0, len(order), MOST_TRACKS):
        group = order[at : at + MOST_TRACKS]
        desk = _Desk(score, {i: picked[i] for i in group}, places, genre, seed + at, filters or FeelFilters())
        for share in desk.play(weights, options):
            if on_progress:
                on_progress((at + share * len(group)) / len(order))
        for index in group:
            quarters, force[index] = desk.played(index)
            late[index] = (quarters - places[index]) * strokes[index].sec_per_quarter * 1000
    return ModelGroove(swing, _centred(late), force)


def _centred(late: dict[int, Floats]) -> dict[int, Floats]:
    """Without what all tracks are late together: that is no feel, it is an offset."""
    together = np.concatenate([*late.values(), np.zeros(0)])
    known = together[~np.isnan(together)]
    return {index: each - known.mean() for index, each in late.items()} if len(known) else late


class _Desk:
    """Some tracks of a piece on the grid, as they are written, and how far they are played."""

    def __init__(
        self, score: Score, picked: dict[int, NDArray[np.bool_]], places: dict[int, Floats], genre: str, seed: int,
        filters: FeelFilters,
    ) -> None:  # fmt: skip
        self.filters = filters
        ends = [score.tracks[i].notes["onset_ticks"][inside] for i, inside in picked.items()]
        around = (min(int(e.min()) for e in ends), max(int(e.max()) for e in ends) + 1)
        self.tracks = company(score, tuple(picked), around)
        self.slot = {index: slot for slot, index in enumerate(self.tracks)}
        self.dice = np.random.Generator(np.random.Philox(seed))
        quarter = score.ticks_per_quarter
        self.steps = {i: np.rint(places[i] * STEPS_PER_QUARTER).astype(np.int64) for i in picked}
        self.quarters = {i: np.rint(steps * quarter / STEPS_PER_QUARTER) / quarter for i, steps in self.steps.items()}
        heard = [_written(score, i, picked.get(i), self.quarters.get(i)) for i in self.tracks]
        roles = [track.role for track in heard]
        self.piece = encode_piece(
            replace(score, tracks=tuple(heard)), {"roles": roles, "genre": genre}, echoes=False
        )  # fmt: skip
        self.starts = np.concatenate([[0], np.cumsum(self.piece.bars["steps"].astype(np.int64))])
        self.now = self.piece.notes.copy()
        self.struck: dict[int, Struck] = {}
        self.which = {i: self._rows_of(score, i, inside) for i, inside in picked.items()}
        self.cells: dict[tuple[int, int], list[Written]] = {}
        for index in sorted({row for rows in self.which.values() for row in rows.tolist() if row >= 0}):
            note = self.piece.notes[index]
            key = int(note["track"]), int(note["bar"])
            code = int(note["pitch"]) + (129 if self.piece.tracks[key[0]].is_drum else 1)
            self.cells.setdefault(key, []).append(Written(index, int(note["position"]), code, int(note["duration"])))

    def _rows_of(self, score: Score, index: int, inside: NDArray[np.bool_]) -> NDArray[np.int64]:
        """For each note of a track its row of the piece, -1 where it is not played."""
        step, slot = self.steps[index], self.slot[index]
        bar = np.clip(np.searchsorted(self.starts, step, side="right") - 1, 0, len(self.starts) - 2)
        mine = np.flatnonzero(self.piece.notes["track"] == slot)
        names = ("bar", "position", "pitch")
        rows = dict(
            zip(zip(*(self.piece.notes[n][mine].tolist() for n in names), strict=True), mine.tolist(), strict=True)
        )
        pitch = score.tracks[index].notes["pitch"]
        keys = zip(bar.tolist(), (step - self.starts[bar]).tolist(), pitch.tolist(), strict=True)
        found = np.array([rows.get(key, -1) for key in keys], np.int64)
        return np.where(inside, found, -1)

    def play(self, weights: Weights, options: WriteOptions) -> Iterator[float]:
        """Play stretch after stretch; gives the share done after each."""
        heads, bars = Heads(weights), sorted({bar for _, bar in self.cells})
        per_bar = np.bincount(self.now["bar"], minlength=len(self.piece.bars)) + len(self.tracks)
        while bars:
            first = bars[0]
            room = np.cumsum(per_bar[first : first + _BARS])
            last = first + max(1, int((room <= _ROWS).sum()))
            self._stretch(heads, weights, options, first, last, per_bar)
            bars = [bar for bar in bars if bar >= last]
            yield 1 - len(bars) / max(1, len({bar for _, bar in self.cells}))

    def _stretch(
        self, heads: Heads, weights: Weights, options: WriteOptions, first: int, last: int, per_bar: NDArray[np.int64]
    ) -> None:
        """Bars `first` to `last`, the last out, with as many before as the model reads."""
        last = min(last, len(self.piece.bars))
        back = np.cumsum(per_bar[max(0, first - _BARS) : first][::-1])
        start = first - int((back <= _ROWS).sum())
        given = np.ones((len(self.tracks), last - start), bool)
        for slot, bar in self.cells:
            if first <= bar < last:
                given[slot, bar - start] = False
        view = View(start, last - start, tuple(range(len(self.tracks))), given, shown=_SHOWN)
        order = np.lexsort([self.now[name] for name in ("pitch", "position", "track", "bar")])
        rows = piece_rows(replace(self.piece, notes=self.now[order]), view)
        mark = int(np.flatnonzero(rows[:, 0] == Kind.WRITE)[0]) + 1
        asked = rows[mark:][rows[mark:, 0] == Kind.CELL]
        if len(rows) + 64 > _MOST_ROWS:
            return  # more notes in one bar than the model can read: they keep their own feel
        engine = make_engine(options, weights, 1, len(rows) + 64)
        walk = FeelWalk(engine, heads, engine.feed(rows[None, :mark]), self.filters, self.dice)
        for number, row in enumerate(asked):
            slot, bar = int(row[_C["track"]]) - 1, int(row[_C["bar"]]) - 1 + start
            following = [note for note in self._left(slot, bar + 1) if note.step == 0]
            walk.cell(
                row, int(self.piece.bars["steps"][bar]), self._left(slot, bar), following, number + 1 == len(asked)
            )
            self._note(walk.struck)
            walk.struck = {}

    def _left(self, slot: int, bar: int) -> list[Written]:
        return [note for note in self.cells.get((slot, bar), []) if note.index not in self.struck]

    def _note(self, struck: dict[int, Struck]) -> None:
        self.struck |= struck
        for index, how in struck.items():
            self.now[index]["bar"] -= how.early
            for name in ("position", "velocity", "micro"):
                self.now[index][name] = getattr(how, name)

    def played(self, index: int) -> tuple[Floats, Floats]:
        """When each note of a track was struck, in quarters from the start, and how loud; NaN = it was not."""
        rows, written = self.which[index], self.steps[index]
        quarters, force = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
        for at in np.flatnonzero(np.isin(rows, list(self.struck))):
            note, (late, loud) = self.now[rows[at]], self.dice.random(2)  # codes hold a range each: anywhere in it
            step = (
                self.starts[note["bar"]] + int(note["position"]) + (int(note["micro"]) - 3.5 + late) / table.MICRO_CODES
            )
            quarters[at] = self.quarters[index][at] + (step - written[at]) / STEPS_PER_QUARTER
            usual, share = self.struck[int(rows[at])].usual, self.filters.usual
            code = share * usual + (1 - share) * (int(note["velocity"]) + loud - 0.5)
            force[at] = max(1.0, (code - 0.5) * table.VELOCITY_STEP)
        return quarters, force


def _written(score: Score, index: int, inside: NDArray[np.bool_] | None, quarters: Floats | None) -> Track:
    """A track with the picked notes at their places."""
    track = score.tracks[index]
    if inside is None or quarters is None:
        return track
    notes = track.notes.copy()
    at = np.rint(quarters * score.ticks_per_quarter).astype(np.int64)
    notes["onset_ticks"] = np.where(inside, np.maximum(at, 0), notes["onset_ticks"])
    return replace(track, notes=notes[np.argsort(notes["onset_ticks"], kind="stable")])
