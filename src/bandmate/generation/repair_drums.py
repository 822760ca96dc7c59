"""Repairs of drums: a fill lands on the next one, a drummer has two hands, nothing strikes twice by mistake."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.repair_work import EARLY, Work

KICK, CRASH = 36, 49
KICKS = (35, 36)
CRASHES = (49, 52, 55, 57)
_HANDS = 2
_TOGETHER = 20  # ticks within which strokes are one
# Voices of a kit that a hand strikes, the ones that must not fail first; claps, shakers and the like are other players.
_HAND_VOICES = (*CRASHES, 38, 40, 41, 43, 45, 47, 48, 50, 37, 51, 53, 59, 46, 42)


def downbeat(work: Work) -> None:
    """Where the genre's drummer crashes on a section line, so does the take: kick and crash, if the bar has drums."""
    gone = work.plan.brief.excluded_drums
    for track in work.kits:
        played = work.reference[track]
        for section in work.plan.sections[1:]:
            line = section.start_bar * work.bar_ticks
            model = played[np.abs(played["onset_ticks"] - line) <= EARLY]
            if not np.isin(model["pitch"], CRASHES).any() or not work.plan.active[track, section.start_bar]:
                continue
            for group, key in ((KICKS, KICK), (CRASHES, CRASH)):
                _ensure(work, "downbeat", track, line, group, key, gone)


def _ensure(
    work: Work, name: str, track: int, ticks: int, group: tuple[int, ...], key: int, gone: tuple[int, ...]
) -> None:
    notes = work.notes[track]
    near = notes[np.abs(notes["onset_ticks"] - ticks) <= EARLY]
    if key in gone or np.isin(near["pitch"], group).any():
        return
    loud = notes["velocity"][np.isin(notes["pitch"], group)]
    velocity = int(np.percentile(loud if len(loud) else notes["velocity"], 75))
    work.strike(name, track, ticks, key, max(1, velocity))


def hands(work: Work) -> None:
    """No more than two voices struck by hand at once, beside kick, pedal hat and the percussion of other players."""
    if work.stage.touch is None:
        return  # a machine has no hands
    rank = {key: place for place, key in enumerate(_HAND_VOICES)}
    for track in work.kits:
        # What is dropped parts the strokes otherwise, which may bring three together again.
        while (gone := _too_many(work.notes[track], rank)).any():
            work.drop("two hands", track, gone)


def _too_many(notes: NDArray[Any], rank: dict[int, int]) -> NDArray[np.bool_]:
    """The strokes for which there is no hand."""
    mine = np.flatnonzero(np.isin(notes["pitch"], list(rank)))
    mine = mine[np.argsort(notes["onset_ticks"][mine], kind="stable")]
    gone = np.zeros(len(notes), bool)
    for group in _groups(notes["onset_ticks"][mine].tolist(), _TOGETHER):
        struck = sorted((int(mine[at]) for at in group), key=lambda at: rank[int(notes["pitch"][at])])
        gone[struck[_HANDS:]] = True
    return gone


def _groups(ticks: list[int], span: int) -> list[list[int]]:
    """Places of onsets, those together that begin no more than `span` after the first of them."""
    found: list[list[int]] = []
    for at, onset in enumerate(ticks):
        if found and onset - ticks[found[-1][0]] <= span:
            found[-1].append(at)
        else:
            found.append([at])
    return found


def doubles(work: Work) -> None:
    """Of two onsets of one voice closer than a 64th in a bar the second goes; the first sounds as long as both did."""
    for track in [*work.tracks(), *work.kits]:
        notes = work.notes[track].copy()
        bars, gone = work.bar_of(notes), np.zeros(len(notes), bool)
        last: dict[tuple[int, int], int] = {}
        for at in np.argsort(notes["onset_ticks"], kind="stable").tolist():
            voice, onset = (int(notes["pitch"][at]), int(bars[at])), int(notes["onset_ticks"][at])
            first = last.get(voice)
            if first is not None and onset - int(notes["onset_ticks"][first]) < EARLY:
                gone[at] = True
                length = onset + int(notes["duration_ticks"][at]) - int(notes["onset_ticks"][first])
                notes["duration_ticks"][first] = max(int(notes["duration_ticks"][first]), length)
            else:
                last[voice] = at
        if gone.any():
            work.notes[track] = notes
        work.drop("double", track, gone)
