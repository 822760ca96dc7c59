"""From a Plan to takes by the grid model: windows over bars, rules compiled once, many takes in one batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate import registry
from bandmate.errors import BriefError, ModelError
from bandmate.generation.blend import Blended, BlendedEngine, BlendedHeads
from bandmate.generation.constraints import RULES, Cells, blocked, compile_rules
from bandmate.generation.dress import dressed
from bandmate.generation.engine import Engine, Heads
from bandmate.generation.filters import SamplingOptions
from bandmate.generation.form import Sketch, bound_by_outline, locks_of, sketch, with_themes
from bandmate.generation.groove import asked_density, groove_pull, kit_keys
from bandmate.generation.harmony import harmony_pull, singing
from bandmate.generation.no_copy import NoCopy
from bandmate.generation.sampler import Lock, Task, sample
from bandmate.generation.steer import counts_asked, lean, steered
from bandmate.models.checkpoint import Weights, load_weights
from bandmate.score.model import Score
from bandmate.score.plan import Plan
from bandmate.tokenizers import grid_table as table
from bandmate.tokenizers.grid import (
    CELL_NOTE,
    GRID_BAR,
    TICKS_PER_STEP,
    GridPiece,
    GridTrack,
    decode_piece,
    encode_piece,
)
from bandmate.tokenizers.grid_rows import Shown, View, notes_from_rows, piece_rows, with_notes
from bandmate.tokenizers.grid_table import COLUMN, Kind

# A window must stay within what the model has seen in training (1,536 rows).
WINDOW_ROWS = 1400
ROWS_PER_CELL = 11
CONTEXT_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """How takes are written.

    Attributes:
        engine: "onnx", "numpy" or "torch".
        threads: of the engine.
        form: who says how full each cell is and how it repeats: "sketch" = the groove book's performance of the plan,
            "model" = the model, cell by cell; which cells sound is the plan's affair.
        sampling: the soft filters.
        blend: another model that has a share in every draw, None = there is none.
        no_copy: runs that must not be written; None = anything may.
    """

    engine: str = "onnx"
    threads: int = 1
    form: str = "sketch"
    sampling: SamplingOptions = field(default_factory=SamplingOptions)
    blend: Blended | None = None
    no_copy: NoCopy | None = None

    def __post_init__(self) -> None:
        if self.blend is not None and self.sampling.guidance != 1.0:
            raise BriefError("guidance and a blend cannot be joined; leave one of them out")


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """Music that is there already.

    Attributes:
        score: on the plan's meter and bars.
        tracks: plan track -> track of the score.
        mask: bool (plan tracks, bars): which cells stay as they are.
    """

    score: Score
    tracks: dict[int, int]
    mask: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class WrittenTake:
    """A take before it is dressed: its notes, how likely the model finds them, and counts."""

    score: Score
    log_likelihood: float
    rows: int


@lru_cache(maxsize=4)
def _open(path: Path, modified: int, expected: str | None) -> Weights:
    weights = load_weights(path, expected)
    if weights.tokenizer != table.NAME or dict(weights.config.fields) != table.FIELDS:
        raise ModelError(
            f"{path}: made for another row table than this version's {table.NAME}; train or install it again"
        )
    return weights


def open_weights(path: Path, expected_sha256: str | None = None) -> Weights:
    """Read a model's weights, once while the file stays the same."""
    try:
        modified = path.stat().st_mtime_ns
    except OSError as error:
        raise ModelError(f"{path}: the model's weights are not there; install or train the model again") from error
    return _open(path, modified, expected_sha256)


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
        ends=to_end,
    )


def _within_reach(notes: NDArray[Any], locks: Sequence[Lock | None], start: int) -> NDArray[Any]:
    """Of the notes that are there those of the window and those that its cells take over, however long the piece is."""
    sources = {lock.bar for lock in locks if lock is not None and lock.bar < start}
    return notes[(notes["bar"] >= start) | np.isin(notes["bar"], list(sources))]


