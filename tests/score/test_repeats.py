"""The way through repeats, endings and jumps, and scores written out as they are played."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.io.test_musicxml import WALTZ, again, heard

from bandmate.errors import ScoreError
from bandmate.io.files import read
from bandmate.score.model import Score, Track, make_meters, make_notes
from bandmate.score.notation import REST, WRITTEN, Jump, Lyric, Repeat, ScoreNotation, TrackNotation, Volta
from bandmate.score.play_order import play_order
from bandmate.score.repeats import expand_repeats

BAR = 1920


def piece(bars: int, *signs) -> Score:
    """One note a bar, 60 in the first, 61 in the second ...; signs are placed by bar lines."""
    meters = make_meters()
    fields = {"repeats": Repeat, "voltas": Volta, "jumps": Jump}
    placed = {name: tuple(sign for sign in signs if isinstance(sign, kind)) for name, kind in fields.items()}
    notes = make_notes(np.arange(bars) * BAR, BAR, 60 + np.arange(bars))
    return Score((Track(notes=notes),), meters=meters, notation=ScoreNotation(480, meters, **placed))


def played(score: Score) -> str:
    """The bars in their order, as letters."""
    return "".join(chr(ord("A") + pitch - 60) for pitch in expand_repeats(score).tracks[0].notes["pitch"])


def forward(bar: int) -> Repeat:
    return Repeat(bar * BAR, False)


def back(bar: int, times: int = 2) -> Repeat:
    return Repeat(bar * BAR, True, times)


def ending(first: int, last: int, *turns: int) -> Volta:
    return Volta(first * BAR, last * BAR, turns)


def jump(bar: int, kind: str) -> Jump:
    return Jump(bar * BAR, kind)


@pytest.mark.parametrize(
    ("bars", "signs", "way"),
    [
        (3, [], "ABC"),
        (3, [back(2)], "ABABC"),
        (3, [back(2, 3)], "ABABABC"),
        (4, [forward(1), back(3)], "ABCBCD"),
        (4, [back(1), back(3)], "AABCBCD"),
        (4, [forward(1), ending(2, 3, 1), back(3), ending(3, 4, 2)], "ABCBD"),
        (5, [ending(1, 2, 1, 2), back(2), ending(2, 3, 3), forward(3), back(5)], "ABABACDEDE"),
        (4, [ending(1, 2, 1), back(2), ending(2, 3, 2), back(3), ending(3, 4, 3)], "ABACAD"),
        (4, [jump(2, "fine"), jump(4, "da-capo")], "ABCDAB"),
        (5, [jump(1, "segno"), jump(3, "to-coda"), jump(4, "dal-segno"), jump(4, "coda")], "ABCDBCE"),
        (3, [back(2), jump(2, "fine"), jump(3, "da-capo")], "ABABCAB"),
        (4, [forward(0), ending(1, 2, 1), back(2), ending(2, 3, 2), jump(4, "da-capo"), jump(3, "fine")], "ABACDAC"),
    ],
)  # fmt: skip
def test_the_way(bars, signs, way):
    assert played(piece(bars, *signs)) == way


def test_without_signs_it_is_the_same_score():
    score = piece(3)
    assert expand_repeats(score) is score
    assert play_order(Score()) == ((0, 0, 0),)


def test_what_is_written_goes_along():
    score = read(WALTZ)
    out = expand_repeats(score)
    assert out.end_ticks == score.end_ticks + 1440
    (piano,) = out.tracks
    assert piano.notation is not None and out.notation is not None and not out.notation.repeats
    syllables = [(lyric.text, int(piano.notes["onset_ticks"][lyric.note])) for lyric in piano.notation.lyrics]
    assert syllables == [("Oh", 0), ("lit", 480), ("tle", 1440), ("lit", 3360), ("tle", 4320)]
    assert [chord.text for chord in out.notation.chords] == ["F", "C7/Bb", "F"]
    back_again = again(out)
    assert heard(back_again.tracks[0]) == heard(piano)
    assert back_again.tracks[0].notation.rows.tolist() == piano.notation.rows.tolist()


def test_more_repeats_than_anybody_plays_are_an_error():
    with pytest.raises(ScoreError, match="more than 2000 stretches"):
        play_order(piece(40, *(back(bar, 99) for bar in range(1, 40))))


def test_bars_without_notes_are_bounded_too():
    with pytest.raises(ScoreError, match="written out, the score has more than 20,000 bars; mend its repeats"):
        expand_repeats(replace(piece(1, back(300, 99)), end_ticks=300 * BAR))


@pytest.mark.parametrize(("rests", "syllables"), [(5_000, 0), (0, 5_000)])
def test_rests_and_syllables_are_bounded(rests, syllables):
    score = piece(1, back(1, 1_000))
    rows = np.zeros(rests, WRITTEN)
    rows["note"] = REST
    lyrics = tuple(Lyric(0, 1 + verse % 255, "la") for verse in range(syllables))
    (track,) = score.tracks
    track = replace(track, notation=TrackNotation(track.notes, rows, lyrics=lyrics))
    with pytest.raises(ScoreError, match="5,000,000 notes, rests and syllables, more than 4,000,000"):
        expand_repeats(replace(score, tracks=(track,)))


def test_endings_that_stand_in_a_row_by_the_thousand():
    row = [ending(bar, bar + 1, *((1, 2) if bar < 9_998 else (3,))) for bar in range(1, 9_999)]
    way = play_order(replace(piece(1, back(9_998), *row), end_ticks=9_999 * BAR))
    assert [(a // BAR, b // BAR) for a, b, _ in way] == [(0, 9_998), (0, 9_998), (0, 1), (9_998, 9_999)]
