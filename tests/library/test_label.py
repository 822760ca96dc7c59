from dataclasses import replace

import numpy as np
import pytest

from bandmate.library.label import label, with_tempo
from bandmate.library.metadata import hints_from_entry, hints_from_name
from bandmate.library.patterns import patterns_of
from bandmate.library.sources.base import Hints
from bandmate.score.model import KEY_SIGNATURE, Score, Track, make_notes, make_tempos
from bandmate.score.timeline import bar_grid


def keys(fifths: int, minor: bool):
    return np.array([(0, fifths, minor, 0, -1)], KEY_SIGNATURE)


@pytest.mark.parametrize(
    ("written", "hints", "tempo", "origin"),
    [
        (None, Hints(), 120, ""),
        (None, hints_from_name("x_90bpm"), 90, "file name"),
        (120.0, hints_from_name("funk_Dm_90"), 90, "file name"),
        (120.0, Hints(), 120, "file"),
        (97.0, hints_from_name("x_90bpm"), 97, "file"),  # a file that names a tempo is believed
        (120.0, hints_from_entry({"file": "x", "bpm": 84}).or_else(hints_from_name("x_90bpm")), 84, "metadata"),
    ],
)
def test_the_tempo_a_piece_is_meant_for(make_band, written, hints, tempo, origin):
    tempos = make_tempos(written) if written else make_tempos(120.0)[:0]
    score, known_from = with_tempo(replace(make_band(1), tempos=tempos), hints)
    assert score.bpm == pytest.approx(tempo, abs=0.01)
    assert known_from == origin


def test_labels_say_everything_and_where_it_is_from(make_band):
    score = make_band(3, bpm=92.0)
    hints = hints_from_entry({"file": "x", "genre": "Hip-Hop", "mood": "chill", "title": "T"})
    found = label(score, hints.or_else(hints_from_name("slap bass in Am")))
    assert found["genre"] == "boom_bap"
    assert found["moods"] == ["chill"]
    assert found["key"] == "A minor"
    assert (found["tempo"], found["meter"]) == (92.0, "4/4")
    assert found["roles"][0] == "drums"
    assert found["roles"][1] == "bass"
    assert found["instruments"] == [36]
    assert len(found["chords"]) == 2 * found["bars"]
    assert sum(bars for _, _, bars, _ in found["sections"]) == found["bars"]
    assert all(1 <= energy <= 5 for *_, energy in found["sections"])
    assert found["caption"]
    assert found["from"] == {"genres": "metadata", "moods": "metadata", "title": "metadata", "instruments": "file name",
                             "key": "file name", "tempo": "file"}  # fmt: skip


def test_a_key_signature_counts_where_the_notes_agree(make_band):
    score = make_band(3)  # C major and its chords
    agreed = label(replace(score, keys=keys(1, False)), Hints())
    assert agreed["from"]["key"] == "file"
    against = label(replace(score, keys=keys(6, False)), Hints())  # F# major, against every note
    assert against["from"]["key"] == "notes"
    default = label(replace(score, keys=keys(0, False)), Hints())  # what programs write unasked
    assert default["from"]["key"] == "notes"


def test_drums_alone_have_no_key(make_band):
    score = make_band(3)
    found = label(replace(score, tracks=score.tracks[:1]), hints_from_name("beat_Dm_90bpm"))
    assert found["key"] == ""
    assert set(found["chords"]) <= {""}


def test_drum_patterns_are_written_in_the_letters_of_the_genre_table(make_band):
    onset = np.array([0, 960, 480, 1440, 0, 240, 480, 720, 960, 1200, 1440, 1680])
    pitch = np.array([36, 36, 38, 38, *[42] * 8])
    velocity = np.array([120, 90, 110, 40, *[60] * 8])
    beat = np.concatenate([onset + bar * 1920 for bar in range(4)])
    notes = make_notes(beat, 50, np.tile(pitch, 4), np.tile(velocity, 4), channel=9)
    score = Score((Track(is_drum=True, notes=notes),))
    ((kind, text, bars, count),) = patterns_of(score, bar_grid(score), ["drums"], [""] * 8)
    assert (kind, bars, count) == ("drums", 1, 4)
    assert text == (
        '{"closed_hat": "x.x.x.x.x.x.x.x.", "kick": "X.......x.......", "snare": "....X.......o..."}'
    )  # fmt: skip


def test_bass_cells_are_written_against_the_root():
    onset = np.concatenate([np.array([0, 360, 960, 1440]) + bar * 1920 for bar in range(2)])
    pitch = [36, 48, 43, 46, 41, 53, 48, 51]  # over C: root, octave, fifth, seventh; the same over F
    notes = make_notes(onset, 120, pitch)
    score = Score((Track(notes=notes),), tempos=make_tempos(100))
    ((kind, text, bars, count),) = patterns_of(score, bar_grid(score, 2 * 1920), ["bass"], ["C7", "C7", "F7", "F7"])
    assert (kind, bars, count) == ("bass", 1, 2)
    assert text == "R . . 8 . . . . 5 . . . b7 . . ."
