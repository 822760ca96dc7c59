"""What is done to a score: transpose, quantise, swing, stretch, resample, set the tempo; and the cuts of `score/cut`.

Each gives a new score and leaves the old one as it was. Drums are never transposed. Rows that were read keep their
place in the order of events unless they were moved in time.
"""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import ScoreError
from bandmate.limits import TEMPO
from bandmate.score.cut import merge, split_by_bars, split_channels, trim, window
from bandmate.score.gm import DRUM_CHANNEL
from bandmate.score.model import MADE, NO_OFF, Score, Track, make_tempos
from bandmate.score.timeline import bar_grid, bar_of
from bandmate.score.warp import MOST_TICKS_PER_QUARTER, resample, shift, stretch, warped

__all__ = [
    "merge", "quantise", "resample", "set_tempo", "shift", "split_by_bars", "split_channels", "stretch", "swing",
    "transpose", "trim", "window",
]  # fmt: skip

_MOST_SEMITONES = 60
_SWING = (50.0, 80.0)


def transpose(score: Score, semitones: int) -> Score:
    """The score so many semitones higher, with its keys; drums stay.

    A note that would leave MIDI's range 0..127 comes back by octaves, so that it keeps its name;
    `notes_folded` counts them.

    Raises:
        ScoreError: more than 60 semitones either way.
    """
    if abs(semitones) > _MOST_SEMITONES:
        raise ScoreError(f"a transposition by {semitones} semitones is out of range; give -60 to 60")
    if not semitones:
        return score
    keys = score.keys.copy()
    fifths = keys["fifths"].astype(np.int64) + 7 * semitones
    keys["fifths"] = (fifths + 5) % 12 - 5 if semitones % 12 else keys["fifths"]
    return replace(score, tracks=tuple(_transposed(track, semitones) for track in score.tracks), keys=keys)


def notes_folded(score: Score, semitones: int) -> int:
    """How many notes a transposition would have to bring back into range by octaves."""
    total = 0
    for track in score.tracks:
        pitch = track.notes["pitch"][_pitched(track, track.notes)].astype(np.int64) + semitones
        total += int(((pitch < 0) | (pitch > 127)).sum())
    return total


def _pitched(track: Track, rows: NDArray[Any]) -> NDArray[np.bool_]:
    """Which rows of a track are no drums: a drum track off channel 10 is all drums."""
    if track.is_drum and not (track.notes["channel"] == DRUM_CHANNEL).any():
        return np.zeros(len(rows), bool)
    return rows["channel"] != DRUM_CHANNEL


def _transposed(track: Track, semitones: int) -> Track:
    notes, events = track.notes.copy(), track.events.copy()
    which = _pitched(track, notes)
    notes["pitch"][which] = _folded(notes["pitch"][which], semitones)
    # note ends without a beginning and polyphonic pressure name a pitch too
    which = _pitched(track, events) & (events["status"] <= 0xA0)
    events["data1"][which] = _folded(events["data1"][which], semitones)
    return replace(track, notes=notes, events=events)


