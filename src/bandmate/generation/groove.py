"""The pull of the groove: how much onsets and drum keys lean on the pattern the groove book would play.

A soft filter, as harmony is: the model is free to leave the pattern, and does where it has learned better. What no
free recording teaches yet (where a house kick lies) comes from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.genres import genre, load_table
from bandmate.generation.allowed import Allowed, Cells
from bandmate.score.plan import Plan
from bandmate.tokenizers.grid_table import MAX_STEPS

_ON_PATTERN = {"drums": 3.0, "perc": 2.5, "bass": 1.4, "chords": 1.4, "arp": 1.4}
_ELSEWHERE = 0.7
_KEY_IN_PATTERN, _OTHER_KEY, _LOWEST_FIRST = 3.0, -1.5, 2.0
_LINE = {"bass": 4.5, "arp": 4.5}  # logits of the pattern's pitches: riffs and broken chords, not the root alone
_NEAR_STROKE = 2  # steps: so far from the pattern's stroke its pitch still pulls
_GO_ON = 0.5  # share of the onset's pull that says whether the cell goes on
_BUSIER = 2.0  # logits of going on for each e-fold of the density that was asked
_OFF_BEAT, _SIXTEENTH, _ON_BEAT = 1.2, 0.96, -0.9  # logits of onsets where the rhythm shall be syncopated
_ALWAYS = (36, 38, 42, 46, 49)


@dataclass(frozen=True, slots=True, eq=False)
class GroovePull:
    """What a pattern says of some cells.

    Attributes:
        position: logits of onsets, (n, MAX_STEPS); struck: keys the pattern strikes, bool (n, MAX_STEPS, 128).
        more: logits of another note after one at position - 1, (n, MAX_STEPS + 1); what the pattern has ahead and the
            density that was asked.
        line: how much the pitches of a cell lean on those of the pattern, (n,).
    """

    position: NDArray[np.float32]
    more: NDArray[np.float32]
    struck: NDArray[np.bool_]
    line: NDArray[np.float32]

    def onsets(self, cell: NDArray[np.int64], last: NDArray[np.int64], pitch: NDArray[np.int64]) -> NDArray[np.float32]:
        """Logits of the next onset of some cells; what is played already pulls no more; (m, MAX_STEPS)."""
        pull = self.position[cell]
        at = np.maximum(last, 0)
        left = np.any(self.struck[cell, at] & (np.arange(128)[None] > pitch[:, None]), axis=1)
        rows = np.arange(len(cell))
        pull[rows, at] = np.where((last < 0) | left, pull[rows, at], 0)
        return pull

    def tones(self, cell: NDArray[np.int64], position: NDArray[np.int64]) -> NDArray[np.float32]:
        """Logits of pitches at some onsets: those that the pattern plays there or nearly there; (m, 128)."""
        near = position[:, None] + np.arange(-_NEAR_STROKE, _NEAR_STROKE + 1)[None]
        there = self.struck[cell[:, None], np.clip(near, 0, MAX_STEPS - 1)]
        return (np.any(there, axis=1) * self.line[cell][:, None]).astype(np.float32)

    def keys(
        self, cell: NDArray[np.int64], position: NDArray[np.int64], free: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """Logits of drum keys at some onsets, the lowest free one of the pattern first; (m, 128).

        Notes that start together are written from low to high: a hat written before the kick would shut the kick out.
        """
        struck = self.struck[cell, position] & free
        some = np.any(struck, axis=1)[:, None]
        pull = np.where(struck, _KEY_IN_PATTERN, np.where(some, _OTHER_KEY, 0.0))
        lowest = struck.argmax(1)[:, None]
        return np.where(some & (np.arange(128)[None] == lowest), _KEY_IN_PATTERN + _LOWEST_FIRST, pull).astype(
            np.float32
        )


def no_pull(cells: Cells) -> GroovePull:
    """A pattern that is silent."""
    shape = (len(cells), MAX_STEPS)
    nothing = np.zeros((len(cells), MAX_STEPS + 1), np.float32)
    line = np.zeros(len(cells), np.float32)
    return GroovePull(np.zeros(shape, np.float32), nothing, np.zeros((*shape, 128), bool), line)


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
    pull = pattern_pull(
        notes, where, [plan.tracks[track].role for track in cells.track], asked_density(plan)[cells.track]
    )
    asked = np.array(plan.extra.get("offbeat", np.zeros(len(plan.tracks))), float)
    return replace(pull, position=pull.position + offbeat_pull(asked[cells.track])) if asked.any() else pull


def offbeat_pull(strength: NDArray[np.float64]) -> NDArray[np.float32]:
    """Logits of onsets by which cells seek off-beats and shun beats, so much each; (n, MAX_STEPS)."""
    step = np.arange(MAX_STEPS)
    beat = np.select([step % 24 == 0, step % 12 == 0, step % 6 == 0], [_ON_BEAT, _OFF_BEAT, _SIXTEENTH], 0.0)
    return (strength[:, None] * beat[None]).astype(np.float32)


def pattern_pull(
    notes: NDArray[Any], where: NDArray[np.int64], roles: Sequence[str], density: NDArray[np.float64]
) -> GroovePull:
    """The pull of notes on the cells they lie in.

    Args:
        notes: with "position" and "pitch", of a pattern.
        where: the cell of each.
        roles: of each cell.
        density: of each cell, the logarithm of how much busier it is asked to be than usual.
    """
    struck = np.zeros((len(roles), MAX_STEPS, 128), bool)
    struck[where, notes["position"], notes["pitch"]] = True
    onset = np.any(struck, axis=2)
    strength = np.array([_ON_PATTERN.get(role, _ELSEWHERE) for role in roles], np.float32)
    ahead = np.cumsum(onset[:, ::-1], 1)[:, ::-1] > 0
    ahead = np.concatenate([ahead, np.zeros((len(roles), 1), bool)], 1)
    more = np.where(ahead, _GO_ON, -_GO_ON) * strength[:, None] * np.any(onset, axis=1)[:, None]
    more = more + _BUSIER * density[:, None]
    line = np.array([_LINE.get(role, 0.0) for role in roles], np.float32)
    return GroovePull(onset * strength[:, None], more.astype(np.float32), struck, line)


def asked_density(plan: Plan) -> NDArray[np.float64]:
    """How busy each track is asked to be, as the logarithm of a factor; moods count."""
    whole = plan.extra.get("colour", {}).get("density", 1.0)
    return np.log(np.clip([track.density * whole for track in plan.tracks], 0.25, 4.0))


def kit_keys(plan: Plan, cells: Cells, allowed: Allowed) -> None:
    """Drums strike the keys that the genre's patterns know, and those that were asked for by name."""
    drums = genre(plan.genre)["drums"]
    voices = {name for kind in ("patterns", "fills") for row in drums.get(kind, ()) for name in row}
    voices |= {row["v"] for row in drums.get("vary", ())}
    numbers = load_table("genres")["_meta"]["drum_notes"]
    keys = {numbers[name] for name in voices if name in numbers} | set(_ALWAYS) | set(plan.brief.included_drums)
    keys |= {key for track in plan.tracks if track.lock for key, _ in track.lock.voices}
    drum = np.array([track.is_drum and track.role == "drums" for track in plan.tracks])[cells.track]
    allowed.pitch[drum] &= np.isin(np.arange(128), list(keys))
