"""The vectorised measures agree with naive twins, and with music whose texture is known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analysis.music import Q, beat, comping, line

from bandmate.analysis import texture
from bandmate.analysis.texture import bar_density, bar_onsets, bar_pitch_range, bar_polyphony, bar_velocity, view
from bandmate.score.model import METER, NO_NOTES, Score, make_meters, make_notes
from bandmate.score.timeline import bar_grid

FOUR_BARS = bar_grid(Score(meters=make_meters(), end_ticks=16 * Q))
MIXED = np.array([(0, 4, 4, 0, -1, 24, 8), (4 * Q, 3, 4, 0, -1, 24, 8), (7 * Q, 6, 8, 0, -1, 24, 8)], METER)
MIXED_BARS = bar_grid(Score(meters=MIXED, end_ticks=13 * Q))

notes_on_sixteenths = st.lists(
    st.tuples(st.integers(0, 51), st.integers(1, 40), st.integers(0, 127), st.integers(1, 127)), max_size=40
).map(
    lambda rows: make_notes(
        [r[0] * Q // 4 for r in rows], [r[1] * Q // 8 for r in rows], [r[2] for r in rows], [r[3] for r in rows]
    )
)


def in_bar(notes, bars, index):
    start, length = bars[index]["start_ticks"], bars[index]["length_ticks"]
    return notes[(notes["onset_ticks"] >= start) & (notes["onset_ticks"] < start + length)]


@settings(max_examples=60, deadline=None)
@given(notes_on_sixteenths)
def test_density_strokes_pitch_and_velocity_equal_counting_bar_by_bar(notes):
    low, high = bar_pitch_range(notes, MIXED_BARS)
    for index, bar in enumerate(MIXED_BARS):
        inside, quarters = in_bar(notes, MIXED_BARS, index), bar["length_ticks"] / Q
        assert bar_density(notes, MIXED_BARS)[index] == pytest.approx(len(inside) / quarters)
        assert bar_onsets(notes, MIXED_BARS)[index] == pytest.approx(len(set(inside["onset_ticks"])) / quarters)
        if len(inside):
            pitches = sorted(inside["pitch"].tolist())
            assert low[index] == pitches[round(0.15 * (len(pitches) - 1))]
            assert high[index] == pitches[round(0.85 * (len(pitches) - 1))]
            assert bar_velocity(notes, MIXED_BARS)[index] == pytest.approx(inside["velocity"].mean())
        else:
            assert np.isnan(low[index])
            assert np.isnan(bar_velocity(notes, MIXED_BARS)[index])


@settings(max_examples=60, deadline=None)
@given(notes_on_sixteenths)
def test_polyphony_and_silence_equal_sampling_every_thirty_second(notes):
    step = Q // 8
    at = np.arange(0, 13 * Q, step) + step // 2
    ends = notes["onset_ticks"] + notes["duration_ticks"]
    voices = ((notes["onset_ticks"] <= at[:, None]) & (ends > at[:, None])).sum(1)
    silence = texture.silence_of(view(notes, MIXED_BARS))
    for index, bar in enumerate(MIXED_BARS):
        here = voices[(at >= bar["start_ticks"]) & (at < bar["start_ticks"] + bar["length_ticks"])]
        assert silence[index] == pytest.approx((here == 0).mean(), abs=1e-9)
        if here.any():
            assert bar_polyphony(notes, MIXED_BARS)[index] == pytest.approx(here[here > 0].mean())


@settings(max_examples=60, deadline=None)
@given(notes_on_sixteenths)
def test_moves_equal_the_naive_nearest_note_search(notes):
    strokes = [notes["pitch"][notes["onset_ticks"] == t].astype(int) for t in np.unique(notes["onset_ticks"])]
    naive = [np.mean([np.abs(b - p).min() for p in a]) for a, b in pairwise(strokes)]
    np.testing.assert_allclose(view(notes, MIXED_BARS).steps_to_next[:-1], naive)


@settings(max_examples=60, deadline=None)
@given(notes_on_sixteenths)
def test_repetition_equals_comparing_sets(notes):
    found = texture.repetition_of(view(notes, FOUR_BARS))
    heard = []
    for index, bar in enumerate(FOUR_BARS):
        inside = in_bar(notes, FOUR_BARS, index)
        if index == len(FOUR_BARS) - 1:  # what lies past the end counts in the last bar
            inside = notes[notes["onset_ticks"] >= bar["start_ticks"]]
        heard.append({(int(n["onset_ticks"] - bar["start_ticks"]), int(n["pitch"])) for n in inside})
    for index, mine in enumerate(heard):
        before = [heard[index - lag] for lag in texture.REPEAT_LAGS if lag <= index]
        best = max((len(mine & other) / len(mine | other) for other in before), default=0.0) if mine else np.nan
        assert found[index] == pytest.approx(best, nan_ok=True)


def test_a_strummed_chord_is_one_stroke():
    strum = make_notes([0, 6, 12, 18], Q, [48, 52, 55, 60])
    assert bar_onsets(strum, FOUR_BARS)[0] == 0.25
    assert texture.vertical_of(view(strum, FOUR_BARS))[0] == 4.0


def test_swung_eighths_are_measured_where_they_lie_and_triplets_are_not_swing():
    swung = make_notes([at for b in range(16) for at in (b * Q, b * Q + 320)], 100, 42)
    straight = make_notes([at for b in range(16) for at in (b * Q, b * Q + 240)], 100, 42)
    triplets = make_notes([b * 160 for b in range(48)], 100, 42)
    assert texture.swing_of(view(swung, FOUR_BARS))[0] == pytest.approx(2 / 3)
    assert texture.swing_of(view(straight, FOUR_BARS))[0] == pytest.approx(0.5)
    assert np.isnan(texture.swing_of(view(triplets, FOUR_BARS))[0])


def test_offbeats_held_over_the_beat_are_syncopated_and_eighths_are_not():
    held = line([60] * 4, 1.0, start=0.5)
    eighths = line([60] * 32, 0.5)
    assert texture.syncopation_of(view(held, FOUR_BARS))[0] == pytest.approx(1.0)
    assert np.nansum(texture.syncopation_of(view(eighths, FOUR_BARS))[:3]) == 0.0


def test_six_eight_is_not_syncopated_by_its_own_eighths():
    bars = bar_grid(Score(meters=make_meters(6, 8), end_ticks=6 * Q))
    assert texture.syncopation_of(view(line([60] * 12, 0.5), bars)).max() <= 1 / 6  # only the very last has no next


def test_a_beat_repeats_itself_fully_from_its_second_bar():
    assert texture.repetition_of(view(beat(4), FOUR_BARS)).tolist() == [0.0, 1.0, 1.0, 1.0]


def test_deviation_from_the_grid_is_signed_and_knows_triplets():
    notes = make_notes([12, 160, 480 - 24], 100, 60)
    np.testing.assert_allclose(texture.deviations(view(notes, FOUR_BARS)), [12 / Q, 0.0, -24 / Q], atol=1e-9)


def test_staccato_and_legato():
    assert texture.legato_of(view(line([60, 62, 64, 65] * 2, hold=0.25), FOUR_BARS))[0] == pytest.approx(0.25)
    assert texture.legato_of(view(comping("C F G C"), FOUR_BARS))[0] == pytest.approx(1.0)


def test_no_notes_give_no_warnings_and_nan_where_nothing_is_known():
    empty = view(NO_NOTES, FOUR_BARS)
    assert texture.density_of(empty).tolist() == [0.0] * 4
    assert texture.silence_of(empty).tolist() == [1.0] * 4
    assert np.isnan(texture.length_of(empty)).all()
    assert np.isnan(texture.step_share_of(empty)).all()
