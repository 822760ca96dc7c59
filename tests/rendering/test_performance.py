"""Who plays what: programs, banks, kits, and tracks that share a channel."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.rendering.players import events, note_track, score_of

from bandmate.rendering.performance import perform
from bandmate.score.model import Track, make_notes

CONTROL, PROGRAM, BEND = 0xB0, 0xC0, 0xE0


def test_a_program_change_in_mid_track_counts_from_there():
    moves = events((0, PROGRAM, 4, 0), (960, CONTROL, 0, 8), (960, PROGRAM, 61, 0))
    track = Track(notes=make_notes([0, 959, 960], 10, [60, 61, 62]), events=moves)
    part = perform(score_of(track))[0]
    assert part.notes["program"].tolist() == [4, 4, 61]
    assert part.notes["bank"].tolist() == [0, 0, 8]


def test_drums_play_kits_of_the_drum_bank():
    moves = events((480, PROGRAM, 25, 0), channel=9)
    track = Track(program=16, is_drum=True, notes=make_notes([0, 480], 10, 36, channel=9), events=moves)
    part = perform(score_of(track))[0]
    assert part.is_drum
    assert part.notes["bank"].tolist() == [128, 128]
    assert part.notes["program"].tolist() == [16, 25]


def test_tracks_of_a_file_share_the_channels_panel_but_keep_their_program():
    left = note_track(moves=events((0, PROGRAM, 10, 0), (0, CONTROL, 7, 30)))
    right = note_track(72, ticks=480, program=20, moves=events((0, PROGRAM, 20, 0), (100, CONTROL, 64, 127)))
    read = perform(score_of(left, right, read=True))
    assert [part.notes["program"].tolist() for part in read] == [[10], [20]]
    assert [part.curves["volume"].at(np.array([0.5])).tolist() for part in read] == [[30.0], [30.0]]
    assert read[1].notes["off_sec"][0] == 1.0  # held by the pedal to the end of the score
    made = perform(score_of(left, right))
    assert made[1].curves["volume"].at(np.array([0.5])).tolist() == [100.0]
    assert made[0].notes["off_sec"][0] == 1.0


def test_a_track_without_programs_takes_those_of_its_channel_only_in_a_file():
    setup, voice = Track(events=events((0, PROGRAM, 40, 0))), note_track(program=3)
    assert perform(score_of(setup, voice, read=True))[0].notes["program"].tolist() == [40]
    assert perform(score_of(setup, voice))[0].notes["program"].tolist() == [3]


def test_a_track_on_two_channels_is_two_parts():
    notes = np.concatenate([make_notes([0], 10, 60), make_notes([0], 10, 36, channel=9)])
    parts = perform(score_of(Track(notes=notes)))
    assert [(part.channel, part.is_drum, len(part.notes)) for part in parts] == [(0, False, 1), (9, True, 1)]


def test_a_data_entry_of_another_parameter_leaves_the_bend_range():
    moves = events((0, CONTROL, 99, 1), (0, CONTROL, 98, 8), (0, CONTROL, 6, 100), (10, BEND, 0, 0))
    part = perform(score_of(note_track(moves=moves)))[0]
    assert part.curves["bend"].values.min() == -2.0


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 1000), st.integers(60, 63)), min_size=1, max_size=30),
    st.lists(st.tuples(st.integers(0, 6000), st.sampled_from([0, 127])), max_size=10),
)
def test_the_pedal_only_lengthens_and_a_key_never_overlaps_itself(rows, pedal):
    onsets, lengths, keys = zip(*rows, strict=True)
    moves = events(*((tick, CONTROL, 64, value) for tick, value in sorted(pedal)))
    track = Track(notes=make_notes(onsets, lengths, keys), events=moves)
    dry, wet = (perform(score_of(t))[0].notes for t in (track.with_notes(track.notes), track))
    dry = perform(score_of(Track(notes=track.notes)))[0].notes
    assert (wet["off_sec"] >= dry["off_sec"] - 1e-9).all()
    for key in set(keys):
        mine = wet[wet["key"] == key]
        later = [min([o for o in mine["on_sec"] if o > n["on_sec"]], default=np.inf) for n in mine]
        assert (mine["off_sec"] <= np.array(later) + 1e-9).all()
