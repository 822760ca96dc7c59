"""Arrange: a sketch of a few bars becomes a song in a form that is asked for."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bandmate.errors import ScoreError
from bandmate.groovebook.sketch import arrange_sketch
from bandmate.groovebook.sketch_form import parse_form
from bandmate.limits import SEED
from bandmate.score.cut import window
from bandmate.score.model import Score
from bandmate.score.selection import select
from bandmate.workflows.given import genre_named, options_from, read_given
from bandmate.workflows.outcome import Outcome, Saved, check_out, save_outcome

DEFAULT_FORM = "intro 4, verse 8, chorus 8, verse 8, chorus 8, bridge 8, chorus 8, outro 4"


@dataclass(frozen=True, slots=True)
class ArrangeOptions:
    """What is asked.

    Attributes:
        form: sections and their bars, "intro 4, verse 8".
        style: a genre, whose fills the drums play.
        tracks: which play in the song, by name, role or number; None = all. bars: of the sketch, `5-8`; None = all.
        seed: of fills and turns; None = any.
        out: file or folder; None = `NAME-arrange.mid` beside the file.
        overwrite: whether a file of that name may be replaced.
    """

    form: str = DEFAULT_FORM
    style: str = "pop"
    tracks: str | None = None
    bars: str | None = None
    seed: int | None = None
    out: str | Path | None = None
    overwrite: bool = False


def arrange(path: str | Path, options: ArrangeOptions | None = None, **asked: Any) -> Saved:
    """Lay a sketch out as a song.

    Args:
        path: the file; it stays as it is.
        options: what is asked, or instead of it
        asked: its fields as keywords.

    Raises:
        FileFormatError: the file cannot be read.
        BriefError: the form or the style is not understood.
        ScoreError: the file has no notes, no such tracks or bars, or a track that holds several instruments.
        OutputError: the result cannot be written.
    """
    options, source = options_from(ArrangeOptions, options, asked), Path(path)
    check_out(options.out, (source,), overwrite=options.overwrite)
    parts, style = parse_form(options.form), genre_named(options.style)
    seed = secrets.randbelow(2**31) if options.seed is None else int(SEED.check(options.seed))
    score = _chosen(read_given(source), options)
    made = arrange_sketch(score, parts, style, seed)
    done = (", ".join(f"{s.label} {s.bars}" for s in made.sections),)
    report = {
        "bars": sum(part.bars for part in parts),
        "sections": [{"label": s.label, "first_bar": s.start_bar + 1, "bars": s.bars} for s in made.sections],
    }
    recipe = asdict(options) | {"seed": seed}
    outcome = Outcome("arrange", made.score, done, report, recipe, {"file": source}, sections=made.sections)
    return save_outcome(outcome, options.out, overwrite=options.overwrite)


def _chosen(score: Score, options: ArrangeOptions) -> Score:
    """The bars and tracks of the sketch that are to be arranged; other tracks stay as they are set up, and silent."""
    cells = select(score, options.tracks, options.bars)
    if options.tracks is None and options.bars is None:
        return score
    cut = window(score, *cells.span(score)) if options.bars is not None else score
    tracks = tuple(t if i in cells.tracks else t.with_notes(t.notes[:0]) for i, t in enumerate(cut.tracks))
    chosen = replace(cut, tracks=tracks)
    if not chosen.note_count:
        raise ScoreError(f"{cells.words(score)}: nothing sounds there, so there is nothing to arrange")
    return chosen
