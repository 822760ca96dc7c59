"""The music of a take in another key, tempo and length, within its instruments; nothing is written anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bandmate.score import ops
from bandmate.score.model import Score, Track
from bandmate.score.plan import Plan


def moved(score: Score, before: Plan, after: Plan, semitones: int) -> Score:
    """The take's music in the new key, tempo and length; longer music goes on from its beginning."""
    score = ops.transpose(score, semitones) if semitones else score
    bar_ticks = score.ticks_per_quarter * 4 * before.meter[0] // before.meter[1]
    old_end, new_end = before.bars * bar_ticks, after.bars * bar_ticks
    gone = list(after.brief.excluded_drums)
    tracks = tuple(_fitted(track, old_end, new_end, gone if track.is_drum else []) for track in score.tracks)
    tempos = score.tempos[:1].copy()
    tempos["us_per_quarter"] = round(60e6 / after.tempo)
    return replace(score, tracks=tracks, tempos=tempos, markers=(), end_ticks=new_end)


def _fitted(track: Track, old_end: int, new_end: int, gone: list[int]) -> Track:
    notes = track.notes[~np.isin(track.notes["pitch"], gone)]
    copies = []
    for start in range(0, new_end, max(1, old_end)):
        copy = notes.copy()
        copy["onset_ticks"] += start
        copies.append(copy)
    notes = np.concatenate(copies) if copies else notes
    notes = notes[notes["onset_ticks"] < new_end]
    notes["duration_ticks"] = np.minimum(notes["duration_ticks"], new_end - notes["onset_ticks"])
    events = track.events[track.events["ticks"] < new_end]
    return replace(track, notes=notes, events=events, end_ticks=0)


def in_range(score: Score, plan: Plan, keep: Mapping[int, int]) -> Score:
    """Kept notes outside a key that binds step into it, and those outside their instrument's range come back."""
    nearest = _into_key(plan)
    tracks = list(score.tracks)
    for place, source in keep.items():
        planned, track = plan.tracks[place], tracks[source]
        if planned.is_drum or planned.high - planned.low < 11:
            continue
        notes = track.notes.copy()
        pitch = notes["pitch"].astype(np.int64)
        pitch += nearest[pitch % 12]
        pitch -= 12 * np.maximum(0, -(-(pitch - planned.high) // 12))
        pitch += 12 * np.maximum(0, -(-(planned.low - pitch) // 12))
        notes["pitch"] = pitch
        tracks[source] = replace(track, notes=notes)
    return replace(score, tracks=tuple(tracks))


def _into_key(plan: Plan) -> NDArray[np.int64]:
    """Semitones from each pitch class to the nearest one that the key allows."""
    allowed = plan.key.lock if plan.key_lock and not plan.chord_lock else range(12)
    return np.array([min(((pc - at + 6) % 12 - 6 for pc in allowed), key=abs) for at in range(12)], np.int64)


def with_activity(plan: Plan, given: Score, keep: Mapping[int, int]) -> Plan:
    """Kept tracks sound where they sound."""
    if not keep:
        return plan
    active = plan.active.copy()
    bar_ticks = given.ticks_per_quarter * 4 * plan.meter[0] // plan.meter[1]
    for place, source in keep.items():
        active[place] = False
        active[place, np.unique(given.tracks[source].notes["onset_ticks"] // bar_ticks)] = True
    return replace(plan, active=active)
