"""What is music enough to learn from: the reasons a file is left out, and what is mended in the others."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bandmate.analysis.meter import score_bars
from bandmate.counts import counted
from bandmate.limits import BARS, MIDI_NOTES
from bandmate.score.model import Score
from bandmate.score.timeline import ticks_to_seconds

MIN_NOTES = 8
MIN_ONSETS = 4
MIN_SECONDS = 1.0
MAX_SECONDS = 3600.0
MAX_NOTE_QUARTERS = 64.0  # a longer note is one whose end was lost
MIN_GRID = 0.2  # below it, notes lie anywhere between the beats

# reason -> what the report says of it
REASONS = {
    "unreadable": "not readable",
    "no permission": "may not be opened",
    "too big": "larger than can be read",
    "crashed": "brought the reader down",
    "too slow": "took too long to read",
    "empty": "without notes",
    "one note": "one note, or one note repeated",
    "too short": "too short to learn from",
    "too long": "absurdly long",
    "too many notes": "absurdly many notes",
    "duplicate": "the same music as another file",
    "unsure": "sounds that were not heard surely enough",
    "unclear bars": "bars of unknown place",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a piece is left out: a key of REASONS and one sentence."""

    reason: str
    detail: str


def mend(score: Score) -> Score:
    """End notes that were never ended: none lasts longer than 64 quarters."""
    longest = int(MAX_NOTE_QUARTERS * score.ticks_per_quarter)
    if all(not len(track.notes) or track.notes["duration_ticks"].max() <= longest for track in score.tracks):
        return score
    tracks = []
    for track in score.tracks:
        notes = track.notes.copy()
        np.minimum(notes["duration_ticks"], longest, out=notes["duration_ticks"])
        tracks.append(replace(track, notes=notes))
    return replace(score, tracks=tuple(tracks))


def problem_of(score: Score) -> Problem | None:
    """Why a score is not worth learning from; None if it is."""
    if not score.note_count:
        return Problem("empty", "it holds no notes")
    if score.note_count > MIDI_NOTES.high:
        return Problem("too many notes", f"it holds {score.note_count} notes, at most {MIDI_NOTES.high:.0f} are read")
    pitches = {int(p) for t in score.tracks if not t.is_drum and len(t.notes) for p in np.unique(t.notes["pitch"])}
    has_drums = any(track.is_drum and len(track.notes) for track in score.tracks)
    if score.note_count == 1 or (len(pitches) == 1 and not has_drums):
        return Problem("one note", f"it holds {counted(score.note_count, 'note')} of one pitch alone")
    onsets = len(np.unique(np.concatenate([track.notes["onset_ticks"] for track in score.tracks])))
    seconds = float(ticks_to_seconds(score, max(track.last_ticks for track in score.tracks)))
    if score.note_count < MIN_NOTES or onsets < MIN_ONSETS or seconds < MIN_SECONDS:
        held = f"{counted(score.note_count, 'note')} at {counted(onsets, 'place')}"
        return Problem("too short", f"it holds {held} in {seconds:.1f} s")
    if seconds > MAX_SECONDS:
        return Problem("too long", f"it lasts {seconds / 3600:.1f} hours, at most one is read")
    bars = len(score_bars(score))
    if bars > BARS.high:
        return Problem("too long", f"it has {bars} bars, at most {BARS.high:.0f} are read")
    return None


def grid_strength(score: Score) -> float:
    """How firmly onsets lie on sixteenths or triplets of the file's beats, 0 (anywhere) .. 1 (exactly).

    The length of the mean of the onsets' phases on each grid; the best grid counts. Onsets played to a click with
    22 ms of spread at 120 BPM give about 0.5; a free recording in a file of constant tempo gives about 0.1 or less.
    """
    onsets = np.concatenate([track.notes["onset_ticks"] for track in score.tracks])
    if not len(onsets):
        return 0.0
    onsets = np.unique(onsets) if len(onsets) < 200_000 else np.unique(onsets[:200_000])
    quarters = onsets / score.ticks_per_quarter
    phases = np.exp(2j * np.pi * np.multiply.outer(np.array([4.0, 3.0, 2.0]), quarters))
    return float(np.abs(phases.mean(1)).max())
