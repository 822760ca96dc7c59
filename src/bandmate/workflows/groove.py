"""Groove: play a clip with the feel of another one, of a style, or as the model would; velocity and timing alone."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bandmate.analysis.meter import score_bars
from bandmate.counts import counted
from bandmate.errors import BriefError, ScoreError
from bandmate.generation.compose import WriteOptions, open_weights
from bandmate.generation.feel import ModelGroove, model_groove
from bandmate.groovebook.groove_bars import bars_in_meter, left_as_played
from bandmate.groovebook.grooves import ClipGroove, Groove, apply_groove, groove_of, style_groove
from bandmate.groovebook.strokes import Swing
from bandmate.io.files import read
from bandmate.limits import SEED
from bandmate.score.model import Score
from bandmate.score.selection import select
from bandmate.workflows.given import options_from, read_given
from bandmate.workflows.jobs import Job, Listener
from bandmate.workflows.models import WEIGHTS_FILE, find_model, model_identity
from bandmate.workflows.outcome import Outcome, Saved, check_out, save_outcome


@dataclass(frozen=True, slots=True)
class GrooveOptions:
    """What is asked.

    Attributes:
        like: a file whose feel is taken; style: a genre or one of `grooves.STYLES`; one of the two, or neither.
        by: "model" = the grid model plays what is written, "tables" = what was measured on drummers of the style;
            None = the tables where a style is named, else the model.
        model: name of the model; None = the shipped one.
        strength: share of the way to it, 0 to 1.
        tracks: names, roles or numbers; None = all. bars: `5-8`; None = all.
        seed: of what is drawn; None = any.
        out: file or folder; None = `NAME-groove.mid` beside the file.
        overwrite: whether a file of that name may be replaced.
    """

    like: str | Path | None = None
    style: str | None = None
    by: str | None = None
    model: str | None = None
    strength: float = 0.7
    tracks: str | None = None
    bars: str | None = None
    seed: int | None = None
    out: str | Path | None = None
    overwrite: bool = False


def groove(
    path: str | Path, options: GrooveOptions | None = None, *, listener: Listener | None = None, **asked: Any
) -> Saved:
    """Play a file with the feel of a reference or of a style.

    Args:
        path: the file; it stays as it is.
        options: what is asked, or instead of it
        listener: gets progress while the model plays (see `workflows.jobs`).
        asked: its fields as keywords.

    Raises:
        FileFormatError: a file cannot be read.
        BriefError: an unknown keyword, both of `like` and `style`, an unknown style, or tables without a style.
        ModelError: the model is missing, damaged or has no weights.
        ScoreError: no such tracks or bars, no notes in them, a strength out of range, or a reference in another meter.
        OutputError: the result cannot be written, or would replace the file.
    """
    options = options_from(GrooveOptions, options, asked)
    source = Path(path)
    given = {"file": source} | ({"like": Path(options.like)} if options.like is not None else {})
    check_out(options.out, list(given.values()), overwrite=options.overwrite)
    options = _settled(options)
    score = read_given(source)
    cells = _Cells.of(score, options)
    seed = secrets.randbelow(2**31) if options.seed is None else int(SEED.check(options.seed))
    feel = _feel(score, options, cells, seed, Job(listener, {"playing": 1.0}))
    played = apply_groove(score, feel, options.strength, seed, tracks=cells.tracks, span=cells.span)
    report = _moved(score, played)
    done = (
        f"played {_whose(options)} by {options.strength:.0%}: {counted(int(report['notes_moved']), 'note')} moved by "
        f"{report['mean_move_ms']:.0f} ms, velocities by {report['mean_velocity_change']:.0f} on average",
        *_left(score, feel, cells.span),
    )
    recipe = asdict(options) | {"seed": seed}
    model = model_identity(options.model) if options.by == "model" else {}
    return save_outcome(
        Outcome("groove", played, done, report, recipe, given, model=model), options.out, overwrite=options.overwrite
    )


def _settled(options: GrooveOptions) -> GrooveOptions:
    """With who plays. A style's tables came as near to drummers as the model told the style, and are quicker."""
    if options.like is not None and (options.style is not None or options.by is not None):
        raise BriefError("a clip lends its own feel: give --like FILE alone, without --style and --by")
    if options.like is not None:
        return options
    by = options.by or ("tables" if options.style is not None and options.model is None else "model")
    if by not in ("model", "tables"):
        raise BriefError(f"groove by '{by}' is not known; choose model or tables")
    if by == "tables" and options.model is not None:
        raise BriefError("tables need no model; give --model with --by model, or leave it out")
    if by == "tables" and options.style is None:
        raise BriefError("say whose groove it shall have: give --like FILE, --style NAME, or --by model")
    return replace(options, by=by)


