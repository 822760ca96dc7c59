"""MuseScore files of versions 2, 3 and 4: the notes of their MusicXML, what is written, bad files in a sentence."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path

import pytest

from bandmate.errors import FileFormatError, OutputError
from bandmate.io.files import FORMATS, is_music, read
from bandmate.io.musicxml_write import musicxml_bytes
from bandmate.score.model import Score, Track
from bandmate.score.notation import BAR_REST, SIGN_BITS, Jump, Repeat, Volta
from bandmate.score.repeats import expand_repeats

FIXTURES = Path(__file__).parents[1] / "fixtures" / "musescore"
PIANO = '<Channel><program value="0"/></Channel>'


def heard(track: Track, quarter: int) -> list[tuple[float, float, int]]:
    """(onset, length, pitch) in quarters."""
    return [(n["onset_ticks"] / quarter, n["duration_ticks"] / quarter, int(n["pitch"])) for n in track.notes]


def note(pitch: int, more: str = "", tpc: int | None = None) -> str:
    spelt = (7 * pitch + 2) % 12 + 12 if tpc is None else tpc
    return f"<Note>{more}<pitch>{pitch}</pitch><tpc>{spelt}</tpc></Note>"


def chord(pitch: int, value: str = "quarter", more: str = "", in_note: str = "") -> str:
    return f"<Chord>{more}<durationType>{value}</durationType>{note(pitch, in_note)}</Chord>"


def rest(value: str = "quarter") -> str:
    return f"<Rest><durationType>{value}</durationType></Rest>"


def spanner(kind: str, *, measures: int = 0, fractions: str = "", ends: bool = False, said: str = "") -> str:
    where = (f"<measures>{measures}</measures>" if measures else "") + (
        f"<fractions>{fractions}</fractions>" if fractions else ""
    )
    inner = f"<{kind}>{said}</{kind}>" if not ends else ""
    side = "prev" if ends else "next"
    return f'<Spanner type="{kind}">{inner}<{side}><location>{where}</location></{side}></Spanner>'


def score_text(*staves: list[str], version: str = "4.20", instrument: str = PIANO, more: str = "") -> str:
    """A score of one part; of each staff its bars, voices and all."""
    heads = "".join("<Staff/>" for _ in staves)
    bodies = "".join(f'<Staff id="{n}">{"".join(bars)}</Staff>' for n, bars in enumerate(staves, 1))
    return (
        f'<museScore version="{version}"><Score><Division>480</Division>{more}<Part>{heads}<trackName>Me</trackName>'
        f"<Instrument><longName>Me</longName>{instrument}</Instrument></Part>{bodies}</Score></museScore>"
    )


def bar(*voices: str, more: str = "", length: str = "") -> str:
    inner = "".join(f"<voice>{voice}</voice>" for voice in voices)
    return f"<Measure{f' len={chr(34)}{length}{chr(34)}' if length else ''}>{more}{inner}</Measure>"


def read_text(tmp_path: Path, text: str, name: str = "a.mscx") -> Score:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return read(tmp_path / name)


def one(tmp_path: Path, *bars: str, **how: str) -> Score:
    return read_text(tmp_path, score_text(list(bars), **how))


def melody(score: Score) -> list[tuple[float, float, int]]:
    return heard(score.tracks[0], score.ticks_per_quarter)


def left_out(score: Score) -> dict[str, int]:
    return {} if score.notation is None else dict(score.notation.left_out)


class TestSongs:
    @pytest.mark.parametrize(
        ("saved", "exported"),
        [("kaeuzlein_2", "kaeuzlein"), ("kaeuzlein_4", "kaeuzlein"), ("geburtstag_3", "geburtstag"),
         ("geburtstag_4", "geburtstag")],
    )  # fmt: skip
    def test_the_same_as_their_musicxml(self, saved, exported):
        mine, other = read(FIXTURES / f"{saved}.mscz"), read(FIXTURES / f"{exported}.mxl")
        assert [Counter(heard(t, mine.ticks_per_quarter)) for t in mine.tracks] == [
            Counter(heard(t, other.ticks_per_quarter)) for t in other.tracks
        ]
        assert [(t.name, t.program, t.is_drum) for t in mine.tracks] == [
            (t.name, t.program, t.is_drum) for t in other.tracks
        ]
        assert mine.meters.tolist() == other.meters.tolist()
        assert mine.keys.tolist() == other.keys.tolist()
        assert mine.title == other.title
        assert mine.notation and other.notation
        assert (mine.notation.repeats, mine.notation.voltas) == (other.notation.repeats, other.notation.voltas)
        for one_track, other_track in zip(mine.tracks, other.tracks, strict=True):
            ours, theirs = one_track.notation, other_track.notation
            assert ours and theirs
            columns = ["onset_ticks", "duration_ticks", "step", "alter", "octave", "voice", "staff", "value", "dots"]
            pick = [Counter(map(tuple, n.rows[n.rows["note"] >= 0][columns].tolist())) for n in (ours, theirs)]
            assert pick[0] == pick[1]
            assert sorted(ours.lyrics) == sorted(theirs.lyrics)
            assert len(ours.slurs) == len(theirs.slurs)


class TestTime:
    def test_voices_and_moves(self, tmp_path):
        second = "<location><fractions>1/4</fractions></location>" + chord(60, "half")
        score = one(tmp_path, bar(chord(72, "half") + chord(74, "half"), second))
        assert melody(score) == [(0, 2, 72), (1, 2, 60), (2, 2, 74)]
        written = score.tracks[0].notation
        assert written and written.rows["voice"].tolist() == [1, 2, 1]

    def test_two_staves_are_one_part(self, tmp_path):
        score = read_text(tmp_path, score_text([bar(chord(72, "whole"))], [bar(chord(48, "whole"))]))
        (track,) = score.tracks
        assert track.notation and track.notation.staves == 2
        assert track.notation.rows[["staff", "voice"]].tolist() == [(1, 1), (2, 5)]

    def test_pickup_meter_and_tempo(self, tmp_path):
        head = (
            "<KeySig><concertKey>-1</concertKey><mode>minor</mode></KeySig><TimeSig><sigN>3</sigN><sigD>4</sigD></TimeSig>"
            "<Tempo><tempo>1.5</tempo><text>Lento (<sym>metNoteQuarterUp</sym> = 90)</text></Tempo>"
        )
        score = one(tmp_path, bar(head + chord(72), length="1/4", more="<irregular>1</irregular>"),
                    bar(chord(74, "half", "<dots>1</dots>")))  # fmt: skip
        assert melody(score) == [(0, 1, 72), (1, 3, 74)]
        assert score.meters[["ticks", "numerator", "denominator"]].tolist() == [(0, 3, 4), (480, 3, 4)]
        assert score.keys[["fifths", "minor"]].tolist() == [(-1, True)]
        assert round(score.bpm) == 90
        assert score.notation and score.notation.tempo_words[0][1:] == ("Lento", 2, 0, 90.0)
        assert score.notation.bar_numbers == ()

    def test_tuplets_in_tuplets(self, tmp_path):
        inner = "<Tuplet><normalNotes>2</normalNotes><actualNotes>3</actualNotes><baseNote>16th</baseNote></Tuplet>"
        outer = inner.replace("16th", "quarter")
        voice = (
            outer + chord(60) + chord(62) + inner + chord(64, "eighth") * 3 + "<endTuplet/><endTuplet/>" + rest("half")
        )
        score = one(tmp_path, bar(voice))
        third = 2 / 3
        assert [n[0] for n in melody(score)] == pytest.approx([0, third, 2 * third, 2 * third + 2 / 9, 4 / 3 + 4 / 9])
        written = score.tracks[0].notation
        assert written and written.rows[["actual", "normal"]].tolist()[:4] == [(3, 2), (3, 2), (9, 4), (9, 4)]
        assert [bool(x) for x in written.has("tuplet-stop")] == [False] * 4 + [True, False]

    def test_local_meters_stretch_a_staff(self, tmp_path):
        meter = "<TimeSig><sigN>4</sigN><sigD>4</sigD></TimeSig>"
        local = "<TimeSig><sigN>12</sigN><sigD>8</sigD><stretchN>3</stretchN><stretchD>2</stretchD></TimeSig>"
        text = score_text([bar(meter + chord(72, "whole"))], [bar(local + chord(48, "eighth") * 12)])
        score = read_text(tmp_path, text)
        assert score.end_ticks == 4 * score.ticks_per_quarter
        assert [n[0] for n in melody(score) if n[2] == 48] == pytest.approx([n / 3 for n in range(12)])

    def test_what_stands_for_other_bars_is_passed_over(self, tmp_path):
        whole = "<Rest><durationType>measure</durationType><duration>4/4</duration></Rest>"
        mark = "<multiMeasureRest>2</multiMeasureRest>"
        courtesy = "<TimeSig><sigN>2</sigN><sigD>4</sigD><isCourtesy>1</isCourtesy></TimeSig>"
        score = one(tmp_path, bar(whole, more=mark, length="8/4"), bar(whole + courtesy), bar(whole), bar(chord(60)))
        assert melody(score) == [(8, 1, 60)]
        written = score.tracks[0].notation
        assert written and written.rows["value"].tolist()[:2] == [BAR_REST, BAR_REST]


class TestNotes:
    def test_ties_are_joined(self, tmp_path):
        first = chord(60, "whole", in_note=spanner("Tie", measures=1, fractions="-3/4"))
        second = chord(60, "half", in_note=spanner("Tie", measures=-1, fractions="3/4", ends=True)) + rest("half")
        assert melody(one(tmp_path, bar(first), bar(second))) == [(0, 6, 60)]

    def test_grace_notes_before_and_after(self, tmp_path):
        voice = (
            chord(59, "eighth", "<acciaccatura/>") + chord(65, "16th", "<grace16after/>")
            + chord(64, "16th", "<grace16after/>") + chord(60, "half") + chord(67, "half")
        )  # fmt: skip
        score = one(tmp_path, bar(rest("whole")), bar(voice))
        assert melody(score) == [(3.875, 0.125, 59), (4, 2, 60), (5.75, 0.125, 64), (5.875, 0.125, 65), (6, 2, 67)]
        written = score.tracks[0].notation
        assert written and written.rows["grace"].tolist() == [0, 2, 0, 1, 1, 0]
        assert written.rows["step"].tolist()[1:] == [6, 0, 2, 3, 4]

    def test_transposing_instruments_sound_and_are_spelt(self, tmp_path):
        clarinet = "<transposeDiatonic>-1</transposeDiatonic><transposeChromatic>-2</transposeChromatic>" + PIANO
        key = "<KeySig><concertKey>-2</concertKey></KeySig>"
        with_both = "<Note><pitch>58</pitch><tpc>12</tpc><tpc2>14</tpc2></Note>"
        voice = (
            key
            + f"<Chord><durationType>half</durationType>{with_both}</Chord>"
            + chord(63, "half").replace("<tpc>23<", "<tpc>11<")
        )
        score = one(tmp_path, bar(voice), instrument=clarinet)
        assert [n[2] for n in melody(score)] == [58, 63]
        assert score.keys["fifths"].tolist() == [-2]
        written = score.tracks[0].notation
        assert written and written.transpositions == ((0, -2, -1),)
        assert written.rows[["step", "alter", "octave"]].tolist() == [(0, 0, 4), (3, 0, 4)]

    def test_under_octave_lines(self, tmp_path):
        voice = (
            spanner("Ottava", fractions="1/2", said="<subtype>8va</subtype>") + chord(72) + chord(74)
            + spanner("Ottava", fractions="-1/2", ends=True) + chord(76, "half")
        )  # fmt: skip
        score = one(tmp_path, bar(voice))
        assert [n[2] for n in melody(score)] == [84, 86, 76]
        written = score.tracks[0].notation
        assert written and written.spans == (("8va", 0, 2 * score.ticks_per_quarter, 0),)

    def test_drums(self, tmp_path):
        kit = (
            '<useDrumset>1</useDrumset><Drum pitch="36"><line>7</line></Drum><Drum pitch="42"><head>cross</head>'
            '<line>-1</line></Drum><Channel><program value="0"/></Channel>'
        )
        voice = chord(36, "half") + chord(42, "half", in_note="<head>cross</head>")
        score = one(tmp_path, bar(voice), instrument=kit)
        (track,) = score.tracks
        assert (track.is_drum, track.channel, track.notes["pitch"].tolist()) == (True, 9, [36, 42])
        assert track.notation and track.notation.rows[["step", "octave"]].tolist() == [(3, 4), (4, 5)]
        assert track.notation.has("cross-head").tolist() == [False, True]

    def test_cues_are_silent(self, tmp_path):
        voice = chord(60, "half", "<small>1</small>").replace("<pitch>", "<play>0</play><pitch>") + chord(62, "half")
        score = one(tmp_path, bar(voice))
        assert melody(score) == [(2, 2, 62)]
        assert left_out(score) == {"cue notes": 1}

    def test_pizzicato_and_another_instrument(self, tmp_path):
        violin = '<Channel><program value="40"/></Channel><Channel name="pizzicato"><program value="45"/></Channel>'
        pizz = '<StaffText><channelSwitch voice="0" name="pizzicato"/><text>pizz.</text></StaffText>'
        arco = '<StaffText><channelSwitch voice="0" name="normal"/><text>arco</text></StaffText>'
        flute = (
            '<InstrumentChange><Instrument><Channel><program value="73"/></Channel></Instrument><text>Flute</text>'
            "</InstrumentChange>"
        )
        bars = [bar(say + chord(60, "whole")) for say in ("", pizz, arco, flute)]
        (track,) = one(tmp_path, *bars, instrument=violin).tracks
        assert track.program == 40
        assert track.events[["ticks", "status", "data1"]].tolist() == [
            (1920, 0xC0, 45), (3840, 0xC0, 40), (5760, 0xC0, 73)
        ]  # fmt: skip
        assert track.notation and [words.text for words in track.notation.words] == ["pizz.", "arco", "Flute"]


class TestSigns:
    def test_signs_slurs_and_lyrics(self, tmp_path):
        slur = spanner("Slur", fractions="3/4")
        words = "<Lyrics><syllabic>begin</syllabic><text>A</text></Lyrics><Lyrics><no>1</no><text>Oh</text></Lyrics>"
        signs = (
            "<Articulation><subtype>articAccentStaccatoAbove</subtype></Articulation>"
            "<Ornament><subtype>ornamentTrill</subtype></Ornament>"
        )
        last = "<Lyrics><syllabic>end</syllabic><ticks_f>1/4</ticks_f><text>ve</text></Lyrics>"
        voice = (
            chord(60, more=slur + words + signs) + "<Breath><symbol>breathMarkComma</symbol></Breath>" + chord(62)
            + chord(64) + "<Fermata><subtype>fermataAbove</subtype></Fermata>" + chord(65, more=last)
        )  # fmt: skip
        score = one(tmp_path, bar(voice))
        written = score.tracks[0].notation
        assert written and written.slurs == ((0, 3),)
        assert written.lyrics == ((0, 1, "A", True, False, False), (0, 2, "Oh", False, False, False),
                                  (3, 1, "ve", False, True, True))  # fmt: skip
        assert written.rows["signs"].tolist() == [
            sum(SIGN_BITS[name] for name in ("accent", "staccato", "trill", "breath")), 0, 0, SIGN_BITS["fermata"]
        ]  # fmt: skip
        assert left_out(score) == {}

    def test_mordents_meant_something_else_before_4(self, tmp_path):
        sign = "<Articulation><subtype>ornamentMordent</subtype></Articulation>"
        for version, meant in (("3.02", "inverted-mordent"), ("4.20", "mordent")):
            written = one(tmp_path, bar(chord(60, "whole", sign)), version=version).tracks[0].notation
            assert written and written.has(meant).tolist() == [True]

    def test_tremolos(self, tmp_path):
        two = "<TremoloTwoChord><subtype>c32</subtype></TremoloTwoChord>"
        halves = [
            f"<Chord><durationType>half</durationType><duration>1/4</duration>{more}{note(pitch)}</Chord>"
            for pitch, more in ((60, two), (64, ""))
        ]
        one_note = chord(67, "half", "<TremoloSingleChord><subtype>r16</subtype></TremoloSingleChord>")
        score = one(tmp_path, bar("".join(halves) + one_note))
        assert melody(score) == [(0, 1, 60), (1, 1, 64), (2, 2, 67)]
        written = score.tracks[0].notation
        assert written and written.rows["strokes"].tolist() == [3, 3, 2]
        assert written.rows[["value", "actual"]].tolist() == [(1, 2), (1, 2), (1, 1)]

    def test_dynamics_and_hairpins_are_heard(self, tmp_path):
        loud = "<Dynamic><subtype>{}</subtype><velocity>{}</velocity></Dynamic>"
        pin = spanner("HairPin", measures=1, said="<subtype>0</subtype>")
        score = one(tmp_path, bar(loud.format("p", 49) + pin + chord(60, "half") + chord(62, "half")),
                    bar(loud.format("f", 96) + chord(64, "whole")))  # fmt: skip
        assert score.tracks[0].notes["velocity"].tolist() == [49, 72, 96]
        written = score.tracks[0].notation
        assert written and [(d.mark, d.ticks) for d in written.dynamics] == [("p", 0), ("f", 1920)]

    def test_an_accent_is_for_the_whole_chord_and_a_note_may_be_louder(self, tmp_path):
        accent = "<Articulation><subtype>articAccentAbove</subtype></Articulation>"
        louder = note(67, "<veloType>offset</veloType><velocity>25</velocity>")
        two = f"<Chord>{accent}<durationType>half</durationType>{note(60)}{note(64)}</Chord>"
        voice = two + f"<Chord><durationType>half</durationType>{louder}</Chord>"
        score = one(tmp_path, bar(voice), version="3.02")
        assert score.tracks[0].notes["velocity"].tolist() == [92, 92, 100]
        assert read_text(tmp_path, musicxml_bytes(score).decode(), "b.musicxml").tracks[0].notes[
            "velocity"
        ].tolist() == [92, 92, 100]

    def test_the_way_through_the_piece(self, tmp_path):
        first, second = (
            spanner("Volta", measures=1, said=f"<endHookType>1</endHookType><endings>{n}</endings>") for n in (1, 2)
        )
        segno = "<Marker><text><sym>segno</sym></text><label>segno</label></Marker>"
        jump = "<Jump><text>D.S. al Fine</text><jumpTo>segno</jumpTo><playUntil>fine</playUntil></Jump>"
        fine = "<Marker><text>Fine</text><label>fine</label></Marker>"
        score = one(
            tmp_path, bar(chord(60, "whole"), more="<startRepeat/>" + segno),
            bar(first + chord(62, "whole"), more="<endRepeat>2</endRepeat>"),
            bar(second + chord(64, "whole"), more=fine), bar(chord(65, "whole"), more=jump),
        )  # fmt: skip
        assert score.notation
        assert score.notation.repeats == (Repeat(0, False), Repeat(3840, True, 2))
        assert score.notation.voltas == (Volta(1920, 3840, (1,)), Volta(3840, 5760, (2,)))
        assert score.notation.jumps == (
            Jump(0, "segno"), Jump(5760, "fine", "Fine"), Jump(7680, "dal-segno", "D.S. al Fine")
        )  # fmt: skip
        assert [n[2] for n in melody(expand_repeats(score))] == [60, 62, 60, 64, 65, 60, 64]

    def test_chord_symbols_words_and_letters(self, tmp_path):
        chords = (
            "<Harmony><root>12</root><name>m7</name><base>11</base></Harmony>",
            "<Harmony><harmonyInfo><name>7(b9)</name><root>15</root></harmonyInfo></Harmony>",
            "<Harmony><root>14</root><name>what?</name></Harmony>",
        )
        said = "<RehearsalMark><text>A</text></RehearsalMark><StaffText><text><i>dolce</i></text></StaffText>"
        score = one(tmp_path, bar(said + "".join(symbol + chord(60) for symbol in chords)))
        assert score.notation and [symbol.text for symbol in score.notation.chords] == ["Bbm7/Eb", "G7addb9"]
        assert [marker.text for marker in score.markers] == ["A"]
        written = score.tracks[0].notation
        assert written and [words.text for words in written.words] == ["dolce"]
        assert left_out(score) == {"chord symbols of unknown kinds": 1}

    def test_what_is_not_held_is_counted(self, tmp_path):
        more = "<Fingering><text>1</text></Fingering>"
        score = one(tmp_path, bar(chord(60, "whole", in_note=more) + "<FiguredBass/>"))
        assert left_out(score) == {"figured bass": 1, "fingerings": 1}

    def test_who_made_it(self, tmp_path):
        told = '<metaTag name="workTitle">Air</metaTag><metaTag name="composer">Anon</metaTag>'
        score = one(tmp_path, bar(chord(60)), more=told)
        assert score.title == "Air"
        assert score.notation and score.notation.credits == (("composer", "Anon"),)


class TestVersion2:
    def test_one_stream_with_tracks_and_ticks(self, tmp_path):
        ratio = "<normalNotes>2</normalNotes><actualNotes>3</actualNotes><baseNote>eighth</baseNote>"
        begins, ends = '<Tuplet>1</Tuplet><Slur type="start" id="2"/>', '<Tuplet>1</Tuplet><Slur type="stop" id="2"/>'
        bars = (
            "<Measure><HairPin id='4'><subtype>1</subtype></HairPin>" + f'<Tuplet id="1">{ratio}</Tuplet>'
            + chord(60, "eighth", begins) + chord(62, "eighth", "<Tuplet>1</Tuplet>") + chord(64, "eighth", ends)
            + "<endSpanner id='4'/>" + chord(65, "half", "<dots>1</dots>", '<Tie id="3"></Tie>')
            + "<tick>320</tick>" + chord(48, "eighth", "<track>1</track>") + "</Measure>"
            + "<Measure>" + chord(65, "half", in_note='<endSpanner id="3"/>')
            + "<Rest><durationType>half</durationType></Rest></Measure>"
            + '<Measure><Rest><durationType>measure</durationType><duration z="4" n="4"/></Rest></Measure>'
        )  # fmt: skip
        score = read_text(tmp_path, score_text([bars], version="2.06"))
        third = 1 / 3
        assert [n[2] for n in melody(score)] == [60, 62, 48, 64, 65]
        assert [n[0] for n in melody(score)] == pytest.approx([0, third, 2 * third, 2 * third, 1])
        assert melody(score)[-1] == (1, 5, 65)
        written = score.tracks[0].notation
        assert written and written.rows["voice"].tolist() == [1, 1, 1, 2, 1, 1, 1, 1]
        assert written.spans == (("diminuendo", 0, score.ticks_per_quarter, 0),)
        assert [(one.first, one.last) for one in written.slurs] == [(0, 3)]
        assert int(written.has("tuplet-start").sum()) == int(written.has("tuplet-stop").sum()) == 1


class TestFiles:
    def test_by_content(self, tmp_path):
        text = score_text([bar(chord(60, "whole"))])
        assert read_text(tmp_path, text, "song.backup").note_count == 1
        with zipfile.ZipFile(tmp_path / "zipped.bak", "w") as archive:
            archive.writestr("x.mscx", text)
        assert read(tmp_path / "zipped.bak").note_count == 1

    def test_the_container_names_the_score(self, tmp_path):
        container = (
            '<container><rootfiles><rootfile full-path="style.mss"/><rootfile full-path="song.mscx"/></rootfiles>'
            "</container>"
        )
        with zipfile.ZipFile(tmp_path / "a.mscz", "w") as archive:
            archive.writestr("Excerpts/part.mscx", score_text([bar(chord(61))]))
            archive.writestr("style.mss", "<museScore/>")
            archive.writestr("song.mscx", score_text([bar(chord(60))]))
            archive.writestr("META-INF/container.xml", container)
        assert melody(read(tmp_path / "a.mscz")) == [(0, 1, 60)]

    def test_excerpts_inside_a_score_are_not_read_twice(self, tmp_path):
        text = score_text([bar(chord(60))])
        inner = text[text.index("<Score>") : text.index("</museScore>")]
        assert read_text(tmp_path, text.replace("</Score>", inner + "</Score>")).note_count == 1

    def test_libraries_take_it_in_and_nobody_writes_it(self, tmp_path):
        assert is_music(tmp_path / "a.mscz")
        assert is_music(tmp_path / "a.mscx")
        assert FORMATS[".mscz"].write is None
        with pytest.raises(OutputError, match=r"read, not written; write \.musicxml, which MuseScore opens"):
            Score().write(tmp_path / "a.mscz")

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("<score-partwise/>", "begins as MusicXML does; rename it"),
            ('<!DOCTYPE x [<!ENTITY a "b">]><museScore/>', "declares DOCTYPE in its XML, which is refused"),
            ('<museScore version="4.0"><Score>', "is damaged: its XML breaks off"),
            ('<museScore version="1.14"><Score/></museScore>', "format 1.14, before MuseScore 2; open it in a newer"),
            ('<museScore version="4.0"></museScore>', "holds no score"),
            ('<museScore version="4.0"><Score/></museScore>', "holds no part with bars in it"),
            (score_text([bar(chord(60, "huge"))]), "note value 'huge' in bar 1 of part Me of"),
            (score_text([bar(chord(200))]), "pitch '200' in bar 1 of part Me of"),
            (score_text([bar(chord(60), length="9999/1")]), "length '9999/1' in bar 1"),
            (score_text([bar("<TimeSig><sigN>4</sigN><sigD>3</sigD></TimeSig>")]), "the meter in bar 1"),
            (score_text([bar("<Tempo><tempo>1e9</tempo></Tempo>")]), "tempo 6e\\+10 in bar 1 .* is out of range"),
        ],
    )  # fmt: skip
    def test_bad_text(self, text, words, tmp_path):
        (tmp_path / "a.mscx").write_text(text, encoding="utf-8")
        with pytest.raises(FileFormatError, match=words):
            read(tmp_path / "a.mscx")

    def test_bad_archives(self, tmp_path):
        data = (FIXTURES / "geburtstag_4.mscz").read_bytes()
        (tmp_path / "cut.mscz").write_bytes(data[: len(data) // 2])
        (tmp_path / "text.mscz").write_text("no archive", encoding="utf-8")
        with zipfile.ZipFile(tmp_path / "empty.mscz", "w") as archive:
            archive.writestr("readme.txt", "nothing")
        with zipfile.ZipFile(tmp_path / "bomb.mscz", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.mscx", b" " * (65 * 2**20))
        for name, words in (
            ("cut", "is no zipped MuseScore file, or is damaged"), ("text", "is no archive, as .mscz files are"),
            ("empty", "is an archive without a score"), ("bomb", "unpacks to more than 64 MB"),
            ("missing", "missing|not there|No such|no file"),
        ):  # fmt: skip
            with pytest.raises(FileFormatError, match=words):
                read(tmp_path / f"{name}.mscz")


def sign_bar(tag: str, bars: int = 1) -> str:
    said = f"<subtype>{bars}</subtype>" if tag == "MeasureRepeat" else ""
    return bar(f"<{tag}>{said}<durationType>measure</durationType><duration>4/4</duration></{tag}>")


@pytest.mark.parametrize(("tag", "version"), [("RepeatMeasure", "3.02"), ("MeasureRepeat", "4.20")])
def test_repeated_bars_are_written_out(tmp_path, tag, version):
    first = bar(chord(60) + chord(64, more="<Lyrics><text>la</text></Lyrics>") + rest("half"))
    last = bar(chord(67, "whole"))
    score = read_text(tmp_path, score_text([first, sign_bar(tag), sign_bar(tag), last], version=version))
    track = score.tracks[0]
    once = [(0.0, 1.0, 60), (1.0, 1.0, 64)]
    again = [(4 * n + at, long, pitch) for n in range(3) for at, long, pitch in once]
    assert heard(track, score.ticks_per_quarter) == [*again, (12.0, 4.0, 67)]
    assert track.notation is not None and [lyric.text for lyric in track.notation.lyrics] == ["la"]
    assert not score.notation or not score.notation.left_out


def test_one_sign_may_repeat_two_bars(tmp_path):
    bars = [bar(chord(60, "whole")), bar(chord(62, "whole")), sign_bar("MeasureRepeat", 2), bar(rest("whole"))]
    score = read_text(tmp_path, score_text(bars))
    assert [pitch for _, _, pitch in heard(score.tracks[0], score.ticks_per_quarter)] == [60, 62, 60, 62]


def test_ties_end_at_repeated_bars(tmp_path):
    goes_on = spanner("Tie", measures=1)
    bars = [bar(rest("half") + chord(60, "half", in_note=goes_on)), sign_bar("MeasureRepeat")]
    score = read_text(tmp_path, score_text(bars))
    assert heard(score.tracks[0], score.ticks_per_quarter) == [(2.0, 2.0, 60), (6.0, 2.0, 60)]


def test_a_sign_without_a_bar_before_it_is_a_rest_and_counted(tmp_path):
    score = read_text(tmp_path, score_text([sign_bar("MeasureRepeat"), bar(chord(60, "whole"))]))
    assert heard(score.tracks[0], score.ticks_per_quarter) == [(4.0, 4.0, 60)]
    assert [one.count for one in score.notation.left_out] == [1]


def test_repeated_bars_do_not_pass_the_notes_of_a_file(tmp_path):
    dense = bar("".join(chord(60, "128th") for _ in range(128)))
    bars = [dense, *[sign_bar("MeasureRepeat")] * 9000]
    with pytest.raises(FileFormatError, match="passes 1,000,000 notes; split the file"):
        read_text(tmp_path, score_text(bars))
