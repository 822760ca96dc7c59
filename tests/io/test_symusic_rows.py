"""What symusic packs is what it says by columns; one that packs otherwise is found out."""

from __future__ import annotations

import pytest
import symusic

from bandmate.io import symusic_rows
from bandmate.io.midi import midi_bytes
from bandmate.io.midi_fast import parse_midi_fast
from bandmate.io.symusic_rows import KEYS, METERS, NOTES, TEMPOS, as_packed, by_columns, packs_as_known
from bandmate.score.model import Score, Track, make_meters, make_notes, make_tempos


def test_an_empty_list_has_no_rows():
    score = symusic.Score(480)
    lists = (symusic.Track().notes, score.tempos, score.time_signatures, score.key_signatures)
    for events, kind in zip(lists, (NOTES, TEMPOS, METERS, KEYS), strict=True):
        assert len(symusic_rows.rows_of(events, kind)) == len(by_columns(events, kind)) == 0


@pytest.mark.skipif(not packs_as_known(), reason="this symusic does not pack its lists as known")
def test_packed_rows_are_the_columns():
    track = symusic.Track()
    for note in ((0, 480, 60, 90), (7, 2**31 - 1, 127, 1), (2**31 - 1, 0, 0, 127)):
        track.notes.append(symusic.Note(*note))
    assert as_packed(track.notes, NOTES).tolist() == by_columns(track.notes, NOTES).tolist()
    assert as_packed(track.notes, NOTES).tolist()[1] == (7, 2**31 - 1, 127, 1)


def _other_size(events, kind):
    return as_packed(events, kind)[1:]


def _refuses(events, kind):
    raise TypeError("no state")


@pytest.mark.parametrize("packing", [_other_size, _refuses])
def test_another_packing_is_found_out(packing, monkeypatch):
    monkeypatch.setattr(symusic_rows, "as_packed", packing)
    assert not packs_as_known()


def test_a_file_reads_the_same_by_columns(monkeypatch):
    kit = Track("Kit", 16, True, make_notes([0, 480], 60, [36, 38], channel=9))
    lead = Track("Lead", 80, False, make_notes([0, 240, 480], 200, [60, 64, 67], [90, 80, 70]))
    data = midi_bytes(Score((lead, Track("Silent"), kit), tempos=make_tempos(97), meters=make_meters(6, 8)))
    packed = parse_midi_fast(data)
    monkeypatch.setattr("bandmate.io.midi_fast.rows_of", by_columns)
    other = parse_midi_fast(data)
    for one, two in zip(packed.tracks, other.tracks, strict=True):
        assert (one.name, one.program, one.is_drum) == (two.name, two.program, two.is_drum)
        assert one.notes.tolist() == two.notes.tolist()
    assert packed.tempos.tolist() == other.tempos.tolist()
    assert packed.meters.tolist() == other.meters.tolist()
