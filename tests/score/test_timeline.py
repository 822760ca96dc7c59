"""Ticks, seconds and bars."""

from __future__ import annotations

import mido
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bandmate.score.model import METER, TEMPO, Score, Track, make_notes
from bandmate.score.timeline import bar_grid, bar_of, seconds_to_ticks, ticks_to_seconds

MAPS = st.lists(
    st.tuples(st.integers(0, 5000), st.integers(100_000, 2_000_000)), max_size=5, unique_by=lambda change: change[0]
)


def with_tempos(changes: list[tuple[int, int]], ticks_per_quarter: int = 480) -> Score:
    return Score((), ticks_per_quarter, tempos=np.array([(t, us, 0, -1) for t, us in sorted(changes)], TEMPO))


@given(MAPS, st.integers(0, 9000), st.sampled_from([96, 480, 960]))
def test_seconds_are_those_of_mido(changes, at, resolution):
    expected, now, tempo = 0.0, 0, 500_000
    for ticks, us in sorted(changes):
        step = min(ticks, at)
        expected += mido.tick2second(step - now, resolution, tempo)
        now = step
        if ticks <= at:
            tempo = us
    expected += mido.tick2second(at - now, resolution, tempo)
    assert abs(float(ticks_to_seconds(with_tempos(changes, resolution), at)) - expected) < 1e-9


@given(MAPS, st.lists(st.integers(0, 9000), max_size=10))
def test_there_and_back(changes, ticks):
    score = with_tempos(changes)
    assert seconds_to_ticks(score, ticks_to_seconds(score, ticks)).tolist() == ticks


def test_of_two_tempos_at_one_tick_the_last_holds():
    assert float(ticks_to_seconds(with_tempos([(0, 500_000)]), 480)) == 0.5
    both = Score(tempos=np.array([(0, 500_000, 0, 0), (0, 250_000, 0, 1)], TEMPO))
    assert float(ticks_to_seconds(both, 480)) == 0.25


def test_bars_under_changing_meter():
    meters = np.array([(0, 4, 4, 0, 0, 24, 8), (1920, 3, 4, 0, 1, 24, 8), (1920 + 2880, 6, 8, 0, 2, 24, 8)], METER)
    score = Score((Track(notes=make_notes([0], [6000], [60])),), meters=meters)
    bars = bar_grid(score)
    assert bars["length_ticks"].tolist() == [1920, 1440, 1440, 1440]
    assert bars["start_ticks"].tolist() == [0, 1920, 3360, 4800]
    assert bar_of(bars, [0, 1919, 1920, 99_999]).tolist() == [0, 0, 1, 3]


def test_a_change_inside_a_bar_cuts_it_short():
    meters = np.array([(0, 4, 4, 0, 0, 24, 8), (480, 4, 4, 0, 1, 24, 8)], METER)
    assert bar_grid(Score(meters=meters), 2400)["length_ticks"].tolist() == [480, 1920]


def test_a_score_without_anything_has_one_bar():
    assert bar_grid(Score(meters=np.empty(0, METER)))[["length_ticks", "numerator"]].tolist() == [(1920, 4)]
