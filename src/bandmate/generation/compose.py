"""From a Plan to takes by the grid model: windows over bars, rules compiled once, many takes in one batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.dress import dressed
from bandmate.generation.engine import Heads
from bandmate.generation.engine_choice import WriteOptions, blended, guided, make_engine, open_weights
from bandmate.generation.form import sketch
from bandmate.generation.given import Given, merge_notes, place_given, verbatim
from bandmate.generation.sampler import sample
from bandmate.generation.steer import steered
from bandmate.generation.windows import make_task, skeleton, windows
from bandmate.models.checkpoint import Weights
from bandmate.score.model import Score
from bandmate.score.plan import Plan
from bandmate.tokenizers.grid import GridPiece, decode_piece
from bandmate.tokenizers.grid_rows import notes_from_rows

# The door of composing: what a caller needs beside a plan.
__all__ = ["Given", "WriteOptions", "WrittenTake", "make_engine", "open_weights", "windows", "write_takes"]


@dataclass(frozen=True, slots=True, eq=False)
class WrittenTake:
    """A take before it is dressed: its notes, how likely the model finds them, and counts."""

    score: Score
    log_likelihood: float
    rows: int


def _with_asked_drums(plan: Plan, piece: GridPiece, pattern: NDArray[Any], mask: NDArray[np.bool_]) -> GridPiece:
    """Drum keys that were asked for by name and that the model left out come in as the groove book plays them."""
    drum = np.array([track.is_drum for track in plan.tracks])
    played = piece.notes["pitch"][drum[piece.notes["track"]]]
    silent = [key for key in plan.brief.included_drums if key not in played]
    rows = pattern[np.isin(pattern["pitch"], silent) & drum[pattern["track"]] & (pattern["bar"] < plan.bars)]
    rows = rows[~mask[rows["track"], rows["bar"]]]
    return merge_notes(piece, rows) if len(rows) else piece


def write_takes(
    plan: Plan,
    seeds: Sequence[int],
    weights: Weights,
    options: WriteOptions | None = None,
    *,
    given: Given | None = None,
    only: int | None = None,
    on_progress: Callable[[float], None] | None = None,
    on_first_note: Callable[[], None] | None = None,
) -> list[WrittenTake]:
    """Write a plan, one take a seed.

    Args:
        plan: what to write; its locks, ranges and activity hold by construction.
        seeds: one a take; the same seeds give the same takes on one engine, version and thread count. A take does not
            depend on its neighbours but for the last bits of logits, which depend on how many are drawn together.
        weights: of a grid model.
        options: engine, threads and soft filters.
        given: cells that stay as they are.
        only: the one of the seeds whose take is wanted, None = all. The others are drawn beside it as far as its
            notes depend on the size of the batch, and no further.
        on_progress: gets the share done, 0..1; may raise to stop.
        on_first_note: called once, when the first note is drawn.

    Raises:
        RuleConflict: the rules leave a cell nothing to sound; raised before anything is drawn.
    """
    options = options or WriteOptions()
    outline = steered(plan, sketch(plan, plan.seed))
    base, mask = place_given(plan, skeleton(plan, outline), given)
    spans = windows(plan)
    listed = options.form == "model" and bool(weights.config.form)
    for span in spans:
        make_task(
            plan, base, outline.pattern, mask, span, listed=listed
        )  # every rule is proved before the first note is drawn
    report = _Reporter(len(spans), plan, on_progress, on_first_note)
    plain, wanted = Heads(weights), range(len(seeds)) if only is None else (only,)
    pieces, likelihood, rows = [base] * len(seeds), np.zeros(len(seeds)), np.zeros(len(seeds), np.int64)
    for number, span in enumerate(spans):
        groups = [list(range(len(seeds)))] if number == 0 else [[take] for take in wanted]
        for group in groups:
            task = make_task(plan, pieces[group[0]], outline.pattern, mask, span, listed=listed)
            if task is None:
                continue
            engine, heads = make_engine(options, weights, len(group), task.most_rows), plain
            if options.blend is not None:
                engine, heads = blended(options, options.blend, engine, plain, len(group), task.most_rows)
            elif options.sampling.guidance != 1.0:
                engine, heads = guided(options, weights, plain, len(group), task.most_rows)
            window_seeds = [int(seeds[take]) * 4096 + number for take in group]
            done = sample(
                engine, heads, task, window_seeds, options.sampling, no_copy=options.no_copy,
                on_row=report.row(number, len(task.cells)),
            )  # fmt: skip
            for take, result in zip(group, done, strict=True):
                order = tuple(range(len(plan.tracks)))
                pieces[take] = merge_notes(pieces[take], notes_from_rows(result.rows, order, span[0]))
                likelihood[take] += result.log_likelihood / len(spans)
                rows[take] += len(result.rows)
    pieces = [_with_asked_drums(plan, pieces[take], outline.pattern, mask) for take in wanted]
    voices = [track.polyphony if not track.is_drum else 64 for track in plan.tracks]
    scores = [verbatim(dressed(plan, decode_piece(piece, polyphony=voices)), given) for piece in pieces]
    return [WrittenTake(score, float(likelihood[i]), int(rows[i])) for i, score in zip(wanted, scores, strict=True)]


class _Reporter:
    """Turns rows into a share of the whole, and says when the first note is there."""

    def __init__(
        self, spans: int, plan: Plan, progress: Callable[[float], None] | None, first: Callable[[], None] | None
    ) -> None:
        self.spans, self.progress, self.first = spans, progress, first

    def row(self, number: int, cells: int) -> Callable[[int, int], None]:
        """The callback of one window."""

        def on_row(step: int, cell: int) -> None:
            if self.first and step >= 2:
                self.first()
                self.first = None
            if self.progress and step % 16 == 0:
                self.progress((number + max(0, cell) / max(1, cells)) / self.spans)

        return on_row
