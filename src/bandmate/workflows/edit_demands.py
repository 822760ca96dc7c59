"""Demands of edits: a density that was asked, more syncopation, a key; each measured on what was written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.texture import TrackView
from bandmate.counts import counted
from bandmate.score.model import Score
from bandmate.score.pitch import Key
from bandmate.score.selection import Selection
from bandmate.score.timeline import bar_grid
from bandmate.workflows.edit_desk import notes_within
from bandmate.workflows.report import Demand
from bandmate.workflows.wishes import LEAST_STEP, Offbeat

_DENSITY_SLACK = 0.3


def density_demand(asked: float, before: NDArray[np.int64], after: NDArray[np.int64]) -> tuple[Demand, ...]:
    """The demand that a density was changed by a step that is heard, the asked way; nothing if none was asked."""
    if asked == 1.0:
        return ()
    old, new = int(before.sum()), int(after.sum())
    got = new / max(1, old)
    step = got >= min(LEAST_STEP, asked) if asked > 1 else got <= max(1 / LEAST_STEP, asked)
    near = abs(got - asked) <= _DENSITY_SLACK * asked or abs(new - old * asked) <= 2
    share = 1.0 if (step and near) or not old else 0.9 * min(got / asked, asked / max(got, 0.1))
    return (Demand("density", f"{asked:g} times {counted(old, 'note')}", counted(new, "note"), share),)


def syncopation_demand(score: Score, edited: Score, selection: Selection) -> tuple[Demand, ...]:
    """The demand that the selected tracks are more syncopated in the selected bars; nothing where none sounded."""

    def share(piece: Score) -> float:
        grid = bar_grid(piece)[selection.first_bar : selection.last_bar + 1]
        found = []
        for index in selection.tracks:
            notes = notes_within(piece.tracks[index].notes, *selection.span(piece))
            found.append(TrackView(np.sort(notes, order="onset_ticks"), grid, piece.ticks_per_quarter).syncopated)
        return float(np.concatenate(found).mean()) if sum(map(len, found)) else -1.0

    before = share(score)
    return () if before < 0 else (Demand(*Offbeat(before).row("notes", max(0.0, share(edited)))),)


def key_demand(key: Key | None, score: Score, notes: Mapping[int, NDArray[Any]]) -> tuple[Demand, ...]:
    """The demand that a stated key binds what was written; nothing if none was stated."""
    if key is None:
        return ()
    pitches = np.concatenate([n["pitch"] for i, n in notes.items() if not score.tracks[i].is_drum] or [np.zeros(0)])
    inside = float(np.isin(pitches.astype(np.int64) % 12, list(key.lock)).mean()) if len(pitches) else 1.0
    return (Demand("key", key.name, f"{inside:.0%} of the new notes", inside),)
