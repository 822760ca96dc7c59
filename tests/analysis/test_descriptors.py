"""The table of descriptors: every row measures, bins and states its range."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.analysis.music import Q, band, line

from bandmate.analysis.descriptors import (
    DESCRIPTORS,
    NO_BIN,
    bar_values,
    piece_values,
    piece_view,
    track_values,
    track_view,
)
from bandmate.score.model import Score, Track, make_meters, make_notes

EVERY = sorted(DESCRIPTORS)


@pytest.mark.parametrize("name", EVERY)
def test_a_row_has_rising_edges_inside_its_range_and_as_many_bins_as_it_says(name):
    row = DESCRIPTORS[name]
    assert row.name == name
    assert row.level in ("track", "bar", "piece")
    assert row.unit
    assert row.low < row.edges[0]
    assert row.edges[-1] < row.high
    assert list(row.edges) == sorted(set(row.edges))
    assert [row.bin(row.value(i)) for i in range(row.bin_count)] == list(range(row.bin_count))
    assert row.bin(row.low) == 0
    assert row.bin(row.high) == row.bin_count - 1
    assert row.bin(float("nan")) == NO_BIN


@given(st.lists(st.floats(allow_infinity=False, width=32), max_size=20))
def test_many_values_are_binned_like_one(values):
    row = DESCRIPTORS["density"]
    assert row.bins(values).tolist() == [row.bin(value) for value in values]


def test_every_row_is_measured_on_a_band_within_its_range():
    piece = piece_view(band())
    found = piece_values(piece)
    for v in piece.tracks:
        found |= {f"{name} {v.is_drum}": value for name, value in track_values(v).items()}
        for name, values in bar_values(v).items():
            assert values.shape == (8,)
            known = values[~np.isnan(values)]
            assert (known >= DESCRIPTORS[name].low - 1e-9).all(), name
            assert (known <= DESCRIPTORS[name].high + 1e-9).all(), name
    for name, value in found.items():
        row = DESCRIPTORS[name.split()[0]]
        assert np.isnan(value) or row.low - 1e-9 <= value <= row.high + 1e-9, name


def test_pitch_means_nothing_on_drums_and_density_does():
    drums = track_values(track_view(band(), 0))
    assert np.isnan(drums["low_pitch"])
    assert drums["density"] == 3.0  # four strokes and eight hats in four quarters
    assert drums["onsets"] == 2.0


def test_known_values_of_a_bass_line():
    bass = track_values(track_view(band("C C C C C C C C"), 1))
    assert bass["density"] == 1.0
    assert bass["low_pitch"] == bass["high_pitch"] == 36.0
    assert bass["max_polyphony"] == 1.0
    assert bass["silence"] == 0.0
    assert bass["note_length"] == pytest.approx(0.9)
    assert bass["repetition"] == pytest.approx(7 / 8)


def test_density_counts_only_bars_with_notes_and_silence_the_others():
    notes = line([60] * 8, 0.5)
    score = Score(tracks=(Track(notes=notes),), meters=make_meters(), end_ticks=16 * Q)
    found = track_values(track_view(score, 0))
    assert found["density"] == 2.0
    assert found["silence"] == 0.75


def test_polyphony_limits_hold_for_a_held_chord_under_a_short_tune():
    notes = make_notes([0, 0, 0, 0], [16 * Q, 16 * Q, 16 * Q, Q], [48, 52, 55, 72])
    score = Score(tracks=(Track(notes=notes),), meters=make_meters(), end_ticks=16 * Q)
    found = track_values(track_view(score, 0))
    assert found["min_polyphony"] == found["max_polyphony"] == 3.0
    assert found["polyphony"] == pytest.approx(3 + 1 / 16)


def test_piece_metrics_of_a_scale_and_of_all_twelve_notes():
    scale = piece_values(piece_view(Score(tracks=(Track(notes=line([60, 62, 64, 65, 67, 69, 71, 60])),))))
    chromatic = piece_values(piece_view(Score(tracks=(Track(notes=line(list(range(60, 72)))),))))
    assert scale["scale_consistency"] == 1.0
    assert chromatic["scale_consistency"] == pytest.approx(7 / 12)
    assert chromatic["pitch_class_entropy"] == pytest.approx(np.log2(12))


def test_groove_consistency_is_one_for_a_repeated_bar_and_counts_no_empty_last_bar():
    assert piece_values(piece_view(band("C C C C")))["groove_consistency"] <= 1.0
    steady = Score(tracks=(Track(notes=line([60] * 16)),), meters=make_meters())
    assert piece_values(piece_view(steady))["groove_consistency"] == 1.0


def test_scores_without_tracks_or_notes_are_measured_without_warnings():
    for score in (Score(), Score(tracks=(Track(), Track(is_drum=True)))):
        piece = piece_view(score)
        assert piece_values(piece)["piece_density"] == 0.0
        assert all(np.isnan(track_values(v)["density"]) for v in piece.tracks)
