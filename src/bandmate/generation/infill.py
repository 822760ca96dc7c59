"""Infill: any cells of any score written by the grid model, so that they fit what stands around them.

The piece is put on the grid with the asked cells open; the model reads some bars before and after on the tracks that
matter most, and several candidates are drawn in one batch. The one that agrees best with the others is kept: what most
draws have in common is what the surroundings ask for. Long spans are written stretch by stretch, each with the one
before in view.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.engine import Heads
from bandmate.generation.engine_choice import WriteOptions, make_engine
from bandmate.generation.infill_cells import USUAL_DENSITY, Ask, CellWriter
from bandmate.generation.no_copy_guard import neighbours_in
from bandmate.generation.sampler import sample
from bandmate.generation.scene import Harmony, Part, Stretch, company, stretch_of
from bandmate.generation.task import Written
from bandmate.models.checkpoint import Weights
from bandmate.score.model import Score
from bandmate.score.selection import Selection
from bandmate.score.splice import splice
from bandmate.score.timeline import bar_grid, bar_of
from bandmate.tokenizers.grid_rows import notes_from_rows

CANDIDATES = 8
_ROWS = 700  # of one stretch: what the model reads and writes; more costs time and says little
_BEFORE, _AFTER = 8, 4  # most bars read on either side
_MOST_ASKED = 16  # bars written at once
_COPIES = 100.0  # by how much a candidate that copies is worth less than any other


@dataclass(frozen=True, slots=True, eq=False)
class Infilled:
    """New notes of the asked cells.

    Attributes:
        notes: NOTE in ticks of the score, for each asked track.
        agreement: how far the candidates agreed on it, 0..1; log_likelihood: mean nats of a drawn field.
        rows: rows drawn, of all candidates.
    """

    notes: dict[int, NDArray[Any]]
    agreement: float
    log_likelihood: float
    rows: int


def infill(
    score: Score,
    selection: Selection,
    ask: Ask,
    seed: int,
    weights: Weights,
    options: WriteOptions,
    *,
    parts: Mapping[int, Part],
    harmony: Harmony,
    candidates: int = CANDIDATES,
    unlike: Sequence[Mapping[int, NDArray[Any]]] = (),
    on_progress: Callable[[float], None] | None = None,
) -> Infilled:
    """Write the selected cells anew.

    Args:
        score: with roles on its tracks; what stands in the asked cells says how full they are, and is not read.
        selection: the asked cells.
        ask: what is asked of them.
        seed: the same seed gives the same notes on one engine, version and thread count.
        weights: of a grid model.
        options: engine, threads, soft filters, and runs that must not be written.
        parts: how each asked track plays.
        harmony: key and chords to write over.
        candidates: drawn at once, of which one is kept.
        unlike: notes of takes that were written before, which this one shall not repeat.
        on_progress: gets the share done, 0..1.

    Raises:
        RuleConflict: the rules leave a cell nothing to sound. ScoreError: bars too long for the grid.
    """
    heads, found = Heads(weights), []
    chunks = _chunks(score, selection, parts)
    current = splice(score, selection, {})
    for number, (first, last) in enumerate(chunks):
        done = replace(selection, first_bar=first, last_bar=last - 1)
        stretch = _stretch(current, harmony, done, parts)
        writer = CellWriter(score, stretch, done, ask, parts, harmony, first - selection.first_bar)
        task = writer.task()
        if options.no_copy is not None:
            task = replace(task, around=neighbours_in(current, done, writer.slot))
        engine = make_engine(options, weights, candidates, task.most_rows)
        seeds = [seed * 4096 + number * 64 + index for index in range(candidates)]
        drawn = sample(engine, heads, task, seeds, options.sampling, no_copy=options.no_copy)
        rows = [notes_from_rows(one.rows, tuple(range(len(stretch.tracks)))) for one in drawn]
        best, agreement = _choose(rows, writer, drawn, unlike)
        notes = writer.notes(rows[best])
        current = splice(current, done, notes)
        found.append((notes, agreement, drawn[best].log_likelihood, sum(len(one.rows) for one in drawn)))
        if on_progress:
            on_progress((number + 1) / len(chunks))
    return Infilled(
        {index: np.concatenate([notes[index] for notes, *_ in found]) for index in selection.tracks},
        float(np.mean([row[1] for row in found])), float(np.mean([row[2] for row in found])),
        sum(row[3] for row in found),
    )  # fmt: skip


def _chunks(score: Score, selection: Selection, parts: Mapping[int, Part]) -> list[tuple[int, int]]:
    """The asked bars in stretches that the model can write at once."""
    density = [parts[i].density or USUAL_DENSITY for i in selection.tracks]
    bar_rows = max(1.0, 4 * sum(density) + len(density))
    each = max(1, min(_MOST_ASKED, int(_ROWS * 0.6 / bar_rows)))
    first, stop = selection.first_bar, selection.last_bar + 1
    return [(at, min(stop, at + each)) for at in range(first, stop, each)]


def _stretch(score: Score, harmony: Harmony, chunk: Selection, parts: Mapping[int, Part]) -> Stretch:
    """The chunk with as many bars before and after as fit into the rows."""
    grid = bar_grid(score)
    before, after = max(0, chunk.first_bar - _BEFORE), min(len(grid), chunk.last_bar + 1 + _AFTER)
    wide = (int(grid["start_ticks"][before]), int(grid["start_ticks"][after - 1] + grid["length_ticks"][after - 1]))
    tracks = company(score, chunk.tracks, wide)
    rows = np.zeros(len(grid), np.int64)
    for index in tracks:
        np.add.at(rows, bar_of(grid, score.tracks[index].notes["onset_ticks"]), 1)
    rows += len(tracks)
    own = sum(int(4 * (parts[i].density or USUAL_DENSITY)) for i in chunk.tracks) * chunk.bars
    left = _ROWS - own - int(rows[chunk.first_bar : chunk.last_bar + 1].sum())
    low, high = chunk.first_bar, chunk.last_bar + 1
    while True:  # twice as much before as after
        nearer = (chunk.first_bar - low) <= 2 * (high - chunk.last_bar - 1) + 1
        grow_back = (low > before and nearer) or high >= after
        at = low - 1 if grow_back else high
        if not before <= at < after or (rows[at] > left and at != chunk.first_bar - 1):
            break
        left -= int(rows[at])
        low, high = (low - 1, high) if grow_back else (low, high + 1)
    return stretch_of(score, harmony, tracks, low, high)


def _choose(
    rows: Sequence[NDArray[Any]], writer: CellWriter, drawn: Sequence[Written],
    unlike: Sequence[Mapping[int, NDArray[Any]]],
) -> tuple[int, float]:  # fmt: skip
    """The candidate that the others agree with most, and how much.

    Those that repeat an earlier take come late, those that copy in spite of a ban come last.
    """
    sets = [note_set(one) for one in rows]
    alike = np.array([[f_measure(mine, other) for other in sets] for mine in sets])
    agreement = (alike.sum(1) - 1) / max(1, len(sets) - 1)  # less the likeness with itself
    ask, likely = writer.ask, np.array([one.log_likelihood for one in drawn])
    worth = -np.abs(likely - np.median(likely)) if ask.fresh else agreement + 0.05 * np.tanh(likely)
    before = [[likeness(writer.notes(one), _within(earlier, writer)) for earlier in unlike] for one in rows]
    for i, shared in enumerate(before):
        if ask.change and shared:
            worth[i] = 0.2 * agreement[i] - abs(1 - shared.pop() - ask.change)
        worth[i] -= 0.5 * sum(shared)
    worth -= _COPIES * np.array([one.copies for one in drawn])
    best = int(worth.argmax())
    return best, float(agreement[best])


def _within(notes: Mapping[int, NDArray[Any]], writer: CellWriter) -> dict[int, NDArray[Any]]:
    start, end = writer.chunk.span(writer.old)
    return {i: n[(n["onset_ticks"] >= start) & (n["onset_ticks"] < end)] for i, n in notes.items()}


def note_set(rows: NDArray[Any]) -> frozenset[tuple[int, ...]]:
    """Cell notes as (track, bar, position, pitch, length)."""
    return frozenset(
        zip(*(rows[name].tolist() for name in ("track", "bar", "position", "pitch", "duration")), strict=True)
    )


def f_measure(one: frozenset[Any], other: frozenset[Any]) -> float:
    """Share of notes that two sets have in common: 2 |A and B| / (|A| + |B|); two empty ones are equal."""
    return 2 * len(one & other) / (len(one) + len(other)) if one or other else 1.0


def likeness(one: Mapping[int, NDArray[Any]], other: Mapping[int, NDArray[Any]]) -> float:
    """Share of onsets and pitches that two takes of the same cells have in common, 0..1."""

    def plain(notes: Mapping[int, NDArray[Any]]) -> frozenset[Any]:
        return frozenset((i, *pair) for i, rows in notes.items() for pair in rows[["onset_ticks", "pitch"]].tolist())

    return f_measure(plain(one), plain(other))
