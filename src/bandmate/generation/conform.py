"""Locks on music that is written already: rules engine and repairs are free first, and here both are made to fit.

Every cell of a locked track is taken to the nearest music that its rules allow; music that obeys comes back as it is.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.allowed import Allowed, Cells, capacity, musts, notes_due
from bandmate.generation.constraints import RULES, compile_rules
from bandmate.generation.dress import limit_voices
from bandmate.generation.groove import kit_keys
from bandmate.score.model import Score, make_notes
from bandmate.score.plan import Plan
from bandmate.tokenizers.grid import TICKS_PER_STEP

_Group = dict[int, list[Any]]  # step -> notes that begin there


def is_locked(plan: Plan) -> bool:
    """Whether anything binds beside what the engines keep by themselves."""
    return bool(plan.fine_chords) or any(track.lock is not None for track in plan.tracks)


def cells_of(plan: Plan, track: int) -> Cells:
    """All cells in which a track sounds."""
    bars = np.flatnonzero(plan.active[track]).astype(np.int64)
    steps = np.full(len(bars), 96 * plan.meter[0] // plan.meter[1])
    return Cells(np.full(len(bars), track), bars, steps, (plan.bars - bars) * steps)


def prove(plan: Plan) -> None:
    """Find out, before anything is written, whether every lock can hold.

    Raises:
        RuleConflict: some cannot hold together; names them, the track and the bar.
    """
    for track in range(len(plan.tracks)):
        compile_rules(plan, cells_of(plan, track), (*RULES, kit_keys))


def conform(score: Score, plan: Plan, given: Collection[int] = (), given_bars: int | None = None) -> Score:
    """A score in which every locked track obeys its locks.

    Args:
        score: as written, one track a planned track.
        plan: what binds.
        given: tracks that stay as they are.
        given_bars: only in so many first bars; None = in all.
    """
    if not is_locked(plan):
        return score
    tracks = list(score.tracks)
    for index, who in enumerate(plan.tracks):
        whole = index in given and given_bars is None
        if whole or (who.lock is None and (who.is_drum or not plan.fine_chords)):
            continue
        first = given_bars or 0 if index in given else 0
        tracks[index] = replace(tracks[index], notes=_conformed(tracks[index].notes, plan, index, first))
    return replace(score, tracks=tuple(tracks))


def _conformed(notes: NDArray[Any], plan: Plan, track: int, first: int) -> NDArray[Any]:
    if not len(notes):
        notes = make_notes([0], [240], [36 if plan.tracks[track].is_drum else plan.tracks[track].low], [80])
    cells = cells_of(plan, track)
    allowed = compile_rules(plan, cells, RULES)
    steps = int(cells.steps[0])
    step = np.rint(notes["onset_ticks"] / TICKS_PER_STEP).astype(np.int64)
    bar = np.minimum(step // steps, plan.bars - 1)
    keep = [notes[bar < first]]
    for cell, number in enumerate(cells.bar.tolist()):
        if number >= first:
            mine = notes[bar == number]
            keep.append(
                _cell(mine if len(mine) else notes[:1], allowed, cells, cell, number * steps, plan.bars * steps)
            )
    made = np.concatenate(keep)
    made = made[np.lexsort((made["pitch"], made["onset_ticks"]))]
    who = plan.tracks[track]
    return made if who.is_drum else limit_voices(made, who.polyphony)


def _cell(notes: NDArray[Any], allowed: Allowed, cells: Cells, cell: int, start: int, end: int) -> NDArray[Any]:
    steps = int(cells.steps[cell])
    keys, room = allowed.keys_at(cell, steps), capacity(allowed, cells, cell)
    due, named = notes_due(allowed, cell), {must for must in musts(allowed, cell) if must[1] >= 0}
    groups: _Group = {}
    for note in notes:
        place = int(np.clip(round(int(note["onset_ticks"]) / TICKS_PER_STEP) - start, 0, steps - 1))
        groups.setdefault(place, []).append(note)
    if allowed.strike[cell].any():
        groups = {
            int(at): list(groups[min(groups, key=lambda old: abs(old - at))])
            for at in np.flatnonzero(allowed.strike[cell])
        }
    groups = {at: group for at, group in groups.items() if room[at]}
    for at in np.flatnonzero(due):
        groups.setdefault(int(at), [notes[0]])
    if not groups:
        groups = {int(np.flatnonzero(room)[0]): [notes[0]]}
    pitches = {
        at: _pitches([int(note["pitch"]) for note in group], keys[at], int(room[at]),
                     max(int(allowed.together[cell]), int(due[at])), [key for place, key in named if place == at])
        for at, group in groups.items()
    }  # fmt: skip
    _thin(
        pitches,
        int(allowed.most[cell]),
        due,
        allowed.together[cell],
        {at: [k for p, k in named if p == at] for at in pitches},
    )
    if allowed.floor[cell] or allowed.strike[cell].any():
        _fill(pitches, int(allowed.least[cell]), keys, room, int(allowed.together[cell]), int(allowed.most[cell]))
    return _written(pitches, groups, notes, start, end)


def _pitches(wanted: list[int], keys: NDArray[np.bool_], room: int, least: int, named: list[int]) -> list[int]:
    """The allowed pitches nearest to the wanted ones, as many as there is room for and at least so many."""
    free = np.flatnonzero(keys).tolist()
    found = list(named)
    for pitch in sorted(set(wanted)):
        if len(found) >= room:
            break
        left = [key for key in free if key not in found]
        if pitch in free and pitch not in found:
            found.append(pitch)
        elif left and not named and pitch not in found:
            found.append(min(left, key=lambda key: (abs(key - pitch), key)))
    while len(found) < min(max(least, 1), room):
        middle = found[0] if found else wanted[0]
        found.append(min((key for key in free if key not in found), key=lambda key: (abs(key - middle), key)))
    return sorted(found)


def _thin(
    pitches: dict[int, list[int]], most: int, due: NDArray[np.int64], together: int, named: dict[int, list[int]]
) -> None:
    """Take notes out, those off the beat first, until there are no more than may be."""
    while sum(map(len, pitches.values())) > most:
        loose = [at for at in pitches if not due[at]]
        rich = [at for at in pitches if len(pitches[at]) > max(int(due[at]), int(together))]
        if rich:
            at = max(rich, key=lambda at: (len(pitches[at]), _off(at)))
            spare = [key for key in pitches[at] if key not in named.get(at, ())]
            pitches[at].remove(spare[0])
        elif loose and len(pitches) > 1:
            del pitches[max(loose, key=_off)]
        else:
            return


def _off(place: int) -> tuple[int, int]:
    """How far off the beat a place is, then how late."""
    weight = next((rank for rank, beat in enumerate((96, 48, 24, 12, 6, 3)) if place % beat == 0), 6)
    return weight, place


def _fill(
    pitches: dict[int, list[int]],
    least: int,
    keys: NDArray[np.bool_],
    room: NDArray[np.int64],
    together: int,
    most: int,
) -> None:
    """Add notes, on the beat first, until there are as many as have to be."""
    while (count := sum(map(len, pitches.values()))) < least:
        new = [at for at in np.flatnonzero(room).tolist() if at not in pitches]
        if new and count + together <= most:
            at = min(new, key=_off)
            near = pitches[min(pitches, key=lambda old: abs(old - at))] if pitches else [60]
            pitches[at] = _pitches(near[:1], keys[at], int(room[at]), together, [])
            continue
        roomy = [at for at in pitches if len(pitches[at]) < room[at]]
        if not roomy:
            return
        at = min(roomy, key=_off)
        pitches[at] = _pitches(pitches[at], keys[at], int(room[at]), len(pitches[at]) + 1, [])


def _written(pitches: dict[int, list[int]], groups: _Group, notes: NDArray[Any], start: int, end: int) -> NDArray[Any]:
    made = []
    for at, keys in sorted(pitches.items()):
        group = groups.get(at) or [notes[int(np.argmin(np.abs(notes["onset_ticks"] - (start + at) * TICKS_PER_STEP)))]]
        same = {int(note["pitch"]): note for note in group}
        for index, key in enumerate(keys):
            note = same.get(key, group[min(index, len(group) - 1)]).copy()
            drift = int(note["onset_ticks"]) - (start + at) * TICKS_PER_STEP
            onset = (start + at) * TICKS_PER_STEP + (drift if abs(drift) * 2 < TICKS_PER_STEP else 0)
            note["onset_ticks"], note["pitch"] = max(0, onset), key
            note["duration_ticks"] = max(
                1, min(int(note["duration_ticks"]), end * TICKS_PER_STEP - int(note["onset_ticks"]))
            )
            made.append(note)
    return np.array(made, dtype=notes.dtype) if made else make_notes([], [], [], [])
