from __future__ import annotations

import pytest

from bandmate.errors import FileFormatError, UserError
from bandmate.io.files import read, write
from bandmate.score.model import Score, Track, make_meters, make_notes, make_tempos
from bandmate.tokenizers.trackbar import TrackBarOptions
from bandmate.workflows.tokens import detokenise, tokens


def song() -> Score:
    drums = make_notes([0, 480, 960, 1440], 120, [36, 38, 36, 38], 100, channel=9)
    bass = make_notes([0, 960], 900, [33, 40], 90)
    return Score(
        (Track("Drums", 0, True, drums), Track("Bass", 33, False, bass)),
        480, make_tempos(100), make_meters(), end_ticks=1920,
    )  # fmt: skip


def test_a_file_becomes_text_and_the_text_the_same_notes(tmp_path):
    path = write(song(), tmp_path / "song.mid")
    text = tokens(path, genre="funk")
    assert text.startswith("PIECE_START GENRE=funk TEMPO=100\nTRACK_START")
    assert text.endswith("PIECE_END\n")
    (tmp_path / "song.txt").write_text(text, encoding="utf-8")
    back = read(detokenise(tmp_path / "song.txt", tmp_path / "new.mid"))
    assert [(t.program, t.is_drum, len(t.notes)) for t in back.tracks if len(t.notes)] == [(0, True, 4), (33, False, 2)]
    assert tokens(back, genre="funk") == text


def test_every_bar_has_its_line_unless_one_line_is_asked():
    assert len(tokens(song()).splitlines()) == 1 + 2 * 3 + 1
    assert len(tokens(song(), options=TrackBarOptions(24, "duration", 32), lines=False).splitlines()) == 1


def test_the_grid_has_a_line_a_row():
    rows = tokens(song(), "grid").splitlines()
    assert sum("NOTE" in row.upper() for row in rows) >= 6


def test_a_band_in_one_track_is_parted_by_channel(tmp_path):
    both = make_notes([0, 0, 480], 240, [36, 40, 38], 80, channel=[9, 0, 9])
    text = tokens(Score((Track("all", 0, False, both),), end_ticks=1920))
    assert "INST=DRUMS" in text
    assert text.count("TRACK_START") == 2


def test_without_a_place_the_midi_lies_beside_the_text(tmp_path):
    (tmp_path / "a.txt").write_text("\ufeffPIECE_START TRACK_START INST=33 BAR_START NOTE_ON=40", encoding="utf-8")
    assert detokenise(tmp_path / "a.txt") == tmp_path / "a.mid"
    assert read(tmp_path / "a.mid").note_count == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "PIECE_START"),
        (b"\xff\xfe\x00", "no UTF-8"),
        (b"PIECE_START FOO", "token 2 'FOO'"),
        (b"MThd\x00\x00", "token 1"),
    ],
)
def test_bad_text_is_one_clear_error(tmp_path, content, says):
    path = tmp_path / "bad.txt"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=says) as caught:
        detokenise(path)
    assert "bad.txt" in str(caught.value)


@pytest.mark.parametrize(
    "form", ["arrival", "event", "interarrival", "performance", "note", "pitch", "pianoroll", "multitrack"]
)
def test_every_representation_is_written_and_read_back(tmp_path, form):
    text = tokens(song(), form)
    assert text.startswith(f"# {form}.v1\n")
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    back = read(detokenise(tmp_path / "a.txt"))
    assert back.note_count == (7 if form == "pitch" else 6)  # one voice: a drum breaks the bass note in two


def test_options_travel_in_the_first_line(tmp_path):
    text = tokens(song(), "note.v1", {"steps_per_quarter": 4, "encode_velocity": False})
    assert text.splitlines()[:2] == ['# note.v1 {"steps_per_quarter": 4, "encode_velocity": false}', "0 33 8"]
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    assert read(detokenise(tmp_path / "a.txt")).note_count == 6


def test_trackbar_takes_its_options_by_name():
    by_name = tokens(song(), options={"steps_per_quarter": 24, "lengths": "duration", "velocity_bins": 32})
    assert by_name == tokens(song(), options=TrackBarOptions(24, "duration", 32))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("# event.v7\n", r"line 1: tokens as 'event.v7' are not known"),
        ('# event.v1 {"speed": 3}\n', "line 1: event.v1 has no option 'speed'"),
        ("# event.v1 {3}\n", "line 1: the options are no JSON"),
        ("# event.v1\nNOTE_ON=60 NOTE_ON=128", "token 2 'NOTE_ON=128'"),
        ("# event.v1\nNOTE_OFF=60", r"token 1 \(188, NOTE_OFF=60\) ends a note that does not sound"),
        ("# note.v1\n0 60 4 90\n0 60 x 90", "line 3: 'x' is no whole number"),
        ("# note.v1\n0 60 4", "line 2: note.v1 has 4 numbers a line, not 3"),
        ("# note.v1\n0 60 4 900", "row 1 of note.v1 has velocity 900"),
        ("# grid.v1\n", "no representation with options"),
    ],
)
def test_bad_text_of_a_representation_is_one_clear_error(tmp_path, content, says):
    (tmp_path / "bad.txt").write_text(content, encoding="utf-8")
    with pytest.raises(FileFormatError, match=says) as caught:
        detokenise(tmp_path / "bad.txt")
    assert "bad.txt" in str(caught.value)


def test_a_missing_file_and_an_unknown_form_are_named(tmp_path):
    with pytest.raises(FileFormatError, match=r"no\.txt"):
        detokenise(tmp_path / "no.txt")
    with pytest.raises(UserError, match="arrival, .*event, grid, groove, .* or tsd"):
        tokens(song(), "riddles")
    with pytest.raises(UserError, match="polka"):
        tokens(song(), genre="polka")
