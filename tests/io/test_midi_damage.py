"""Files as they are in the world: what can be read is read, what cannot be sure is one clear error."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bandmate.errors import BandmateError, FileFormatError
from bandmate.io import midi_walk
from bandmate.io.midi import midi_bytes, parse_midi

NOTE = b"\x00\x90\x3c\x64\x60\x80\x3c\x00"
END = b"\x00\xff\x2f\x00"
HEADER = b"MThd\0\0\0\6\0\1\0\2\0\x60"


def chunk(body: bytes, length: int | None = None) -> bytes:
    return b"MTrk" + (len(body) if length is None else length).to_bytes(4) + body


GOOD = HEADER + chunk(NOTE + END) + chunk(NOTE * 2 + END)


class TestReadAllTheSame:
    @pytest.mark.parametrize(
        ("data", "notes", "repair"),
        [
            pytest.param(HEADER + chunk(NOTE) + chunk(NOTE * 2), 3, None, id="no end of track"),
            pytest.param(HEADER + chunk(NOTE + END, 9) + chunk(NOTE * 2 + END), 3, None, id="length too short"),
            pytest.param(HEADER + chunk(NOTE + END, 13) + chunk(NOTE * 2 + END), 3, None, id="length too long"),
            pytest.param(HEADER + chunk(NOTE + END) + chunk(NOTE * 2 + END, 0xFFFF), 3, None, id="length past the end"),
            pytest.param(HEADER + chunk(NOTE + END, 0) + chunk(NOTE * 2 + END, 0), 3, None, id="lengths of 0"),
            pytest.param(HEADER + chunk(NOTE + END) + b"XFIH\0\0\0\2ab" + chunk(NOTE + END), 2, None, id="own chunk"),
            pytest.param(HEADER + chunk(NOTE + END) + b"\0\0\0" + chunk(NOTE + END), 2, "skipped", id="junk between"),
            pytest.param(GOOD + b"\x1a\x1a some mail footer", 3, None, id="junk behind"),
            pytest.param(b"RIFF\x40\0\0\0RMIDdata\x30\0\0\0" + GOOD, 3, "20 bytes before", id="RMID"),
            pytest.param(GOOD[:-6], 3, "breaks off", id="breaks off in the last track"),
            pytest.param(HEADER + chunk(NOTE + END), 1, "2 tracks are promised", id="fewer tracks than promised"),
            pytest.param(GOOD[:9] + b"\x7f" + GOOD[10:], 3, "type 127", id="a type that is none"),
            pytest.param(GOOD[:7] + b"\x08" + GOOD[8:14] + b"ab" + GOOD[14:], 3, None, id="a longer header"),
            pytest.param(GOOD[:12] + b"\0\0" + GOOD[14:], 3, None, id="division 0"),
            pytest.param(HEADER + chunk(b"\x80\x80\x80\x80\x80" + NOTE + END), 1, None, id="padded waits"),
        ],
    )
    def test_it_is_read(self, data, notes, repair):
        score = parse_midi(data)
        assert score.note_count == notes
        assert repair is None or any(repair in line for line in score.header.repairs)
        assert midi_bytes(parse_midi(midi_bytes(score))) == midi_bytes(score)

    def test_values_above_127_count_as_127(self):
        score = parse_midi(HEADER + chunk(b"\x00\x90\x3c\xf0\x60\x80\x3c\x00" + END))
        assert score.tracks[0].notes["velocity"].tolist() == [127]
        assert "127" in score.header.repairs[0]

    def test_system_messages_that_no_file_should_hold_are_kept(self):
        body = NOTE + b"\x00\xf2\x01\x02" + b"\x00\xf4" + b"\x00\xf8" + NOTE + END
        score = parse_midi(HEADER + chunk(body))
        assert score.tracks[0].events["status"].tolist() == [0xF2, 0xF4, 0xF8]
        assert body in midi_bytes(score)

    def test_chunks_that_the_header_does_not_count(self):
        sound, own = chunk(NOTE + END), chunk(b"\x00\x05\x00\x00\x03New" + bytes(20))
        score = parse_midi(GOOD + sound + own)
        assert len(score.tracks) == 3
        assert any("past the number of tracks" in line for line in score.header.repairs)


class TestOneClearError:
    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"", "empty"),
            (b"ID3\x04" + bytes(200), "MP3"),
            (b"hello, this is text", "no MIDI header"),
            (b"MThd\0\0\0\6", "breaks off after 8 of 14 bytes"),
            (HEADER, "byte 14 is where a track chunk"),
            (b"MThd\x06\x01\x0b\x78MTrk" + bytes(20), "byte 4 is a MIDI header of length"),
            (HEADER + chunk(b"\x00\x3c\x64" + END), "byte 23 is data without a status, in track 1"),
            (HEADER + chunk(NOTE + b"\x00\x90\x3c\xb1\x00\xf4" + END), "byte 33 is 177"),
            (HEADER + chunk(b"\xff" * 40), "byte 22 is a number of more than 8 bytes"),
        ],
    )
    def test_it_names_file_place_value_and_cure(self, data, words):
        with pytest.raises(FileFormatError) as caught:
            parse_midi(data, "bad.mid")
        message = str(caught.value)
        assert message.startswith("bad.mid")
        assert words in message
        assert "; " in message
        assert "\n" not in message

    @pytest.mark.parametrize("limit", ["MOST_EVENTS", "MOST_TEXTS", "MOST_TRACKS"])
    def test_more_than_any_music_needs(self, limit, monkeypatch):
        monkeypatch.setattr(midi_walk, limit, 3)
        body = (NOTE + b"\x00\xff\x01\x00") * 5 + END
        with pytest.raises(FileFormatError, match="more than 3"):
            parse_midi(HEADER + chunk(body) * 4)

    def test_larger_than_a_midi_file_may_be(self):
        with pytest.raises(FileFormatError, match="64 MB"):
            parse_midi(bytes(64 * 2**20 + 1))


def outcome(data: bytes) -> None:
    """A damaged file reads, or raises ours; and what was read can be written and read again."""
    try:
        score = parse_midi(data)
    except BandmateError as error:
        assert isinstance(error, FileFormatError)
        return
    written = midi_bytes(score)
    assert midi_bytes(parse_midi(written)) == written


FIRST = b"\x00\xff\x51\x03\x07\xa1\x20\x00\xf0\x03\x01\x02\xf7" + NOTE * 3
SECOND = (
    b"\x00\xc0\x05\x00\xb0\x07\x64\x05\x0a\x40" + NOTE + b"\x81\x00\x90\x40\x40\x83\x60\x40\x00\x00\xd0\x33\x00\x34"
)
SONG = HEADER + chunk(FIRST + END) + chunk(SECOND + END)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SONG) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_any_bytes_changed(changes):
    data = bytearray(SONG)
    for place, value in changes:
        data[place] = value
    outcome(bytes(data))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(SONG)), st.integers(0, 12), st.binary(max_size=12))
def test_any_stretch_lost_or_put_in(place, lost, put):
    outcome(SONG[:place] + put + SONG[place + lost :])


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
@example(b"\x00\x90\x80")
@example(b"\x00\xff")
@example(b"\x00\xf0\x82")
def test_any_bytes_for_a_track(body):
    outcome(HEADER + chunk(body))
    outcome(HEADER + chunk(body, 5) + chunk(NOTE))
