"""The lossless door: mido is the oracle for what a file holds."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.errors import OutputError, ScoreError
from bandmate.io.midi import midi_bytes, parse_midi, read_midi, write_midi
from bandmate.score.model import (
    EVENT,
    KEY_SIGNATURE,
    MADE,
    NO_OFF,
    OFF_AS_ON,
    Marker,
    Score,
    Track,
    make_meters,
    make_notes,
    make_tempos,
)


def midi_file(*tracks: bytes, kind: int = 1, division: bytes = b"\x01\xe0") -> bytes:
    """Track bodies as a file; the end of track is added."""
    chunks = [b"MTrk" + len(body + b"\0\xff\x2f\0").to_bytes(4) + body + b"\0\xff\x2f\0" for body in tracks]
    return b"MThd\0\0\0\6" + kind.to_bytes(2) + len(tracks).to_bytes(2) + division + b"".join(chunks)


def events_by_mido(data: bytes) -> list[list[tuple]]:
    file = mido.MidiFile(file=BytesIO(data))
    return [[(m.time, m.dict() if m.is_meta else m.bytes()) for m in track] for track in file.tracks]


def assert_lossless(data: bytes) -> Score:
    score = parse_midi(data)
    written = midi_bytes(score)
    assert events_by_mido(written) == events_by_mido(data)
    assert midi_bytes(parse_midi(written)) == written
    return score


class TestEveryKindOfEvent:
    def test_notes_with_both_kinds_of_end(self):
        body = b"\x00\x90\x3c\x64" + b"\x60\x80\x3c\x21" + b"\x00\x90\x3e\x50" + b"\x30\x90\x3e\x00"
        notes = assert_lossless(midi_file(body)).tracks[0].notes
        assert notes["onset_ticks"].tolist() == [0, 96]
        assert notes["duration_ticks"].tolist() == [96, 48]
        assert notes["off_velocity"].tolist() == [0x21, OFF_AS_ON]

    def test_channel_messages_stay_as_rows(self):
        body = b"\x00\xb0\x40\x7f" + b"\x00\xc0\x21" + b"\x00\xa0\x3c\x10" + b"\x00\xd0\x22" + b"\x00\xe0\x01\x41"
        events = assert_lossless(midi_file(body)).tracks[0].events
        assert events["status"].tolist() == [0xB0, 0xC0, 0xA0, 0xD0, 0xE0]
        assert events["data1"].tolist() == [64, 33, 60, 34, 1]
        assert events["data2"].tolist() == [127, 0, 16, 0, 0x41]

    def test_sysex_text_lyrics_and_unknown_meta(self):
        body = b"\x00\xf0\x05\x7e\x7f\x09\x01\xf7" + b"\x05\xff\x05\x02la" + b"\x00\xff\x4b\x03\x01\x02\x03"
        track = assert_lossless(midi_file(body)).tracks[0]
        assert track.blobs == (b"\x7e\x7f\x09\x01\xf7", b"la", b"\x01\x02\x03")

    def test_running_status_goes_on_over_meta_events(self):
        body = b"\x00\x90\x3c\x64" + b"\x10\xff\x01\x01x" + b"\x10\x3c\x00"
        assert assert_lossless(midi_file(body)).tracks[0].notes["duration_ticks"].tolist() == [32]

    def test_running_status_of_one_data_byte(self):
        body = b"\x00\xd3\x01" + b"\x01\x02" * 30 + b"\x00\x93\x3c\x64" + b"\x05\x3c\x00" * 3 + b"\x00\xc3\x05\x00\x06"
        assert len(assert_lossless(midi_file(body)).tracks[0].events) == 35

    @pytest.mark.parametrize("ticks", [0, 127, 128, 16_383, 16_384, 2_097_152, 0x0FFFFFFF])
    def test_waits_of_every_length(self, ticks):
        track = Track(notes=make_notes([ticks], [ticks + 1], [60]))
        assert parse_midi(midi_bytes(Score((track,)))).tracks[1].notes["onset_ticks"].tolist() == [ticks]

    def test_types_0_1_2_and_smpte_time(self):
        body = b"\x00\x90\x3c\x64\x60\x80\x3c\x00"
        assert parse_midi(midi_file(body, kind=0)).header.type == 0
        assert parse_midi(midi_file(body, body, kind=2)).header.type == 2
        smpte = midi_file(b"\x00\xff\x51\x03\x07\xa1\x20" + body, division=b"\xe7\x28")  # 25 frames of 40
        score = parse_midi(smpte)
        assert (score.ticks_per_quarter, len(score.tempos)) == (500, 0)
        assert midi_bytes(score) == smpte

    def test_the_maps(self):
        body = b"\x00\xff\x51\x03\x07\xa1\x20" + b"\x00\xff\x58\x04\x06\x03\x24\x08" + b"\x00\xff\x59\x02\xfd\x01"
        score = assert_lossless(midi_file(body, b""))
        assert score.bpm == 120
        assert score.meters[["numerator", "denominator", "clocks"]].tolist() == [(6, 8, 36)]
        assert score.keys[["fifths", "minor"]].tolist() == [(-3, True)]

    def test_what_no_map_can_hold_stays_an_event(self):
        body = b"\x00\xff\x51\x04\x07\xa1\x20\x00" + b"\x00\xff\x59\x02\x0f\x42" + b"\x00\xff\x58\x04\x00\x02\x18\x08"
        data = midi_file(body)
        score = parse_midi(data)
        assert (len(score.tempos), len(score.meters), len(score.keys), len(score.tracks[0].events)) == (0, 0, 0, 3)
        assert midi_bytes(score) == data


class TestPairing:
    def test_first_sounded_first_ended(self):
        body = b"\x00\x90\x3c\x40\x0a\x90\x3c\x41\x0a\x80\x3c\x00\x0a\x80\x3c\x00"
        assert assert_lossless(midi_file(body)).tracks[0].notes["duration_ticks"].tolist() == [20, 20]

    def test_an_end_without_a_beginning_stays(self):
        body = b"\x05\x80\x3c\x00\x05\x90\x3c\x40\x05\x80\x3c\x00\x05\x80\x3c\x00"
        track = assert_lossless(midi_file(body)).tracks[0]
        assert track.events["ticks"].tolist() == [5, 20]
        assert track.notes["duration_ticks"].tolist() == [5]

    def test_a_note_that_never_ends_reaches_the_end_of_the_track(self):
        track = assert_lossless(midi_file(b"\x05\x90\x3c\x40\x20\xb0\x07\x01")).tracks[0]
        assert track.notes["off_order"].tolist() == [NO_OFF]
        assert track.notes["duration_ticks"].tolist() == [0x20]

    def test_a_note_of_no_length(self):
        assert assert_lossless(midi_file(b"\x05\x90\x3c\x40\x00\x80\x3c\x40")).tracks[0].notes["duration_ticks"] == [0]


class TestDerived:
    def test_name_program_drums(self):
        named = b"\x00\xff\x03\x04Bass\x00\xc2\x21\x00\x92\x24\x40\x10\x82\x24\x00"
        drums = b"\x00\x99\x24\x40\x10\x89\x24\x00"
        score = parse_midi(midi_file(named, drums))
        assert [(t.name, t.program, t.is_drum, t.channel) for t in score.tracks] == [
            ("Bass", 33, False, 2), ("", 0, True, 9)
        ]  # fmt: skip

    def test_a_changed_name_and_program_are_written(self):
        score = parse_midi(midi_file(b"\x00\xff\x03\x04Bass\x00\xc2\x21\x00\x92\x24\x40\x10\x82\x24\x00"))
        changed = replace(score, tracks=(replace(score.tracks[0], name="Tuba", program=58),))
        again = parse_midi(midi_bytes(changed)).tracks[0]
        assert (again.name, again.program, len(again.events)) == ("Tuba", 58, 2)

    def test_latin_1_and_utf_8_names(self):
        names = [text.encode(code) for text, code in (("Flöte", "latin-1"), ("Flöte", "utf-8"))]
        score = parse_midi(midi_file(*(b"\x00\xff\x03" + bytes([len(name)]) + name for name in names)))
        assert [track.name for track in score.tracks] == ["Flöte", "Flöte"]

    def test_a_length_that_was_meant(self):
        body = b"\x00\x90\x24\x40\x10\x80\x24\x00"
        assert parse_midi(midi_file(body, body)).end_ticks == 16
        assert parse_midi(midi_file(body, body + b"\x20\xb0\x07\x01")).end_ticks == 0


def made_score() -> Score:
    drums = Track("Kit", 8, True, make_notes([0, 480, 960], 120, [36, 38, 36], channel=9))
    bass = Track("Bass", 33, False, make_notes([0, 960], [960, 960], [36, 36], 100))
    return Score(
        (drums, bass),
        tempos=make_tempos(90),
        meters=make_meters(3, 4),
        keys=np.array([(0, -1, True, 0, MADE)], KEY_SIGNATURE),
        markers=(Marker(0, "verse"), Marker(1440, "bridge")),
        title="Song",
        end_ticks=2880,
    )


class TestWritingWhatWasMade:
    def test_conductor_first_then_one_track_a_part(self):
        file = mido.MidiFile(file=BytesIO(midi_bytes(made_score())))
        assert (file.type, [track.name for track in file.tracks]) == (1, ["Song", "Kit", "Bass"])
        assert [m.type for m in file.tracks[0]] == [
            "track_name", "time_signature", "key_signature", "set_tempo", "marker", "marker", "end_of_track"
        ]  # fmt: skip
        assert [m.program for track in file.tracks for m in track if m.type == "program_change"] == [8, 33]

    def test_all_tracks_end_where_the_score_ends(self):
        file = mido.MidiFile(file=BytesIO(midi_bytes(made_score())))
        assert {sum(m.time for m in track) for track in file.tracks} == {2880}
        assert parse_midi(midi_bytes(made_score())).end_ticks == 2880

    def test_a_note_ends_before_the_next_of_its_pitch_begins(self):
        notes = parse_midi(midi_bytes(made_score())).tracks[2].notes
        assert notes["duration_ticks"].tolist() == [960, 960]

    def test_read_and_written_again_it_is_the_same(self):
        data = midi_bytes(made_score())
        assert midi_bytes(parse_midi(data)) == data

    def test_instruments_that_share_a_channel_get_their_own(self):
        tracks = tuple(Track(f"p{p}", p, False, make_notes([0], 10, [60])) for p in (0, 33, 48))
        score = parse_midi(midi_bytes(Score(tracks)))
        assert [track.channel for track in score.tracks[1:]] == [0, 1, 2]

    def test_of_more_parts_than_channels_those_of_one_program_share(self):
        tracks = tuple(Track(f"p{i}", i % 10, False, make_notes([0], 10, [60])) for i in range(20))
        score = parse_midi(midi_bytes(Score(tracks)))
        assert {(track.program, track.channel) for track in score.tracks[1:]} == {
            (program, program + (program > 8)) for program in range(10)
        }

    def test_drums_go_to_channel_10(self):
        score = parse_midi(midi_bytes(Score((Track("d", 0, True, make_notes([0], 10, [36])),))))
        assert score.tracks[1].is_drum

    def test_an_empty_score(self):
        assert parse_midi(midi_bytes(Score())).note_count == 0

    @pytest.mark.parametrize(
        ("score", "words"),
        [
            (Score(ticks_per_quarter=40_000), "resample"),
            (Score(meters=make_meters(5, 6)), "5/6"),
            (Score(tempos=make_tempos(1)), "BPM"),
            (Score((Track("x", events=np.array([(-5, 0, 0xB0, 0, 7, 9, -1)], EVENT)),)), "tick -5"),
        ],
    )
    def test_what_a_file_cannot_hold_is_said(self, score, words):
        with pytest.raises(ScoreError, match=words):
            midi_bytes(score)


class TestFiles:
    def test_write_then_read(self, tmp_path):
        path = write_midi(made_score(), tmp_path / "new folder" / "song.mid")
        assert midi_bytes(read_midi(path)) == path.read_bytes()
        assert [p.name for p in path.parent.iterdir()] == ["song.mid"]

    def test_a_place_that_cannot_be_written(self, tmp_path):
        (tmp_path / "file").write_text("x")
        with pytest.raises(OutputError, match="cannot be written"):
            write_midi(made_score(), tmp_path / "file" / "song.mid")


DATA = st.integers(0, 127)
TEXT = st.binary(max_size=200)
CHANNEL_EVENT = st.one_of(
    st.tuples(st.sampled_from([0x80, 0x90, 0xA0, 0xB0, 0xE0]), st.integers(0, 2), DATA, DATA),
    st.tuples(st.sampled_from([0x90, 0x90, 0x80]), st.just(0), st.integers(60, 62), st.sampled_from([0, 64])),
    st.tuples(st.sampled_from([0xC0, 0xD0]), st.integers(0, 2), DATA),
)
META_EVENT = st.one_of(
    st.tuples(st.sampled_from([1, 2, 3, 4, 5, 6, 7, 0x7F]), TEXT),
    st.tuples(st.just(0x51), st.integers(1, 0xFFFFFF).map(lambda us: us.to_bytes(3))),
    st.tuples(st.just(0x59), st.tuples(st.integers(-7, 7), st.booleans()).map(lambda k: bytes([k[0] % 256, k[1]]))),
    st.tuples(st.just(0x58), st.tuples(st.integers(1, 32), st.integers(0, 6), DATA, DATA).map(bytes)),
    st.tuples(st.just(0xF0), st.binary(max_size=20).map(lambda b: bytes(x & 0x7F for x in b) + b"\xf7")),
)
WAIT = st.one_of(st.integers(0, 3), st.integers(0, 40_000), st.integers(0, 0x0FFFFFFF))


def _number(value: int) -> bytes:
    out = [value & 0x7F]
    while value := value >> 7:
        out.insert(0, value & 0x7F | 0x80)
    return bytes(out)


@st.composite
def track_bodies(draw) -> bytes:
    out, running = b"", None
    for event in draw(st.lists(st.one_of(CHANNEL_EVENT, CHANNEL_EVENT, META_EVENT), max_size=40)):
        out += _number(draw(WAIT))
        if isinstance(event[1], bytes):
            kind, payload = event
            head = b"\xf0" if kind == 0xF0 else bytes([0xFF, kind])
            out += head + _number(len(payload)) + payload
            running = None if kind == 0xF0 else running  # mido does not carry it over SysEx
        else:
            status = event[0] | event[1]
            out += (b"" if status == running and draw(st.booleans()) else bytes([status])) + bytes(event[2:])
            running = status
    return out


@settings(max_examples=150, deadline=None)
@given(st.lists(track_bodies(), min_size=1, max_size=3))
def test_any_file_comes_out_as_it_went_in(bodies):
    assert_lossless(midi_file(*bodies))


@settings(max_examples=60, deadline=None)
@given(track_bodies(), st.integers(1, 4))
def test_windows_meet_without_a_seam(body, times):
    from bandmate.io import midi_walk

    data = midi_file(body * times)
    whole = midi_bytes(parse_midi(data))
    old, midi_walk._WINDOW = midi_walk._WINDOW, 16
    try:
        cut = midi_bytes(parse_midi(data))
    finally:
        midi_walk._WINDOW = old
    assert cut == whole
