"""ReportCard: measured pieces held against a yardstick, line by line, and in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bandmate.evaluation.card import CARD, Line
from bandmate.evaluation.measured import Measured
from bandmate.evaluation.yardstick import Spread, Yardstick


@dataclass(frozen=True, slots=True)
class Row:
    """One line: the median of what was measured over n windows, and people's spread."""

    line: Line
    median: float
    n: int
    people: Spread

    @property
    def inside(self) -> bool:
        """Whether the median lies between people's 10th and 90th percentile."""
        return self.people.holds(self.median)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        people = {f"p{percent}": self.people.at(percent) for percent in (10, 50, 90)}
        return {"group": self.line.group, "unit": self.line.unit, "median": round(self.median, 4), "windows": self.n,
                "people": people, "inside": self.inside}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReportCard:
    """The card of a set of pieces: rows for every line that both sides have."""

    kind: str
    windows: int
    rows: tuple[Row, ...]

    @property
    def inside(self) -> int:
        """Lines inside."""
        return sum(row.inside for row in self.rows)

    @property
    def share(self) -> float:
        """Share of lines inside, 0..1; NaN without lines."""
        return self.inside / len(self.rows) if self.rows else np.nan

    @property
    def summary(self) -> str:
        """One sentence."""
        outside = [row.line.name for row in self.rows if not row.inside]
        names = f"; outside: {', '.join(outside)}" if outside else ""
        return f"{self.inside} of {len(self.rows)} lines inside what people's music ({self.kind}) does{names}"

    def lines(self) -> list[str]:
        """A table for reading."""
        head = f"{'':26}{'median':>10}{'people 10 %':>13}{'50 %':>10}{'90 %':>10}  windows"
        found = [head]
        group = ""
        for row in self.rows:
            if row.line.group != group:
                group = row.line.group
                found.append(group)
            p10, p50, p90 = (row.people.at(percent) for percent in (10, 50, 90))
            mark = "" if row.inside else "  low" if row.median < p10 else "  high"
            found.append(f"  {row.line.name:24}{row.median:10.3f}{p10:13.3f}{p50:10.3f}{p90:10.3f}{row.n:9d}{mark}")
        return [*found, self.summary]

    def to_json(self) -> dict[str, Any]:
        """Plain data for the command line."""
        return {
            "kind": self.kind, "windows": self.windows, "inside": self.inside, "of": len(self.rows),
            "lines": {row.line.name: row.to_json() for row in self.rows},
        }  # fmt: skip


def report_card(found: Measured, people: Yardstick) -> ReportCard:
    """Hold measured windows against a yardstick; lines that do not apply to one of them are left out."""
    rows = []
    for line in CARD:
        values = found.column(line.name)
        values = values[~np.isnan(values)]
        if len(values) and line.name in people.lines:
            rows.append(Row(line, float(np.median(values)), len(values), people.lines[line.name]))
    return ReportCard(people.kind, len(found), tuple(rows))
