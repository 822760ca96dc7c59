"""Quality: one piece held against people's music and its genre's facts, in one number and one line.

Takes are ranked by it. Being inside what people do is as good as it gets: a line is not better in the middle of the
band than near its edge, so that nothing here makes takes alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bandmate.errors import ScoreError
from bandmate.evaluation.card import CARD, NAMES, measure_piece
from bandmate.evaluation.excerpt import windows
from bandmate.evaluation.facts import fact_rows
from bandmate.evaluation.yardstick import Spread, kind_of, yardstick
from bandmate.score.model import Score

FACTS_WEIGHT = 0.25  # of the genre's facts beside the lines of the card
_OUTSIDE = 0.5  # what a line just outside counts
_LEAST_WIDTH = 1e-3  # of people's band, where all of them do the same


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a piece stands.

    Attributes:
        kind: of the people's music it is held against.
        inside, lines: how many lines of the card lie between people's 10th and 90th percentile, and of how many.
        fit: mean over the lines: 1 inside; outside at most a half, falling with the distance in widths of the band.
        kept, facts: how many facts of the genre it keeps, and of how many.
        outside: names of the lines that lie outside, furthest first.
        places: where each line lies: 0 at the middle of what people do, 1 a width of their band above.
    """

    kind: str
    inside: int
    lines: int
    fit: float
    kept: float
    facts: int
    outside: tuple[str, ...]
    places: dict[str, float] = field(default_factory=dict)

    @property
    def quality(self) -> float:
        """0..1: the fit to people's music, and the share of the genre's facts that are kept."""
        if not self.facts:
            return self.fit
        return (1 - FACTS_WEIGHT) * self.fit + FACTS_WEIGHT * self.kept / self.facts

    @property
    def sentence(self) -> str:
        """One line for people."""
        if not self.lines:
            return "card: too little music to tell"
        return f"card: {self.inside} of {self.lines} lines as people play"

    def to_json(self) -> dict[str, Any]:
        """Plain data for take.json."""
        return {
            "verdict": self.sentence, "kind": self.kind, "inside": self.inside, "lines": self.lines,
            "fit": round(self.fit, 4), "facts_kept": round(self.kept, 4), "facts": self.facts,
            "outside": list(self.outside),
            "places": {name: round(value, 3) for name, value in self.places.items()},
        }  # fmt: skip


def excess(value: float, people: Spread) -> float:
    """How far a value lies outside people's 10th to 90th percentile, in widths of that band; 0 inside."""
    low, high = people.at(10), people.at(90)
    away = max(low - value, value - high, 0.0)
    return away / max(high - low, _LEAST_WIDTH * max(abs(low), abs(high)), 1e-9)


def place(value: float, people: Spread) -> float:
    """Where a value lies beside people's: 0 at their median, 1 a width of their band above it; within -4..4."""
    width = max(people.at(90) - people.at(10), _LEAST_WIDTH * abs(people.at(50)), 1e-9)
    return float(np.clip((value - people.at(50)) / width, -4.0, 4.0))


def medians(score: Score) -> dict[str, float]:
    """Each line of the card over the windows of a score, by its median; lines that say nothing are left out."""
    try:
        rows = measure_piece(score)
    except ScoreError:
        return {}
    found = {}
    for line in CARD:
        values = rows[:, NAMES.index(line.name)]
        values = values[~np.isnan(values)]
        if len(values):
            found[line.name] = float(np.median(values))
    return found


def verdict(score: Score, genre: str | None = None) -> Verdict:
    """Hold a score against people's music of its kind and the facts of a genre.

    Args:
        score: of any length; where it has several windows, each line counts by its median.
        genre: id; None = no facts are asked.
    """
    kind = kind_of([score])
    people = yardstick(kind)
    try:
        facts = fact_rows([(excerpt, genre) for excerpt in windows(score, strict=False)]) if genre else ()
    except ScoreError:
        facts = ()
    values = {name: value for name, value in medians(score).items() if name in people.lines}
    away = {name: excess(value, people.lines[name]) for name, value in values.items()}
    places = {name: place(value, people.lines[name]) for name, value in values.items()}
    fit = float(np.mean([_OUTSIDE / (1 + each) if each > 0 else 1.0 for each in away.values()])) if away else 0.0
    outside = tuple(sorted((name for name in away if away[name] > 0), key=lambda name: -away[name]))
    kept = sum(fact.share for fact in facts)
    return Verdict(kind, len(away) - len(outside), len(away), fit, kept, len(facts), outside, places)
