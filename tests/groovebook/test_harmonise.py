"""Chords and second voices for a melody, other chords for a song, and parts moved onto them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bandmate.analysis.meter import half_bar_edges, score_bars
from bandmate.errors import ScoreError
from bandmate.groovebook.backing import BackingAsk, backing
from bandmate.groovebook.colours import bound, carries, coloured, tensions
from bandmate.groovebook.harmonise import changes, harmonise, melody_key, sung
from bandmate.groovebook.reharmonise import reharmonise, stretches, substitutes
from bandmate.groovebook.revoice import Change, revoiced
from bandmate.groovebook.second_voice import second_voice
from bandmate.groovebook.setting import without_gaps
from bandmate.io.files import read
from bandmate.score.model import Score, Track, make_notes
from bandmate.score.pitch import Chord, Key

LIED = read(Path(__file__).parents[1] / "fixtures" / "music" / "lied.mid")
C = Key(0)


def tune(*bars: tuple[int, ...]) -> Score:
    """A melody in 4/4, the notes of each bar sharing it evenly."""
    onset, length, pitch = [], [], []
    for number, bar in enumerate(bars):
        for place, key in enumerate(bar):
            onset.append(number * 1920 + place * 1920 // len(bar))
            length.append(1920 // len(bar) - 20)
            pitch.append(key)
    return Score((Track("melody", 0, False, make_notes(onset, length, pitch, 90)),), end_ticks=1920 * len(bars))


def chords(text: str) -> tuple[Chord, ...]:
    """Bars apart by |, one or two chords each, as two a bar."""
    out = []
    for bar in text.split("|"):
        names = bar.split()
        out += [Chord.parse(names[0]), Chord.parse(names[-1])]
    return tuple(out)


def test_a_plain_tune_gets_plain_chords_and_comes_home():
    song = tune((60, 64, 67, 64), (65, 69, 72, 69), (67, 71, 74, 71), (72,))
    found = harmonise(song, 0, key=C)
    assert found[0] == Chord(0) and found[-1] == Chord(0)
    assert found[2].root in (5, 2) and found[4] == Chord(7)


def test_changes_are_probabilities_in_both_modes_and_with_a_genre():
    for mode in ("major", "minor"):
        for genre in (None, "jazz_swing", "house"):
            assert np.exp(changes(mode, genre)).sum(2) == pytest.approx(np.ones((2, 48)), abs=1e-6)


def test_the_key_signature_of_a_file_has_a_say():
    assert melody_key(LIED) == Key(7)


def test_tensions_leave_out_what_grates():
    assert 5 not in tensions(Chord.parse("C"))  # the fourth over a major third
    assert 11 not in tensions(Chord.parse("C7")) and 10 not in tensions(Chord.parse("Cmaj7"))
    assert {2, 9} <= tensions(Chord.parse("Cmaj7"))
    assert {1, 8, 3} <= tensions(Chord.parse("C7"))  # flat nine, flat thirteen, sharp nine
    assert 5 in tensions(Chord.parse("Cm7"))


def test_colours_follow_the_genre_and_give_way_to_the_melody():
    assert coloured(Chord(0), C, "pop") == Chord(0)
    assert coloured(Chord(0), C, "bossa_nova").quality in ("maj7", "maj9")
    assert coloured(Chord(7), C, "jazz_swing").quality in ("7", "9")
    root_held = np.zeros((2, 12))
    root_held[0, 0] = 1.0
    assert carries(coloured(Chord(0), C, "bossa_nova", root_held), root_held)


@pytest.mark.parametrize("genre", ["pop", "jazz_swing", "bossa_nova", "house", "waltz"])
def test_backing_plays_in_the_melodys_bars_and_under_it(genre: str):
    song = tune(*[(72, 76, 79, 76)] * 8)
    ask = BackingAsk(genre, ("chords", "bass"), chords("C | Am | F | G | C | Am | G | C"), C, 1)
    parts = backing(song, 0, ask)
    assert {t.role for t in parts} == {"chords", "bass"}
    assert all(t.last_ticks <= song.end_ticks and len(t.notes) for t in parts)


def test_a_second_voice_sings_thirds_and_sixths_and_no_parallel_fifths():
    melody = [72, 74, 76, 77, 79, 77, 76, 74, 72]
    voice = second_voice(melody, [True] * 9, chords("C G | C F | C F | C G | C")[:9], C)
    gaps = [a - b for a, b in zip(melody, voice, strict=True)]
    assert all(3 <= gap <= 16 for gap in gaps)
    assert sum(gap in (3, 4, 8, 9) for gap in gaps) >= 6
    for (a, b), (c, d) in zip(zip(melody, voice, strict=True), list(zip(melody, voice, strict=True))[1:], strict=False):
        assert not ((a - b) % 12 in (0, 7) and (a - b) % 12 == (c - d) % 12 and a != c)
    above = second_voice(melody, [True] * 9, [Chord(0)] * 9, C, above=True)
    assert all(v > m for v, m in zip(above, melody, strict=True))
    assert second_voice([], [], [], C) == []


def test_theory_knows_its_substitutes():
    dominant = substitutes(stretches(chords("G7 | C"))[0], C)
    found = {(s.rule, s.chords[0].spell()) for s in dominant}
    assert {("tritone", "C#7"), ("two_five", "Dm")} <= found
    subdominant = {(s.rule, s.chords[0].spell()) for s in substitutes(stretches(chords("F | C"))[0], C)}
    assert {("interchange", "Fm"), ("relative", "Dm")} <= subdominant
    rising = {(s.rule, s.chords[-1].spell()) for s in substitutes(stretches(chords("C | Dm"))[0], C)}
    assert {("secondary", "A7"), ("diminished", "C#dim")} <= rising


@pytest.mark.parametrize("genre", ["jazz_swing", "pop", "rnb_neo_soul", "bossa_nova", "chorale"])
@pytest.mark.parametrize("seed", [0, 1])
def test_what_is_changed_carries_the_melody(genre: str, seed: int):
    bars = score_bars(LIED)
    voice = next(i for i, t in enumerate(LIED.tracks) if t.name.startswith("Voice"))
    weights = sung(LIED.tracks[voice].notes, half_bar_edges(bars), LIED.ticks_per_quarter).weight
    before = chords("G | G D | D | D G | G Am | C G | G C | G | G C | G")
    found = reharmonise(before, weights, Key(7), genre, 1.0, seed)
    assert len(found.chords) == len(before)
    assert (found.chords[0].root, found.chords[-1].root) == (7, 7)
    assert sum(rule != "" for rule in found.rules) >= 2 and len(found.rules) == len(before)
    for old, new, row in zip(before, found.chords, weights, strict=True):
        if new.root != old.root:
            assert bound(row) <= tensions(new), f"{new} under {bound(row)}"


def test_strength_0_keeps_every_chord():
    before = chords("C | Am | Dm G | C")
    kept = reharmonise(before, np.zeros((8, 2, 12)), C, "pop", 0.0, 1)
    assert kept.chords == before and not any(kept.rules)


def test_parts_move_onto_new_chords_with_rhythm_and_touch_kept():
    edges = np.arange(0, 1920 * 2 + 1, 960)
    change = Change(edges, chords("C | C"), chords("C | Am7"), C, 480)
    comp = make_notes([0] * 3 + [1920] * 3, 900, [60, 64, 67] * 2, [80, 81, 82] * 2)
    moved = revoiced(comp, change)
    assert np.array_equal(moved["onset_ticks"], comp["onset_ticks"])
    assert moved["pitch"][:3].tolist() == [60, 64, 67]
    assert {p % 12 for p in moved["pitch"][3:].tolist()} <= {9, 0, 4, 7}
    bass = revoiced(make_notes([0, 1920, 2880], 800, [36, 36, 43], 90), change, bass=True)
    assert [p % 12 for p in bass["pitch"].tolist()] == [0, 9, 4]  # root to root, fifth to fifth


def test_a_held_chord_is_struck_again_where_the_harmony_changes():
    edges = np.arange(0, 1921, 960)
    change = Change(edges, chords("C"), chords("C G7"), C, 480)
    held = revoiced(make_notes([0] * 3, 1900, [60, 64, 67], 80), change)
    assert sorted(set(held["onset_ticks"].tolist())) == [0, 960]
    second = held[held["onset_ticks"] == 960]
    assert {p % 12 for p in second["pitch"].tolist()} <= {7, 11, 2, 5}
    assert 11 in {p % 12 for p in second["pitch"].tolist()}


def test_what_cannot_be_harmonised_is_said():
    with pytest.raises(ScoreError, match="no notes to harmonise"):
        harmonise(Score((Track("empty"),)), 0)
    with pytest.raises(ScoreError, match="no notes to play along"):
        backing(Score((Track("empty"),), end_ticks=1920), 0, BackingAsk("pop", ("chords",), (Chord(0),) * 2, C))
    assert without_gaps((None, None), C) == (Chord(0), Chord(0))
