"""REAPER projects: the same music when read back, what REAPER itself writes, and a sentence for every bad file."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.daw_formats import differences, random_score
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.io.test_als import song

from bandmate.errors import FileFormatError, OutputError
from bandmate.io.midi import midi_bytes, parse_midi
from bandmate.io.project import Stem, project_of, sound_file
from bandmate.io.reaper import quoted, rpp_text, write_reaper_project, write_rpp
from bandmate.io.reaper_read import read_rpp
from bandmate.io.wave import write_wav24
from bandmate.score.timeline import ticks_to_seconds


@settings(max_examples=100)
@given(st.integers(0, 2**32))
def test_every_project_comes_back_note_for_note(seed):
    score = random_score(seed)
    if score.note_count > 2000:
        score = replace(score, tracks=tuple(track.with_notes(track.notes[:50]) for track in score.tracks))
    heard = parse_midi(midi_bytes(score))  # as in a MIDI file, of two notes of one key the first begun ends first
    with tempfile.TemporaryDirectory() as folder:
        assert differences(heard, read_rpp(write_rpp(score, Path(folder) / "song.rpp"))) == []


def test_stems_sound_and_the_notes_beside_them_do_not(tmp_path):
    wav = write_wav24(tmp_path / "drums_96.wav", np.zeros((2, 44100), np.float32), 44100)
    stems = [Stem(wav, "Drums", 0, *sound_file(wav)), Stem(wav, "Reverb", None, *sound_file(wav))]
    path = write_reaper_project(project_of(song(), "x", stems=stems), tmp_path / "x REAPER")
    text = path.read_text(encoding="utf-8")
    assert text.count("MUTESOLO 1 0 0") == 1
    assert 'FILE "stems/drums_96.wav"' in text and 'FILE "stems/02-drums_96.wav"' in text
    assert sorted(p.name for p in (path.parent / "stems").iterdir()) == ["02-drums_96.wav", "drums_96.wav"]
    assert differences(song(), read_rpp(path)) == []


def test_tempo_meter_and_colour_as_reaper_writes_them():
    text = rpp_text(project_of(song(), "x"), ())
    assert "  TEMPO 96 3 4\n" in text and "TEMPOENVEX" not in text
    assert f"PEAKCOL {0x1000000 | 0x29 << 16 | 0xA5 << 8 | 0xFF}" in text
    assert '  MARKER 2 3.75 "Verse" 0\n' in text


@pytest.mark.parametrize(
    ("text", "written"),
    [("a b", '"a b"'), ('say "a"', "'say \"a\"'"), ("\"a\" 'b'", "`\"a\" 'b'`"), ("\"'`", "`\"''`"), ("a\nb", '"a b"')],
)
def test_names_in_the_quotes_that_they_do_not_hold(text, written):
    assert quoted(text) == written


FOREIGN = """<REAPER_PROJECT 0.1 "7.22/win64" 1700000000
  TEMPO 120 4 4 0
  <TEMPOENVEX
    EGUID {X}
    PT 0.000000000000 60.0000000000 0 262148 0 1
    PT 4.000000000000 120.0000000000 1 262147 0 1
  >
  MARKER 1 4 Verse 0 0 1 B {Y} 0
  <TRACK {A}
    NAME Keys
    <ITEM
      POSITION 6
      LENGTH 2
      LOOP 1
      SOFFS 0.5
      NAME loop
      MUTE 0 0
      <SOURCE MIDI
        HASDATA 1 960 QN
        E 0 90 3c 60
        e 960 80 3c 00
        Em 0 90 3d 60
        em 480 80 3d 00
        <X 0 0
          /wNUZXN0
        >
        E 0 90 40 7f
        E 480 90 40 00
        E 0 b0 7b 00
      >
    >
    <ITEM
      POSITION 0
      LENGTH 1
      MUTE 1 0
      <SOURCE MIDI
        HASDATA 1 960 QN
        E 0 90 20 60
        E 960 80 20 00
      >
    >
  >
  <TRACK {B}
    NAME Voice
    <ITEM
      POSITION 0
      LENGTH 1
      <SOURCE WAVE
        FILE "a.wav"
      >
    >
  >
