"""Neighbours: bars of people's music are taken out and written anew; how near does each come to what stood there?

A regenerated bar has nothing but its neighbours to go by: the bars before and behind it and what the other tracks play.
It is held against the bar that stood there by the F measure of (position, pitch, length), and so is another bar of the
same track, drawn at random. What fits its place is nearer than what merely belongs to the piece.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bandmate.counts import counted
from bandmate.errors import BandmateError, BriefError, LibraryError
from bandmate.generation.compose import WriteOptions, open_weights
from bandmate.generation.filters import SamplingOptions
from bandmate.generation.infill import Ask, f_measure, infill, note_set
from bandmate.generation.scene import Harmony, Part, stretch_of, with_roles
from bandmate.limits import Limit
from bandmate.models.checkpoint import Weights
from bandmate.score.model import Score
from bandmate.score.selection import select
from bandmate.score.splice import splice
from bandmate.score.timeline import bar_grid
from bandmate.workflows.models import find_model, model_identity

EDITS = Limit("edits", 1, 10_000, "bars")
_LEAST_BARS = 3  # with notes, of a track whose bars are asked
_TRIES = 20  # cases drawn for each that counts, until it is given up
_Z = 1.96  # of a 95 % interval


@dataclass(frozen=True, slots=True)
class Refilled:
    """One bar: F measures of the regenerated bar and of another bar with the original, and the track's role."""

    mine: float
    rival: float
    role: str

    @property
    def won(self) -> float:
        """1 if the regenerated bar is nearer, a half where both are as near."""
        return float(self.mine > self.rival) + 0.5 * float(self.mine == self.rival)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """All bars that counted."""

    rows: tuple[Refilled, ...]

    @property
    def nearer(self) -> float:
        """Share of bars that are nearer than another bar of the track, ties as half; 0 without bars."""
        return float(np.mean([row.won for row in self.rows])) if self.rows else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of that share, by Wilson."""
        return wilson(sum(row.won for row in self.rows), len(self.rows))

    @property
    def by_role(self) -> dict[str, tuple[float, int]]:
        """Role -> (share that is nearer, bars)."""
        found: dict[str, list[float]] = {}
        for row in self.rows:
            found.setdefault(row.role, []).append(row.won)
        return {role: (float(np.mean(found[role])), len(found[role])) for role in sorted(found)}

    def means(self) -> tuple[float, float]:
        """Mean F measure of the regenerated bars, and of the others; 0 without bars."""
        if not self.rows:
            return 0.0, 0.0
        return float(np.mean([row.mine for row in self.rows])), float(np.mean([row.rival for row in self.rows]))

    def lines(self) -> list[str]:
        """For reading."""
        low, high = self.interval
        mine, rival = self.means()
        roles = ", ".join(f"{role or 'other'} {share:.0%} of {bars}" for role, (share, bars) in self.by_role.items())
        return [
            f"edits: {counted(len(self.rows), 'bar')} taken out and written anew, held against what stood there",
            f"  nearer than another bar of the track in {self.nearer:.1%} ({low:.1%} to {high:.1%}); "
            f"F measure {mine:.3f} against {rival:.3f}",
            f"  by role: {roles}",
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain data for the command line."""
        mine, rival = self.means()
        return {
            "cases": len(self.rows), "nearer": round(self.nearer, 4),
            "interval": [round(end, 4) for end in self.interval],
            "f": round(mine, 4), "f_of_another_bar": round(rival, 4),
            "by_role": {role: [round(share, 3), bars] for role, (share, bars) in self.by_role.items()},
            "f_each": [[round(row.mine, 3), round(row.rival, 3)] for row in self.rows],
        }  # fmt: skip


