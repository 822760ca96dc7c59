"""Edit a file: what is asked happens, all else comes back event for event."""

from __future__ import annotations

from io import BytesIO

import mido
import pytest

from bandmate.errors import BriefError, FileFormatError, OutputError, ScoreError
from bandmate.io.midi import midi_bytes, read_midi
from bandmate.workflows.edit import EditOptions, edit, parse_bars

NAME, SYSEX = b"\x00\xff\x03\x04Bass", b"\x00\xf0\x05\x7e\x7f\x09\x01\xf7"
BAR_OF_NOTES = b"\x0a\x92\x24\x40\x6e\x82\x24\x21\x88\x08\xb2\x40\x7f"  # a note at 10, a pedal at the bar line
PIECE = NAME + SYSEX + b"\x00\xc2\x21" + BAR_OF_NOTES * 4 + b"\x00\xff\x05\x02la\x00\xe2\x00\x50\x00\xff\x2f\x00"


@pytest.fixture
def song(tmp_path):
    path = tmp_path / "song.mid"
    path.write_bytes(b"MThd\0\0\0\6\0\1\0\1\1\x20MTrk" + len(PIECE).to_bytes(4) + PIECE)
    return path


def messages(path) -> list[str]:
    return [str(message) for message in mido.MidiFile(file=BytesIO(path.read_bytes())).tracks[0]]


def test_only_the_tempo(song, tmp_path):
    result = edit(song, EditOptions(tempo=100, out=tmp_path / "new.mid"))
    assert result.done == ("tempo set to 100",)
    before, after = messages(song), messages(result.path)
    assert [m for m in after if "set_tempo" not in m] == before
    assert sum("tempo=600000" in m for m in after) == 1


def test_only_the_pitches(song, tmp_path):
    result = edit(song, EditOptions(transpose=-2, out=tmp_path / "new.mid"))
    assert messages(result.path) == [m.replace("note=36", "note=34") for m in messages(song)]


def test_the_whole_command(song, tmp_path):
    asked = EditOptions(trim="1-2", transpose=-2, quantise="1/16", swing=58, tempo=100, out=tmp_path / "new.mid")
    result = edit(song, asked)
    assert result.done == (
        "kept bars 1 to 2", "transposed by -2, drums left", "quantised to 1/16 by 100%, swung 58 %", "tempo set to 100"
    )  # fmt: skip
    notes = read_midi(result.path).tracks[0].notes
    assert notes[["onset_ticks", "pitch", "duration_ticks"]].tolist() == [(0, 34, 110), (1152, 34, 110)]
    assert midi_bytes(result.score) == result.path.read_bytes()
    assert any("sysex" in message for message in messages(result.path))


def test_without_out_it_lies_beside_the_file(song):
    before = song.read_bytes()
    assert edit(song, EditOptions(swing=60)).path == song.with_name("song-edited.mid")
    assert song.read_bytes() == before


def test_only_another_name_gives_the_same_bytes(song, tmp_path):
    assert messages(edit(song, EditOptions(out=tmp_path / "b.mid")).path) == messages(song)


def test_folded_notes_are_told(song):
    assert edit(song, EditOptions(transpose=-40)).done == (
        "transposed by -40, drums left; 4 notes came back by octaves",
    )


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        (EditOptions(), ScoreError, "no edit was asked for"),
        (EditOptions(trim="2-1"), ScoreError, "bars 2-1"),
        (EditOptions(trim="one"), ScoreError, "like 1-8"),
        (EditOptions(trim="0-4"), ScoreError, "from 1 to 4"),
        (EditOptions(transpose=100), ScoreError, "100 semitones"),
        (EditOptions(quantise="1/7x"), ScoreError, "grid '1/7x'"),
        (EditOptions(quantise="1/8", strength=2), ScoreError, "strength 200%"),
        (EditOptions(strength=0.5, tempo=100), ScoreError, "needs a grid"),
        (EditOptions(swing=30), ScoreError, "swing 30"),
        (EditOptions(stretch=0), ScoreError, "stretch 0"),
        (EditOptions(tempo=0), BriefError, "tempo 0"),
        (EditOptions(tempo=1e9), BriefError, "20 to 400"),
        (EditOptions(resample=0), ScoreError, "0 ticks"),
        (EditOptions(transpose=1, out="song.doc"), OutputError, "end the name in .mid"),
    ],
)
def test_one_clear_sentence_and_nothing_written(song, options, error, words):
    with pytest.raises(error, match=words) as caught:
        edit(song, options)
    assert "\n" not in str(caught.value)
    assert [path.name for path in song.parent.iterdir()] == ["song.mid"]


def test_the_file_itself_is_never_replaced(song):
    with pytest.raises(OutputError, match="nothing is lost"):
        edit(song, EditOptions(transpose=1, out=song))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileFormatError, match="no such file"):
        edit(tmp_path / "none.mid", EditOptions(transpose=1))


def test_bars():
    assert (parse_bars("1-8"), parse_bars(" 5 "), parse_bars("3 – 4")) == ((1, 8), (5, 5), (3, 4))
