"""ABC tunes read: what sounds, what is written, tunebooks, bad input; music21 as judge of whole tunes."""

from __future__ import annotations

import warnings

import pytest

from bandmate.errors import FileFormatError, ScoreError
from bandmate.io.abc.fields import FieldError, parse_key, parse_meter, parse_tempo
from bandmate.io.abc.read import parse_abc, read_tunes
from bandmate.io.files import read
from bandmate.limits import Limit
from bandmate.score.notation import REST, Jump, Repeat, Volta, midi_pitch
from bandmate.score.repeats import expand_repeats
from bandmate.score.timeline import bar_grid

MUSIC21_TUNES = (
    "nottingham-dataset/reelsa-c.abc#81", "essenFolksong/han1.abc#5", "essenFolksong/erk5.abc#8",
    "essenFolksong/boehme10.abc#22", "oneills1850/0101-0200.abc#150", "airdsAirs/book2.abc#0221",
)  # fmt: skip
HEAD = "X:1\nT:Tune\nM:4/4\nL:1/4\nK:C\n"


def tune(music, head=HEAD):
    return parse_abc(head + music)[0]


def sounds(score, track=0):
    """(quarters from the start, quarters long, MIDI pitch) of each note."""
    notes = score.tracks[track].notes
    q = score.ticks_per_quarter
    return [(n["onset_ticks"] / q, n["duration_ticks"] / q, int(n["pitch"])) for n in notes]


def pitches(music, head=HEAD):
    return [pitch for _, _, pitch in sounds(tune(music, head))]


def lengths(music, head=HEAD):
    return [round(length, 3) for _, length, _ in sounds(tune(music, head))]


class TestPitch:
    @pytest.mark.parametrize(
        ("music", "expected"),
        [
            ("C, C c c' c''", [48, 60, 72, 84, 96]),
            ("^C _D =E ^^F __G", [61, 61, 64, 67, 65]),
            ("^F F f|F", [66, 66, 78, 65]),  # an accidental holds in all octaves to the bar line
            ("^F-|F F|F", [66, 65, 65]),  # a tie carries it over the bar line, for its own note
            ("[K:D] F [K:Dm] F B", [66, 65, 70]),
            ("^F A|\\\n_B B", [66, 69, 70, 70]),
        ],
    )
    def test_accidentals(self, music, expected):
        assert pitches(music) == expected

    def test_accidentals_that_reach_less_far(self):
        assert pitches("^F F f", "%%propagate-accidentals octave\n" + HEAD) == [66, 66, 77]
        assert pitches("^F F f", "%%propagate-accidentals not\n" + HEAD) == [66, 65, 77]

    @pytest.mark.parametrize(
        ("key", "fifths", "minor"),
        [
            ("G", 1, False), ("Gm", -2, True), ("F# minor", 3, True), ("Ador", 1, False), ("D Mixolydian", 1, False),
            ("Ephr", 0, False), ("Bb", -2, False), ("Flyd", 0, False), ("Bloc", 0, False), ("HP", 2, False),
            ("none", 0, False), ("", 0, False), ("G clef=bass", 1, False), ("Cmaj ^f", 0, False),
            ("D exp ^f", 1, False),
        ],
    )  # fmt: skip
    def test_keys(self, key, fifths, minor):
        signature, _ = parse_key(key)
        assert (signature.fifths, signature.minor) == (fifths, minor)

    def test_keys_with_accidentals_of_their_own(self):
        assert pitches("F B E", HEAD.replace("K:C", "K:D exp _b ^f")) == [66, 70, 64]
        assert pitches("F C G", HEAD.replace("K:C", "K:Amix ^g")) == [66, 61, 68]

    def test_octaves_and_transpositions_of_voices(self):
        assert pitches("C", HEAD.replace("K:C", "K:C clef=treble-8")) == [48]
        assert pitches("C", HEAD.replace("K:C", "K:C octave=1")) == [72]
        score = tune("V:1 transpose=-2\nC")
        assert sounds(score) == [(0, 1, 58)]
        assert midi_pitch(score.tracks[0].notation.rows).tolist() == [60]

    def test_spelling_is_kept(self):
        rows = tune("^C _D").tracks[0].notation.rows
        assert rows[["step", "alter", "octave"]].tolist() == [(0, 1, 4), (1, -1, 4)]


