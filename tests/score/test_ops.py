"""Transpose, quantise, swing, stretch, resample, tempo: new scores, the old ones untouched."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.errors import BriefError, ScoreError
from bandmate.score import ops
from bandmate.score.model import (
    EVENT,
    KEY_SIGNATURE,
    MADE,
    METER,
    TEMPO,
    MidiHeader,
    Score,
    Track,
    make_meters,
    make_notes,
    make_tempos,
)
from bandmate.score.timeline import ticks_to_seconds


def song(*onsets: int, pitch: int = 60, duration: int = 100, **fields) -> Score:
    return Score((Track("x", notes=make_notes(list(onsets), duration, pitch)),), **fields)


def onsets(score: Score, track: int = 0) -> list[int]:
    return score.tracks[track].notes["onset_ticks"].tolist()


def pitches(score: Score, track: int = 0) -> list[int]:
    return score.tracks[track].notes["pitch"].tolist()


def controls(*rows: tuple[int, int, int]) -> np.ndarray:
    """(ticks, controller, value) on channel 0."""
    return np.array([(t, i, 0xB0, 0, number, value, -1) for i, (t, number, value) in enumerate(rows)], EVENT)


@st.composite
def scores(draw) -> Score:
    rows = draw(st.lists(st.tuples(st.integers(0, 8000), st.integers(1, 2000), st.integers(0, 127)), max_size=25))
    columns = np.array(rows, np.int64).reshape(-1, 3).T
    meter = draw(st.sampled_from([(4, 4), (3, 4), (7, 8)]))
    drums = Track("d", 0, True, make_notes(columns[0], columns[1], columns[2], channel=9))
    return Score((Track("x", notes=make_notes(*columns)), drums), meters=make_meters(*meter))


class TestTranspose:
    def test_pitches_and_keys_move_and_drums_stay(self):
        score = Score(
            (Track(notes=make_notes([0], 1, [60])), Track("d", 0, True, make_notes([0], 1, [36], channel=9))),
            keys=np.array([(0, 0, False, 0, MADE), (9, -1, True, 0, MADE)], KEY_SIGNATURE),
        )
        up = ops.transpose(score, 2)
        assert (pitches(up), pitches(up, 1)) == ([62], [36])
        assert up.keys["fifths"].tolist() == [2, 1]  # C -> D, d minor -> e minor
        assert pitches(score) == [60]

    def test_drums_inside_a_track_of_many_channels_stay(self):
        notes = make_notes([0, 0], 1, [60, 36], channel=[0, 9])
        moved = ops.transpose(Score((Track(notes=notes),)), 5).tracks[0].notes
        assert dict(zip(moved["channel"].tolist(), moved["pitch"].tolist(), strict=True)) == {0: 65, 9: 36}

    def test_notes_out_of_range_come_back_by_octaves_and_are_counted(self):
        score = song(0, 1, pitch=[126, 5])
        assert pitches(ops.transpose(score, 7)) == [121, 12]
        assert ops.notes_folded(score, 7) == 1
        assert pitches(ops.transpose(score, -24)) == [102, 5]

    def test_polyphonic_pressure_goes_with_its_note(self):
        events = np.array([(0, 0, 0xA0, 0, 60, 50, -1), (0, 1, 0xB0, 0, 60, 50, -1)], EVENT)
        moved = ops.transpose(Score((Track(events=events),)), 3).tracks[0].events
        assert moved["data1"].tolist() == [63, 60]

    @given(scores(), st.integers(-60, 60))
    def test_names_of_notes_move_exactly(self, score, semitones):
        moved = ops.transpose(score, semitones)
        before, after = score.tracks[0].notes["pitch"].astype(int), moved.tracks[0].notes["pitch"].astype(int)
        assert ((after - before - semitones) % 12 == 0).all()
        assert after.max(initial=0) <= 127
        assert pitches(moved, 1) == pitches(score, 1)

    def test_too_far(self):
        with pytest.raises(ScoreError, match="61 semitones.*-60 to 60"):
            ops.transpose(song(0), 61)


class TestQuantise:
    def test_to_sixteenths(self):
        assert onsets(ops.quantise(song(3, 115, 250, 470))) == [0, 120, 240, 480]

    def test_half_of_the_way(self):
        assert onsets(ops.quantise(song(20, 100), strength=0.5)) == [10, 110]

    def test_triplets(self):
        assert onsets(ops.quantise(song(5, 150, 330), "1/8T")) == [0, 160, 320]

    def test_swing_58(self):
        assert onsets(ops.quantise(song(0, 118, 243, 355), "1/16", swing=58)) == [0, 139, 240, 379]

    def test_strong_swing_takes_the_nearest_swung_place(self):
        assert onsets(ops.quantise(song(0, 185, 239), "1/16", swing=75)) == [0, 180, 240]

    def test_the_grid_starts_anew_with_each_bar(self):
        score = song(0, 845, 1690, ticks_per_quarter=480, meters=make_meters(7, 16))  # bars of 840
        assert onsets(ops.quantise(score, "1/4")) == [0, 840, 1680]

    def test_notes_keep_their_length_but_not_into_the_next_of_their_pitch(self):
        notes = ops.quantise(song(55, 170, duration=115)).tracks[0].notes
        assert notes[["onset_ticks", "duration_ticks"]].tolist() == [(0, 115), (120, 115)]
        notes = ops.quantise(song(65, 181, 230, duration=[116, 20, 60])).tracks[0].notes
        assert notes["onset_ticks"].tolist() == [120, 240]
        assert notes["duration_ticks"].tolist() == [116, 60]

    def test_the_pedal_goes_with_its_chord(self):
        score = replace(song(10, 500, duration=400))
        track = replace(score.tracks[0], events=controls((12, 64, 127), (480, 64, 0), (505, 64, 127)))
        events = ops.quantise(replace(score, tracks=(track,))).tracks[0].events
        assert events["ticks"].tolist() == [2, 480, 485]

    def test_strength_0_changes_nothing(self):
        score = song(3, 115)
        assert ops.quantise(score, strength=0).tracks[0] is score.tracks[0]

    @given(scores(), st.sampled_from(["1/4", "1/8", "1/16", "1/16T", "1/32"]))
    def test_twice_is_once(self, score, grid):
        once = ops.quantise(score, grid)
        assert onsets(ops.quantise(once, grid)) == onsets(once)
        assert (np.diff(once.tracks[0].notes["onset_ticks"]) >= 0).all()

    @given(scores())
    def test_no_note_goes_further_than_half_a_step(self, score):
        before, after = np.array(onsets(score)), np.array(onsets(ops.quantise(score, "1/8")))
        if len(before) == len(after):
            assert np.abs(np.sort(before) - after).max(initial=0) <= 120

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"grid": "1/0"}, "grid '1/0'"),
            ({"grid": "sixteenths"}, "like 1/16"),
            ({"strength": 1.5}, "strength 150%"),
            ({"strength": float("nan")}, "strength nan"),
            ({"swing": 90}, "swing 90.*50"),
        ],
    )
    def test_bad_values(self, values, words):
        with pytest.raises(ScoreError, match=words):
            ops.quantise(song(0), **values)

    def test_finer_than_a_tick(self):
        with pytest.raises(ScoreError, match="finer than a tick"):
            ops.quantise(song(0, ticks_per_quarter=4), "1/32")


class TestSwing:
    def test_off_notes_come_later_and_all_else_between(self):
        swung = ops.swing(song(0, 120, 180, 240, 360, duration=60), 58)
        assert onsets(swung) == [0, 139, 190, 240, 379]

    def test_50_is_straight(self):
        score = song(0, 33, 120, 471)
        assert onsets(ops.swing(score, 50)) == onsets(score)

    @given(scores(), st.floats(50, 80))
    def test_nothing_changes_its_order(self, score, percent):
        swung = ops.swing(score, percent)
        assert (np.diff(onsets(swung)) >= 0).all()
        assert (swung.tracks[0].notes["duration_ticks"] > 0).all()


class TestTime:
    def test_stretch_takes_everything_along(self):
        score = song(100, 200, end_ticks=960)
        track = replace(score.tracks[0], events=controls((50, 7, 9)), end_ticks=960)
        score = replace(score, tracks=(track,), tempos=np.array([(480, 400_000, 0, MADE)], TEMPO))
        twice = ops.stretch(score, 2)
        assert (onsets(twice), twice.tracks[0].events["ticks"].tolist()) == ([200, 400], [100])
        assert (twice.tempos["ticks"].tolist(), twice.end_ticks, twice.tracks[0].end_ticks) == ([960], 1920, 1920)

    def test_a_note_never_vanishes(self):
        assert ops.stretch(song(0, 3, duration=1), 1 / 16).tracks[0].notes["duration_ticks"].tolist() == [1, 1]

    @given(scores(), st.sampled_from([1, 24, 96, 960, 32_767]))
    def test_resampling_up_and_back_is_exact(self, score, ticks):
        up = ops.resample(score, 480 * 24)
        assert ops.resample(up, 480).tracks[0].notes.tolist() == score.tracks[0].notes.tolist()
        other = ops.resample(score, ticks)
        seconds = ticks_to_seconds(score, onsets(score)), ticks_to_seconds(other, onsets(other))
        assert np.abs(seconds[0] - seconds[1]).max(initial=0) <= 0.25 / ticks + 1e-9

    def test_a_read_file_is_written_in_its_new_resolution(self):
        score = ops.resample(replace(song(0), header=MidiHeader(0, 480)), 96)
        assert (score.ticks_per_quarter, score.header.division) == (96, 96)

    @pytest.mark.parametrize(("factor"), [0, -1, 17, float("nan")])
    def test_bad_factors(self, factor):
        with pytest.raises(ScoreError, match="stretch"):
            ops.stretch(song(0), factor)

    @pytest.mark.parametrize("ticks", [0, 40_000])
    def test_bad_resolutions(self, ticks):
        with pytest.raises(ScoreError, match="1 to 32767"):
            ops.resample(song(0), ticks)


class TestTempo:
    def test_changes_keep_their_proportion(self):
        score = song(0, tempos=np.array([(0, 500_000, 0, 0), (480, 1_000_000, 0, 1)], TEMPO))
        assert ops.set_tempo(score, 100).tempos["us_per_quarter"].tolist() == [600_000, 1_200_000]

    def test_or_go(self):
        score = song(0, tempos=np.array([(0, 500_000, 0, 0), (480, 1_000_000, 0, 1)], TEMPO))
        assert ops.set_tempo(score, 100, keep_changes=False).tempos["us_per_quarter"].tolist() == [600_000]

    def test_what_comes_before_the_first_tempo_is_120(self):
        score = song(0, tempos=np.array([(480, 1_000_000, 0, 1)], TEMPO))
        assert ops.set_tempo(score, 60).tempos["us_per_quarter"].tolist() == [1_000_000, 2_000_000]

    def test_smpte_time_becomes_quarters(self):
        score = Score(song(0).tracks, 500, tempos=make_tempos(120)[:0], header=MidiHeader(0, 0xE728))
        score = ops.set_tempo(score, 90)
        assert (score.header.division, round(score.bpm)) == (500, 90)

    @pytest.mark.parametrize("bpm", [0, 19, 1e9, float("nan")])
    def test_bad_tempos(self, bpm):
        with pytest.raises(BriefError, match="20 to 400"):
            ops.set_tempo(song(0), bpm)


@pytest.mark.parametrize(
    ("grid", "ticks"), [("1/4", 480), ("1/16", 120), ("1/8T", 160), ("1/8t", 160), ("1/4D", 720), ("1/12", 160)]
)
def test_grids(grid, ticks):
    assert ops.grid_ticks(grid, 480) == Fraction(ticks)


def test_a_bad_meter_is_no_reason_to_fill_the_memory():
    score = song(10_000_000, ticks_per_quarter=1, meters=np.array([(0, 1, 4, 0, MADE, 24, 8)], METER))
    with pytest.raises(ScoreError, match="bars of 1/4"):
        ops.quantise(score, "1/4")
