"""Notation: what is kept of it is true, whatever is done to the notes; and what a score holds is counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bandmate.score import ops
from bandmate.score.features import FEATURES, features_of
from bandmate.score.model import KEY_SIGNATURE, MADE, Marker, Score, Track, make_meters, make_notes
from bandmate.score.notation import (
    CHORD_KINDS,
    SIGN_BITS,
    WRITTEN,
    ChordSymbol,
    Dynamic,
    Lyric,
    Repeat,
    ScoreNotation,
    TrackNotation,
    midi_pitch,
)


def row(note: int, onset: int, duration: int, step: int, alter: int, octave: int, signs: int = 0) -> tuple:
    return (note, onset, duration, step, alter, octave, 1, 1, 2, 0, 1, 1, 0, 0, signs)


def song() -> Score:
    """C4, then a D flat tied over the bar line."""
    notes = make_notes([0, 1440], [480, 960], [60, 61])
    rows = np.array(
        [
            row(0, 0, 480, 0, 0, 4, SIGN_BITS["staccato"]),
            row(-1, 480, 960, 0, 0, 0),
            row(1, 1440, 480, 1, -1, 4),
            row(1, 1920, 480, 1, -1, 4),
        ],
        WRITTEN,
    )
    written = TrackNotation(notes, rows, lyrics=(Lyric(0, 1, "la"),), dynamics=(Dynamic(0, "mf"),))
    meters = make_meters()
    whole = ScoreNotation(480, meters, repeats=(Repeat(1920, True),), chords=(ChordSymbol(0, "C"),))
    return Score((Track("x", notes=notes, notation=written),), meters=meters, notation=whole)


class TestFits:
    def test_other_velocities_keep_it(self):
        track = song().tracks[0]
        louder = track.notes.copy()
        louder["velocity"] = 100
        assert track.with_notes(louder).notation is track.notation

    @pytest.mark.parametrize("column", ["onset_ticks", "duration_ticks", "pitch"])
    def test_other_notes_have_none(self, column):
        track = song().tracks[0]
        moved = track.notes.copy()
        moved[column] += 1
        assert track.with_notes(moved).notation is None
        assert track.with_notes(track.notes[:1]).notation is None

    def test_another_count_of_time_has_none(self):
        score = song()
        assert replace(score, ticks_per_quarter=960).notation is None
        assert replace(score, meters=make_meters(3, 4)).notation is None
        assert replace(score, title="x", meters=make_meters()).notation is score.notation

    @pytest.mark.parametrize(
        "work",
        [
            lambda s: ops.transpose(s, 2), lambda s: ops.trim(s, 1, 1), lambda s: ops.trim(s, 1, 2),
            lambda s: ops.stretch(s, 2), lambda s: ops.resample(s, 960), lambda s: ops.shift(s, 1920),
            lambda s: ops.swing(s, 60), lambda s: ops.quantise(s, "1/2"), lambda s: ops.merge(s, s, after=True),
            lambda s: ops.merge(s, s), lambda s: ops.set_tempo(s, 90), lambda s: ops.split_channels(s),
            lambda s: ops.split_by_bars(s, 1)[0],
        ],
    )  # fmt: skip
    def test_what_any_operation_keeps_is_true(self, work):
        score = work(song())
        for track in score.tracks:
            if track.notation is not None:
                rows = track.notation.rows[track.notation.rows["note"] >= 0]
                assert np.array_equal(midi_pitch(rows), track.notes["pitch"][rows["note"]])
                assert rows["onset_ticks"][0] == track.notes["onset_ticks"][rows["note"][0]]
        if score.notation is not None:
            assert score.notation.repeats[0].ticks == 4 * score.ticks_per_quarter


class TestFeatures:
    def test_every_part_is_counted(self):
        score = replace(song(), keys=np.array([(0, -5, False, 0, MADE)], KEY_SIGNATURE), markers=(Marker(0, "A"),))
        assert features_of(score) == {
            "notes": 2, "meters": 1, "keys": 1, "markers": 1, "spellings": 3, "ties": 1, "lyrics": 1, "dynamics": 1,
            "articulations and ornaments": 1, "repeats and jumps": 1, "chord symbols": 1,
        }  # fmt: skip

    def test_played_notes_are_off_the_grid(self):
        score = Score((Track(notes=make_notes([3, 480, 500], [470, 20, 460], 60, [70, 71, 70])),))
        found = features_of(score)
        assert found["played timing"] == 1 and found["velocities"] == 1
        assert set(found) <= FEATURES

    def test_notes_that_are_played_otherwise_than_written(self):
        score = song()
        notes = score.tracks[0].notes.copy()
        notes["onset_ticks"][1] += 7
        track = replace(score.tracks[0], notation=None, notes=notes)
        written = replace(song().tracks[0].notation, notes=notes)
        assert features_of(Score((replace(track, notation=written),)))["played timing"] == 1


def test_chord_symbols_are_said():
    assert ChordSymbol(0, "Bb", "minor-seventh", "F").text == "Bbm7/F"
    assert ChordSymbol(0, "F#", "dominant", degrees=("alter#5",)).text == "F#7#5"
    assert ChordSymbol(0, "").text == "N.C."
    assert len(CHORD_KINDS) == 27
