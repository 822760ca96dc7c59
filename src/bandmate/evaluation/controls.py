"""Soft controls: whether the bars of a track are as dense, as thick and as high as was asked for ("about so much").

Met means within one of the eight bins of the descriptor that measures the control: the same bins that the grid model
was told when it learned.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.descriptors import DESCRIPTORS, bar_values, track_view
from bandmate.score.locks import TrackLock
from bandmate.score.model import Score

BINS_OFF = 1
ROWS = {"density": "bar_density", "polyphony": "bar_vertical_density"}


def soft_controls(lock: TrackLock) -> Iterator[tuple[str, float, float]]:
    """What a lock asks for loosely: (control, least, most)."""
    if lock.near_density is not None:
        yield "density", lock.near_density, lock.near_density
    if lock.near_voices is not None:
        yield "polyphony", lock.near_voices, lock.near_voices
    if lock.near_low is not None and lock.near_high is not None:
        yield "range", float(lock.near_low), float(lock.near_high)


def bars_met(control: str, least: float, most: float, score: Score, track: int) -> list[bool]:
    """For each bar in which a pitched track sounds, whether it is within one bin of what was asked.

    Args:
        control: "density" in notes a bar, "polyphony" in notes that begin together, or "range" in MIDI pitch.
        least: what was asked.
        most: the other end of a range; of density and polyphony the same.
        score: of one meter.
        track: which of its tracks.
    """
    rows = bar_values(track_view(score, track))
    sounds = rows["bar_density"] > 0
    if control == "range":
        low, high = rows["bar_low_pitch"], rows["bar_high_pitch"]
        below = np.where(low < least, _bins_off("bar_low_pitch", least, low), 0)
        above = np.where(high > most, _bins_off("bar_high_pitch", most, high), 0)
        return (np.maximum(below, above)[sounds] <= BINS_OFF).tolist()
    name, got = ROWS[control], rows[ROWS[control]]
    asked = least / _quarters_a_bar(score) if control == "density" else least
    return (_bins_off(name, asked, got[sounds & ~np.isnan(got)]) <= BINS_OFF).tolist()


def _bins_off(name: str, asked: float, got: NDArray[Any]) -> NDArray[Any]:
    """How many bins of a descriptor lie between what was asked and what was got."""
    edges = DESCRIPTORS[name].edges
    return np.abs(np.searchsorted(edges, got, side="right") - np.searchsorted(edges, asked, side="right"))


def _quarters_a_bar(score: Score) -> float:
    if not len(score.meters):
        return 4.0
    return 4 * int(score.meters["numerator"][0]) / int(score.meters["denominator"][0])
