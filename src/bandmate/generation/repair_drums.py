"""Repairs of strokes: a fill lands on the next one, a drummer has two hands, nothing strikes twice by mistake."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.measures import Notes
from bandmate.generation.repair_promises import EARLY
from bandmate.generation.repair_work import Fix, Work
from bandmate.score.model import make_notes

KICK, CRASH = 36, 49
KICKS = (35, 36)
CRASHES = (49, 52, 55, 57)
LANDING = ((KICKS, KICK), (CRASHES, CRASH))  # what strikes where something begins or ends, any of these or else that
_HANDS = 2
_TOGETHER = 20  # ticks within which strokes are one
# Voices of a kit that a hand strikes, the ones that must not fail first; claps, shakers and the like are other players.
_HAND_VOICES = (*CRASHES, 38, 40, 41, 43, 45, 47, 48, 50, 37, 51, 53, 59, 46, 42)


def downbeat(work: Work, track: int, notes: Notes) -> list[Fix]:
    """Where the genre's drummer crashes on a section line, so does the take: kick and crash, if the bar has drums."""
    found: list[Fix] = []
    if not work.is_kit(track):
        return found
    played, gone = work.reference[track], work.plan.brief.excluded_drums
    for section in work.plan.sections[1:]:
        line = section.start_bar * work.bar_ticks
        model = played[np.abs(played["onset_ticks"] - line) <= EARLY]
        if not np.isin(model["pitch"], CRASHES).any() or not work.plan.active[track, section.start_bar]:
            continue
        near = notes["pitch"][np.abs(notes["onset_ticks"] - line) <= EARLY]
        for group, key in LANDING:
            if key not in gone and not np.isin(near, group).any():
                found.append(partial(_struck, notes, line, group, key))
    return found


def _struck(notes: Notes, ticks: int, group: tuple[int, ...], key: int) -> Iterator[Notes]:
    loud = notes["velocity"][np.isin(notes["pitch"], group)]
    velocity = int(np.percentile(loud if len(loud) else notes["velocity"], 75))
    yield np.concatenate([notes, stroke_in(notes, ticks, key, velocity)])


def stroke_in(notes: Notes, ticks: int, key: int, velocity: int) -> Notes:
    """A stroke on the drum kit that plays these notes."""
    return make_notes([ticks], [60], [key], [max(1, velocity)], channel=int(notes["channel"][0]))


def hands(work: Work, track: int, notes: Notes) -> list[Fix]:
    """No more than two voices struck by hand at once, beside kick, pedal hat and the percussion of other players."""
    if work.stage.touch is None or not work.is_kit(track):
        return []  # a machine has no hands
    mine = np.flatnonzero(np.isin(notes["pitch"], _HAND_VOICES))
    mine = mine[np.argsort(notes["onset_ticks"][mine], kind="stable")]
    onset = notes["onset_ticks"][mine]
    stop = np.searchsorted(onset, onset + _TOGETHER, side="right")
    crowded = np.flatnonzero(stop - np.arange(len(mine)) > _HANDS)
    return [partial(_two_of, notes, mine[at : stop[at]]) for at in crowded.tolist()]


def _two_of(notes: Notes, together: NDArray[np.int64]) -> Iterator[Notes]:
    """The notes with two only of these strokes, the two that matter most first."""
    by_weight = sorted(together.tolist(), key=lambda at: _HAND_VOICES.index(int(notes["pitch"][at])))
    for kept in combinations(by_weight, _HANDS):
        yield np.delete(notes, [at for at in by_weight if at not in kept])


def doubles(work: Work, track: int, notes: Notes) -> list[Fix]:
    """Of two onsets of one voice closer than a 64th in a bar the second goes; the first sounds as long as both did."""
    if not (work.plays(track) or work.is_kit(track)):
        return []
    bar = work.bar_of(notes)
    order = np.lexsort((notes["onset_ticks"], bar, notes["pitch"]))
    one, two = order[:-1], order[1:]
    same = (notes["pitch"][one] == notes["pitch"][two]) & (bar[one] == bar[two])
    same &= notes["onset_ticks"][two] - notes["onset_ticks"][one] < EARLY
    return [partial(_one_of, notes, a, b) for a, b in zip(one[same].tolist(), two[same].tolist(), strict=True)]


def _one_of(notes: Notes, first: int, second: int) -> Iterator[Notes]:
    longer = notes.copy()
    end = int(notes["onset_ticks"][second]) + int(notes["duration_ticks"][second])
    length = max(int(notes["duration_ticks"][first]), end - int(notes["onset_ticks"][first]))
    longer["duration_ticks"][first] = length
    yield np.delete(longer, second)
    # Where that would sound together with too many, the longer one stays as it is.
    yield from (np.delete(notes, gone) for gone in sorted((second, first), key=lambda at: notes["duration_ticks"][at]))
