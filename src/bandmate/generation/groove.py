"""The pull of the groove: how much onsets and drum keys lean on the pattern the groove book would play.

A soft filter, as harmony is: the model is free to leave the pattern, and does where it has learned better. What no
free recording teaches yet (where a house kick lies) comes from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.genres import genre, load_table
from bandmate.generation.constraints import Allowed, Cells
from bandmate.score.plan import Plan
from bandmate.tokenizers.grid_table import MAX_STEPS

_ON_PATTERN = {"drums": 2.0, "perc": 2.0, "bass": 1.4, "chords": 1.4, "arp": 1.4}
_ELSEWHERE = 0.7
_KEY_IN_PATTERN, _OTHER_KEY = 2.5, -1.0
_ALWAYS = (36, 38, 42, 46, 49)


@dataclass(frozen=True, slots=True, eq=False)
class GroovePull:
    """Logits for onsets, (n, MAX_STEPS), and which drum keys the pattern strikes there, bool (n, MAX_STEPS, 128)."""

    position: NDArray[np.float32]
    struck: NDArray[np.bool_]

    def keys(
        self, cell: NDArray[np.int64], position: NDArray[np.int64], drum: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """Logits added to the pitches of some notes, 0 for those that are no drums; (len(cell), 128)."""
        struck = self.struck[cell, position]
        pull = np.where(struck, _KEY_IN_PATTERN, np.where(struck.any(1)[:, None], _OTHER_KEY, 0.0))
        return np.where(drum[:, None], pull, 0.0).astype(np.float32)


def groove_pull(plan: Plan, cells: Cells, pattern: NDArray[Any]) -> GroovePull:
    """The pull of a pattern on some cells.

    Args:
        plan: names the role of each track.
        cells: the asked cells.
        pattern: CELL_NOTE of the groove book's performance, tracks and bars as in the plan.
    """
    index = np.full((len(plan.tracks), plan.bars), -1)
    index[cells.track, cells.bar] = np.arange(len(cells))
    notes = pattern[pattern["bar"] < plan.bars]
    where = index[notes["track"], notes["bar"]]
    notes, where = notes[where >= 0], where[where >= 0]
    struck = np.zeros((len(cells), MAX_STEPS, 128), bool)
    struck[where, notes["position"], notes["pitch"]] = True
    onset = struck.any(2)
    strength = np.array([_ON_PATTERN.get(track.role, _ELSEWHERE) for track in plan.tracks], np.float32)[cells.track]
    return GroovePull(onset * strength[:, None], struck)


def kit_keys(plan: Plan, cells: Cells, allowed: Allowed) -> None:
    """Drums strike the keys that the genre's patterns know, and those that were asked for by name."""
    drums = genre(plan.genre)["drums"]
    voices = {name for kind in ("patterns", "fills") for row in drums.get(kind, ()) for name in row}
    voices |= {row["v"] for row in drums.get("vary", ())}
    numbers = load_table("genres")["_meta"]["drum_notes"]
    keys = {numbers[name] for name in voices if name in numbers} | set(_ALWAYS) | set(plan.brief.included_drums)
    drum = np.array([track.is_drum and track.role == "drums" for track in plan.tracks])[cells.track]
    allowed.pitch[drum] &= np.isin(np.arange(128), list(keys))
