"""Chains: what they saw is what they play, and the frame is kept."""

import numpy as np
import pytest

from bandmate.errors import LibraryError
from bandmate.generation.markov import fit, markov_filler
from bandmate.score.frame import Frame, FrameTrack
from bandmate.score.model import Score, Track, make_meters, make_notes, make_tempos
from bandmate.tokenizers.grid import encode_piece

DUO = Frame((FrameTrack(8, True, "drums"), FrameTrack(33, False, "bass"), FrameTrack(0, False)), 3, (4, 4), 100.0)


def two_bars():
    """Kick on the beats, snare with every other; C and G in turn under them."""
    beats = np.arange(16) * 480
    hits = np.concatenate([beats, beats[1::2]])
    drums = Track(
        "", 0, True, make_notes(hits, 120, np.where(np.arange(24) < 16, 36, 38), 100, channel=9), role="drums"
    )
    bass = Track("", 33, False, make_notes(beats, 240, 36 + 7 * (beats // 480 % 2), 90), role="bass")
    return Score((drums, bass), 480, make_tempos(120), make_meters(4, 4), end_ticks=4 * 1920)


@pytest.fixture(scope="module")
def fill():
    return markov_filler(fit([encode_piece(two_bars(), {"key": "C major"})]))


def test_it_plays_what_it_saw_in_some_key(fill):
    drums, bass, other = fill([DUO], 0)[0].tracks
    kick = drums.notes[drums.notes["pitch"] == 36]["onset_ticks"]
    snare = drums.notes[drums.notes["pitch"] == 38]["onset_ticks"]
    assert kick.tolist() == list(range(0, 3 * 1920, 480))
    assert snare.tolist() == list(range(480, 3 * 1920, 960))
    assert np.abs(np.diff(bass.notes["pitch"].astype(int))).tolist() == [7] * 11
    assert set(bass.notes["duration_ticks"]) == {240}
    assert len(other.notes)  # a role that was never seen plays as one that was


@pytest.mark.parametrize("meter", [(3, 4), (7, 8), (12, 8)])
def test_every_frame_is_kept(fill, meter):
    frame = Frame(DUO.tracks, 5, meter, 77.0)
    score = fill([frame], 1)[0]
    assert [(t.program, t.is_drum, t.role) for t in score.tracks] == [
        (t.program, t.is_drum, t.role) for t in frame.tracks
    ]
    assert score.end_ticks == score.last_ticks == frame.quarters * 480


def test_a_seed_is_a_take(fill):
    one, two, other = (fill([DUO, DUO], seed) for seed in (4, 4, 5))
    assert [t.notes.tolist() for s in one for t in s.tracks] == [t.notes.tolist() for s in two for t in s.tracks]
    assert [t.notes.tolist() for s in one for t in s.tracks] != [t.notes.tolist() for s in other for t in s.tracks]


def test_nothing_to_fit_on():
    with pytest.raises(LibraryError, match="no piece to fit the chains on"):
        fit([])
