"""Trim, split, merge: what is in force at a cut goes with the piece."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.counts import spanned
from bandmate.errors import ScoreError
from bandmate.score import ops
from bandmate.score.model import (
    EVENT,
    KEY_SIGNATURE,
    MADE,
    METER,
    TEMPO,
    Marker,
    MidiHeader,
    Score,
    Track,
    make_meters,
    make_notes,
)
from bandmate.score.timeline import bar_grid

BAR = 1920


def events(*rows: tuple) -> np.ndarray:
    """(ticks, status, channel, data1, data2) in order."""
    return np.array([(t, i, s, c, a, b, -1) for i, (t, s, c, a, b) in enumerate(rows)], EVENT)


def song(**fields) -> Score:
    notes = make_notes([0, 1000, BAR, 3 * BAR - 100], [400, 3000, 480, 400], [60, 62, 64, 65])
    rows = events(
        (0, 0xC0, 0, 33, 0), (0, 0xB0, 0, 7, 90), (100, 0xB0, 0, 64, 127), (500, 0xB0, 0, 7, 100),
        (600, 0xE0, 0, 0, 80), (BAR + 10, 0xB0, 0, 10, 20), (3 * BAR + 5, 0xB0, 0, 64, 0),
    )  # fmt: skip
    return Score((Track("x", 33, False, notes, rows),), **fields)


class TestTrim:
    def test_notes_that_begin_inside_cut_at_the_end(self):
        notes = ops.trim(song(), 2, 3).tracks[0].notes
        assert notes[["onset_ticks", "duration_ticks", "pitch"]].tolist() == [(0, 480, 64), (3740, 100, 65)]

    def test_what_is_in_force_stands_at_the_start(self):
        rows = ops.trim(song(), 2, 3).tracks[0].events
        start = rows[rows["order"] == MADE][:-1]
        assert start[["status", "data1", "data2"]].tolist() == [
            (0xC0, 33, 0), (0xB0, 64, 127), (0xB0, 7, 100), (0xE0, 0, 80)
        ]  # fmt: skip
        assert set(start["ticks"].tolist()) == {0}

    def test_a_pedal_that_is_down_is_let_go_at_the_end(self):
        last = ops.trim(song(), 2, 3).tracks[0].events[-1]
        assert last[["ticks", "status", "data1", "data2"]].tolist() == (2 * BAR, 0xB0, 64, 0)
        assert ops.trim(song(), 2, 4).tracks[0].events[-1]["ticks"] == 2 * BAR + 5

    def test_tempo_meter_key_and_markers(self):
        score = ops.trim(
            song(
                tempos=np.array([(0, 500_000, 0, 0), (700, 400_000, 0, 1), (2 * BAR, 300_000, 0, 2)], TEMPO),
                keys=np.array([(0, 2, False, 0, 3)], KEY_SIGNATURE),
                markers=(Marker(0, "a"), Marker(BAR, "b"), Marker(3 * BAR, "c")),
            ),
            2, 3,
        )  # fmt: skip
        assert score.tempos[["ticks", "us_per_quarter"]].tolist() == [(0, 400_000), (BAR, 300_000)]
        assert (score.keys["fifths"].tolist(), score.markers) == ([2], (Marker(0, "b"),))

    def test_it_is_exactly_as_long_as_its_bars(self):
        score = ops.trim(song(), 2, 2)
        assert (score.end_ticks, score.last_ticks, score.tracks[0].end_ticks, len(bar_grid(score))) == (BAR,) * 3 + (1,)

    def test_across_a_change_of_meter(self):
        meters = np.array([(0, 4, 4, 0, 0, 24, 8), (BAR, 3, 4, 0, 1, 24, 8)], METER)
        score = ops.trim(song(meters=meters), 2, 3)
        assert (score.end_ticks, score.meters[["ticks", "numerator"]].tolist()) == (2 * 1440, [(0, 3)])

    @pytest.mark.parametrize(("first", "last"), [(0, 1), (3, 2), (1, 99), (99, 99)])
    def test_bars_that_are_not_there(self, first, last):
        with pytest.raises(ScoreError, match=rf"{spanned(first, last)} .* 1 to 4"):
            ops.trim(song(), first, last)


@st.composite
def scores(draw) -> Score:
    rows = draw(st.lists(st.tuples(st.integers(0, 9000), st.integers(1, 900), st.integers(0, 127)), max_size=20))
    changes = draw(st.lists(st.tuples(st.integers(0, 9000), st.sampled_from([(3, 4), (4, 4), (5, 8)])), max_size=3))
    meters = np.array([(t, *m, 0, i, 24, 8) for i, (t, m) in enumerate(sorted(changes))], METER)
    return Score((Track(notes=make_notes(*np.array(rows, np.int64).reshape(-1, 3).T)),), meters=meters)


@given(scores(), st.integers(1, 4))
def test_the_pieces_of_a_split_hold_every_note_once(score, bars):
    pieces = ops.split_by_bars(score, bars)
    assert sum(piece.note_count for piece in pieces) == score.note_count
    starts = np.cumsum([0, *(piece.end_ticks for piece in pieces)])
    onsets = [piece.tracks[0].notes["onset_ticks"] + start for piece, start in zip(pieces, starts, strict=False)]
    assert np.concatenate(onsets).tolist() == score.tracks[0].notes["onset_ticks"].tolist()
    assert all(len(bar_grid(piece)) == bars for piece in pieces[:-1])


def test_pieces_of_no_bars():
    with pytest.raises(ScoreError, match="0 bars"):
        ops.split_by_bars(song(), 0)


class TestMerge:
    def test_side_by_side_the_first_one_rules(self):
        both = ops.merge(song(tempos=np.array([(0, 400_000, 0, 0)], TEMPO)), ops.resample(song(), 960))
        assert (len(both.tracks), both.ticks_per_quarter, round(both.bpm)) == (2, 960, 150)
        assert both.tracks[0].notes.tolist() == ops.resample(both, 960).tracks[1].notes.tolist()

    def test_channels_that_clash_are_moved(self):
        read = replace(song(), header=MidiHeader(1, 480))
        assert [track.channel for track in ops.merge(read, read).tracks] == [0, 1]

    def test_one_after_the_other_at_the_bar_line(self):
        second = replace(song(meters=make_meters(3, 4)), tracks=song().tracks)
        both = ops.merge(song(), second, after=True)
        assert len(both.tracks) == 1  # same name and program: one track goes on
        assert both.tracks[0].notes["onset_ticks"].tolist()[4:] == [
            4 * BAR + t for t in song().tracks[0].notes["onset_ticks"]
        ]
        assert both.meters[["ticks", "numerator"]].tolist() == [(0, 4), (4 * BAR, 3)]

    def test_the_second_keeps_its_default_tempo(self):
        first = song(tempos=np.array([(0, 400_000, 0, 0)], TEMPO))
        both = ops.merge(first, song(tempos=np.empty(0, TEMPO)), after=True)
        assert both.tempos["us_per_quarter"].tolist() == [400_000, 500_000]

    def test_other_instruments_get_tracks_of_their_own(self):
        other = replace(song(), tracks=(replace(song().tracks[0], name="y"),))
        assert len(ops.merge(song(), other, after=True).tracks) == 2


class TestSplitChannels:
    def test_a_type_0_file_comes_apart(self):
        notes = make_notes([0, 0, 10], 5, [60, 40, 36], channel=[0, 3, 9])
        rows = np.array([(0, 0, 0xFF, 0, 3, 0, 0), (0, 1, 0xC0, 3, 33, 0, -1), (4, 2, 0xB0, 0, 7, 1, -1)], EVENT)
        score = Score((Track("Song", 0, False, notes, rows, (b"Song",)),), header=MidiHeader(0, 480, 1))
        apart = ops.split_channels(score)
        assert [(t.name, t.program, t.is_drum, len(t.notes), len(t.events)) for t in apart.tracks] == [
            ("Song", 0, False, 0, 1), ("Acoustic Grand Piano", 0, False, 1, 1),
            ("Electric Bass (finger)", 33, False, 1, 1), ("Drums", 0, True, 1, 0),
        ]  # fmt: skip
        assert apart.header.type == 1

    def test_a_track_of_one_channel_stays(self):
        score = song()
        assert ops.split_channels(score).tracks[0] is score.tracks[0]

    def test_tempo_changes_follow_their_track(self):
        two = Track(notes=make_notes([0, 0], 5, [60, 40], channel=[0, 1]))
        score = Score((two, song().tracks[0]), tempos=np.array([(0, 400_000, 1, 0)], TEMPO))
        assert ops.split_channels(score).tempos["track"].tolist() == [3]
