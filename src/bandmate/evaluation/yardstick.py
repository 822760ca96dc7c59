"""Yardsticks: how each line of the card is spread over people's music of a kind.

They lie in the package as data/yardsticks.json, made by scripts/build_yardsticks.py from windows that no model of
ours was trained on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from bandmate.analysis.genres import load_table
from bandmate.analysis.voices import estimate_roles
from bandmate.errors import BriefError
from bandmate.evaluation.card import ALL_LINES
from bandmate.evaluation.measured import Measured
from bandmate.score.model import Score

STEP_PERCENT = 5
PERCENTS = tuple(range(0, 101, STEP_PERCENT))
LEAST_WINDOWS = 8  # from which a line has a yardstick
_PIANOS = range(0, 8)


@dataclass(frozen=True, slots=True)
class Spread:
    """One line over people's windows: `quantiles` at 0, 5 .. 100 %, mean, and how many windows it applies to."""

    n: int
    mean: float
    quantiles: tuple[float, ...]

    def at(self, percent: int) -> float:
        """The value below which so many percent of the windows lie; a multiple of 5."""
        return self.quantiles[percent // STEP_PERCENT]

    def holds(self, value: float) -> bool:
        """Whether a value lies between the 10th and the 90th percentile."""
        return self.at(10) <= value <= self.at(90)


@dataclass(frozen=True, slots=True)
class Yardstick:
    """People's music of one kind: lines by name, how many works and windows, and from which sources."""

    kind: str
    works: int
    windows: int
    sources: dict[str, int]
    lines: dict[str, Spread]

    def to_json(self) -> dict[str, Any]:
        """Plain data for yardsticks.json."""
        lines = {n: {"n": s.n, "mean": s.mean, "quantiles": list(s.quantiles)} for n, s in self.lines.items()}
        return {"works": self.works, "windows": self.windows, "sources": self.sources, "lines": lines}


def spread_of(windows: Measured, kind: str) -> Yardstick:
    """The yardstick that measured windows make."""
    lines = {}
    for index, line in enumerate(ALL_LINES):
        values = windows.values[:, index]
        values = values[~np.isnan(values)]
        if len(values) >= LEAST_WINDOWS:
            quantiles = tuple(float(f"{q:.4g}") for q in np.percentile(values, PERCENTS))
            lines[line.name] = Spread(len(values), float(f"{values.mean():.5g}"), quantiles)
    names, counts = np.unique(windows.sources, return_counts=True)
    sources = dict(zip(names.tolist(), counts.tolist(), strict=True))
    return Yardstick(kind, len(np.unique(windows.works)), len(windows), sources, lines)


def kinds() -> tuple[str, ...]:
    """The kinds of people's music there are yardsticks of: band, piano, chamber, drums, and drums.STYLE."""
    return tuple(load_table("yardsticks"))


@cache
def yardstick(kind: str) -> Yardstick:
    """The yardstick of a kind.

    Raises:
        BriefError: there is none of that name; the message lists those there are.
    """
    table = load_table("yardsticks")
    if kind not in table:
        raise BriefError(f"kind '{kind}' is not known; choose one of {', '.join(table)}")
    found = table[kind]
    lines = {n: Spread(s["n"], s["mean"], tuple(s["quantiles"])) for n, s in found["lines"].items()}
    return Yardstick(kind, found["works"], found["windows"], found["sources"], lines)


def is_full_band(score: Score) -> bool:
    """Whether drums, a bass and at least one more pitched track play."""
    roles = [guess.role for guess in estimate_roles(score, use_program=True) if guess.role]
    drums = any(role in ("drums", "perc") for role in roles)
    others = [role for role in roles if role not in ("drums", "perc")]
    return drums and "bass" in others and len(others) >= 2


def kind_of(scores: Sequence[Score]) -> str:
    """The kind that most pieces are: band, piano, chamber or drums."""
    found = [_kind_of(score) for score in scores]
    return max(sorted(set(found)), key=found.count) if found else "band"


def _kind_of(score: Score) -> str:
    tracks = [track for track in score.tracks if len(track.notes)]
    pitched = [track for track in tracks if not track.is_drum]
    if not pitched:
        return "drums"
    if len(pitched) < len(tracks):
        return "band"
    return "piano" if all(track.program in _PIANOS for track in pitched) else "chamber"
