"""The flat rows of the Multitrack Music Transformer: encode, window, decode, and into a frame."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate import registry
from bandmate.score.frame import Frame, FrameTrack
from bandmate.score.model import Score, Track, make_meters, make_notes, make_tempos
from bandmate.tokenizers import multitrack as flat
from bandmate.tokenizers.grid import encode_piece
from bandmate.tokenizers.multitrack import BEAT, DRUMS, FIELDS, INSTRUMENT, KIND, PITCH, POSITION, Kind


def two_bars() -> Score:
    """Kick on the beats, bass on the off-beats, two bars."""
    beats = np.arange(8) * 480
    drums = Track("Drums", 0, True, make_notes(beats, 120, 36, 100, channel=9))
    bass = Track("Bass", 33, False, make_notes(beats + 240, 240, 40, 90))
    return Score((drums, bass), 480, make_tempos(120), make_meters(4, 4), end_ticks=2 * 1920)


def rows_of(score):
    return flat.sequence(flat.note_rows(encode_piece(score)))


def test_golden_rows():
    rows = rows_of(two_bars())
    assert rows[:5].tolist() == [
        [Kind.START, 0, 0, 0, 0, 0],
        [Kind.INSTRUMENT, 0, 0, 0, 0, 34],
        [Kind.INSTRUMENT, 0, 0, 0, 0, 129],
        [Kind.NOTES, 0, 0, 0, 0, 0],
        [Kind.NOTE, 1, 1, 37, 3, 129],  # beat 0, position 0, kick, 3 steps, drums
    ]
    assert rows[5].tolist() == [Kind.NOTE, 1, 7, 41, 6, 34]  # half a beat later the bass, half a beat long
    assert rows[-1].tolist() == [Kind.END, 0, 0, 0, 0, 0]
    assert len(rows) == 4 + 16 + 1


def test_the_table_is_that_of_the_paper_but_for_the_instruments():
    assert FIELDS == {"kind": 5, "beat": 257, "position": 13, "pitch": 129, "duration": 33, "instrument": 130}


@st.composite
def scores(draw):
    """Up to three tracks on the twelfths of a quarter, lengths of the table."""
    tracks = []
    for program, drum in ((33, False), (0, False), (8, True)):
        onsets = draw(st.lists(st.tuples(st.integers(0, 190), st.integers(0, 127)), unique=True, max_size=20))
        onset, pitch = np.array(onsets or [(0, 60)]).T
        lengths = draw(st.lists(st.sampled_from([1, 2, 3, 6, 12, 24, 48]), min_size=len(onset), max_size=len(onset)))
        tracks.append(Track("", program, drum, make_notes(onset * 40, np.array(lengths) * 40, pitch)))
    return Score(tuple(tracks), 480, make_tempos(100), make_meters(4, 4), end_ticks=4 * 1920)


def same(one, other):
    """Whether every onset and pitch of every instrument is kept."""

    def kept(score):
        return {
            (flat.instrument_of(t.program, t.is_drum), int(n["onset_ticks"]), int(n["pitch"]))
            for t in score.tracks
            for n in t.notes
        }

    return kept(one) == kept(other)


@settings(max_examples=40, deadline=None)
@given(scores())
def test_what_lies_on_the_grid_comes_back(score):
    assert same(score, flat.decode(rows_of(score)))
    again = rows_of(flat.decode(rows_of(score)))
    assert again[:, [KIND, BEAT, POSITION, PITCH, INSTRUMENT]].tolist() == (
        rows_of(flat.decode(again))[:, [KIND, BEAT, POSITION, PITCH, INSTRUMENT]].tolist()
    )


@settings(max_examples=40, deadline=None)
@given(scores(), st.integers(0, 20), st.integers(8, 60))
def test_every_window_is_a_sentence_of_the_grammar(score, start, most):
    notes = flat.note_rows(encode_piece(score))
    rows = flat.sequence(notes, start, most=most)
    assert len(rows) <= most
    assert (np.diff(rows[:, KIND]) >= 0).all()
    assert (rows >= 0).all() and (rows < list(FIELDS.values())).all()
    body = rows[rows[:, KIND] == Kind.NOTE]
    assert (np.diff(body[:, BEAT] * 12 + body[:, POSITION]) >= 0).all()
    assert (rows[-1, KIND] == Kind.END) == (len(body) == (notes[:, BEAT] > start).sum())
    assert set(body[:, INSTRUMENT]) == set(rows[rows[:, KIND] == Kind.INSTRUMENT, INSTRUMENT])


def note(beat, pitch, instrument, length=12):
    return [Kind.NOTE, 1 + beat, 1, 1 + pitch, int(flat.duration_code(length)), 1 + instrument]


def test_into_a_frame_notes_go_to_the_first_free_track_of_their_instrument():
    two_pianos = Frame((FrameTrack(0, False), FrameTrack(16, True), FrameTrack(0, False)), 2, (4, 4), 120.0)
    rows = np.array([
        note(0, 60, 0), note(0, 64, 0), note(0, 55, 0),  # a chord: the top to the first piano, the rest to the second
        note(1, 62, 0),
        note(1, 36, DRUMS),
        note(2, 40, 33),  # nobody plays the bass
        note(9, 62, 0),  # after the last bar
    ])  # fmt: skip
    score = flat.decode_into(rows, two_pianos)
    assert [t.notes["pitch"].tolist() for t in score.tracks] == [[64, 62], [36], [55, 60]]
    assert score.end_ticks == 2 * 1920


def test_the_registry_knows_it():
    tokenizer = registry.get("tokenizer.multitrack.v1")()
    assert same(two_bars(), tokenizer.decode(tokenizer.encode(two_bars())))
