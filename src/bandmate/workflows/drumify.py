"""Drumify: a tapped rhythm, or the onsets of a part, become a drum part."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.counts import counted
from bandmate.groovebook.drumify import Taps, taps_of
from bandmate.groovebook.drumify import drumify as drum_part
from bandmate.limits import SEED
from bandmate.score.cut import window
from bandmate.score.model import NOTE, Score, Track
from bandmate.score.selection import Selection, select
from bandmate.score.splice import added, splice
from bandmate.score.timeline import bar_grid, meter_runs
from bandmate.workflows.given import MELODIES, genre_named, options_from, read_given
from bandmate.workflows.outcome import Outcome, Saved, check_out, save_outcome

_TAP_PITCHES = 2  # a pitched track of so few pitches is no tune but a finger on a key


@dataclass(frozen=True, slots=True)
class DrumifyOptions:
    """What is asked.

    Attributes:
        style: a genre, whose drummer plays.
        tracks: whose onsets are struck, by name, role or number; None = the drums, else the melody, else all.
        bars: `5-8`; None = all.
        seed: of pattern and playing; None = any.
        out: file or folder; None = `NAME-drumify.mid` beside the file.
        overwrite: whether a file of that name may be replaced.
    """

    style: str = "pop"
    tracks: str | None = None
    bars: str | None = None
    seed: int | None = None
    out: str | Path | None = None
    overwrite: bool = False


def drumify(path: str | Path, options: DrumifyOptions | None = None, **asked: Any) -> Saved:
    """Drum to the onsets of a track.

    A drum track, or one of one or two pitches, was tapped: its notes become the drum part. Any other track stays, and
    the drums join it.

    Args:
        path: the file; it stays as it is.
        options: what is asked, or instead of it
        asked: its fields as keywords.

    Raises:
        FileFormatError: the file cannot be read.
        BriefError: an unknown style.
        ScoreError: no such cells, or no onsets in them.
        OutputError: the result cannot be written.
    """
    options, source = options_from(DrumifyOptions, options, asked), Path(path)
    check_out(options.out, (source,), overwrite=options.overwrite)
    style = genre_named(options.style)
    seed = secrets.randbelow(2**31) if options.seed is None else int(SEED.check(options.seed))
    score = read_given(source)
    cells = select(score, options.tracks or _heard(score), options.bars)
    start, end = cells.span(score)
    onsets = np.concatenate([score.tracks[i].notes for i in cells.tracks])
    onsets = onsets[(onsets["onset_ticks"] >= start) & (onsets["onset_ticks"] < end)]
    onsets["onset_ticks"] -= start
    taps = taps_of(onsets, score.ticks_per_quarter)
    notes, kit = _drummed(window(score, start, end), taps, style, seed)
    extra = len(notes) - int(np.isin(notes["onset_ticks"], taps.onset_ticks).sum())
    notes["onset_ticks"] += start
    result = _placed(score, cells, Track("drums", kit, True, notes, role="drums"))
    heard, struck = counted(len(taps.onset_ticks), "onset"), counted(len(notes), "stroke")
    done = (f"drummed {heard} of {cells.words(score)} in {style}: {struck}",)
    report = {"onsets": len(taps.onset_ticks), "strokes": len(notes), "strokes_between": extra, "style": style}
    recipe = asdict(options) | {"seed": seed}
    return save_outcome(
        Outcome("drumify", result, done, report, recipe, {"file": source}), options.out, overwrite=options.overwrite
    )


def _drummed(score: Score, taps: Taps, style: str, seed: int) -> tuple[NDArray[Any], int]:
    """The drum part on a piece's onsets, each stretch of one meter by itself, and its kit."""
    bars, rows, kit = bar_grid(score), [np.empty(0, NOTE)], 0
    for first, last in meter_runs(bars, score.ticks_per_quarter):
        start, end = int(bars["start_ticks"][first]), int(bars["start_ticks"][last] + bars["length_ticks"][last])
        here = (taps.onset_ticks >= start) & (taps.onset_ticks < end)
        if not here.any():
            continue
        mine = Taps(taps.onset_ticks[here] - start, taps.accent[here])
        notes, kit = drum_part(window(score, start, end), mine, style, seed)
        notes = notes[notes["onset_ticks"] < end - start].copy()
        notes["onset_ticks"] += start
        rows.append(notes)
    return np.concatenate(rows), kit


def _heard(score: Score) -> str:
    """The track that is meant where none was named, by its number."""
    filled = [i for i, track in enumerate(score.tracks) if len(track.notes)]
    drums = [i for i in filled if score.tracks[i].is_drum]
    sung = [i for role in MELODIES for i in filled if score.tracks[i].role == role]
    return str((drums or sung or filled)[0] + 1)


def _placed(score: Score, cells: Selection, drums: Track) -> Score:
    """The part in the first tapped drum track, or as a track of its own; what was tapped falls silent."""
    own = next((i for i in cells.tracks if score.tracks[i].is_drum), None)
    tapped = tuple(i for i in cells.tracks if score.tracks[i].is_drum or _is_tap(score.tracks[i]))
    new = {} if own is None else {own: drums.notes}
    if tapped:
        score = splice(score, replace(cells, tracks=tapped), new)
    return score if own is not None else added(score, [drums])[0]


def _is_tap(track: Track) -> bool:
    return len(np.unique(track.notes["pitch"])) <= _TAP_PITCHES
