"""LilyPond text: its structure, and LilyPond's own MIDI of it where the program is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from fractions import Fraction

import numpy as np
import pytest
from tests.io.test_abc_write import HEAD, TUNES, sounds
from tests.io.test_musicxml import BAND, WALTZ

from bandmate.errors import FileFormatError
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.io.abc.read import parse_abc
from bandmate.io.files import read, write
from bandmate.io.lilypond import lilypond_text
from bandmate.score.brief import Brief
from bandmate.score.model import KEY_SIGNATURE, MADE, Score, Track, make_notes
from bandmate.score.timeline import bar_grid
from bandmate.workflows.convert import convert

_NOTE = re.compile(r"(?:<[^<>]*>|[a-g](?:is|es|s)*[',]*|[rRs])(\\breve|\d+)(\.*)(?:\*(\d+)/(\d+))?(?![\d/])")


def text_of(music):
    return lilypond_text(parse_abc(HEAD + music)[0])


def bar_lengths(text):
    """Whole notes in each bar of each voice, tuplets and grace notes taken into account."""
    voices = []
    for voice in re.findall(r"\\new Voice = .*?\n(.*?)\n      \}", text, re.DOTALL):
        bars = []
        for line in voice.splitlines():
            line = re.sub(r"\\grace \{.*?\}|\\(?:time|tempo|key|set) .*?(?=[a-g<rRs\\][^ ]*\d| \\)", "", line)
            total = Fraction(0)
            for ratio, inner in re.findall(r"\\tuplet (\d+/\d+) \{(.*?)\}", line):
                total += _sum(inner) / Fraction(ratio)
            bars.append(total + _sum(re.sub(r"\\tuplet \d+/\d+ \{.*?\}", "", line)))
        voices.append(bars)
    return voices


def _sum(text):
    total = Fraction(0)
    for value, dots, above, below in _NOTE.findall(text):
        plain = Fraction(2) if value == "\\breve" else Fraction(1, int(value))
        plain *= 2 - Fraction(1, 2 ** len(dots))
        total += plain * Fraction(int(above or 1), int(below or 1))
    return total


@pytest.mark.parametrize("music", [tune for tune in TUNES if "[K:" not in tune])
def test_braces_close_and_bars_are_full(music):
    score = parse_abc(HEAD + music)[0]
    text = lilypond_text(score)
    plain = re.sub(r'"[^"]*"', "", text)
    assert plain.count("{") == plain.count("}")
    assert plain.count("<<") == plain.count(">>")
    bars = bar_grid(score)
    wholes = [Fraction(int(length), 4 * score.ticks_per_quarter) for length in bars["length_ticks"]]
    for voice in bar_lengths(text):
        assert voice[:-1] == wholes[:-1]


@pytest.mark.parametrize(
    ("music", "parts"),
    [
        ("^F _B, c' C,,|", ["fis'4 bes4 c'''4 c,4 |"]),
        ("[CEG]2 z2|", ["<c' e' g'>2 r2 |"]),
        ("C4-|C2 D2|", ["c'1~ |", "c'2 d'2 |"]),
        ("[C-E]2 C2|", ["<c'~ e'>2 c'2 |"]),
        ("(3CDE F3|", ["\\tuplet 3/2 { c'4 d'4 e'4 }"]),
        ("{DE}F3 G|", ["\\grace { d'8 e' } f'2. g'4 |"]),
        ("!trill!.C (D E) !mf!F|", ["c'4\\staccato\\trill d'4( e'4) f'4\\mf |"]),
        ("!<(!C D !<)!E !f!F|", ["c'4\\< d'4 e'4 f'4\\f |"]),
        ("!>(!C D !>)!E F|!sfpp!G4|", ["c'4\\> d'4 e'4 f'4\\! |", 'g\'1_\\markup \\dynamic "sfpp" |']),
        ('"^dolce"C2 D2|', ["c'2^\"dolce\" d'2 |"]),
        ('C2 [Q:"Slow" 1/4=60]D2|', ["c'2 \\tempo \"Slow\" 4 = 60 d'2 |"]),
        ("C2 !breath!D2|", ["d'2 \\breathe |"]),
        ("K:Ebm\n[M:3/4]E3|", ["\\time 3/4 \\key es \\minor"]),
        ("C2 D2 & G,4|", ["\\voiceOne", "\\voiceTwo", "g1 |"]),
        ("C D E2|\nw:so a-men-", ['"so" "a" -- "men"\n']),
        ("C D E2|\nw:a-men, so", ['\\lyricsto "t1v1"', '"a" -- "men," "so"']),
        (
            "|:A4|[1 c4:|[2 d4||",
            ["} \\alternative {", "\\volta 1 { c''1 | }", "\\volta 2 { d''1"],
        ),
        ("A4::c4::|d4|", ["\\repeat volta 2 { ", "\\repeat volta 3 { c''1 | }"]),
        ("!segno!C4|D4!fine!|E4!D.S.!|", ['\\musicglyph "scripts.segno" } c', 'd\'1 \\textEndMark "Fine" |', '"D.S."']),
        ("G|C4|", ["measureLength = #(ly:make-moment 1/4)", "measureLength = #(ly:make-moment 4/4)"]),
    ],
)
def test_words(music, parts):
    text = text_of(music)
    assert [part for part in parts if part not in text] == []


def test_a_whole_song_is_written_and_never_read(tmp_path):
    score = play(make_plan(Brief(genre="jazz_swing", bars=4), 1), 1)
    path = write(score, tmp_path / "song.ly")
    assert path.read_text(encoding="utf-8").count("\\new Staff") == sum(len(t.notes) > 0 for t in score.tracks)
    with pytest.raises(FileFormatError, match="LilyPond files are only written"):
        read(path)


def test_of_keys_at_one_place_the_last_is_written_and_only_where_it_changes():
    rows = [(0, 6, False, 0, MADE), (0, 0, False, 1, MADE), (1920, 0, False, 0, MADE), (2880, 2, False, 0, MADE)]
    keys = np.array(rows, KEY_SIGNATURE)
    notes = make_notes([0, 960, 1920, 2880], 960, [60, 62, 64, 66])
    text = lilypond_text(Score((Track("", 0, False, notes),), keys=keys))
    assert re.findall(r"\\key \w+", text) == ["\\key c", "\\key d"]
    assert "e'2 \\key d \\major fis'2 |" in text


def test_signs_that_no_font_has_are_left_out_of_titles():
    assert 'title = "Rune cell"' in lilypond_text(Score(title="Rune\x83 \x96cell\n"))


def test_rests_of_a_third_voice_stand_on_no_others():
    text = text_of("C4 & z2 E2 & z2 G,2|")
    assert "r2 e'2 |" in text and "s2 g2 |" in text


def test_instruments_that_sound_elsewhere_say_so():
    text = lilypond_text(read(BAND))
    assert "\\transposition bes " in text and text.count("\\transposition") == 1
    assert re.findall(r"\\key \w+", text)[0] == "\\key d"  # sounds in C


def test_many_staves_are_smaller():
    track = Track("", 0, False, make_notes([0], 480, [60]))
    assert "staff-size" not in lilypond_text(Score((track,) * 8))
    assert "#(set-global-staff-size 10)" in lilypond_text(Score((track,) * 16))


def test_next_to_nothing():
    assert "\\score" in lilypond_text(Score(title='a "b" \\c'))


@pytest.mark.skipif(shutil.which("lilypond") is None, reason="the program lilypond is not installed")
@pytest.mark.parametrize("music", [tune for tune in TUNES if "{" not in tune])
def test_lilypond_plays_the_same_notes(music, tmp_path):
    score = parse_abc(HEAD + music)[0]
    path = write(score, tmp_path / "a.ly")
    command = ["lilypond", "-dno-print-pages", "--loglevel=WARNING", "-o", str(tmp_path / "a"), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    heard = [row for track in sounds(read(next(tmp_path.glob("a.mid*")))) for row in track]
    meant = [row for track in sounds(score) for row in track]
    assert sorted((round(float(at), 2), pitch) for at, _, pitch in heard) == sorted(
        (round(float(at), 2), pitch) for at, _, pitch in meant
    )


def test_names_and_clefs_go_along_and_what_has_no_name_is_counted(tmp_path):
    score = read(WALTZ)
    text = lilypond_text(score)
    assert 'poet = "' in text or 'composer = "' in text
    lost = {one.what: one.count for one in convert(WALTZ, tmp_path / "a.ly").lost}
    assert lost["clefs"] == sum(len(track.notation.clefs) - 1 for track in score.tracks)
    assert "hairpins and octave lines" not in lost
