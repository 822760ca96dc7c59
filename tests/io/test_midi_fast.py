"""The fast door gives the same music as the lossless one, in the same shape."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.errors import FileFormatError
from bandmate.io.midi import midi_bytes, parse_midi, write_midi
from bandmate.io.midi_fast import parse_midi_fast, read_midi_fast
from bandmate.score.model import MADE, NOTE, Marker, Score, Track, make_meters, make_notes, make_tempos


def song() -> Score:
    lead = Track("Lead", 80, False, make_notes([0, 240, 480], 200, [60, 64, 67], [90, 80, 70]))
    kit = Track("Kit", 16, True, make_notes([0, 480], 60, [36, 38], channel=9))
    return Score((lead, kit), tempos=make_tempos(97), meters=make_meters(6, 8), markers=(Marker(0, "A"),))


def music(score: Score) -> list[tuple]:
    notes = np.concatenate([np.empty(0, NOTE), *(track.notes for track in score.tracks)])
    return sorted(notes[["onset_ticks", "duration_ticks", "pitch", "velocity"]].tolist())


def test_the_shape():
    score = parse_midi_fast(midi_bytes(song()))
    assert [(t.name, t.program, t.is_drum, t.channel) for t in score.tracks] == [
        ("Lead", 80, False, 0), ("Kit", 16, True, 9)
    ]  # fmt: skip
    assert score.tracks[0].notes.dtype == NOTE
    assert set(score.tracks[0].notes["on_order"].tolist()) == {MADE}
    assert round(score.bpm, 3) == 97
    assert score.meters[["numerator", "denominator"]].tolist() == [(6, 8)]
    assert score.markers == (Marker(0, "A"),)
    assert score.header is None


def test_a_type_0_file_comes_apart_by_channel():
    body = b"".join(bytes((0, 0x90 | c, 60 + c, 64)) for c in (0, 1, 9)) + b"".join(
        bytes((10 if c == 0 else 0, 0x80 | c, 60 + c, 0)) for c in (0, 1, 9)
    )
    data = b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk" + (len(body) + 4).to_bytes(4) + body + b"\0\xff\x2f\0"
    assert len(parse_midi(data).tracks) == 1
    score = parse_midi_fast(data)
    assert sorted((t.is_drum, t.notes["pitch"].tolist()) for t in score.tracks) == [
        (False, [60]), (False, [61]), (True, [69])
    ]  # fmt: skip


def test_written_again_each_part_has_its_channel():
    again = parse_midi(midi_bytes(parse_midi_fast(midi_bytes(song()))))
    assert [track.channel for track in again.tracks[1:]] == [0, 9]


@pytest.mark.parametrize("data", [b"", b"MThd", b"RIFF" + bytes(50), midi_bytes(song())[:40]])
def test_a_refusal_is_ours(data, tmp_path):
    path = tmp_path / "bad.mid"
    path.write_bytes(data)
    with pytest.raises(FileFormatError, match=r"bad\.mid") as caught:
        read_midi_fast(path)
    assert "\n" not in str(caught.value)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5000), st.integers(1, 2000), st.integers(0, 127), st.integers(1, 127)),
        max_size=30,
        unique_by=lambda note: note[2],
    )
)
def test_both_doors_hear_the_same(rows):
    notes = make_notes(*np.array(rows, np.int64).reshape(-1, 4).T)
    data = midi_bytes(Score((Track("x", 3, False, notes),)))
    assert music(parse_midi_fast(data)) == music(parse_midi(data)) == sorted(notes[
        ["onset_ticks", "duration_ticks", "pitch", "velocity"]
    ].tolist())  # fmt: skip


def test_from_a_file(tmp_path):
    assert read_midi_fast(write_midi(song(), tmp_path / "a.mid")).note_count == 5
