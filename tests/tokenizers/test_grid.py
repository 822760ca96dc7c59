"""The grid: encode, decode, rows, and the promises about onsets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.score.model import Score, Track, make_meters, make_notes, make_tempos
from bandmate.score.timeline import ticks_to_seconds
from bandmate.tokenizers import grid_table as table
from bandmate.tokenizers.grid import GridTokenizer, decode_piece, encode_piece
from bandmate.tokenizers.grid_rows import Shown, View, notes_from_rows, piece_rows, row_text
from bandmate.tokenizers.grid_table import COLUMN, FIELDS, ROWS, Kind


def four_bars() -> Score:
    """A kick on every beat and a bass on the off-beats, four bars of 4/4."""
    beats = np.arange(16) * 480
    drums = Track("Drums", 0, True, make_notes(beats, 120, 36, 100, channel=9))
    bass = Track("Bass", 33, False, make_notes(beats + 240, 200, 40 + beats // 480 % 4, 90))
    return Score((drums, bass), 480, make_tempos(120), make_meters(4, 4), end_ticks=4 * 1920)


def test_four_on_the_floor_lies_on_the_grid():
    piece = encode_piece(four_bars())
    kick = piece.notes[piece.notes["track"] == 0]
    assert kick["position"].tolist() == [0, 24, 48, 72] * 4
    assert kick["bar"].tolist() == [0] * 4 + [1] * 4 + [2] * 4 + [3] * 4
    assert set(kick["micro"]) == {3}  # exactly on the grid


def test_decode_gives_the_score_back():
    score = four_bars()
    back = decode_piece(encode_piece(score))
    assert back.end_ticks == 4 * 1920
    for before, after in zip(score.tracks, back.tracks, strict=True):
        assert (after.name, after.program, after.is_drum) == (before.name, before.program, before.is_drum)
        assert after.notes["onset_ticks"].tolist() == before.notes["onset_ticks"].tolist()
        assert after.notes["pitch"].tolist() == before.notes["pitch"].tolist()


@st.composite
def played_scores(draw):
    """Notes anywhere, under meters that change, at odd resolutions."""
    tpq = draw(st.sampled_from([96, 120, 480, 960, 1000]))
    meters = [make_meters(*draw(st.sampled_from([(4, 4), (3, 4), (7, 8), (12, 8), (5, 4)])))]
    count = draw(st.integers(1, 60))
    onset = draw(st.lists(st.integers(0, tpq * 40), min_size=count, max_size=count))
    pitch = draw(st.lists(st.integers(0, 127), min_size=count, max_size=count))
    drum = draw(st.booleans())
    notes = make_notes(onset, draw(st.integers(1, tpq * 3)), pitch, draw(st.integers(1, 127)))
    return Score((Track("x", 0, drum, notes),), tpq, make_tempos(120), meters[0])


@settings(max_examples=80, deadline=None)
@given(played_scores())
def test_onsets_move_at_most_four_milliseconds(score):
    piece = encode_piece(score)
    back = decode_piece(piece)
    came = np.sort(ticks_to_seconds(back, back.tracks[0].notes["onset_ticks"]))
    went = ticks_to_seconds(score, score.tracks[0].notes["onset_ticks"])
    nearest = np.abs(came[:, None] - went[None]).min(1)
    assert nearest.max() <= 0.004
    columns = ["bar", "position", "pitch", "micro"]
    assert (encode_piece(back).notes[columns] == piece.notes[columns]).all()


@settings(max_examples=60, deadline=None)
@given(played_scores(), st.integers(0, 2**32 - 1))
def test_any_view_gives_its_notes_back(score, seed):
    rng = np.random.default_rng(seed)
    piece = encode_piece(score)
    given_cells = rng.random((len(piece.tracks), len(piece.bars))) < 0.5
    view = View(0, len(piece.bars), (0,), given_cells, 0, Shown(level=int(rng.integers(3)), echo=bool(rng.integers(2))))
    rows = piece_rows(piece, view)
    assert (notes_from_rows(rows, view.order) == piece.notes).all()
    for before, after in zip(rows[:-1, 0], rows[1:, 0], strict=True):
        assert Kind(int(after)) in ROWS[Kind(int(before))].follows
    for name, size in FIELDS.items():
        assert rows[:, COLUMN[name]].min() >= 0 and rows[:, COLUMN[name]].max() < size


def test_asked_cells_come_bar_by_bar_across_tracks():
    piece = encode_piece(four_bars())
    rows = piece_rows(piece, View.whole(piece))
    cells = rows[rows[:, 0] == Kind.CELL]
    assert cells[:, COLUMN["bar"]].tolist() == [1, 1, 2, 2, 3, 3, 4, 4]
    assert cells[:, COLUMN["track"]].tolist() == [1, 2] * 4


def test_transposition_moves_pitch_key_and_chords_but_never_drums():
    score = four_bars()
    labels = {"key": "C major", "chords": ["C", "G7", "Am", "F", "C", "C", "G", "C"]}
    piece = encode_piece(score, labels)
    up = piece_rows(piece, View(0, 4, (0, 1), np.zeros((2, 4), bool), 2))
    plain = piece_rows(piece, View.whole(piece))
    note = plain[:, 0] == Kind.NOTE
    drum = plain[:, COLUMN["pitch"]] > 128
    moved = up[:, COLUMN["pitch"]].astype(int) - plain[:, COLUMN["pitch"]]
    assert set(moved[note & drum]) == {0} and set(moved[note & ~drum]) == {2}
    chord = COLUMN["chord1"]
    expected = table.chord_code(__import__("bandmate").Chord.parse("D"))
    assert up[plain[:, 0] == Kind.CELL][0, chord] == expected


def test_repeated_bars_are_told_as_echoes():
    piece = encode_piece(four_bars())
    names = table.VALUES["echo"]
    assert names[piece.echo[0, 0] - table.ECHO_NEW] == "new"
    assert names[piece.echo[0, 1] - table.ECHO_NEW] == "same 1 back"


def test_bars_longer_than_eight_quarters_are_cut():
    notes = make_notes([0, 480 * 9], 240, 60)
    piece = encode_piece(Score((Track(notes=notes),), 480, make_tempos(120), make_meters(12, 4)))
    assert piece.bars["steps"].tolist() == [192, 96]
    assert decode_piece(piece).tracks[0].notes["onset_ticks"].tolist() == [0, 480 * 9]


@pytest.mark.parametrize("kind", [k for k in Kind if k is not Kind.PAD])
def test_every_row_kind_is_in_the_table_and_prints(kind):
    assert kind in ROWS
    row = np.zeros(len(FIELDS), np.int16)
    row[0] = kind
    assert row_text(row) == kind.name


def test_lines_show_every_note():
    piece = encode_piece(four_bars())
    lines = list(piece.lines())
    assert sum(line.startswith("NOTE") for line in lines) == 32
    assert lines[0] == "START"


def test_the_printed_reference_names_every_field():
    text = table.reference()
    assert all(f"| {name} |" in text for name in FIELDS)
    assert GridTokenizer.name == table.NAME
