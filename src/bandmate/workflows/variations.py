"""vary: the same otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import BriefError, ScoreError
from bandmate.generation.infill import likeness
from bandmate.generation.task import Lock
from bandmate.score.model import Score
from bandmate.score.selection import Selection, select
from bandmate.score.splice import splice
from bandmate.score.timeline import bar_grid, bar_of
from bandmate.workflows.edit_demands import key_demand
from bandmate.workflows.edit_desk import Desk, notes_within
from bandmate.workflows.edits import Edit, Editor
from bandmate.workflows.report import Demand
from bandmate.workflows.request import KEEPS

_STEPS_A_QUARTER = 24
_ENOUGH = 0.6  # share of the asked change that will do
_DARING = 1.3  # temperature of a variation: at 1 the likeliest variation of a loop is the loop


@dataclass(frozen=True, slots=True)
class VaryOptions:
    """vary.

    Attributes:
        strength: how much changes, 0..1.
        keep: what stays: "rhythm", "pitches", "contour" or "chords"; None = as much as the strength leaves.
    """

    strength: float = 0.5
    keep: str | None = None


def _vary(score: Score, own: VaryOptions, desk: Desk) -> Edit:
    if not 0 < own.strength <= 1:
        raise BriefError(f"strength {own.strength:g} is out of range; give more than 0, up to 1")
    if own.keep is not None and own.keep not in KEEPS:
        raise BriefError(f"'{own.keep}' cannot be kept; choose one of {', '.join(KEEPS)}")
    selection = select(score, desk.common.tracks, desk.common.bars)
    if own.keep in ("contour", "chords") and all(score.tracks[i].is_drum for i in selection.tracks):
        raise ScoreError(f"drums have no {own.keep} to keep; use --keep rhythm or --keep pitches")
    old = {i: notes_within(score.tracks[i].notes, *selection.span(score)) for i in selection.tracks}
    selection = replace(selection, tracks=tuple(i for i in selection.tracks if len(old[i])))
    if not selection.tracks:
        raise ScoreError(f"{select(score, desk.common.tracks, desk.common.bars).words(score)}: nothing sounds there")
    old = {i: old[i] for i in selection.tracks}
    tries: list[tuple[float, dict[int, NDArray[Any]], float]] = []
    for strength in _efforts(own):
        if not tries or tries[-1][0] < _ENOUGH * own.strength:
            tries.append(_varied(score, selection, old, replace(own, strength=strength), desk, own.strength))
    changed, notes, log_likelihood = max(tries, key=lambda one: -abs(one[0] - own.strength))
    desk.earlier.append(notes)
    edited, played = desk.played_well(splice(score, selection, notes), selection)
    heard = f"{selection.words(score)} varied by {own.strength:.0%}" + (f", {own.keep} kept" if own.keep else "")
    demands = [Demand("change", f"about {own.strength:.0%}", f"{changed:.0%} of the notes", 1.0 if changed else 0.0)]
    demands += _keep_demand(score, selection, old, notes, own)
    return Edit(edited, selection, heard, (*played, *demands, *key_demand(desk.key, score, notes)), log_likelihood)


def _efforts(own: VaryOptions) -> list[float]:
    """Shares of the bar to write anew, one after the other, until enough has changed: much of a loop comes back."""
    return sorted({own.strength, min(1.0, 2 * own.strength), 1.0})


def _varied(
    score: Score, selection: Selection, old: Mapping[int, NDArray[Any]], own: VaryOptions, desk: Desk, aim: float
) -> tuple[float, dict[int, NDArray[Any]], float]:
    """The share that changed, the notes, and their likelihood."""
    ask = desk.ask(locks=_locks(score, selection, own), pitches=_pitches(score, selection, own), change=aim)
    common = replace(desk.common, temperature=desk.common.temperature or _DARING)
    away = replace(desk, common=common, earlier=[*desk.earlier, dict(old)])  # unlike what stands there
    written = away.write(score, selection, ask)
    kept = replace(own, strength=aim) if own.keep in ("rhythm", "contour") else own
    notes = {i: _kept(score, i, old[i], written.notes[i], kept, desk) for i in selection.tracks}
    return 1 - likeness(old, notes), notes, written.log_likelihood


def _locks(score: Score, selection: Selection, own: VaryOptions) -> dict[tuple[int, int], Lock]:
    """What each cell keeps: its rhythm, or its beginning, up to the share that is to change."""
    grid, locks = bar_grid(score), {}
    for bar in range(selection.first_bar, selection.last_bar + 1):
        steps = int(grid["length_ticks"][bar]) * _STEPS_A_QUARTER // score.ticks_per_quarter
        until = round(steps * (1 - own.strength) / 12) * 12
        for index in selection.tracks:
            rhythm = own.keep in ("rhythm", "contour")
            locks[index, bar] = Lock("rhythm", index, bar) if rhythm else Lock("varied", index, bar, until)
    return locks


def _pitches(score: Score, selection: Selection, own: VaryOptions) -> dict[tuple[int, int], NDArray[np.bool_]]:
    """The pitches, or pitch classes, that cells may use where those are kept; an empty bar may use its track's."""
    if own.keep not in ("pitches", "chords"):
        return {}
    grid, found = bar_grid(score), {}
    for index in selection.tracks:
        notes = score.tracks[index].notes
        bar = bar_of(grid, notes["onset_ticks"])
        asked = notes["pitch"][(bar >= selection.first_bar) & (bar <= selection.last_bar)].astype(np.int64)
        for at in range(selection.first_bar, selection.last_bar + 1):
            own_pitches = notes["pitch"][bar == at].astype(np.int64) if (bar == at).any() else asked
            if not len(own_pitches):
                continue
            exact = own.keep == "pitches" or score.tracks[index].is_drum
            allowed = np.isin(np.arange(128), own_pitches) if exact else np.isin(np.arange(128) % 12, own_pitches % 12)
            found[index, at] = allowed
    return found


