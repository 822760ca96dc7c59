"""Dressing: what a written score carries beside its notes, and the limit on voices that sound together."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.groovebook.play import channels_of, key_signature, mix_events
from bandmate.groovebook.stage import Stage
from bandmate.score.model import Marker, Score
from bandmate.score.plan import Plan


def dressed(plan: Plan, score: Score) -> Score:
    """A written score with all that is not notes: names, channels, mix, key signature, section markers.

    Args:
        plan: whose it is.
        score: as decoded, one track a planned track.
    """
    stage, channels = Stage(plan, 0), channels_of(plan)
    tracks = []
    for index, (who, track) in enumerate(zip(plan.tracks, score.tracks, strict=True)):
        notes = track.notes.copy() if who.is_drum else limit_voices(track.notes, who.polyphony)
        notes["channel"] = channels[index]
        events = mix_events(stage, index, channels[index])
        tracks.append(replace(track, name=who.name, notes=notes, events=events, end_ticks=score.end_ticks))
    bar_ticks = score.end_ticks // plan.bars
    markers = tuple(Marker(section.start_bar * bar_ticks, section.label) for section in plan.sections)
    return replace(score, tracks=tuple(tracks), keys=key_signature(plan.key), markers=markers)


def limit_voices(notes: NDArray[Any], most: int) -> NDArray[Any]:
    """Let at most so many notes sound at once: a new note ends the oldest ones that still sound.

    Of notes that begin together the highest stay. The model limits how many notes a cell begins; how long they ring
    into the next cells is limited here.
    """
    order = np.lexsort((-notes["pitch"].astype(np.int64), notes["onset_ticks"]))
    onset = notes["onset_ticks"][order]
    end = onset + notes["duration_ticks"][order]
    keep = np.ones(len(order), bool)
    sounding: deque[int] = deque()
    for at in range(len(order)):
        sounding = deque(other for other in sounding if end[other] > onset[at])
        while len(sounding) >= most and onset[sounding[0]] < onset[at]:
            oldest = sounding.popleft()
            end[oldest] = onset[at]
        if len(sounding) >= most:
            keep[at] = False
        else:
            sounding.append(at)
    limited = notes.copy()
    limited["duration_ticks"][order] = end - onset
    return limited[np.sort(order[keep])]