def edits_of(
    model: str, scores: Sequence[Score], count: int, seed: int, progress: Callable[[float], None]
) -> Neighbours:
    """Bars of pieces written anew by an installed model.

    Args:
        model: its name.
        scores: people's music that it did not learn from, in any order.
        count: of bars that count.
        seed: of what is drawn.
        progress: gets the share done, 0..1.

    Raises:
        BriefError: the model is the rules engine, or has no weights.
        LibraryError: no bar of the pieces can be taken out: each track needs three bars with notes, not all alike.
        ModelError: the model is missing or damaged.
    """
    return refill_bars(scores, model_weights(model), count, seed, progress)


def model_weights(model: str) -> Weights:
    """Weights of an installed model.

    Raises:
        BriefError: it has none. ModelError: it is missing or damaged.
    """
    place = None if model == "rules" else find_model(model).folder / "weights.safetensors"
    if place is None or not place.is_file():
        raise BriefError(f"'{model}' has no weights that could write a bar anew; give --edits a trained model")
    return open_weights(Path(place), model_identity(model)["sha256"])


def refill_bars(
    scores: Sequence[Score], weights: Weights, count: int, seed: int, progress: Callable[[float], None]
) -> Neighbours:
    """Bars written anew, one a piece and round again, until so many count.

    Raises:
        LibraryError: no bar of the pieces can be taken out.
    """
    scores = [_nameless(score) for score in scores if any(len(track.notes) for track in score.tracks)]
    dice, rows = np.random.default_rng(seed), []
    for number in range(_TRIES * count if scores else 0):
        if len(rows) >= count:
            break
        try:
            row = _refilled(with_roles(scores[number % len(scores)]), weights, dice, seed + number)
        except BandmateError:  # bars across a change of meter, for one
            continue
        if row is not None:
            rows.append(row)
            progress(len(rows) / count)
    if not rows:
        raise LibraryError(
            "no bar of the pieces could be taken out; give music whose tracks have three bars with notes, not all alike"
        )
    return Neighbours(tuple(rows))


def _nameless(score: Score) -> Score:
    """The piece with tracks that have numbers alone: a track may be called "3" and yet be the second."""
    return replace(score, tracks=tuple(replace(track, name="") for track in score.tracks))


def _refilled(score: Score, weights: Weights, dice: np.random.Generator, seed: int) -> Refilled | None:
    """Take a random bar out and write it again; None if the case does not count."""
    grid = bar_grid(score)
    index = int(dice.choice([i for i, track in enumerate(score.tracks) if len(track.notes)]))
    track = score.tracks[index]
    full = np.unique(np.searchsorted(grid["start_ticks"], track.notes["onset_ticks"], side="right") - 1)
    if len(full) < _LEAST_BARS:
        return None
    bar, other = (int(b) for b in dice.choice(full, 2, replace=False))
    chosen = select(score, str(index + 1), str(bar + 1))
    original, rival = _bar_notes(score, index, bar), _bar_notes(score, index, other)
    if original == rival or not original:
        return None
    hidden = splice(score, chosen, {})
    part = Part.of(hidden.tracks[index], score.ticks_per_quarter, grid)
    options = WriteOptions(sampling=replace(SamplingOptions.of("normal"), harmony=0.5))
    written = infill(hidden, chosen, Ask(), seed, weights, options, parts={index: part}, harmony=Harmony.of(hidden))
    made = _bar_notes(splice(hidden, chosen, written.notes), index, bar)
    return Refilled(f_measure(made, original), f_measure(rival, original), track.role)


def _bar_notes(score: Score, index: int, bar: int) -> frozenset[tuple[int, ...]]:
    """The notes of one bar of one track as (position, pitch, length) on the grid."""
    return note_set(stretch_of(score, Harmony(None, ()), (index,), bar, bar + 1).piece.notes)


def wilson(won: float, cases: int, z: float = _Z) -> tuple[float, float]:
    """The 95 % interval of a share."""
    if not cases:
        return 0.0, 1.0
    share, spread = won / cases, z * z / cases
    middle, half = share + spread / 2, z * np.sqrt(share * (1 - share) / cases + spread / cases / 4)
    return float((middle - half) / (1 + spread)), float((middle + half) / (1 + spread))
