"""What was heard as written music: a track of drums, of a line or of chords on the bars that were heard."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from bandmate.analysis.sound.grid import TICKS, drum_notes, pitched_notes
from bandmate.errors import BriefError
from bandmate.io.files import write
from bandmate.score.model import Score, Track, make_meters, make_tempos
from bandmate.workflows.hear import Heard
from bandmate.workflows.places import check_free

ROLES = {"drums": "drums", "line": "melody", "chords": "chords"}  # what a kind becomes


def heard_score(heard: Heard, kind: str | None = None, *, keep_feel: float = 1.0) -> Score:
    """The bars that were heard as a score of one track.

    Args:
        heard: what was heard.
        kind: "drums", "line" or "chords"; None = what it is ("band" = its drums).
        keep_feel: 1 = timing as played, 0 = on the grid.

    Raises:
        BriefError: there is no beat, or nothing of that kind was heard; the message names the file.
    """
    kind = kind or (heard.kind if heard.kind in ROLES else "drums")
    if heard.grid is None or heard.beats is None:
        raise BriefError(f"{heard.file} has no beat that could be heard, so it cannot be written in bars; give --tempo")
    if kind == "drums":
        notes = drum_notes(heard.grid, heard.strokes, heard.bars, keep_feel)
    else:
        notes = pitched_notes(heard.grid, heard.notes, heard.bars, keep_feel)
    if not len(notes):
        raise BriefError(f"no {'drums' if kind == 'drums' else 'notes'} were heard in {heard.file}; give another clip")
    track = Track(name=ROLES[kind], is_drum=kind == "drums", notes=notes, role=ROLES[kind])
    meter = heard.grid.meter
    return Score(
        (track,), TICKS, tempos=make_tempos(heard.beats.bpm), meters=make_meters(meter, 4),
        end_ticks=heard.bars * meter * TICKS,
    )  # fmt: skip


def tiled(score: Score, bars: int, bar_ticks: int) -> Score:
    """A score of one track as long as so many bars: it goes on from its beginning, or is cut.

    Where it is cut, what is played a little early on the next bar line goes with the bar that it leads into.
    """
    end, span = bars * bar_ticks, max(bar_ticks, score.end_ticks)
    notes = score.tracks[0].notes
    copies = []
    for start in range(0, end, span):
        copy = notes.copy()
        copy["onset_ticks"] += start
        copies.append(copy)
    notes = np.concatenate(copies)
    notes = notes[notes["onset_ticks"] < end - (score.ticks_per_quarter // 8 - 1 if end % span else 0)]
    notes["duration_ticks"] = np.minimum(notes["duration_ticks"], end - notes["onset_ticks"])
    return replace(score, tracks=(replace(score.tracks[0], notes=notes),), end_ticks=end)


def write_heard(heard: Heard, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write what was heard as a MIDI file, over one of that name if `overwrite`; see `heard_score` for the errors.

    Raises:
        OutputError: the place is taken or cannot be written.
    """
    check_free(path, overwrite=overwrite)
    return write(heard_score(heard), Path(path))
