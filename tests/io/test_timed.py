"""Tempo that glides, as steps: as long as in the project, and never more steps than a piece can use."""

from __future__ import annotations

import pytest

from bandmate.io.timed import Part, Piece
from bandmate.score.timeline import ticks_to_seconds


def zigzag(points: int, quarters: float) -> list[tuple[float, float]]:
    """A tempo that glides to and fro between 60 and 120."""
    return [(place * quarters, (60.0, 120.0)[place % 2]) for place in range(points)]


@pytest.mark.parametrize(("points", "quarters"), [(3, 8.0), (400, 16.0), (5000, 64.0), (30_000, 0.5)])
def test_glides_last_as_long_and_have_a_bounded_number_of_steps(points, quarters):
    score = Piece("glides", [Part("a", [])], zigzag(points, quarters)).score()
    assert len(score.tempos) <= 65_536 + points
    end = quarters * (points - 1)
    seconds = ticks_to_seconds(score, round(end * score.ticks_per_quarter))
    assert float(seconds) == pytest.approx(end * 0.6931471805599453, rel=1e-3)  # 60 / (120 - 60) * ln(120 / 60)