def _place_given(plan: Plan, piece: GridPiece, given: Given | None) -> tuple[GridPiece, NDArray[np.bool_]]:
    if given is None:
        return piece, np.zeros((len(plan.tracks), plan.bars), bool)
    source = encode_piece(given.score)
    cut = -(-(96 * plan.meter[0] // plan.meter[1]) // table.MAX_STEPS)  # of a long bar, a cell holds the first part
    kept = [index for index, track in enumerate(given.score.tracks) if len(track.notes)]
    where = {index: slot for slot, index in enumerate(kept)}
    parts = []
    for mine, theirs in given.tracks.items():
        if theirs in where:
            notes = source.notes[source.notes["track"] == where[theirs]]
            notes = notes[notes["bar"] % cut == 0].copy()
            notes["bar"] //= cut
            notes = notes[notes["bar"] < plan.bars]
            notes["track"] = mine
            parts.append(notes[given.mask[mine][notes["bar"]]])
    notes = np.concatenate(parts) if parts else piece.notes
    notes = notes[np.lexsort((notes["pitch"], notes["position"], notes["track"], notes["bar"]))]
    level = piece.level.copy()
    sounds = np.zeros_like(given.mask)
    sounds[notes["track"], notes["bar"]] = True
    level[given.mask] = np.where(sounds[given.mask], table.LEVEL_SOUNDS, table.LEVEL_EMPTY)
    return GridPiece(
        piece.tracks,
        piece.bars,
        notes,
        piece.chords,
        piece.genre,
        piece.tags,
        piece.tempo,
        piece.key,
        level,
        piece.echo,
    ), given.mask


def merge_notes(piece: GridPiece, more: NDArray[Any]) -> GridPiece:
    """A piece with more notes, all in reading order."""
    notes = np.concatenate([piece.notes, more])
    return with_notes(piece, notes[np.lexsort((notes["pitch"], notes["position"], notes["track"], notes["bar"]))])


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
    base, mask = _place_given(plan, skeleton(plan, outline), given)
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
    scores = [_verbatim(dressed(plan, decode_piece(piece, polyphony=voices)), given) for piece in pieces]
    return [WrittenTake(score, float(likelihood[i]), int(rows[i])) for i, score in zip(wanted, scores, strict=True)]


def _verbatim(score: Score, given: Given | None) -> Score:
    """What is given comes back note for note, whatever the grid made of it."""
    if given is None or given.score.ticks_per_quarter != score.ticks_per_quarter:
        return score
    tracks = list(score.tracks)
    bar_ticks = score.end_ticks // given.mask.shape[1]

    def inside(notes: NDArray[Any], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        step = (notes["onset_ticks"] + TICKS_PER_STEP // 2) // TICKS_PER_STEP * TICKS_PER_STEP
        return mask[np.minimum(step // bar_ticks, len(mask) - 1)]

    for mine, theirs in given.tracks.items():
        mask, there = given.mask[mine], given.score.tracks[theirs].notes
        if mask.all():
            tracks[mine] = replace(tracks[mine], notes=there)
        elif mask.any():
            written = tracks[mine].notes
            notes = np.concatenate([there[inside(there, mask)], written[~inside(written, mask)]])
            tracks[mine] = replace(tracks[mine], notes=notes[np.lexsort((notes["pitch"], notes["onset_ticks"]))])
    return replace(score, tracks=tuple(tracks))


def make_engine(options: WriteOptions, weights: Weights, batch: int, capacity: int) -> Engine:
    """A fresh engine with room for some rows."""
    make = registry.get(f"engine.{options.engine}")
    return make(weights, batch=batch, capacity=min(capacity, 8192), threads=options.threads)


def guided(options: WriteOptions, weights: Weights, heads: Heads, batch: int, capacity: int) -> tuple[Engine, Heads]:
    """The same with guidance on controls."""
    from bandmate.generation.guidance import GuidedEngine, GuidedHeads

    engine = GuidedEngine(make_engine(options, weights, 2 * batch, capacity))
    return engine, GuidedHeads(heads, options.sampling.guidance)


def blended(
    options: WriteOptions, blend: Blended, engine: Engine, heads: Heads, batch: int, capacity: int
) -> tuple[Engine, Heads]:
    """The same with another model beside it."""
    other = make_engine(options, blend.weights, batch, capacity)
    return BlendedEngine(engine, other, blend.genre), BlendedHeads(heads, Heads(blend.weights), blend.share)


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