def _folded(pitch: NDArray[Any], semitones: int) -> NDArray[np.int64]:
    moved = pitch.astype(np.int64) + semitones
    moved = np.where(moved > 127, moved - 12 * -(-(moved - 127) // 12), moved)
    return np.where(moved < 0, moved + 12 * -(moved // 12), moved)


def grid_ticks(grid: str, ticks_per_quarter: int) -> Fraction:
    """The step of a grid such as `1/16`, `1/8T` (triplet) or `1/4D` (dotted), in ticks.

    Raises:
        ScoreError: it is not understood, or finer than a tick.
    """
    match = re.fullmatch(r"\s*1/(\d{1,3})\s*([TtDd.]?)\s*", grid)
    if not match or not 1 <= int(match[1]) <= 128:
        raise ScoreError(f"grid '{grid}' is not understood; write it like 1/16, 1/8T (triplets) or 1/4D (dotted)")
    factor = {"": Fraction(1), "t": Fraction(2, 3)}.get(match[2].lower(), Fraction(3, 2))
    step = Fraction(4 * ticks_per_quarter, int(match[1])) * factor
    if step < 1:
        raise ScoreError(f"grid '{grid}' is finer than a tick ({ticks_per_quarter} a quarter); take a coarser one")
    return step


def _checked_swing(percent: float) -> float:
    if not _SWING[0] <= percent <= _SWING[1]:
        raise ScoreError(
            f"swing {percent:g} is out of range; give 50 (straight) to 80, the place of the off note in per cent"
        )
    return percent / 100


def quantise(score: Score, grid: str = "1/16", strength: float = 1.0, swing: float | None = None) -> Score:
    """Move note beginnings towards a grid that starts anew with every bar.

    Notes keep their length, but do not run into the next note of their pitch; two that fall on one place become one.
    Controllers, bends and pressure under a note move with it.

    Args:
        score: any score.
        grid: `1/16`, `1/8T` ...
        strength: share of the way, 0 to 1.
        swing: where the second of two steps lies in their pair, in per cent: 50 straight, 58 light, 66.7 triplets.

    Raises:
        ScoreError: a value out of range; the message names it.
    """
    if not 0 <= strength <= 1:
        raise ScoreError(f"strength {strength:.0%} is out of range; give 0% (as played) to 100% (on the grid)")
    step = float(grid_ticks(grid, score.ticks_per_quarter))
    off = 0.5 if swing is None else _checked_swing(swing)
    bars = bar_grid(score)

    def moved(ticks: NDArray[np.int64]) -> NDArray[np.int64]:
        bar = bars[bar_of(bars, ticks)]
        here = (ticks - bar["start_ticks"]).astype(np.float64)
        # the three grid points around, since swing may bring the one after the next nearer
        index = np.floor(here / step)[:, None] + np.array([-1.0, 0.0, 1.0, 2.0])
        points = np.floor(index / 2) * 2 * step + np.where(index % 2 == 1, 2 * off * step, 0.0)
        points = np.clip(points, 0, bar["length_ticks"][:, None])
        target = points[np.arange(len(here)), np.abs(points - here[:, None]).argmin(axis=1)]
        return ticks + np.rint(strength * (target - here)).astype(np.int64)

    return replace(
        score, tracks=tuple(_notes_moved(track, moved(track.notes["onset_ticks"])) for track in score.tracks)
    )


def _notes_moved(track: Track, onset: NDArray[np.int64]) -> Track:
    """A track whose notes begin elsewhere, with what sounds under them."""
    by = onset - track.notes["onset_ticks"]
    if not by.any():
        return track
    notes = track.notes.copy()
    notes["onset_ticks"] = onset
    touched = by != 0
    notes["on_order"][touched] = MADE
    notes["off_order"][touched & (notes["off_order"] != NO_OFF)] = MADE
    keep = _cleared(notes, track.notes)
    notes = notes[keep]
    notes = notes[np.argsort(notes["onset_ticks"], kind="stable")]
    return replace(track, notes=notes, events=_events_moved(track, by))


def _cleared(notes: NDArray[Any], before: NDArray[Any]) -> NDArray[np.bool_]:
    """Shorten (in place) notes that now run into the next one of their pitch; say which stay."""
    key = notes["channel"].astype(np.int64) * 128 + notes["pitch"]
    by_key = np.lexsort((notes["duration_ticks"], notes["onset_ticks"], key))
    one, two = by_key[:-1], by_key[1:]
    same = key[one] == key[two]
    together = same & (notes["onset_ticks"][one] == notes["onset_ticks"][two])
    apart_before = before["onset_ticks"][one] != before["onset_ticks"][two]
    keep = np.ones(len(notes), bool)
    keep[one[together & apart_before]] = False  # of two on one place the longer stays
    ends = notes["onset_ticks"][one] + notes["duration_ticks"][one]
    ended_before = before["onset_ticks"][one] + before["duration_ticks"][one] <= before["onset_ticks"][two]
    into = same & ~together & ended_before & (ends > notes["onset_ticks"][two])
    notes["duration_ticks"][one[into]] = notes["onset_ticks"][two[into]] - notes["onset_ticks"][one[into]]
    notes["off_order"][one[into]] = MADE
    return keep


def _events_moved(track: Track, by: NDArray[np.int64]) -> NDArray[Any]:
    """Events with controllers, bends and pressure moved as far as the note they lie under."""
    events = track.events.copy()
    for channel in np.unique(track.notes["channel"]):
        at = np.flatnonzero((events["channel"] == channel) & np.isin(events["status"], (0xA0, 0xB0, 0xD0, 0xE0)))
        mine = track.notes["channel"] == channel
        onset, end = (
            track.notes["onset_ticks"][mine],
            (track.notes["onset_ticks"] + track.notes["duration_ticks"])[mine],
        )
        ticks = events["ticks"][at]
        note = np.searchsorted(onset, ticks, side="right") - 1
        under = (note >= 0) & (ticks <= end[note])
        ticks = ticks + np.where(under, by[mine][note], 0)
        # subtle: one controller's values must not overtake each other
        events["ticks"][at] = np.maximum.accumulate(np.maximum(ticks, 0)) if len(at) else ticks
    return events[np.lexsort((events["order"], events["ticks"]))]


def swing(score: Score, percent: float, grid: str = "1/16") -> Score:
    """Swing straight music: time bends inside each pair of steps, so that the middle comes at `percent` of the pair.

    All of a track bends alike (note ends, controllers, lyrics too), so nothing changes its order; tempo, meter and
    markers stay.

    Raises:
        ScoreError: the percentage lies outside 50 to 80, or the grid is not understood.
    """
    off, pair = _checked_swing(percent), 2 * float(grid_ticks(grid, score.ticks_per_quarter))
    bars = bar_grid(score)

    def bent(ticks: NDArray[Any]) -> NDArray[np.int64]:
        bar = bars[bar_of(bars, ticks)]
        here = (ticks - bar["start_ticks"]).astype(np.float64)
        whole = np.floor(here / pair) * pair
        share = (here - whole) / pair
        share = np.where(share < 0.5, share * 2 * off, off + (share - 0.5) * 2 * (1 - off))
        full = whole + pair <= bar["length_ticks"]  # half a pair at the end of an odd bar stays straight
        past = here > bar["length_ticks"]
        return np.where(full & ~past, bar["start_ticks"] + np.rint(whole + share * pair), ticks).astype(np.int64)

    return replace(score, tracks=tuple(warped(track, bent) for track in score.tracks))


def set_tempo(score: Score, bpm: float, *, keep_changes: bool = True) -> Score:
    """The score at another tempo.

    Args:
        score: any score; one in SMPTE time is counted in quarters from then on.
        bpm: the tempo at the start, in quarter notes a minute.
        keep_changes: whether later tempo changes stay, in proportion; else it is one tempo throughout.

    Raises:
        BriefError: the tempo lies outside 20 to 400.
    """
    TEMPO.check(bpm)
    if score.header is not None and score.header.division & 0x8000:
        score = resample(score, min(score.ticks_per_quarter, MOST_TICKS_PER_QUARTER))
    if not keep_changes or not len(score.tempos):
        return replace(score, tempos=make_tempos(bpm))
    tempos = score.tempos.copy()
    opening = int(tempos["us_per_quarter"][tempos["ticks"] == tempos["ticks"][0]][-1])
    if tempos["ticks"][0] > 0:
        return set_tempo(replace(score, tempos=np.concatenate([make_tempos(120.0), tempos])), bpm)
    factor = round(60e6 / bpm) / opening
    tempos["us_per_quarter"] = np.clip(np.rint(tempos["us_per_quarter"] * factor), 1, (1 << 24) - 1).astype(np.int64)
    return replace(score, tempos=tempos)
