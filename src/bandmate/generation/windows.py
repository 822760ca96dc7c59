"""A Plan as work for the grid model: a piece without notes, cut into windows, each with its rules compiled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.allowed import Cells, blocked
from bandmate.generation.constraints import RULES, compile_rules
from bandmate.generation.form import Sketch, bound_by_outline, locks_of, with_themes
from bandmate.generation.groove import asked_density, groove_pull, kit_keys
from bandmate.generation.harmony import harmony_pull, singing
from bandmate.generation.no_copy_guard import neighbours
from bandmate.generation.steer import counts_asked, lean
from bandmate.generation.task import Lock, Task
from bandmate.generation.walking_lines import walks_of
from bandmate.score.plan import Plan
from bandmate.tokenizers import grid_table as table
from bandmate.tokenizers.grid import CELL_NOTE, GRID_BAR, GridPiece, GridTrack
from bandmate.tokenizers.grid_rows import Shown, View, piece_rows
from bandmate.tokenizers.grid_table import COLUMN, Kind

# A window must stay within what the model has seen in training (1,536 rows).
WINDOW_ROWS = 1400
ROWS_PER_CELL = 11
CONTEXT_SHARE = 0.4


def skeleton(plan: Plan, outline: Sketch) -> GridPiece:
    """The plan as a piece without notes: tracks, bars, sections, chords, which cells sound, how cells repeat."""
    bars = np.zeros(plan.bars, GRID_BAR)
    numerator, denominator = plan.meter
    bars["steps"] = 96 * numerator // denominator
    bars["numerator"], bars["denominator"] = numerator, denominator
    for section in plan.sections:
        where = slice(section.start_bar, section.start_bar + section.bars)
        label = section.label if section.label in table.SECTIONS else "other"
        bars["section"][where] = table.value_id("section", label)
        bars["energy"][where] = table.value_id("energy", section.energy - 1)
    codes = [table.chord_code(chord) for chord in plan.chords]
    chords = np.array([*codes, codes[0] if plan.loop else codes[-1]], np.int16)
    tracks = tuple(
        GridTrack(track.program, track.is_drum, track.role, track.name, controls)
        for track, controls in zip(plan.tracks, outline.controls, strict=True)
    )
    return GridPiece(
        tracks=tracks,
        bars=bars,
        notes=np.empty(0, CELL_NOTE),
        chords=chords,
        genre=table.value_id("genre", plan.genre),
        tags=tuple(filter(None, (table.value_id("tag", mood) for mood in plan.brief.moods))),
        tempo=plan.tempo,
        key=plan.key,
        level=outline.level,
        echo=outline.echo,
    )


def windows(plan: Plan) -> list[tuple[int, int, int]]:
    """Windows over the bars as (first bar read, first bar written, end); they fit what the model was trained on."""
    per_bar = max(1.0, float(plan.active.sum(0).mean())) * ROWS_PER_CELL
    fit = max(2, int(WINDOW_ROWS / per_bar))
    if plan.bars <= fit:
        return [(0, 0, plan.bars)]
    context = max(1, int(fit * CONTEXT_SHARE))
    step = max(1, fit - context)
    found = [(0, 0, fit)]
    while found[-1][2] < plan.bars:
        begin = found[-1][2]
        found.append((max(0, begin - context), begin, min(plan.bars, begin + step)))
    return found


def make_task(
    plan: Plan,
    piece: GridPiece,
    pattern: NDArray[Any],
    mask: NDArray[np.bool_],
    window: tuple[int, int, int],
    *,
    listed: bool = False,
) -> Task | None:
    """One window as a task; None if nothing is asked in it. With `listed` the model draws the form."""
    start, begin, end = window
    given = mask[:, start:end].copy()
    given[:, : begin - start] = True
    shown = Shown(level=2, tags=bool(piece.tags), listed=listed)
    rows = piece_rows(piece, View(start, end - start, tuple(range(len(plan.tracks))), given, 0, shown))
    mark = int(np.flatnonzero(rows[:, 0] == Kind.WRITE)[0])
    cells = rows[mark + 1 :]
    cells = cells[cells[:, 0] == Kind.CELL]
    silent = cells[:, COLUMN["value1"]] == table.LEVEL_EMPTY if listed else np.zeros(len(cells), bool)
    if silent.all():
        return None
    track = cells[:, COLUMN["track"]].astype(np.int64) - 1
    bar = cells[:, COLUMN["bar"]].astype(np.int64) - 1 + start
    steps = piece.bars["steps"].astype(np.int64)
    to_end = np.cumsum(steps[::-1])[::-1]
    where = Cells(track, bar, steps[bar], to_end[bar])
    drum = np.array([t.is_drum for t in plan.tracks])[track]
    if listed:
        cells = cells.copy()
        cells[:, [COLUMN["value1"], COLUMN["value2"]]] = 0
    locks = with_themes(plan, locks_of(piece, track, bar), track, bar)
    allowed = compile_rules(plan, where, (*RULES, kit_keys))
    if not listed:
        before = allowed.least.copy(), allowed.most.copy()
        bound_by_outline(allowed, pattern, track, bar, asked_density(plan)[track])
        own = counts_asked(plan)[track]
        for cell in np.flatnonzero(allowed.bound | own).tolist():
            if own[cell] or blocked(allowed, where, cell):  # an outline is a wish, a lock is not
                allowed.least[cell], allowed.most[cell] = before[0][cell], before[1][cell]
    pull = harmony_pull(plan, where)
    lean(plan, where, allowed, pull)
    walks, lines = walks_of(plan, pattern, track, bar)
    return Task(
        prompt=rows[: mark + 1],
        cells=cells,
        where=where,
        allowed=allowed,
        drum=drum,
        pull=pull,
        groove=groove_pull(plan, where, pattern),
        sings=singing(plan)[track],
        locks=locks,
        known=_within_reach(piece.notes, locks, start),
        listed=listed,
        may_rest=silent,
        must_rest=silent,
        around=neighbours(piece.notes[piece.notes["bar"] >= start], where, to_end),
        walks=walks,
        lines=lines,
    )


def _within_reach(notes: NDArray[Any], locks: Sequence[Lock | None], start: int) -> NDArray[Any]:
    """Of the notes that are there those of the window and those that its cells take over, however long the piece is."""
    sources = {lock.bar for lock in locks if lock is not None and lock.bar < start}
    return notes[(notes["bar"] >= start) | np.isin(notes["bar"], list(sources))]