@dataclass(frozen=True, slots=True)
class _Cells:
    """What is touched; None = everything."""

    tracks: tuple[int, ...] | None = None
    span: tuple[int, int] | None = None

    @classmethod
    def of(cls, score: Score, options: GrooveOptions) -> _Cells:
        """The cells that are asked.

        Raises:
            ScoreError: there are none such, or nothing is played in them.
        """
        if options.tracks is None and options.bars is None:
            return cls()
        cells = select(score, options.tracks, options.bars)
        first, end = cells.span(score)
        onsets = [score.tracks[i].notes["onset_ticks"] for i in cells.tracks]
        if not any(((onset >= first) & (onset < end)).any() for onset in onsets):
            raise ScoreError(f"nothing is played in {cells.words(score)}; name tracks and bars with notes")
        return cls(cells.tracks, (first, end))


def _feel(score: Score, options: GrooveOptions, cells: _Cells, seed: int, job: Job) -> Groove:
    if options.like is not None:
        like = Path(options.like)
        return groove_of(read(like), like.name)
    style = style_groove(options.style) if options.style is not None else None
    if style is not None and options.by == "tables":
        return style
    if not 0 < options.strength <= 1:
        return ModelGroove(Swing(), {}, {})  # nothing is played, or it is refused: see `apply_groove`
    identity = model_identity(options.model)
    weights = open_weights(find_model(options.model).folder / WEIGHTS_FILE, identity["sha256"])
    genre, swing = (style.name, style.swing) if style is not None else ("", None)
    return model_groove(
        score, weights, WriteOptions(), seed, tracks=cells.tracks, span=cells.span, genre=genre, swing=swing,
        on_progress=lambda share: job.progress("playing", share),
    )  # fmt: skip


def _left(score: Score, feel: Groove, span: tuple[int, int] | None) -> tuple[str, ...]:
    """What is said of bars that a clip in one meter does not reach."""
    if not isinstance(feel, ClipGroove):
        return ()
    bars = score_bars(score)
    fits = bars_in_meter(bars, score.ticks_per_quarter, feel.meter, feel.name, span)
    return tuple(filter(None, [left_as_played(bars, fits, feel.meter, feel.name, span)]))


def _whose(options: GrooveOptions) -> str:
    if options.like is not None:
        return f"like {Path(options.like).name}"
    if options.by == "tables":
        return f"like {options.style}"
    return f"like {options.style}, as the model would," if options.style else "as the model would"


def _moved(before: Score, after: Score) -> dict[str, float | int]:
    """How far notes were moved; a track's notes keep their order among those of one pitch."""
    late, loud = [np.zeros(0)], [np.zeros(0)]
    ms = 60000 / before.bpm / before.ticks_per_quarter
    for one, two in zip(before.tracks, after.tracks, strict=True):
        pairs = [np.lexsort((t.notes["onset_ticks"], t.notes["channel"], t.notes["pitch"])) for t in (one, two)]
        a, b = one.notes[pairs[0]], two.notes[pairs[1]]
        late.append(np.abs(b["onset_ticks"] - a["onset_ticks"]) * ms)
        loud.append(np.abs(b["velocity"].astype(float) - a["velocity"]))
    moves, forces = np.concatenate(late), np.concatenate(loud)
    moved = moves > 0
    return {
        "notes": len(moves),
        "notes_moved": int(moved.sum()),
        "mean_move_ms": round(float(moves[moved].mean()), 2) if moved.any() else 0.0,
        "mean_velocity_change": round(float(forces.mean()), 2) if len(forces) else 0.0,
    }