def _kept(score: Score, index: int, old: NDArray[Any], new: NDArray[Any], own: VaryOptions, desk: Desk) -> NDArray[Any]:
    """The new notes with what shall stay put back from the old ones, event for event where a note is the same."""
    if own.keep in ("rhythm", "contour"):
        ordered = old[np.lexsort((old["pitch"], old["onset_ticks"]))].copy()
        if own.keep == "contour" and not score.tracks[index].is_drum:
            ordered["pitch"] = _same_contour(ordered["pitch"].astype(np.int64), own, desk, index, score)
        else:
            drawn = _at_the_same_onsets(ordered, new, score.ticks_per_quarter)
            ordered["pitch"] = np.where(_changing(ordered["pitch"] != drawn, own, desk, index), drawn, ordered["pitch"])
        return ordered
    same = {(int(n["onset_ticks"]) // max(1, score.ticks_per_quarter // 12), int(n["pitch"])): n for n in old}
    rows = new.copy()
    for place, note in enumerate(new):
        was = same.get((int(note["onset_ticks"]) // max(1, score.ticks_per_quarter // 12), int(note["pitch"])))
        if was is not None:
            for name in ("onset_ticks", "duration_ticks", "velocity", "off_velocity"):
                rows[name][place] = was[name]
    return rows


def _at_the_same_onsets(old: NDArray[Any], new: NDArray[Any], ticks_per_quarter: int) -> NDArray[np.uint8]:
    """For each old note the pitch that was drawn in its place, its own where none was."""
    drawn: dict[int, list[int]] = {}
    for note in new[np.lexsort((new["pitch"], new["onset_ticks"]))]:
        step = round(int(note["onset_ticks"]) * _STEPS_A_QUARTER / ticks_per_quarter)
        drawn.setdefault(step, []).append(int(note["pitch"]))
    found = old["pitch"].copy()
    for place, note in enumerate(old):
        here = drawn.get(round(int(note["onset_ticks"]) * _STEPS_A_QUARTER / ticks_per_quarter), [])
        found[place] = here.pop(0) if here else note["pitch"]
    return found


def _changing(differs: NDArray[np.bool_], own: VaryOptions, desk: Desk, index: int) -> NDArray[np.bool_]:
    """Which notes change: the asked share of them, drawn by the take's seed among those that differ."""
    count = max(1, round(len(differs) * own.strength))
    order = np.random.default_rng([desk.seed, index]).permutation(len(differs))
    order = order[np.argsort(~differs[order], kind="stable")]
    moves = np.zeros(len(differs), bool)
    moves[order[:count]] = True
    return moves


def _same_contour(
    pitch: NDArray[np.int64], own: VaryOptions, desk: Desk, index: int, score: Score
) -> NDArray[np.int64]:
    """Other pitches in the same order of height: some levels step up or down the scale, and push those in their way."""
    dice = np.random.default_rng([desk.seed, index, 1])
    key, part = desk.key or desk.harmony.key, desk.parts(score, Selection((index,), 0, 0))[index]
    levels = np.unique(pitch)
    scale = np.array([p for p in range(128) if key is None or p % 12 in key.scale])
    degree = np.abs(scale[None] - levels[:, None]).argmin(1)
    chosen = dice.permutation(len(levels))[: max(1, round(len(levels) * own.strength / 2))]  # and they push others
    moved = degree.copy()
    moved[chosen] += dice.choice([-2, -1, 1, 2], len(chosen))
    for at in range(1, len(moved)):  # each above the one below it
        moved[at] = max(moved[at], moved[at - 1] + 1)
    top = int(np.abs(scale - min(127, max(part.high, int(levels[-1])))).argmin())
    moved -= max(0, int(moved[-1]) - top)  # the whole line comes down rather than out of range
    changed = scale[np.clip(moved, 0, len(scale) - 1)]
    return np.where(moved == degree, levels, changed)[np.searchsorted(levels, pitch)]


def _keep_demand(
    score: Score,
    selection: Selection,
    old: Mapping[int, NDArray[Any]],
    new: Mapping[int, NDArray[Any]],
    own: VaryOptions,
) -> list[Demand]:
    if own.keep is None:
        return []

    def rhythm(notes: NDArray[Any]) -> list[tuple[int, int]]:
        return sorted(notes[["onset_ticks", "duration_ticks"]].tolist())

    def stays(index: int) -> bool:
        was, now = old[index], new[index]
        if own.keep in ("rhythm", "contour"):
            return rhythm(was) == rhythm(now)
        if own.keep == "pitches" or score.tracks[index].is_drum:
            return set(now["pitch"].tolist()) <= set(was["pitch"].tolist())
        return {p % 12 for p in now["pitch"].tolist()} <= {p % 12 for p in was["pitch"].tolist()}

    share = float(np.mean([stays(index) for index in selection.tracks]))
    return [Demand(own.keep, "kept", "kept" if share == 1 else f"kept on {share:.0%} of the tracks", share)]


VARY = Editor("vary", VaryOptions, _vary)
