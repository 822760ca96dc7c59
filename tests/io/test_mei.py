"""How MEI and Humdrum are written: spelling, ties, voices, words, signs, repeats, and what is left out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bandmate.errors import FileFormatError
from bandmate.io.files import read
from bandmate.io.mei.to_musicxml import musicxml_tree
from bandmate.io.musicxml_read import score_of_tree
from bandmate.io.safe_xml import parse_xml
from bandmate.score.notation import REST, SIGN_BITS, STEPS, Clef, Dynamic, Jump, Lyric, Repeat, Slur, Span, Volta
from bandmate.score.repeats import expand_repeats

FIXTURES = Path(__file__).parents[1] / "fixtures" / "mei"


def spelt(track) -> list[str]:
    """Pitches as they are written, rests left out."""
    rows = track.notation.rows
    marks = {-1: "b", 0: "", 1: "#", 2: "##"}
    return [
        f"{STEPS[row['step']]}{marks[int(row['alter'])]}{row['octave']}" for row in rows if row["note"] != REST
    ]  # fmt: skip


@pytest.fixture(scope="module")
def song():
    return read(FIXTURES / "song.krn")


@pytest.fixture
def piano():
    left_out = Counter()
    return score_of_tree(
        musicxml_tree(parse_xml((FIXTURES / "piano.mei").read_bytes(), "piano"), left_out, "piano"), "piano", left_out
    )


def test_humdrum_keeps_spelling_ties_and_voices(song):
    voice, bass = song.tracks
    assert (voice.name, bass.name, song.title) == ("Voice", "Bass", "Evening")
    assert spelt(voice) == ["Bb4", "D5", "Eb5", "Ab4", "Ab4", "Bb4", "C5", "D5", "Eb5", "F#4"]
    tied = voice.notation.rows["note"][3:5]
    assert tied[0] == tied[1] and voice.notes["duration_ticks"][tied[0]] == 2 * song.ticks_per_quarter
    assert voice.notation.rows["grace"].tolist() == [0] * 8 + [2, 0]
    assert sorted(set(bass.notation.rows["voice"].tolist())) == [1, 2]
    assert bass.notation.transpositions[0][1:] == (-2, -1)  # written a tone above: A as B, G sharp as A sharp
    assert spelt(bass) == ["G3", "B3", "A#3", "B3", "D3"]
    assert bass.notes["pitch"].tolist() == [53, 57, 56, 57, 48]


def test_humdrum_keeps_words_signs_and_the_way(song):
    written, quarter = song.tracks[0].notation, song.ticks_per_quarter
    assert written.lyrics == (
        Lyric(0, 1, "Eve", joined=True), Lyric(1, 1, "ning", follows=True), Lyric(3, 1, "comes"), Lyric(4, 1, "soft"),
        Lyric(8, 1, "now"),
    )  # fmt: skip
    assert written.dynamics == (Dynamic(0, "p"), Dynamic(3 * quarter, "f"))
    assert written.slurs == (Slur(0, 2),)
    assert [span.kind for span in written.spans] == ["crescendo"]
    assert written.has("staccato").tolist() == [False] * 5 + [True] * 3 + [False] * 2
    assert int(written.rows["signs"][-1]) == SIGN_BITS["accent"] | SIGN_BITS["fermata"]
    assert [(chord.ticks // quarter, chord.text) for chord in song.notation.chords] == [(0, "Bb"), (3, "Cm")]
    assert song.notation.repeats == (Repeat(6 * quarter, backward=True),)
    assert expand_repeats(song).note_count == 2 * song.note_count
    assert [credit.text for credit in song.notation.credits] == ["Doe, Jane"]


def test_humdrum_is_spelt_as_music21_spells_it(song, tmp_path):
    music21 = pytest.importorskip("music21")
    (tmp_path / "song.krn").write_text(
        (FIXTURES / "song.krn").read_text("utf-8").replace("*ITrd1c2", "*"), encoding="utf-8"
    )
    ours = read(tmp_path / "song.krn")
    oracle = music21.converter.parse(tmp_path / "song.krn", format="humdrum", forceSource=True)
    names = [
        sorted(pitch.nameWithOctave.replace("-", "b") for note in part.flatten().notes for pitch in note.pitches)
        for part in oracle.parts
    ]
    assert sorted(sorted(spelt(track)) for track in ours.tracks) == sorted(names)


def test_mei_of_a_piano_is_one_part_of_two_staves(piano):
    (track,) = piano.tracks
    written, quarter = track.notation, piano.ticks_per_quarter
    assert (track.name, written.staves, piano.title) == ("Piano", 2, "Étude")
    assert written.clefs == (Clef(0, 1, "G", 2), Clef(0, 2, "F", 4), Clef(2 * quarter, 2, "C", 4))
    assert spelt(track) == ["C#5", "A4", "D5", "Bb4", "C5", "F##4", "F3", "E5", "F5", "G5"]
    assert sorted({(int(row["staff"]), int(row["voice"])) for row in written.rows}) == [(1, 1), (1, 2), (2, 5)]
    assert written.rows["actual"].tolist().count(3) == 3
    assert (int(piano.keys["fifths"][0]), bool(piano.keys["minor"][0]), round(piano.bpm)) == (-1, True, 60)


def test_mei_keeps_signs_and_endings(piano):
    written, quarter = piano.tracks[0].notation, piano.ticks_per_quarter
    signs = {name: int(written.has(name).sum()) for name in SIGN_BITS}
    assert {name: count for name, count in signs.items() if count} == {
        "staccato": 1, "accent": 1, "tenuto": 1, "fermata": 1, "trill": 1, "tremolo": 1, "tuplet-start": 1,
        "tuplet-stop": 1,
    }  # fmt: skip
    assert written.rows["strokes"].max() == 2
    assert written.lyrics == (Lyric(1, 2, "A", joined=True),)  # the C sharp lies above the A of the other voice
    assert written.spans == (Span("diminuendo", quarter, 2 * quarter, 1),)
    assert written.words == ((quarter // 2, "dolce", 2),)
    assert piano.notation.voltas == (
        Volta(2 * quarter, 4 * quarter, (1,)), Volta(4 * quarter, 6 * quarter, (2,)),
    )  # fmt: skip
    assert piano.notation.repeats == (Repeat(0, backward=False), Repeat(4 * quarter, backward=True))
    assert piano.notation.jumps == (Jump(6 * quarter, "fine", "Fine"),)
    assert piano.notation.tempo_words[0][1:] == ("Lento", 2, 0, 60.0)


def test_what_is_not_held_is_counted(piano):
    assert {one.what: one.count for one in piano.notation.left_out} == {"beams": 1, "fingerings": 1}


def test_what_is_read_can_be_written_as_musicxml(piano, tmp_path):
    again = read(piano.write(tmp_path / "again.musicxml"))
    ours, theirs = piano.tracks[0].notation, again.tracks[0].notation
    assert ours is not None and theirs is not None
    assert ours.rows.tolist() == theirs.rows.tolist()
    assert (ours.lyrics, ours.slurs, ours.dynamics) == (theirs.lyrics, theirs.slurs, theirs.dynamics)


def test_velocities_follow_the_dynamics(piano):
    velocities = piano.tracks[0].notes["velocity"]
    assert velocities[2:4].tolist() == [80, 72 + 12]  # mezzo forte; an accent halfway through the diminuendo
    assert velocities[-1] == 64  # after it


@pytest.mark.parametrize(
    ("editor", "pitch"),
    [
        ('<app><lem><note pname="c" oct="4" dur="4"/></lem><rdg><note pname="d" oct="4" dur="4"/></rdg></app>', 60),
        ('<supplied><note pname="e" oct="4" dur="4"/></supplied>', 64),
        ('<choice><corr><note pname="f" oct="4" dur="4"/></corr><sic/></choice>', 65),
        ('<del><note pname="f" oct="4" dur="4"/></del><note pname="g" oct="4" dur="4"/>', 67),
    ],
)
def test_of_editors_readings_one_is_played(editor, pitch):
    document = (
        "<mei><music><body><mdiv><score><scoreDef><staffGrp><staffDef n='1'/></staffGrp></scoreDef><section>"
        f"<measure n='1'><staff n='1'><layer n='1'>{editor}</layer></staff></measure></section></score></mdiv></body>"
        "</music></mei>"
    )
    score = score_of_tree(musicxml_tree(parse_xml(document.encode(), "a"), Counter(), "a"), "a")
    assert score.tracks[0].notes["pitch"].tolist() == [pitch]


@pytest.mark.parametrize("said", ["dots='-5'", "dur='no'", "grace='?'", "stem.mod='99slash'", "tie='x'", "dots='1e99'"])
def test_odd_values_are_read_as_the_nearest_that_music_has(said):
    document = (
        "<mei><music><body><mdiv><score><scoreDef><staffGrp><staffDef n='1'/></staffGrp></scoreDef><section><measure "
        f"n='1'><staff n='1'><layer n='1'><note pname='c' oct='4' {said}/></layer></staff></measure></section></score>"
        "</mdiv></body></music></mei>"
    )
    score = score_of_tree(musicxml_tree(parse_xml(document.encode(), "a"), Counter(), "a"), "a")
    assert score.tracks[0].notes["pitch"].tolist() == [60]


BARS = (
    '<mei xmlns="http://www.music-encoding.org/ns/mei"><music><body><mdiv><score>'
    '<scoreDef meter.count="4" meter.unit="4"><staffGrp><staffDef n="1" lines="5"/></staffGrp></scoreDef>'
    "<section>{}</section></score></mdiv></body></music></mei>"
)
BAR = '<measure n="1"><staff n="1"><layer n="1">{}</layer></staff></measure>'
COPY = '<section copyof="#s{}"/>'
TWO = '<note xml:id="a" dur="2" pname="c" oct="5"/><note xml:id="b" dur="2" pname="d" oct="5"/>'
WHOLE = [BAR.format(f'<note dur="1" pname="{letter}" oct="5"/>') for letter in "cd"]


def played(bars: str):
    left_out = Counter[str]()
    tree = musicxml_tree(parse_xml(BARS.format(bars).encode(), "bars"), left_out, "bars")
    return score_of_tree(tree, "bars", left_out)


@pytest.mark.parametrize(
    ("bars", "pitches"),
    [
        (BAR.format(TWO).replace("<measure", '<measure xml:id="m"') + '<measure n="2" copyof="#m"/>', [72, 74, 72, 74]),
        (BAR.format('<note xml:id="a" dur="2" pname="c" oct="5"/><note copyof="#a"/>'), [72, 72]),
        (BAR.format('<note dur="4" pname="c" oct="5"/><beatRpt/><beatRpt/><beatRpt/>'), [72] * 4),
        (BAR.format('<note dur="2" pname="c" oct="5"/><halfmRpt/>'), [72, 72]),
        (BAR.format(TWO) + BAR.format("<mRpt/>") + BAR.format("<mRpt/>"), [72, 74] * 3),
        ("".join(WHOLE) + BAR.format("<mRpt2/>") + BAR.format("<mSpace/>"), [72, 74] * 2),
        ("".join(WHOLE) + BAR.format('<multiRpt num="2"/>') * 2, [72, 74] * 2),
    ],
)
def test_copies_and_signs_that_repeat_are_written_out(bars, pitches):
    score = played(bars)
    assert score.tracks[0].notes["pitch"].tolist() == pitches
    assert not score.notation.left_out


def test_a_copied_bar_has_slurs_of_its_own():
    first = f'<measure n="1" xml:id="m"><staff n="1"><layer n="1">{TWO}</layer></staff>{{}}</measure>'
    score = played(first.format('<slur startid="#a" endid="#b"/>') + '<measure n="2" copyof="#m"/>')
    assert score.tracks[0].notation.slurs == (Slur(0, 1), Slur(2, 3))
    score = played(first.format('<slur startid="#b" endid="#c"/>') + '<measure n="2" copyof="#m"/>')
    assert ("signs that lead out of a copied bar", 1) in score.notation.left_out


@pytest.mark.parametrize(
    ("upper", "lower", "onsets"),
    [
        ('<rest xml:id="o" dur="2"/>', '<rest sameas="#o"/>', [(2, 64), (2, 72)]),
        ('<rest xml:id="o" dur="4" dots="1"/>', '<rest sameas="#o"/>', [(1.5, 64), (1.5, 72)]),
        ('<note xml:id="o" dur="2" pname="g" oct="4"/>', '<note sameas="#o"/>', [(0, 67), (0, 67), (2, 64), (2, 72)]),
        ('<note xml:id="o" dur="2" dots="1" pname="g" oct="4"/>', '<note dur="2" sameas="#o"/>',
         [(0, 67), (0, 67), (2, 64), (3, 72)]),
        ('<chord xml:id="o" dur="2"><note xml:id="p" pname="g" oct="4"/></chord>', '<chord sameas="#o"/>',
         [(0, 67), (0, 67), (2, 64), (2, 72)]),
    ],
)  # fmt: skip
def test_what_layers_have_in_common_is_as_long_in_both(upper, lower, onsets):
    upper, lower = upper + '<note dur="4" pname="c" oct="5"/>', lower + '<note dur="4" pname="e" oct="4"/>'
    layers = f'<layer n="1">{upper}</layer><layer n="2">{lower}</layer>'
    score = played(f'<measure n="1"><staff n="1">{layers}</staff></measure>')
    notes, quarter = score.tracks[0].notes, score.ticks_per_quarter
    assert sorted((int(n["onset_ticks"]) / quarter, int(n["pitch"])) for n in notes) == onsets
    assert not score.notation.left_out


def test_what_is_the_same_as_nothing_is_said():
    told = played(BAR.format(TWO.replace('<note xml:id="b" dur="2"', '<note sameas="#gone"'))).notation.left_out
    assert ("notes and rests that are the same as nothing", 1) in told


def test_copies_of_nothing_and_of_too_much_are_said():
    assert played(BAR.format(TWO) + '<measure n="2" copyof="#gone"/>').notation.left_out == (("copies of nothing", 1),)
    doubled = "".join(f'<section xml:id="s{n}">{2 * COPY.format(n - 1)}</section>' for n in range(1, 40))
    with pytest.raises(FileFormatError, match="copies of more than"):
        played(f'<section xml:id="s0">{WHOLE[0]}</section>{doubled}')
