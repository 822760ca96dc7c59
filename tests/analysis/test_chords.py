"""Chords of half bars."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analysis.music import Q, band, bass_line, beat, comping

from bandmate.analysis.chords import CHANGE_COST, _best_path, estimate_chords, pitched_notes, span_evidence
from bandmate.analysis.meter import half_bar_edges, score_bars
from bandmate.score.model import Score, Track, make_meters, make_notes
from bandmate.score.pitch import QUALITIES, Chord


def over(progression: str, *, each: float = 4.0) -> Score:
    bass = Track(notes=bass_line(progression, each=each))
    return Score(tracks=(bass, Track(notes=comping(progression, each=each))), meters=make_meters())


@pytest.mark.parametrize("quality", sorted(QUALITIES))
@pytest.mark.parametrize("root", [0, 5, 10])
def test_every_quality_is_recognised_when_it_is_held_over_its_root(quality, root):
    tones = [48 + root] + [60 + (root + step) % 12 for step in QUALITIES[quality]]
    score = Score(tracks=(Track(notes=make_notes([0] * len(tones), 4 * Q, tones)),), meters=make_meters())
    assert estimate_chords(score) == (Chord(root, quality),) * 2


def test_a_progression_is_read_two_entries_a_bar():
    found = estimate_chords(over("C Am F G7"))
    assert [str(chord) for chord in found] == ["C", "C", "Am", "Am", "F", "F", "G7", "G7"]


def test_chords_that_change_at_the_half_bar_are_told_apart():
    found = estimate_chords(over("Dm G Bb F", each=2.0))
    assert [str(chord) for chord in found] == ["Dm", "G", "A#", "F"]


def test_a_third_in_the_bass_is_named():
    found = estimate_chords(over("C/E F C/E F"))
    assert [str(chord) for chord in found][::2] == ["C/E", "F", "C/E", "F"]


def test_a_passing_tune_does_not_change_the_chord():
    found = estimate_chords(band("C C F F G G C C"))
    assert [chord.root for chord in found][::2] == [0, 0, 5, 5, 7, 7, 0, 0]


def test_silence_and_drums_have_no_chord():
    silent_second_bar = Score(tracks=(Track(notes=comping("C")),), meters=make_meters(), end_ticks=8 * Q)
    assert estimate_chords(silent_second_bar) == (Chord(0, bass=7), Chord(0, bass=7), None, None)  # G is lowest
    assert estimate_chords(Score(tracks=(Track(is_drum=True, notes=beat(2)),))) == (None,) * 4
    assert estimate_chords(Score()) == (None, None)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 11))
def test_transposing_the_music_transposes_the_chords(semitones):
    score = band("Am7 Dm7 G7 Cmaj7 F Bdim E7 Am")
    tracks = []
    for track in score.tracks:
        notes = track.notes.copy()
        if not track.is_drum:
            notes["pitch"] += semitones
        tracks.append(track.with_notes(notes))
    moved = estimate_chords(Score(tracks=tuple(tracks), meters=score.meters, end_ticks=score.end_ticks))
    assert moved == tuple(chord.transpose(semitones) for chord in estimate_chords(score))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30), st.integers(30, 90)), min_size=1, max_size=25))
def test_sounding_time_of_pitch_classes_equals_sampling(rows):
    eighth = Q // 2
    notes = make_notes([r[0] * eighth for r in rows], [r[1] * eighth for r in rows], [r[2] for r in rows])
    bars = score_bars(Score(tracks=(Track(notes=notes),), meters=make_meters()))
    edges = half_bar_edges(bars)
    found = span_evidence(notes, edges, Q)
    ends = notes["onset_ticks"] + notes["duration_ticks"]
    for span in range(len(edges) - 1):
        expected, lowest = np.zeros(12), 128
        for at in range(edges[span], edges[span + 1], eighth):
            sounding = notes["pitch"][(notes["onset_ticks"] <= at) & (ends > at)].astype(int)
            np.add.at(expected, sounding % 12, 0.5)
            lowest = min([lowest, *sounding])
        np.testing.assert_allclose(found.chroma[span], expected, atol=1e-9)
        assert found.low[span] == (lowest % 12 if lowest < 128 else -1)


def test_the_path_equals_trying_all_paths():
    scores = np.random.default_rng(3).normal(0, 2, (5, 4))
    paths = np.stack(np.meshgrid(*[range(4)] * 5, indexing="ij"), -1).reshape(-1, 5)
    worth = scores[np.arange(5), paths].sum(1) - CHANGE_COST * (np.diff(paths, axis=1) != 0).sum(1)
    assert _best_path(scores, CHANGE_COST).tolist() == paths[worth.argmax()].tolist()


def test_pitched_notes_are_sorted_and_leave_drums_out():
    notes = pitched_notes(band())
    assert (np.diff(notes["onset_ticks"]) >= 0).all()
    assert len(notes) == sum(len(track.notes) for track in band().tracks if not track.is_drum)
