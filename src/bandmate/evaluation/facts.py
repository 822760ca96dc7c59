"""FACTS: what the genre table says, as a yardstick where there is no people's music of a genre.

A fact is a number of an excerpt and the range in which the genre's block puts it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bandmate.analysis.genres import genre
from bandmate.evaluation.excerpt import CELL, Excerpt
from bandmate.evaluation.symbolic.drums import KICKS, SNARES

Block = Mapping[str, Any]
PLACED_SHARE = 0.7  # of strokes on places of the genre's patterns, from which the placement is the genre's
_SNARE_VOICES = ("snare", "snare2", "rim", "clap")
_MARGIN = 0.5  # of the range of melody notes, since a range in the table is what is usual


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: its unit, how it is measured (NaN = does not apply), and the range the genre gives."""

    name: str
    unit: str
    measure: Callable[[Excerpt, Block], float]
    expected: Callable[[Block], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class FactRow:
    """A fact measured over excerpts of genres: median, how many it applies to, and the share that keep it."""

    name: str
    unit: str
    median: float
    n: int
    share: float


def _tempo_range(block: Block) -> tuple[float, float]:
    return float(block["tempo"]["min"]), float(block["tempo"]["max"])


def _meter_known(e: Excerpt, block: Block) -> float:
    return float(f"{e.meter[0]}/{e.meter[1]}" in block["meter"])


def _places(block: Block, voices: tuple[str, ...]) -> list[float]:
    """Where in the bar, 0..1, any of the genre's patterns or fills has one of the voices."""
    found: set[float] = set()
    for pattern in (*block["drums"]["patterns"], *block["drums"].get("fills", ())):
        for voice in voices:
            for bar in str(pattern.get(voice, "")).split("|"):
                found.update(step / len(bar) for step, sign in enumerate(bar) if sign not in ".-")
    return sorted(found)


def _placed(keys: tuple[int, ...], voices: tuple[str, ...]) -> Callable[[Excerpt, Block], float]:
    """Share of strokes of some keys on places of the genre's patterns, by less than half a sixteenth."""

    def measured(e: Excerpt, block: Block) -> float:
        strokes = e.drums["place"][np.isin(e.drums["pitch"], keys)]
        places = np.array(_places(block, voices) if block.get("drums") else [])
        if not len(strokes) or not len(places):
            return np.nan
        away = np.abs(strokes[:, None] - places * e.bar_ticks)
        return float((np.minimum(away, e.bar_ticks - away).min(1) < CELL / 2).mean())

    return measured


def _bass_in_range(e: Excerpt, block: Block) -> float:
    if not e.tracks_of("bass") or e.bass is None or not block.get("bass"):
        return np.nan
    low, high = block["bass"]["range"]
    return float(((e.bass.pitch >= low) & (e.bass.pitch <= high)).mean())


def _melody_notes(e: Excerpt, block: Block) -> float:
    if e.melody is None or not len(e.melody) or not block.get("melody"):
        return np.nan
    return len(e.melody) / len(np.unique(e.melody.bar))


def _melody_range(block: Block) -> tuple[float, float]:
    low, high = block["melody"]["notes_per_bar"]
    return low * (1 - _MARGIN), high * (1 + _MARGIN)


def _most(block: Block) -> tuple[float, float]:
    return PLACED_SHARE, 1.0


FACTS: tuple[Fact, ...] = (
    Fact("tempo", "BPM", lambda e, block: e.tempo, _tempo_range),
    Fact("meter", "0 or 1", _meter_known, lambda block: (1.0, 1.0)),
    Fact("kick_placement", "share", _placed(KICKS, ("kick", "kick2")), _most),
    Fact("snare_placement", "share", _placed(SNARES, _SNARE_VOICES), _most),
    Fact("bass_range", "share", _bass_in_range, _most),
    Fact("melody_notes", "a bar", _melody_notes, _melody_range),
)


def fact_rows(excerpts: list[tuple[Excerpt, str]]) -> tuple[FactRow, ...]:
    """Hold excerpts against the facts of the genre each is said to be of.

    Args:
        excerpts: each with a genre id.

    Raises:
        BriefError: a genre is not known.
    """
    rows = []
    for fact in FACTS:
        values, kept = [], []
        for excerpt, name in excerpts:
            block = genre(name)
            value = fact.measure(excerpt, block)
            if not np.isnan(value):
                low, high = fact.expected(block)
                values.append(value)
                kept.append(low - 1e-6 <= value <= high + 1e-6)
        if values:
            rows.append(FactRow(fact.name, fact.unit, float(np.median(values)), len(values), float(np.mean(kept))))
    return tuple(rows)
