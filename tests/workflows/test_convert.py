"""Convert: formats by suffix, repeats written out, and what was lost is told."""

from __future__ import annotations

import json

import pytest
import soundfile
from tests.io.test_musicxml import BAND, WALTZ

from bandmate.cli.main import main
from bandmate.errors import BandmateError, OutputError
from bandmate.io.files import read
from bandmate.workflows.convert import convert


def test_to_midi_tells_what_midi_does_not_hold(tmp_path):
    result = convert(WALTZ, tmp_path / "a.mid")
    lost = {one.what: one.count for one in result.lost}
    assert lost["spellings"] == 17 and lost["repeats and jumps"] == 4 and "lyrics" not in lost
    assert read(tmp_path / "a.mid").note_count == result.notes == 16


def test_repeats_are_written_out(tmp_path):
    result = convert(WALTZ, tmp_path / "a.mid", repeats=True)
    assert result.repeats == 4 and result.notes == 25
    assert "repeats and jumps" not in {one.what for one in result.lost}


def test_between_its_own_formats_nothing_is_lost(tmp_path):
    result = convert(BAND, tmp_path / "a.mxl")
    assert not result.lost and result.format == "MusicXML"


def test_what_abc_holds_in_part_is_counted(tmp_path):
    result = convert(WALTZ, tmp_path / "a.abc")
    lost = {one.what: one.count for one in result.lost}
    assert lost["clefs"] == 1 and lost["staves"] == 1 and not lost.keys() & {"notes", "lyrics", "slurs", "ties"}


def test_what_abc_moves_is_counted_beside_what_it_drops(tmp_path):
    note = "<note><pitch><step>C</step><octave>{}</octave></pitch><duration>{}</duration>{}<voice>1</voice></note>"
    loud = "<direction><direction-type><dynamics><{}/></dynamics></direction-type><offset>{}</offset></direction>"
    tie = '<tie type="{}"/>'
    grace = "<note><grace/><pitch><step>D</step><octave>5</octave></pitch>{}<voice>1</voice></note>"
    music = loud.format("p", 0) + loud.format("f", 2) + note.format(4, 4, "")
    music += grace.format(tie.format("start")) + note.format(5, 4, "").replace("C<", "D<")
    (tmp_path / "a.musicxml").write_text(
        '<score-partwise><part-list><score-part id="P1"><part-name/></score-part></part-list><part id="P1"><measure '
        f'number="1"><attributes><divisions>1</divisions></attributes>{music}</measure></part></score-partwise>',
        encoding="utf-8",
    )
    lost = {one.what: one.count for one in convert(tmp_path / "a.musicxml", tmp_path / "a.abc").lost}
    assert (lost["dynamics at their place"], lost["ties"]) == (1, 1)
    assert "dynamics" not in lost and "notes" not in lost


@pytest.mark.parametrize("suffix", [".wav", ".aif", ".flac", ".ogg"])
def test_to_sound_tells_what_is_not_heard(tmp_path, suffix):
    result = convert(WALTZ, tmp_path / f"a{suffix}", repeats=True)
    lost = {one.what for one in result.lost}
    assert "lyrics" in lost and "keys" in lost and not lost & {"notes", "velocities", "ties", "repeats and jumps"}
    assert soundfile.info(str(result.path)).duration > 25 * 0.2


def test_there_and_back_through_midi(tmp_path):
    convert(WALTZ, tmp_path / "a.mid")
    convert(tmp_path / "a.mid", tmp_path / "b.musicxml")
    one, two = read(WALTZ), read(tmp_path / "b.musicxml")
    assert [t.notes["pitch"].tolist() for t in two.tracks] == [t.notes["pitch"].tolist() for t in one.tracks]
    assert [lyric.text for lyric in two.tracks[0].notation.lyrics] == ["Oh", "lit", "tle"]


@pytest.mark.parametrize(
    ("source", "out", "words"),
    [("none.xml", "a.mid", "no such file"), (str(WALTZ), "a.docx", "is no format written here"),
     ("same.mid", "same.mid", "is the file that is read"), ("text.xml", "a.mid", "damaged")],
)  # fmt: skip
def test_bad_input_is_one_sentence(source, out, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    read(WALTZ).write("same.mid")
    (tmp_path / "text.xml").write_text("la la", encoding="utf-8")
    with pytest.raises(BandmateError, match=words):
        convert(source, out)


def test_a_file_that_is_there_stays_unless_said_otherwise(tmp_path, capsys):
    out = tmp_path / "a.mid"
    out.write_bytes(b"my only copy")
    words = ["convert", str(WALTZ), str(out)]
    assert main(words) == 2 and "give another name, or --overwrite" in capsys.readouterr().err
    assert out.read_bytes() == b"my only copy"
    assert main([*words, "--overwrite"]) == 0 and read(out).note_count == 16


def test_a_project_is_never_written_over(tmp_path):
    convert(WALTZ, tmp_path / "a.rpp")
    for overwrite in (False, True):
        with pytest.raises(OutputError, match="stays as it is; give another name$"):
            convert(WALTZ, tmp_path / "a.rpp", overwrite=overwrite)


def test_the_command(tmp_path, capsys):
    assert main(["convert", str(WALTZ), str(tmp_path / "a.mid"), "--repeats"]) == 0
    told = capsys.readouterr()
    assert "25 notes in 1 track" in told.out and "MIDI does not hold" in told.out + told.err
    assert main(["convert", str(WALTZ), str(tmp_path / "b.mid"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["lost"]["chord symbols"] == 2


def test_a_file_that_breaks_off_is_told_to_be_damaged(tmp_path, capsys):
    convert(BAND, tmp_path / "whole.mid")
    (tmp_path / "cut.mid").write_bytes((tmp_path / "whole.mid").read_bytes()[:-30])
    for words in (
        ["inspect", str(tmp_path / "cut.mid")],
        ["convert", str(tmp_path / "cut.mid"), str(tmp_path / "a.abc")],
    ):
        assert main(words) == 0
        assert "note: the file is damaged: track" in capsys.readouterr().err
    assert main(["inspect", str(tmp_path / "whole.mid")]) == 0 and "damaged" not in capsys.readouterr().err
