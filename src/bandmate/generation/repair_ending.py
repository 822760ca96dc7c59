"""The repair that closes a piece: one hit on the last one, tonic in bass and chords, and nothing after it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from bandmate.generation.measures import Bools, Notes
from bandmate.generation.repair_drums import LANDING, stroke_in
from bandmate.generation.repair_pitches import foot
from bandmate.generation.repair_promises import EARLY
from bandmate.generation.repair_work import Fix, Work, with_pitch
from bandmate.score.pitch import QUALITIES

_TUNES = ("melody", "lead")
_TIME_KEEPERS = (42, 44, 46, 51, 53, 59, 69, 70, 82)  # hats, rides and shakers mark time, which ends
_FADE = 0.65  # by how much the last bar of a fade is softer
_GAP = 20  # ticks between the end of the last chord and that of the piece


def ending(work: Work, track: int, notes: Notes) -> list[Fix]:
    """The last bar is one hit on its first beat, or the last bars fade; loops and less than four bars do not end."""
    if work.stage.last_bar is None:
        return []
    if work.plan.extra.get("ending", "hit") == "fade":
        return _fade(work, track, notes)
    if not notes["onset_ticks"].max() + EARLY >= work.stage.last_bar * work.bar_ticks:
        return _landing(work, track, notes)
    closed = _last_stroke(work, track, notes) if work.is_kit(track) else None
    closed = _closed(work, track, notes) if work.plays(track) else closed
    if closed is None or sorted(closed.tolist()) == sorted(notes.tolist()):
        return []
    return [lambda: iter([closed])]


def _fade(work: Work, track: int, notes: Notes) -> list[Fix]:
    """No bar of a fade is louder than its part of the loudest stroke before it."""
    bars, found = work.plan.bars, []
    first, bar = bars - min(8, bars // 4), work.bar_of(notes)
    if not (bar < first).any() or not (work.plays(track) or work.is_kit(track)):
        return found
    loudest = int(notes["velocity"][bar < first].max())
    for number in range(first, bars):
        most = max(1, int(loudest * (1 - _FADE * (number - first + 1) / (bars - first))))
        if int(notes["velocity"][bar == number].max(initial=0)) > most:
            found.append(partial(_softer, notes, bar == number, most))
    return found


def _softer(notes: Notes, inside: Bools, most: int) -> Iterator[Notes]:
    soft = notes.copy()
    loud = soft["velocity"][inside]
    soft["velocity"][inside] = np.maximum(1, loud * (most / int(loud.max()))).astype(np.uint8)
    yield soft


def _closed(work: Work, track: int, notes: Notes) -> Notes:
    """One chord on the last one, on its tones; what rang into it ends there, nothing comes after it."""
    start, grid, who = int(work.stage.last_bar or 0) * work.bar_ticks, work.stage.grid, work.plan.tracks[track]
    ring = work.plan.extra.get("ending", "hit") == "ring"
    length = (grid.bar_ticks if ring else min(grid.bar_ticks, 2 * grid.beat_ticks)) - _GAP
    inside = notes["onset_ticks"] + EARLY >= start
    before, bar = notes[~inside].copy(), notes[inside]
    head = bar[bar["onset_ticks"] - bar["onset_ticks"].min() <= EARLY].copy()
    head["onset_ticks"] = np.clip(head["onset_ticks"], start, start + EARLY)
    head["duration_ticks"] = start + length - head["onset_ticks"]
    _settle(work, track, head)
    head = head[np.unique(head["pitch"], return_index=True)[1]]
    voices = max(1, who.polyphony)
    head = head[:1] if who.role == "bass" else head[-1:] if voices == 1 else head[:voices]
    over = before["onset_ticks"] + before["duration_ticks"] > start
    before["duration_ticks"][over] = start - before["onset_ticks"][over]
    return np.concatenate([before, head])


def _settle(work: Work, track: int, head: Notes) -> None:
    """Put the last notes, in place, on the chord they end on: the bass on its root, a tune on 1, 3 or 5."""
    role = work.plan.tracks[track].role
    for at, note in enumerate(head):
        ticks, pitch = int(note["onset_ticks"]), int(note["pitch"])
        tones = _home(work, role, ticks)
        moved = pitch if pitch % 12 in tones and work.fits(track, pitch, ticks) else None
        moved = work.nearest(track, pitch, tones, ticks) if moved is None else moved
        moved = work.nearest(track, pitch, range(12), ticks) if moved is None else moved
        head["pitch"][at] = pitch if moved is None else moved


def _home(work: Work, role: str, ticks: int) -> frozenset[int]:
    chord = work.stage.chord(min(ticks, work.end - 1))
    if role == "bass":
        return frozenset({foot(chord)})
    if role in _TUNES:
        return frozenset((chord.root + step) % 12 for step in QUALITIES[chord.quality][:3])
    return chord.pitch_classes


def _landing(work: Work, track: int, notes: Notes) -> list[Fix]:
    """A tune that is silent in the last bar ends on 1, 3 or 5 of the chord under its last note."""
    role = work.plan.tracks[track].role
    if not work.plays(track, *_TUNES):
        return []
    at = int(notes["onset_ticks"].argmax())
    ticks, pitch = int(notes["onset_ticks"][at]), int(notes["pitch"][at])
    tones = _home(work, role, ticks)
    moved = work.nearest(track, pitch, tones, ticks)
    return [] if pitch % 12 in tones or moved is None else [partial(with_pitch, notes, at, moved)]


def _last_stroke(work: Work, track: int, notes: Notes) -> Notes:
    """What strikes on the last one, without those who mark time; kick and crash where the genre's drummer has them."""
    start = int(work.stage.last_bar or 0) * work.bar_ticks
    inside = notes["onset_ticks"] + EARLY >= start
    bar, played = notes[inside], work.reference[track]
    model = played["pitch"][played["onset_ticks"] + EARLY >= start]
    head = bar[(bar["onset_ticks"] <= start + EARLY) & ~np.isin(bar["pitch"], _TIME_KEEPERS)]
    for group, key in LANDING:
        wanted = key not in work.plan.brief.excluded_drums and np.isin(model, group).any()
        if wanted and not np.isin(head["pitch"], group).any():
            loud = notes["velocity"][np.isin(notes["pitch"], group)]
            hit = stroke_in(notes, start, key, int((loud if len(loud) else notes["velocity"]).max()))
            head = np.concatenate([head, hit])
    if not len(head):
        head = bar[bar["onset_ticks"] == bar["onset_ticks"].min()][:1].copy()
        head["onset_ticks"] = start
    return np.concatenate([notes[~inside], head])