>
"""


def test_loops_offsets_glides_and_mutes_of_others(tmp_path):
    (tmp_path / "x.rpp").write_text(FOREIGN, encoding="utf-8")
    score = read_rpp(tmp_path / "x.rpp")
    assert [track.name for track in score.tracks] == ["Keys"]
    grid = score.ticks_per_quarter
    rows = [(int(n["onset_ticks"]) / grid, int(n["pitch"])) for n in score.tracks[0].notes]
    # 4 s from 60 to 120 are 6 quarters, and 2 s at 120 are 4; half a second into a loop of two quarters
    assert rows == [(10.5, 64), (11, 60), (12.5, 64), (13, 60)]
    assert float(ticks_to_seconds(score, 6 * grid)) == pytest.approx(4.0, rel=0.02)
    assert [(row["numerator"], row["denominator"]) for row in score.meters] == [(4, 4), (3, 4)]
    assert [(m.ticks / grid, m.text) for m in score.markers] == [(6, "Verse")]


def item(at: int, *takes: str) -> str:
    return f"<ITEM\nPOSITION {at}\nLENGTH 2\nLOOP 1\n" + "\n".join(takes) + "\n>"


def midi(key: str, pool: str = "", more: str = "") -> str:
    events = f"HASDATA 1 960 QN\nE 0 90 {key} 60\nE 960 80 {key} 00\nE 2880 b0 7b 00\n" if key else ""
    return f"{more}<SOURCE MIDI{'POOL' if pool else ''}\n{f'POOLEDEVTS {{{pool}}}' if pool else ''}\n{events}>"


@pytest.mark.parametrize(
    ("items", "notes"),
    [
        # items of one pool: the first of the file holds the events of all, wherever they lie
        ([item(0, midi("3c", "A")), item(2, midi("", "A")), item(4, midi("40", "B"))], [(0, 60), (4, 60), (8, 64)]),
        ([item(2, midi("", "A")), item(0, midi("3c", "A"))], [(0, 60), (4, 60)]),
        ([item(0, midi("", "GONE"))], []),
        # of several takes the one that is marked plays, with its own beginning
        ([item(0, midi("3c"), "TAKE SEL", midi("40"), "TAKE", midi("43"))], [(0, 64)]),
        ([item(0, midi("3c"), "TAKE", midi("40"))], [(0, 60)]),
        ([item(0, midi("3c", "", "SOFFS 1\n"), "TAKE SEL", midi("40"))], [(0, 64)]),
        ([item(0, midi("3c"), "TAKE NULL SEL")], []),
        # a rate of its own: the source of 4 quarters lasts 2, so it comes round within the item
        ([item(0, midi("3c", "", "PLAYRATE 2 1 0 -1\n"))], [(0, 60), (2, 60)]),
        ([item(0, midi("3c", "", "PLAYRATE 0 1 0 -1\n"))], [(0, 60)]),
        ([item(0, midi("3c", "A"), "TAKE SEL", midi("40", "B")), item(2, midi("", "B"))], [(0, 64), (4, 64)]),
    ],
)
def test_pools_and_takes(items, notes, tmp_path):
    text = '<REAPER_PROJECT 0.1 "7.0/x64" 1\nTEMPO 120 4 4\n<TRACK {A}\nNAME Keys\n' + "\n".join(items) + "\n>\n>\n"
    (tmp_path / "x.rpp").write_text(text, encoding="utf-8")
    score = read_rpp(tmp_path / "x.rpp")
    grid = score.ticks_per_quarter
    assert [(n["onset_ticks"] / grid, n["pitch"]) for track in score.tracks for n in track.notes] == notes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no REAPER project"),
        ("hello", "is no REAPER project"),
        ("<REAPER_PROJECT 0.1\n<TRACK\n", "breaks off inside <TRACK"),
        ("<REAPER_PROJECT 0.1\n>\n>\n", "line 3: a block ends that never began"),
        ("<REAPER_PROJECT 0.1\n" + "<A\n" * 100, "nested too deep"),
        ("<REAPER_PROJECT 0.1\n<TRACK\n<ITEM\nLENGTH 1\n<SOURCE MIDI\nE 0 zz 1 1\n>\n>\n>\n>\n", "event 'E 0 zz 1 1'"),
    ],
)  # fmt: skip
def test_bad_files_are_one_sentence(text, words, tmp_path):
    (tmp_path / "bad.rpp").write_text(text, encoding="utf-8")
    with pytest.raises(FileFormatError, match=words):
        read_rpp(tmp_path / "bad.rpp")


def test_nothing_is_written_over(tmp_path):
    path = write_rpp(song(), tmp_path / "x.rpp")
    with pytest.raises(OutputError, match="is there already and stays as it is"):
        write_rpp(song(), path)
