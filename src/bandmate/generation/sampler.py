"""Sampling: many takes at once, each step one row, every row inside the rules.

The walk is the grammar of `grid.v1` (`generation.walk`). Whatever the weights, every walk decodes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.engine import Engine, Heads
from bandmate.generation.filters import SamplingOptions
from bandmate.generation.no_copy import NoCopy
from bandmate.generation.task import Task, Written
from bandmate.generation.walk import Walk
from bandmate.generation.walk_draws import begin_cells, draw_kind, draw_notes, taken_over_by


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
    walk, dice = Walk(task, takes, task.most_rows, no_copy, warmth), _Dice(seeds)
    hidden = engine.feed(np.broadcast_to(task.prompt, (takes, *task.prompt.shape)))
    step = 0
    while True:
        u = dice.roll()
        free = walk.positions()
        taken_over = taken_over_by(walk, free)
        noting = draw_kind(walk, heads, hidden, free, taken_over, u, soft)
        writers = np.flatnonzero(noting)
        if len(writers):
            draw_notes(walk, heads, hidden, free, taken_over, writers, u, soft)
        entering = walk.leave_cell(np.flatnonzero(~noting & ~walk.done))
        begin_cells(walk, heads, hidden, entering, u, soft)
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
