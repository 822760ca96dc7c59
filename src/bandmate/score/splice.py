"""Splice: new notes into some cells of a score, everything else event for event as it was.

One operation stands behind every edit. What is not asked keeps its notes, velocities, pedal, controllers, tempo map,
markers, names and SysEx, at the same tick and in the same order, also where the score came from a file:

- a note belongs to the bar in which it begins; one that begins before the asked bars stays whole;
- a new note ends at the border of the asked bars, or, where the old notes of the track rang on over it, no later than
  the last of those did;
- a new note never runs into an old one of the same key: on one MIDI channel the first end would end both;
- controllers inside asked cells stay.

Writing goes on behind the last bar after `extended`, and new tracks come in with `added`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import ScoreError
from bandmate.limits import BARS
from bandmate.score.gm import DRUM_CHANNEL
from bandmate.score.model import MADE, NO_OFF, NOTE, OFF_AS_ON, Score, Track
from bandmate.score.selection import Selection
from bandmate.score.timeline import bar_grid

_LEAST_LEFT = 0.5  # of a new note that an old one of its key shortens; less, and it is left out


def splice(score: Score, selection: Selection, notes: Mapping[int, NDArray[Any]]) -> Score:
    """Put new notes into the selected cells.

    Args:
        score: any score; it stays as it is.
        selection: the asked cells.
        notes: for each selected track its new notes, NOTE, onsets in ticks of the score; a track without an entry
            falls silent in the asked bars. Channel and order are set here.

    Returns:
        The score with the selected cells' notes replaced.

    Raises:
        ScoreError: a new note begins outside the asked bars, or notes are given for a track that is not selected.
    """
    start, end = selection.span(score)
    stray = set(notes) - set(selection.tracks)
    if stray:
        raise ScoreError(f"notes are given for track {min(stray) + 1}, which is not among the asked tracks")
    tracks = list(score.tracks)
    for index in selection.tracks:
        new = notes.get(index, np.empty(0, NOTE))
        onset = new["onset_ticks"]
        outside = onset[(onset < start) | (onset >= end)]
        if len(outside):
            raise ScoreError(
                f"a new note of track {index + 1} begins at tick {int(outside[0])}, outside the asked ticks {start} to "
                f"{end}"
            )
        tracks[index] = _with_cells(tracks[index], start, end, new)
    return replace(score, tracks=tuple(tracks))


def _with_cells(track: Track, start: int, end: int, new: NDArray[Any]) -> Track:
    onset = track.notes["onset_ticks"]
    inside = (onset >= start) & (onset < end)
    kept, old = track.notes[~inside], track.notes[inside]
    made = fitted(new, kept, (start, end), max(end, _rings_to(old)), _channel_of(track))
    notes = np.concatenate([kept, made])
    # Kept notes stay in their order: the sort is stable, and made ones come behind at one tick.
    return replace(track, notes=notes[np.argsort(notes["onset_ticks"], kind="stable")])


def _channel_of(track: Track) -> int:
    """The channel a track plays on; without notes, that of its first program change."""
    changes = track.events[track.events["status"] == 0xC0]
    return int(changes["channel"][0]) if len(changes) and not len(track.notes) else track.channel


def _rings_to(notes: NDArray[Any]) -> int:
    return int((notes["onset_ticks"] + notes["duration_ticks"]).max(initial=0))


def fitted(new: NDArray[Any], kept: NDArray[Any], span: tuple[int, int], limit: int, channel: int) -> NDArray[Any]:
    """New notes made to fit among kept ones of their track: cut at the limit and at the next stroke of their key.

    Args:
        new: NOTE, any order.
        kept: NOTE, the notes of the track that stay.
        span: ticks in which new notes begin.
        limit: where a new note ends at the latest, in ticks.
        channel: that the new notes are to be on.
    """
    made = new[np.lexsort((new["pitch"], new["onset_ticks"]))].copy()
    made["channel"], made["on_order"], made["off_order"] = channel, MADE, MADE
    made["off_velocity"] = np.where(made["off_velocity"] == OFF_AS_ON, 64, made["off_velocity"])
    ends = kept["onset_ticks"] + kept["duration_ticks"]
    near = kept[(kept["channel"] == channel) & ((ends > span[0]) | (kept["off_order"] == NO_OFF))]
    pitches = np.unique(made["pitch"])
    rows = [_fit(made[made["pitch"] == pitch], near[near["pitch"] == pitch], span[1], limit) for pitch in pitches]
    made = np.concatenate([np.empty(0, NOTE), *rows])
    return made[np.lexsort((made["pitch"], made["onset_ticks"]))]


def _fit(made: NDArray[Any], kept: NDArray[Any], end: int, limit: int) -> NDArray[Any]:
    """New notes of one key, by onset, between the kept notes of that key."""
    begins = made["onset_ticks"].copy()
    ends = np.minimum(begins + np.maximum(made["duration_ticks"], 1), limit)
    wanted = ends - begins
    for note in kept:
        at = int(note["onset_ticks"])
        over = limit if note["off_order"] == NO_OFF else min(limit, at + int(note["duration_ticks"]))
        ends = np.where(begins < at, np.minimum(ends, at), ends)
        begins = np.where(begins < at, begins, np.maximum(begins, over))
    ends[:-1] = np.minimum(ends[:-1], begins[1:])  # of two at one moment, the second stays
    left, moved = ends - begins, begins > made["onset_ticks"]
    out = made.copy()
    out["onset_ticks"], out["duration_ticks"] = begins, left
    return out[(left > 0) & (begins < end) & (~moved | (left >= wanted * _LEAST_LEFT))]


def extended(score: Score, bars: int) -> Score:
    """A score with so many empty bars behind its music, in the meter of its last bar.

    Bars at the end in which nothing begins are not counted as music unless the score says how long it is: a note that
    rings on over the last bar line is no bar of its own.

    Raises:
        BriefError: no number of bars that a piece can have.
    """
    BARS.check(bars)
    grid = bar_grid(score)
    last = grid[music_bars(score) - 1]
    length = max(1, score.ticks_per_quarter * 4 * int(last["numerator"]) // int(last["denominator"]))
    end = int(last["start_ticks"] + last["length_ticks"]) + bars * length
    return replace(score, end_ticks=max(end, score.last_ticks))


def music_bars(score: Score) -> int:
    """How many bars hold music: to the end the score states, else to the bar in which its last note begins."""
    grid = bar_grid(score)
    if score.end_ticks:
        return len(grid)
    onsets = [int(track.notes["onset_ticks"].max()) for track in score.tracks if len(track.notes)]
    return int(np.searchsorted(grid["start_ticks"], max(onsets, default=0), side="right"))


def added(score: Score, tracks: Sequence[Track]) -> tuple[Score, tuple[int, ...]]:
    """A score with more tracks behind its own, each on a channel of its own; drums share the drum channel.

    Args:
        score: any score.
        tracks: with their notes in ticks of the score; nothing sounds on past the score's last bar line.

    Returns:
        The score and the indices of the new tracks.

    Raises:
        ScoreError: no MIDI channel is left for a track.
    """
    grid = bar_grid(score)
    end = int(grid["start_ticks"][-1] + grid["length_ticks"][-1])
    used = {int(c) for track in score.tracks for c in np.unique(track.notes["channel"])}
    used |= {int(c) for t in score.tracks for c in np.unique(t.events["channel"][t.events["status"] < 0xF0])}
    free = [channel for channel in range(16) if channel != DRUM_CHANNEL and channel not in used]
    rows = []
    for track in tracks:
        if not track.is_drum and not free:
            raise ScoreError(
                f"no MIDI channel is free for {track.name or track.role}: the piece uses all 16; take a track out first"
            )
        channel = DRUM_CHANNEL if track.is_drum else free.pop(0)
        events = track.events.copy()
        events["channel"] = np.where(events["status"] < 0xF0, channel, 0)
        rows.append(replace(track, notes=fitted(track.notes, track.notes[:0], (0, end), end, channel), events=events))
    first = len(score.tracks)
    return replace(score, tracks=(*score.tracks, *rows)), tuple(range(first, first + len(rows)))
