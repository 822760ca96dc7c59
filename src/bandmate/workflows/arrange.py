"""Arrange: a sketch of a few bars becomes a song in a form that is asked for."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bandmate.groovebook.sketch import arrange_sketch, parse_form
from bandmate.limits import SEED
from bandmate.workflows.given import genre_named, options_from, read_given
from bandmate.workflows.outcome import Outcome, Saved, check_out, save_outcome

DEFAULT_FORM = "intro 4, verse 8, chorus 8, verse 8, chorus 8, bridge 8, chorus 8, outro 4"


@dataclass(frozen=True, slots=True)
class ArrangeOptions:
    """What is asked.

    Attributes:
        form: sections and their bars, "intro 4, verse 8".
        style: a genre, whose fills the drums play.
        seed: of fills and turns; None = any.
        out: file or folder; None = `NAME-arrange.mid` beside the file.
    """

    form: str = DEFAULT_FORM
    style: str = "pop"
    seed: int | None = None
    out: str | Path | None = None


def arrange(path: str | Path, options: ArrangeOptions | None = None, **asked: Any) -> Saved:
    """Lay a sketch out as a song.

    Args:
        path: the file; it stays as it is.
        options: what is asked, or instead of it
        asked: its fields as keywords.

    Raises:
        FileFormatError: the file cannot be read.
        BriefError: the form or the style is not understood.
        ScoreError: the file has no notes, or its meter changes.
        OutputError: the result cannot be written.
    """
    options, source = options_from(ArrangeOptions, options, asked), Path(path)
    check_out(options.out, (source,))
    parts, style = parse_form(options.form), genre_named(options.style)
    seed = secrets.randbelow(2**31) if options.seed is None else int(SEED.check(options.seed))
    score = read_given(source)
    made = arrange_sketch(score, parts, style, seed)
    done = (", ".join(f"{s.label} {s.bars}" for s in made.sections),)
    report = {
        "bars": sum(part.bars for part in parts),
        "sections": [{"label": s.label, "first_bar": s.start_bar + 1, "bars": s.bars} for s in made.sections],
    }
    recipe = asdict(options) | {"seed": seed}
    outcome = Outcome("arrange", made.score, done, report, recipe, {"file": source}, sections=made.sections)
    return save_outcome(outcome, options.out)
