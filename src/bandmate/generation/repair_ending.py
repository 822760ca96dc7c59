"""The repair that closes a piece: one hit on the last one, tonic in bass and chords, and nothing after it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.repair_drums import CRASH, CRASHES, KICK, KICKS
from bandmate.generation.repair_work import EARLY, Work
from bandmate.score.pitch import QUALITIES

_TUNES = ("melody", "lead")
_TIME_KEEPERS = (42, 44, 46, 51, 53, 59, 69, 70, 82)  # hats, rides and shakers mark time, which ends
_FADE = 0.65  # by how much the last bar of a fade is softer
_GAP = 20  # ticks between the end of the last chord and that of the piece


def ending(work: Work) -> None:
    """The last bar is one hit on its first beat, or the last bars fade; loops and less than four bars do not end."""
    stage = work.stage
    last, kind = stage.last_bar, work.plan.extra.get("ending", "hit")
    if last is None:
        return
    if kind == "fade":
        _fade(work)
        return
    start, grid = last * work.bar_ticks, stage.grid
    length = (grid.bar_ticks if kind == "ring" else min(grid.bar_ticks, 2 * grid.beat_ticks)) - _GAP
    for track in work.tracks():
        _close(work, track, start, length)
    for track in work.kits:
        _last_stroke(work, track, start)


def _fade(work: Work) -> None:
    """No bar of a fade is louder than its part of the loudest stroke before it."""
    bars = work.plan.bars
    first = bars - min(8, bars // 4)
    for track in [*work.tracks(), *work.kits]:
        notes = work.notes[track].copy()
        bar = work.bar_of(notes)
        if not (bar < first).any():
            continue
        loudest = int(notes["velocity"][bar < first].max())
        for number in range(first, bars):
            inside = bar == number
            most = max(1, int(loudest * (1 - _FADE * (number - first + 1) / (bars - first))))
            now = int(notes["velocity"][inside].max(initial=0))
            if now > most:
                notes["velocity"][inside] = np.maximum(1, notes["velocity"][inside] * (most / now)).astype(np.uint8)
        work.settle("ending", track, notes)


def _close(work: Work, track: int, start: int, length: int) -> None:
    notes = work.notes[track]
    inside = notes["onset_ticks"] + EARLY >= start
    before, bar = notes[~inside].copy(), notes[inside]
    if not len(bar):
        _land(work, track)
        return
    head = bar[bar["onset_ticks"] - bar["onset_ticks"].min() <= EARLY].copy()
    head["onset_ticks"] = np.clip(head["onset_ticks"], start, start + EARLY)
    head["duration_ticks"] = start + length - head["onset_ticks"]
    _settle(work, track, head)
    who = work.plan.tracks[track]
    if who.role == "bass" or who.polyphony == 1:
        head = head[:1] if who.role == "bass" else head[-1:]
    else:
        head = head[np.unique(head["pitch"], return_index=True)[1]]
    ring = before["onset_ticks"] + before["duration_ticks"] > start
    before["duration_ticks"][ring] = start - before["onset_ticks"][ring]
    work.settle("ending", track, np.concatenate([before, head]))


def _settle(work: Work, track: int, head: NDArray[Any]) -> None:
    """Put the last notes, in place, on the chord they end on: the bass on its root, a tune on 1, 3 or 5."""
    who = work.plan.tracks[track]
    for at, note in enumerate(head):
        ticks, pitch = int(note["onset_ticks"]), int(note["pitch"])
        tones = _home(work, who.role, ticks)
        moved = pitch if pitch % 12 in tones and work.fits(track, pitch, ticks) else None
        moved = work.nearest(track, pitch, tones, ticks) if moved is None else moved
        moved = work.nearest(track, pitch, range(12), ticks) if moved is None else moved
        head["pitch"][at] = pitch if moved is None else moved
    head.sort(order="pitch")


def _home(work: Work, role: str, ticks: int) -> frozenset[int]:
    chord = work.stage.chord(min(ticks, work.end - 1))
    if role == "bass":
        return frozenset({chord.root if chord.bass is None else chord.bass})
    if role in _TUNES:
        return frozenset((chord.root + step) % 12 for step in QUALITIES[chord.quality][:3])
    return chord.pitch_classes


def _land(work: Work, track: int) -> None:
    """A tune that is silent in the last bar ends on 1, 3 or 5 of the chord under its last note."""
    role, notes = work.plan.tracks[track].role, work.notes[track]
    if role not in _TUNES:
        return
    at = int(notes["onset_ticks"].argmax())
    ticks, pitch = int(notes["onset_ticks"][at]), int(notes["pitch"][at])
    tones = _home(work, role, ticks)
    moved = work.nearest(track, pitch, tones, ticks)
    if pitch % 12 not in tones and moved is not None:
        work.set_pitch("ending", track, at, moved)


def _last_stroke(work: Work, track: int, start: int) -> None:
    notes = work.notes[track]
    inside = notes["onset_ticks"] + EARLY >= start
    if not inside.any():
        return
    gone = work.plan.brief.excluded_drums
    bar, played = notes[inside], work.reference[track]
    model = played["pitch"][played["onset_ticks"] + EARLY >= start]
    head = bar[bar["onset_ticks"] <= start + EARLY]
    head = head[~np.isin(head["pitch"], _TIME_KEEPERS)]
    if not len(head):
        head = bar[bar["onset_ticks"] == bar["onset_ticks"].min()][:1].copy()
        head["onset_ticks"] = start
    work.settle("ending", track, np.concatenate([notes[~inside], head]))
    for group, key in ((KICKS, KICK), (CRASHES, CRASH)):
        if key not in gone and np.isin(model, group).any() and not np.isin(head["pitch"], group).any():
            loud = notes["velocity"][np.isin(notes["pitch"], group)]
            work.strike("ending", track, start, key, int(loud.max() if len(loud) else notes["velocity"].max()))
