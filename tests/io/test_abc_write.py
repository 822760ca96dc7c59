"""ABC written: what is read back is what was written, for tunes, for played music and for whole scores."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.io.abc.read import parse_abc
from bandmate.io.abc.write import abc_text
from bandmate.io.files import read, write
from bandmate.score.brief import Brief
from bandmate.score.model import KEY_SIGNATURE, MADE, Score, Track, make_notes

HEAD = "X:1\nT:Tune\nM:4/4\nL:1/4\nK:C\n"
TUNES = (
    "C2 E G|[CEG]4|z2 c' C,|",
    "G|^F F f ^f|_B =B __B ^^C|F4|]",
    "|:A3 B|[1 c4:|[2 d4||e4::f4:|",
    "(3CDE (3:2:2F2G (5CDEFG|C4-|C2 [C-E]2|[CE]4|",
    "{DE}F {/G}A (B (c) d)|!trill!C .D !accent!E HF|",
    '"Am"A "F#m7/C#"B "^slow"c !p!d|!f!e4|',
    "C D E F & G,4|c4 & E2 z2|",
    "[K:Ebm]E F G A|[M:3/4][K:A]A B c|[Q:1/4=90]d3|",
    "C D2 E & z2 G,2-|z4 & G,4|",
    "C5|D3-|D/E/F/G/ A3/2B/|",
    "C D E F|G A B c|\nw:a-ve Ma-ri~a|time_ * end|\nw:two * three|",
    "z4|z4|C D E F|G4|\nw:| | late comes the song|\\% of all|",
    "C D E F|\nw:*\nw:the se-cond verse|",
    "!<(!C D !<)!E F|!>(!G A|B c!>)!d e|",
    "!sfp!C4|C [Q:1/4=90]D [Q:1/4=60]E F|",
    "!segno!C4|D4 !D.S.!|E4|!fine!F4|",
    "C4 & z2 G,2-|G,4 & E4|",
    "{(A}B) c {B(c}d) e|",
    "[K:clef=treble]C2 [K:clef=bass]C,2|[K:clef=treble-8]C4|C2 [K:clef=treble]{d}c2|",
    'V:1 name="Sopran" clef=treble\n%%MIDI program 40\nC4|D4|\nV:2 clef=bass\nC,4|D,,4|',
)


def sounds(score):
    q = score.ticks_per_quarter
    names = ("onset_ticks", "duration_ticks", "pitch")
    return [
        sorted((n["onset_ticks"] / q, n["duration_ticks"] / q, int(n["pitch"])) for n in track.notes[list(names)])
        for track in score.tracks
        if len(track.notes)
    ]


def written(score):
    """What is written, but for the places of ties within long notes."""
    notation = score.notation
    assert notation is not None
    return {
        "repeats": notation.repeats,
        "voltas": [(v.start_ticks, v.end_ticks, v.turns) for v in notation.voltas],
        "jumps": notation.jumps,
        "chords": [(c.ticks, c.text) for c in notation.chords],
        "meters": score.meters.tolist(),
        "keys": score.keys[["ticks", "fifths", "minor"]].tolist(),
        "tempos": score.tempos[["ticks", "us_per_quarter"]].tolist(),
        "lyrics": [t.notation.lyrics for t in score.tracks],
        "slurs": [t.notation.slurs for t in score.tracks],
        "dynamics": [t.notation.dynamics for t in score.tracks],
        "words": [t.notation.words for t in score.tracks],
        "clefs": [t.notation.clefs for t in score.tracks],
        "names": [(t.name, t.program) for t in score.tracks],
        "rows": [
            t.notation.rows[["note", "onset_ticks", "step", "alter", "octave", "voice", "grace", "signs"]][
                t.notation.rows["note"] >= 0
            ].tolist()
            for t in score.tracks
        ],
    }


@pytest.mark.parametrize("music", TUNES)
def test_what_is_written_is_read_back(music):
    first = parse_abc(HEAD + music)[0]
    again = parse_abc(abc_text(first))[0]
    assert sounds(again) == sounds(first)
    mine, theirs = written(first), written(again)
    assert {name: theirs[name] for name in mine} == mine


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.sampled_from([3, 6, 9, 12, 18, 24, 48]), st.integers(30, 100)),
        min_size=1,
        max_size=20,
    ),
    st.integers(-7, 7),
)
@settings(max_examples=25)
def test_music_on_the_grid_sounds_the_same(rows, fifths):
    by_place = {}
    for at, length, pitch in rows:
        by_place[at * 6, pitch] = length
    ends: dict[int, int] = {}
    kept = []
    for (at, pitch), length in sorted(by_place.items()):
        if ends.get(pitch, 0) <= at and sum(end > at for end in ends.values()) < 4:
            ends[pitch] = at + length
            kept.append((at, length, pitch))
    columns = np.array(kept).T
    keys = np.array([(0, fifths, False, 0, MADE)], KEY_SIGNATURE)
    score = Score((Track("x", notes=make_notes(columns[0], columns[1], columns[2])),), 24, keys=keys)
    first = sounds(score)
    again = sounds(parse_abc(abc_text(score))[0])
    assert sorted(row[::2] for row in again[0]) == sorted(row[::2] for row in first[0])


@pytest.mark.parametrize("genre", ["house", "jazz_swing"])
def test_a_whole_song(genre, tmp_path):
    score = play(make_plan(Brief(genre=genre, bars=4), 1), 1)
    again = read(write(score, tmp_path / "song.abc"))
    sounding = [track for track in score.tracks if len(track.notes)]
    assert [(t.name, t.is_drum) for t in again.tracks] == [(t.name, t.is_drum) for t in sounding]
    assert again.note_count == score.note_count
    assert again.bpm == pytest.approx(score.bpm, abs=0.01)
    for mine, theirs in zip(sounding, again.tracks, strict=True):
        assert sorted(mine.notes["pitch"].tolist()) == sorted(theirs.notes["pitch"].tolist())


def test_music21_reads_it():
    music21 = pytest.importorskip("music21")
    score = parse_abc(HEAD + 'C ^F E F|{D}[CEG]2 (3ABc|"Am"d4|]')[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stream = music21.converter.parseData(abc_text(score), format="abc").flatten()
    notes = [n for n in stream.notes if not n.duration.isGrace and not isinstance(n, music21.harmony.ChordSymbol)]
    assert [pitch.midi for n in notes for pitch in n.pitches] == [60, 66, 64, 66, 60, 64, 67, 69, 71, 72, 74]


def test_next_to_nothing():
    assert parse_abc(abc_text(Score()))[0].note_count == 0
    assert "T:Untitled" in abc_text(Score(title="\n"))


def test_slurs_of_layers_do_not_meet():
    tune = parse_abc(HEAD + "(C2 D2 & (E,4|E4) & F,4)|\n")[0]
    (track,) = tune.tracks
    place = track.notes["onset_ticks"] // tune.ticks_per_quarter
    assert {(int(place[a]), int(place[b])) for a, b in track.notation.slurs} == {(0, 4)}
    assert len(track.notation.slurs) == 2


def test_a_stroke_in_words_skips_bars_of_rests():
    tune = parse_abc(HEAD + "z4|C4|z4|D4|\nw:| first | | then * * * |\n")[0]
    (track,) = tune.tracks
    assert [(one.note, one.text) for one in track.notation.lyrics] == [(0, "first"), (1, "then")]


def test_a_note_beneath_a_rest_of_its_voice_is_written():
    score = parse_abc(HEAD + "z2 C2|D4|\n")[0]
    (track,) = score.tracks
    rows = track.notation.rows.copy()
    rows["duration_ticks"][0] = 4 * score.ticks_per_quarter  # a rest of the whole bar over the note
    told = replace(score, tracks=(replace(track, notation=replace(track.notation, rows=rows)),))
    assert sounds(parse_abc(abc_text(told))[0]) == sounds(score)