class TestTime:
    @pytest.mark.parametrize(
        ("music", "expected"),
        [
            ("C C2 C/ C// C/4 C3/2 C3/", [1, 2, 0.5, 0.25, 0.25, 1.5, 1.5]),
            ("C>D C<D C>>D", [1.5, 0.5, 0.5, 1.5, 1.75, 0.25]),
            ("C> D", [1.5, 0.5]),
            ("C>.D", [1.5, 0.5]),
            ("(3CDE (2CD (3:2:2C2D", [0.667, 0.667, 0.667, 1.5, 1.5, 1.333, 0.667]),
            ("(5CDEFG", [0.4] * 5),
            ("C-C D", [2, 1]),
            ("C -|C D", [2, 1]),
            ("G3-A", [3, 1]),
            ("[CEG]2 [C2E2G2] [CE]-[CG]", [2, 2, 2, 2, 2, 2, 2, 1, 1]),
            ("L:1/8\nC4 [L:1/16] C4", [2, 1]),
        ],
    )
    def test_lengths(self, music, expected):
        assert lengths(music) == expected

    @pytest.mark.parametrize(("meter", "expected"), [("4/4", 0.5), ("6/8", 0.5), ("2/4", 0.25), ("C|", 0.5)])
    def test_the_unit_length_follows_the_meter(self, meter, expected):
        assert lengths("C", f"X:1\nM:{meter}\nK:C\n") == [expected]

    def test_tuplets_of_five_follow_the_meter(self):
        assert lengths("(5CDEFG", "X:1\nM:6/8\nL:1/8\nK:C\n") == [0.3] * 5

    def test_rests(self):
        score = tune("C z D|Z2|x2 E Z")
        assert [start for start, _, _ in sounds(score)] == [0, 2, 13]
        rows = score.tracks[0].notation.rows
        assert (rows["note"] == REST).sum() == 5
        assert score.last_ticks == 18 * 480

    @pytest.mark.parametrize(
        ("said", "bpm"),
        [("1/4=96", 96), ("3/8=60", 90), ("120", 60), ("C=100", 50), ('"Fast" 1/2=80', 160), ("1/4 1/8=40", 60)],
    )
    def test_tempo(self, said, bpm):
        assert tune("C", f"X:1\nL:1/8\nQ:{said}\nK:C\n").bpm == pytest.approx(bpm, abs=0.01)

    def test_a_tempo_in_words_is_kept_as_words(self):
        score = tune("C", 'X:1\nQ:"Andante"\nK:C\n')
        assert (score.bpm, score.notation.tempo_words[0].text) == (120.0, "Andante")

    def test_bars_a_pickup_and_a_change_of_meter(self):
        bars = bar_grid(tune("G|C D E F|G3|[M:3/4]C D E|F3"))
        assert [start // 480 for start in bars["start_ticks"]] == [0, 1, 5, 8, 11]
        assert bars["numerator"].tolist() == [4, 4, 4, 3, 3]

    def test_grace_notes_come_before_their_note(self):
        score = tune("C {DE}F {/G}A")
        assert sounds(score) == [
            (0, 1, 60),
            (0.75, 0.125, 62),
            (0.875, 0.125, 64),
            (1, 1, 65),
            (1.875, 0.125, 67),
            (2, 1, 69),
        ]
        rows = score.tracks[0].notation.rows
        assert rows["grace"].tolist() == [0, 1, 1, 0, 2, 0]

    def test_a_length_that_needs_ties_on_paper(self):
        score = tune("C5 D2/3")
        assert sounds(score) == [(0, 5, 60), (5, pytest.approx(2 / 3), 62)]
        rows = score.tracks[0].notation.rows
        assert rows[["note", "value", "dots", "actual"]].tolist() == [(0, 0, 0, 1), (0, 2, 0, 1), (1, 2, 0, 3)]


class TestWay:
    def test_repeats_and_endings(self):
        score = tune("C4|:D4|E4|1 F4:|2 G4||A4|]")
        q = 480
        assert score.notation.repeats == (Repeat(4 * q, False), Repeat(16 * q, True, 2))
        assert score.notation.voltas == (Volta(12 * q, 16 * q, (1,)), Volta(16 * q, 20 * q, (2,), True))
        assert [line.style for line in score.notation.barlines] == ["light-light", "light-heavy"]

    def test_one_bar_line_stands_at_a_place(self):
        score = tune("C4[|]|:D4[|]:|E4|]\n|]F4[|]\n|]")
        assert [(line.ticks, line.style) for line in score.notation.barlines] == [
            (3 * 1920, "light-heavy"), (4 * 1920, "light-heavy")]  # fmt: skip

    @pytest.mark.parametrize(
        ("music", "expected"),
        [
            ("C4::D4:|", [Repeat(1920, True), Repeat(1920, False), Repeat(3840, True)]),
            ("|:C4::|", [Repeat(0, False), Repeat(1920, True, 3)]),
            ("C4:||:D4:|", [Repeat(1920, True), Repeat(1920, False), Repeat(3840, True)]),
            ("C4|[1,3 D4:|[2 E4|", []),
        ],
    )
    def test_signs(self, music, expected):
        got = tune(music).notation.repeats
        assert [r for r in expected if r not in got] == []

    def test_a_second_ending_without_a_double_bar_lasts_one_bar(self):
        voltas = tune("|:C4|[1D4:|[2E4|\nF4|G4:|").notation.voltas
        assert [(v.start_ticks // 1920, v.end_ticks // 1920, v.turns) for v in voltas] == [(1, 2, (1,)), (2, 3, (2,))]

    def test_jumps_and_parts(self):
        score = tune("P:A\nC4|!segno!D4|\nP:B\nE4 !D.S.!F|")
        assert score.notation.jumps == (Jump(1920, "segno"), Jump(6240, "dal-segno"))
        assert [(m.ticks, m.text) for m in score.markers] == [(0, "A"), (3840, "B")]

    def test_jumps_before_a_bar_line_are_of_their_bar(self):
        jumps = tune("!segno!C4|D4!fine!|E4 !D.S.!|").notation.jumps
        assert jumps == (Jump(0, "segno"), Jump(3840, "fine"), Jump(5760, "dal-segno"))


class TestSigns:
    def test_chord_symbols_and_words(self):
        score = tune('"Am7/E"C "^slow"D "Bb"E "G+"F "N.C."G')
        assert [chord.text for chord in score.notation.chords] == ["Am7/E", "Bb", "Gaug", "N.C."]
        assert [word.text for word in score.tracks[0].notation.words] == ["slow"]

    def test_decorations(self):
        notation = tune("!mf!.C !trill!D vE !accent!HF").tracks[0].notation
        assert [int(notation.has(sign).argmax()) for sign in ("staccato", "trill", "down-bow", "fermata")] == [
            0,
            1,
            2,
            3,
        ]
        assert notation.dynamics[0].mark == "mf"

    def test_dynamics_are_heard(self):
        assert tune("C !p!D !ff!E").tracks[0].notes["velocity"].tolist() == [80, 60, 120]

    def test_slurs(self):
        slurs = tune("(CD) (EF G)").tracks[0].notation.slurs
        assert [(slur.first, slur.last) for slur in slurs] == [(0, 1), (2, 4)]

    def test_lyrics(self):
        score = tune("C D E F|G A B c|\nw:a-ve Ma-ri~a|time_ * end\nw: two")
        lyrics = score.tracks[0].notation.lyrics
        assert [(one.note, one.verse, one.text) for one in lyrics] == [
            (0, 1, "a"), (0, 2, "two"), (1, 1, "ve"), (2, 1, "Ma"), (3, 1, "ri a"), (4, 1, "time"), (7, 1, "end"),
        ]  # fmt: skip
        assert [one.joined for one in lyrics if one.verse == 1] == [True, False, True, False, False, False]
        assert lyrics[5].extends

    def test_lyrics_leave_rests_and_graces_out(self):
        lyrics = tune("C z {E}D\nw:one two").tracks[0].notation.lyrics
        assert [(one.note, one.text) for one in lyrics] == [(0, "one"), (2, "two")]

    def test_what_is_not_held_is_told(self):
        left = {one.what: one.count for one in tune("C !fingering!D\nW:words").notation.left_out}
        assert left == {"decoration fingering": 1, "words after the tune": 1}


class TestVoices:
    MUSIC = 'V:S name="Soprano"\nV:B clef=bass\n%%MIDI program 5\nV:S\nC D|E F|\nV:B\n%%MIDI program 32\nC,2|D,2|\n'

    def test_voices_are_tracks(self):
        score = tune(self.MUSIC)
        assert [(t.name, t.program) for t in score.tracks] == [("Soprano", 0), ("B", 32)]
        assert sounds(score, 1) == [(0, 2, 48), (2, 2, 50)]
        assert score.tracks[1].notation.clefs[0].sign == "F"

    def test_voices_within_a_line(self):
        score = tune("[V:1]C D [V:2]E2|[V:1]F2")
        assert (sounds(score), sounds(score, 1)) == ([(0, 1, 60), (1, 1, 62), (2, 2, 65)], [(0, 2, 64)])

    def test_layers(self):
        score = tune("C D E F & G,4|c4")
        assert sounds(score)[:2] == [(0, 4, 55), (0, 1, 60)]
        assert sounds(score)[-1] == (4, 4, 72)
        assert set(score.tracks[0].notation.rows["voice"].tolist()) == {1, 2}

    def test_drums(self):
        score = tune("%%MIDI channel 10\nC,, D,,", HEAD)
        assert score.tracks[0].is_drum


class TestBooks:
    BOOK = "%abc-2.1\nL:1/8\n\nX:1\nT:One\nK:C\nC\n\nfree text | here\n\nX:7\nT:Seven\nK:G\nF\n"

    def test_every_tune_is_a_score(self, tmp_path):
        (tmp_path / "book.abc").write_text(self.BOOK)
        scores = list(read_tunes(tmp_path / "book.abc"))
        assert [score.title for score in scores] == ["One", "Seven"]
        assert sounds(scores[1]) == [(0, 0.5, 66)]
        assert scores[0].notation.left_out[0] == ("lines after an empty line", 1)

    def test_one_tune_by_its_number(self, tmp_path):
        (tmp_path / "book.abc").write_text(self.BOOK)
        assert read(f"{tmp_path}/book.abc#7").title == "Seven"

    def test_a_book_wants_a_number(self, tmp_path):
        (tmp_path / "book.abc").write_text(self.BOOK)
        with pytest.raises(
            FileFormatError, match=r"holds 2 tunes \(#1 One, #7 Seven ...\); name one, such as book.abc#1"
        ):
            read(tmp_path / "book.abc")
        with pytest.raises(FileFormatError, match="holds no tune X:3"):
            read(f"{tmp_path}/book.abc#3")

    def test_other_names_and_old_encodings(self, tmp_path):
        (tmp_path / "tune").write_bytes((HEAD + "C").replace("Tune", "Mädchen").encode("latin-1"))
        assert read(tmp_path / "tune").title == "Mädchen"

    def test_a_tune_without_a_number(self):
        assert pitches("C", "T:x\nK:C\n") == [60]


class TestBadInput:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("la la la", "holds no tune of ABC"),
            ("X:1\nT:x\nM:4/4\n", "line 3: the tune has no key"),
            ("X:1\nK:H\nC", "line 2: key 'H' is none"),
            ("X:1\nK:Cfoo\nC", "line 2: key 'Cfoo' has no known mode"),
            ("X:1\nM:4/5\nK:C\nC", "line 2: meter '4/5' is none"),
            ("X:1\nL:eighth\nK:C\nC", "line 2: unit length 'eighth' is none"),
            ("X:1\nQ:fast\nK:C\nC", "line 2: tempo 'fast' is none"),
            ("X:1\nK:C\nCDE|\nC D {E", "line 4: '{E' at column 5 is no music"),
            ("X:1\nK:C\n[CE", r"line 3: '\[CE' at column 1"),
            ("X:1\nK:C\nC/0", "length '/0' divides by zero"),
            ("X:1\nK:C\nC99999", "line 3: a note lasts 49999.5 quarter notes"),
            ("X:1\nK:C\nC0", "a note lasts 0 quarter notes"),
            ("X:1\nK:C\nZ9999", "a rest of 9999 bars"),
            ("X:1\nK:C\n" + "Z1000|" * 100_000, "line 3: the tune has more than 20,000 bars; split it"),
            ("X:1\nK:C\n" + "Z1000|\n" * 100_000, "line 23: the tune has more than 20,000 bars; split it"),
            ("X:1\nK:C\n" + "|:" * 100_000 + "C" + ":|" * 100_000 + "C|" * 30_000, "more than 20,000 bars"),
            ("X:1\nK:C\n" + "!D.C.! C|" * 30_000, "more than 20,000 bars"),
            ("X:1\nK:C\nC\n" + "w:\n" * 300, "line 259: more than 255 verses stand under one line"),
            ("X:1\nK:C\n|1-9999 C|", None),
            ("X:1\nK:C\n%%MIDI program 200\nC", "program '200' is out of range"),
        ],
    )
    def test_one_sentence_with_the_line(self, text, words):
        if words is None:
            assert parse_abc(text)[0].note_count == 1
            return
        with pytest.raises(FileFormatError, match=words):
            parse_abc(text, "a.abc")

    @pytest.mark.parametrize("text", ["", "X:", "X:1\nK:", "X:1\nK:C\n", "X:1\nK:C\n|:|1:|]::", "X:1\nK:C\nw:la\n&&|-"])
    def test_next_to_nothing(self, text):
        try:
            assert all(score.note_count == 0 for score in parse_abc(text))
        except FileFormatError as error:
            assert "tune" in str(error)

    def test_one_line_of_many_signs(self, monkeypatch):
        monkeypatch.setattr("bandmate.io.abc.music.SCORE_SIGNS", Limit("signs", 0, 99, ""))
        monkeypatch.setattr("bandmate.io.abc.music.MIDI_NOTES", Limit("notes", 0, 20, ""))
        assert parse_abc(HEAD + "C " * 20)[0].note_count == 20
        for music in ("C" * 21, "[CEG]" * 7, "z" * 21, "Z21", "{C}" * 21):
            with pytest.raises(FileFormatError, match="more than 20 notes and rests; split it"):
                parse_abc(HEAD + music)
        with pytest.raises(FileFormatError, match="more than 99 signs; split it"):
            parse_abc(HEAD + "~" * 100)

    def test_nested_repeats_are_one(self):
        score = tune("|:" * 5000 + "C D E F" + ":|" * 5000)
        assert expand_repeats(score).note_count == 8
        with pytest.raises(ScoreError, match="more than 2000 stretches"):
            expand_repeats(tune("|: C4 " + ":" * 5000 + "|"))

    def test_fields(self):
        for parse, text in ((parse_meter, "0/4"), (parse_meter, "300/4"), (parse_key, "Cb phr")):
            with pytest.raises(FieldError):
                parse(text)
        with pytest.raises(FieldError):
            parse_tempo("1/4=0", 1)


class TestAgainstMusic21:
    """Tunes of music21's own corpus, all of them outside its faults.

    Its reader (10.5.1) carries no accidental through the bar unless told so, drops the second note of two that a tie
    sign joins wrongly (`G-A`), and loses a broken rhythm across a decoration (`A>.B`).
    """

    @pytest.mark.parametrize("name", MUSIC21_TUNES)
    def test_the_same_notes(self, name):
        music21 = pytest.importorskip("music21")
        place, number = name.split("#")
        path = music21.common.getCorpusFilePath() / place
        text = path.read_text(encoding="utf-8")
        lines = text[text.index(f"X:{number}" if f"X:{number}\n" in text else f"X: {number}") :].splitlines()
        end = next((i for i, line in enumerate(lines) if i and line.startswith("X:")), len(lines))
        text = "\n".join(lines[:end])
        ours = sounds(parse_abc("%%propagate-accidentals not\n" + text)[0])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            stream = music21.converter.parseData(text, format="abc")
            parts = list(stream.parts) or [stream]
            notes = [n for part in parts for n in part.stripTies().flatten().notes if not n.duration.isGrace]
        theirs = [
            (float(n.offset), float(n.quarterLength), pitch.midi)
            for n in notes
            if not isinstance(n, music21.harmony.ChordSymbol)
            for pitch in n.pitches
        ]
        assert [(round(a, 3), round(b, 3), c) for a, b, c in sorted(ours)] == [
            (round(a, 3), round(b, 3), c) for a, b, c in sorted(theirs)
        ]


def test_a_colon_before_words_or_a_bar_line_sends_back():
    for end in (':"^Segno"[|]|]', ":[|]|]"):
        tune = parse_abc("X:1\nM:4/4\nL:1/4\nK:C\n|:CDEF|GABc" + end + "\n")[0]
        assert tune.notation.repeats[-1].backward and len(tune.tracks[0].notes) == 8
