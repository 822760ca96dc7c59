"""fill: a turn of the drums, or a run of a line, at the end of a bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.counts import counted
from bandmate.errors import BriefError
from bandmate.score.model import NOTE, Score, make_notes
from bandmate.score.selection import Selection, select, track_words
from bandmate.score.splice import splice
from bandmate.score.timeline import bar_grid
from bandmate.workflows.edit_demands import key_demand
from bandmate.workflows.edit_desk import Desk, notes_within, positive
from bandmate.workflows.edits import Edit, Editor
from bandmate.workflows.report import Demand

_SNARES, _TOMS, _KICKS = (38, 40, 37, 39), (50, 48, 47, 45, 43, 41), (36, 35)
_HATS = (42, 44, 46, 51, 53, 59, 54, 69, 70, 82)
_FIGURES = ("xxxx", "x.xx", "xxx.", "x.xx", "xx.x")


@dataclass(frozen=True, slots=True)
class FillOptions:
    """fill.

    Attributes:
        at: the bar that ends in the fill, from 1.
        beats: how long it is, in quarters; None = half a bar.
    """

    at: int = 0
    beats: float | None = None


def _fill(score: Score, own: FillOptions, desk: Desk) -> Edit:
    if desk.common.bars is not None:
        raise BriefError("a fill is asked for with --at BAR; leave --bars out")
    if desk.common.controllers:
        raise BriefError("a fill keeps the controllers of its bar; leave --controllers out, or use regenerate")
    grid = bar_grid(score)
    positive("at", own.at, len(grid))
    selection = _fill_tracks(score, desk.common.tracks, own.at)
    bar = grid[own.at - 1]
    quarter = score.ticks_per_quarter
    long = int(own.beats * quarter) if own.beats is not None else int(bar["length_ticks"]) // 2 // quarter * quarter
    long = max(quarter, long)
    if long > bar["length_ticks"]:
        raise BriefError(
            f"a fill of {_beats(long / quarter)} does not fit into bar {own.at}; give fewer, or a longer bar"
        )
    end = int(bar["start_ticks"] + bar["length_ticks"])
    dice = np.random.default_rng([desk.seed, own.at])
    notes = {}
    for index in selection.tracks:
        track = score.tracks[index]
        old = notes_within(track.notes, int(bar["start_ticks"]), end)
        make = _drum_fill if track.is_drum else _run_up
        new = make(score, index, end - long, end, desk, dice)
        notes[index] = np.concatenate([old[old["onset_ticks"] < end - long], new])
    edited = splice(score, selection, notes)
    made = {i: notes_within(edited.tracks[i].notes, end - long, end) for i in selection.tracks}
    got = ", ".join(counted(len(n), "note") for n in made.values())
    names = ", ".join(track_words(score, i) for i in selection.tracks)
    heard = f"a fill of {_beats(long / quarter)} at the end of bar {own.at}: {names}"
    demand = Demand("fill", f"end of bar {own.at}", got, 1.0 if all(len(n) for n in made.values()) else 0.0)
    return Edit(edited, selection, heard, (demand, *key_demand(desk.key, score, made)))


def _fill_tracks(score: Score, tracks: str | None, at: int) -> Selection:
    """The asked tracks; else the drums, else the melody."""
    if tracks is not None:
        return select(score, tracks, str(at))
    roles = [track.role for track in score.tracks]
    role = next((role for role in ("drums", "perc", "melody", "lead", "bass") if role in roles), None)
    return select(score, role, str(at)) if role else select(score, None, str(at))


def _drum_fill(score: Score, index: int, start: int, end: int, desk: Desk, dice: np.random.Generator) -> NDArray[Any]:
    """A walk from the snare down the toms that grows louder, kicks on the beats; with the kit's own keys."""
    notes, quarter = score.tracks[index].notes, score.ticks_per_quarter
    used = set(notes["pitch"].tolist())
    snare = next((key for key in _SNARES if key in used), 38)
    kick = next((key for key in _KICKS if key in used), 36)
    toms = [key for key in _TOMS if key in used] or [48, 45, 41]
    walk = [snare, snare, *toms] if dice.random() < 0.5 else [snare, *toms]
    step = quarter // 3 if _in_triplets(notes, quarter) else quarter // 4
    places = np.arange(start, end, step)
    loud = float(np.percentile(notes["velocity"], 85)) if len(notes) else 100.0
    rows, figure = [], _FIGURES[int(dice.integers(len(_FIGURES)))]
    for number, at in enumerate(places.tolist()):
        through = number / max(1, len(places))
        if figure[number % 4] == "." and at + 2 * step < end:
            continue
        accent = 1.08 if (at - start) % quarter == 0 else 0.9
        velocity = int(np.clip(loud * (0.8 + 0.25 * through) * accent + dice.normal(0, 3), 1, 127))
        rows.append((at, walk[min(len(walk) - 1, int(through * len(walk)))], velocity))
        if (at - start) % quarter == 0:
            rows.append((at, kick, int(np.clip(loud * 0.95, 1, 127))))
    return _made(rows, int(np.median(notes["duration_ticks"])) if len(notes) else step)


def _in_triplets(notes: NDArray[Any], quarter: int) -> bool:
    """Whether a kit plays in threes: more strokes a third into the beat than a quarter."""
    place = (notes["onset_ticks"] % quarter) / quarter
    return int((np.abs(place - 2 / 3) < 0.03).sum()) > int((np.abs(place - 0.75) < 0.03).sum()) + len(notes) // 16


def _made(rows: list[tuple[int, int, int]], long: int) -> NDArray[Any]:
    if not rows:
        return np.empty(0, NOTE)
    onset, pitch, velocity = zip(*rows, strict=True)
    return make_notes(onset, long, pitch, velocity)


def _run_up(score: Score, index: int, start: int, end: int, desk: Desk, dice: np.random.Generator) -> NDArray[Any]:
    """A run in the key, step by step, that ends beside the note on which the track goes on."""
    track, quarter = score.tracks[index], score.ticks_per_quarter
    part = desk.parts(score, Selection((index,), 0, 0))[index]
    key = desk.key or desk.harmony.key
    scale = [p for p in range(part.low, part.high + 1) if key is None or p % 12 in key.scale]
    after = track.notes[track.notes["onset_ticks"] >= end]
    before = track.notes[track.notes["onset_ticks"] < start]
    target = (
        int(after["pitch"][0]) if len(after) else int(before["pitch"][-1]) if len(before) else scale[len(scale) // 2]
    )
    count = max(2, (end - start) * 4 // quarter)
    up = (
        int(before["pitch"][-1]) < target
        if len(before) and before["pitch"][-1] != target
        else bool(dice.random() < 0.5)
    )
    below = [p for p in scale if p < target][::-1] if up else [p for p in scale if p > target]
    if not below:
        below = [p for p in scale if p != target]
    road = [below[min(i, len(below) - 1) if i < len(below) else -1 - (i % len(below))] for i in range(count)][::-1]
    loud = float(np.median(track.notes["velocity"]))
    rows = [
        (start + i * quarter // 4, pitch, int(np.clip(loud * (0.85 + 0.2 * i / count), 1, 127)))
        for i, pitch in enumerate(road)
    ]
    return _made(rows, max(1, quarter // 4 - quarter // 32))


def _beats(count: float) -> str:
    return f"{count:g} beat{'s' if count > 1 else ''}"


FILL = Editor("fill", FillOptions, _fill)
