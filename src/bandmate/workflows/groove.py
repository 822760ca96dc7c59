"""Groove: play a clip with the feel of another one, or of a style; velocity and micro-timing alone."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bandmate.errors import BriefError
from bandmate.groovebook.grooves import Groove, apply_groove, groove_of, style_groove
from bandmate.io.files import read
from bandmate.limits import SEED
from bandmate.score.model import Score
from bandmate.score.selection import select
from bandmate.workflows.given import options_from, read_given
from bandmate.workflows.outcome import Outcome, Saved, check_out, save_outcome


@dataclass(frozen=True, slots=True)
class GrooveOptions:
    """What is asked.

    Attributes:
        like: a file whose feel is taken; style: a genre or one of `grooves.STYLES`; one of the two.
        strength: share of the way to it, 0 to 1.
        tracks: names, roles or numbers; None = all. bars: `5-8`; None = all.
        seed: of what is drawn; None = any.
        out: file or folder; None = `NAME-groove.mid` beside the file.
    """

    like: str | Path | None = None
    style: str | None = None
    strength: float = 0.7
    tracks: str | None = None
    bars: str | None = None
    seed: int | None = None
    out: str | Path | None = None


def groove(path: str | Path, options: GrooveOptions | None = None, **asked: Any) -> Saved:
    """Play a file with the feel of a reference or of a style.

    Args:
        path: the file; it stays as it is.
        options: what is asked, or instead of it
        asked: its fields as keywords.

    Raises:
        FileFormatError: a file cannot be read.
        BriefError: an unknown keyword, neither or both of `like` and `style`, or an unknown style.
        ScoreError: no such tracks or bars, a strength out of range, or a reference in another meter.
        OutputError: the result cannot be written, or would replace the file.
    """
    options = options_from(GrooveOptions, options, asked)
    source = Path(path)
    given = {"file": source} | ({"like": Path(options.like)} if options.like is not None else {})
    check_out(options.out, list(given.values()))
    if (options.like is None) == (options.style is None):
        raise BriefError("say whose groove it shall have: give --like FILE or --style NAME, one of the two")
    score = read_given(source)
    feel = _feel(options)
    seed = secrets.randbelow(2**31) if options.seed is None else int(SEED.check(options.seed))
    if options.tracks is None and options.bars is None:
        played = apply_groove(score, feel, options.strength, seed)
    else:
        cells = select(score, options.tracks, options.bars)
        played = apply_groove(score, feel, options.strength, seed, tracks=cells.tracks, span=cells.span(score))
    whose = Path(options.like).name if options.like is not None else options.style
    report = _moved(score, played)
    done = (
        f"played like {whose} by {options.strength:.0%}: {report['notes_moved']} notes moved by "
        f"{report['mean_move_ms']:.0f} ms, velocities by {report['mean_velocity_change']:.0f} on average",
    )
    recipe = asdict(options) | {"seed": seed}
    return save_outcome(Outcome("groove", played, done, report, recipe, given), options.out)


def _feel(options: GrooveOptions) -> Groove:
    if options.style is not None:
        return style_groove(options.style)
    like = Path(str(options.like))
    return groove_of(read(like), like.name)


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
