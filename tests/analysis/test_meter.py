"""Bars, beats and places under changing meter."""

from __future__ import annotations

import numpy as np

from bandmate.analysis.meter import (
    bar_beat_quarters,
    beats,
    half_bar_edges,
    main_meter,
    place,
    quarter_ticks,
    score_bars,
)
from bandmate.score.model import METER, Score, Track, make_meters, make_notes

Q = 480


def of_meters(*changes: tuple[int, int, int], end: int) -> Score:
    meters = np.array([(ticks, n, d, 0, -1, 24, 8) for ticks, n, d in changes], METER)
    return Score(meters=meters, end_ticks=end)


def test_a_change_from_common_time_to_six_eight_keeps_every_bar_and_beat():
    score = of_meters((0, 4, 4), (4 * Q, 6, 8), end=4 * Q + 2 * 3 * Q)
    bars = score_bars(score)
    assert bars["start_ticks"].tolist() == [0, 4 * Q, 7 * Q]
    assert bar_beat_quarters(bars).tolist() == [1.0, 1.5, 1.5]
    found = beats(score, bars)
    assert found["ticks"].tolist() == [0, 480, 960, 1440, 1920, 2640, 3360, 4080]
    assert found["strength"].tolist() == [2, 0, 1, 0, 2, 1, 2, 1]


def test_a_bar_of_three_has_two_beats_in_its_first_half():
    bars = score_bars(of_meters((0, 3, 4), end=6 * Q))
    assert half_bar_edges(bars).tolist() == [0, 960, 1440, 2400, 2880]


def test_a_bar_cut_short_by_a_change_does_not_mislead_the_resolution():
    bars = score_bars(of_meters((0, 4, 4), (6 * Q, 3, 4), end=9 * Q))
    assert bars["length_ticks"].tolist() == [4 * Q, 2 * Q, 3 * Q]
    assert quarter_ticks(bars) == Q
    assert main_meter(bars) == (4, 4)


def test_an_onset_just_before_the_bar_line_belongs_to_the_next_bar():
    bars = score_bars(of_meters((0, 4, 4), end=8 * Q))
    found = place([1920 - 10, 1920 - 11, 1920], bars)
    assert found.bar.tolist() == [1, 0, 1]
    np.testing.assert_allclose(found.quarters, [-10 / 480, 4 - 11 / 480, 0.0], atol=1e-6)


def test_a_tail_of_a_few_ticks_makes_no_bar():
    notes = make_notes([0], [4 * Q + 5], 60)
    assert len(score_bars(Score(tracks=(Track(notes=notes),), meters=make_meters()))) == 1


def test_an_empty_score_has_one_bar():
    assert len(score_bars(Score())) == 1
    assert len(beats(Score())) == 4
