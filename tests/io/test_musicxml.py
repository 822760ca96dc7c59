"""MusicXML: golden scores, what goes out comes in again, other readers hear the same, bad files are one sentence."""

from __future__ import annotations

import warnings
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.errors import BandmateError, FileFormatError
from bandmate.io.abc.read import parse_abc
from bandmate.io.abc.write import abc_text
from bandmate.io.files import FORMATS, read
from bandmate.io.musicxml_read import read_musicxml, score_of_tree
from bandmate.io.musicxml_write import musicxml_bytes
from bandmate.score.features import features_of
from bandmate.score.model import EVENT, KEY_SIGNATURE, MADE, Score, Track, make_meters, make_notes, make_tempos
from bandmate.score.notate import notated
from bandmate.score.notation import Lyric, midi_pitch
from bandmate.score.timeline import bar_grid

FIXTURES = Path(__file__).parents[1] / "fixtures"
WALTZ, BAND = FIXTURES / "musicxml" / "waltz.musicxml", FIXTURES / "musicxml" / "band.musicxml"
SOUNDING = ("onset_ticks", "duration_ticks", "pitch", "velocity")
NOTE_ORDER = (
    "grace", "chord", "pitch", "unpitched", "rest", "duration", "tie", "instrument", "voice", "type", "dot",
    "time-modification", "notehead", "staff", "notations", "lyric",
)  # fmt: skip
ATTRIBUTE_ORDER = ("divisions", "key", "time", "staves", "clef", "transpose")


def heard(track: Track) -> list[tuple[int, ...]]:
    return [tuple(int(value) for value in row) for row in track.notes[list(SOUNDING)]]


def again(score: Score) -> Score:
    return score_of_tree(ElementTree.fromstring(musicxml_bytes(score)))


def part(music: str, divisions: int | str = 1) -> str:
    return (
        '<score-partwise><part-list><score-part id="P1"><part-name/></score-part></part-list><part id="P1">'
        f'<measure number="1"><attributes><divisions>{divisions}</divisions></attributes>{music}</measure>'
        "</part></score-partwise>"
    )


def note(duration: float | str = 1, pitch: str = "<step>C</step><octave>4</octave>", more: str = "") -> str:
    return f"<note><pitch>{pitch}</pitch><duration>{duration}</duration>{more}</note>"


def read_text(tmp_path: Path, text: str, name: str = "a.musicxml") -> Score:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return read(tmp_path / name)


class TestWaltz:
    def test_notes(self):
        (piano,) = read(WALTZ).tracks
        assert heard(piano) == [
            (0, 480, 72, 48), (480, 1440, 53, 48), (480, 480, 77, 48), (960, 480, 57, 48), (960, 480, 60, 48),
            (960, 240, 76, 48), (1200, 240, 74, 48), (1440, 480, 57, 48), (1440, 480, 60, 48), (1440, 1440, 72, 48),
            (1920, 1440, 52, 48), (2880, 480, 70, 92), (3360, 1440, 53, 96), (3360, 1440, 69, 96),
            (4800, 960, 48, 96), (4800, 480, 67, 96),
        ]  # fmt: skip

    def test_time(self):
        score = read(WALTZ)
        assert score.meters[["ticks", "numerator", "denominator"]].tolist() == [(0, 3, 4), (480, 3, 4)]
        assert score.keys[["ticks", "fifths", "minor"]].tolist() == [(0, -1, False)]
        assert score.tempos["us_per_quarter"].tolist() == [416667]
        assert [(m.ticks, m.text) for m in score.markers] == [(3360, "A")]
        assert (score.title, score.end_ticks) == ("Little Waltz", 6240)

    def test_what_is_written(self):
        score = read(WALTZ)
        part, whole = score.tracks[0].notation, score.notation
        assert part is not None and whole is not None
        assert [(lyric.text, lyric.joined, lyric.follows) for lyric in part.lyrics] == [
            ("Oh", False, False), ("lit", True, False), ("tle", False, True)]  # fmt: skip
        assert part.slurs == ((2, 9),) and part.staves == 2
        assert [(span.kind, span.start_ticks, span.end_ticks) for span in part.spans] == [("crescendo", 1920, 3360)]
        assert [chord.text for chord in whole.chords] == ["F", "C7/Bb"]
        assert [tuple(repeat) for repeat in whole.repeats] == [(480, False, 2), (3360, True, 2)]
        assert [tuple(volta) for volta in whole.voltas] == [(1920, 3360, (1,), False), (3360, 4800, (2,), True)]
        tied = part.rows[part.rows["note"] == 9]
        assert tied["onset_ticks"].tolist() == [1440, 1920] and tied["value"].tolist() == [2, 1]
        assert part.rows["note"][part.has("fermata")].tolist() == [13]

    def test_its_words_go_to_midi(self, tmp_path):
        read(WALTZ).write(tmp_path / "a.mid")
        events = read(tmp_path / "a.mid").tracks[-1]
        texts = [events.blobs[row["blob"]] for row in events.events if row["data1"] == 5 and row["status"] == 0xFF]
        assert texts == [b"Oh ", b"lit-", b"tle "]


class TestBand:
    def test_a_transposing_part_sounds_at_concert_pitch(self):
        score = read(BAND)
        clarinet = score.tracks[0]
        assert [row[2] for row in heard(clarinet)] == [72, 74, 76, 77, 78, 79, 72]
        assert score.keys["fifths"].tolist() == [0]
        assert clarinet.notation is not None
        assert midi_pitch(clarinet.notation.rows).tolist() == [74, 76, 78, 79, 80, 81, 74]

    def test_a_triplet_and_a_grace_note_before_its_main_note(self):
        clarinet = read(BAND).tracks[0]
        assert [row[:2] for row in heard(clarinet)][1:6] == [(480, 160), (640, 160), (800, 160), (900, 60), (960, 960)]
        rows = clarinet.notation.rows
        assert rows["grace"].tolist() == [0, 0, 0, 0, 2, 0, 0] and rows["onset_ticks"][4] == 960
        assert rows["note"][clarinet.notation.has("tuplet-stop")].tolist() == [3]

    def test_drums_are_their_keys(self):
        drums = read(BAND).tracks[1]
        assert drums.is_drum and drums.channel == 9
        assert [row[2] for row in heard(drums)] == [36, 38, 36, 38, 36, 38]

    def test_signs_of_the_way(self):
        assert [tuple(jump) for jump in read(BAND).notation.jumps] == [
            (0, "segno", ""), (3840, "dal-segno", "D.S. al Fine")]  # fmt: skip


class TestReading:
    def test_numbers_of_slurs_hold_in_the_order_of_the_file(self, tmp_path):
        def slur(kind: str, staff: int) -> str:
            return f'<voice>{staff}</voice><notations><slur type="{kind}" number="1"/></notations>'

        low = "<step>C</step><octave>3</octave>"
        music = (
            note(1, more=slur("start", 1)) + note(3, more=slur("stop", 1)) + "<backup><duration>4</duration></backup>"
        )
        music += note(2, low, slur("start", 2)) + note(2, low, slur("stop", 2))
        (track,) = read_text(tmp_path, part(music)).tracks
        pitches, onsets = track.notes["pitch"].tolist(), track.notes["onset_ticks"].tolist()
        assert track.notation
        assert sorted((pitches[s.first], onsets[s.first], pitches[s.last], onsets[s.last])
                      for s in track.notation.slurs) == [(48, 0, 48, 960), (60, 0, 60, 480)]  # fmt: skip

    def test_a_chord_may_hold_a_cue(self, tmp_path):
        high = "<step>G</step><octave>4</octave>"
        cue = note(2).replace("<note>", "<note><cue/>")
        score = read_text(tmp_path, part(cue + note(2, high).replace("<note>", "<note><chord/>") + note(2)))
        assert heard(score.tracks[0]) == [(0, 960, 67, 80), (960, 960, 60, 80)]

    def test_an_accent_is_for_the_whole_chord(self, tmp_path):
        accent = "<notations><articulations><accent/></articulations></notations>"
        music = note(4, more=accent) + note(4, "<step>G</step><octave>4</octave>").replace("<note>", "<note><chord/>")
        (track,) = read_text(tmp_path, part(music)).tracks
        assert track.notes["velocity"].tolist() == [92, 92]
        assert b"dynamics=" not in musicxml_bytes(read(tmp_path / "a.musicxml"))

    def test_by_time_is_by_part(self, tmp_path):
        root = ElementTree.parse(BAND).getroot()
        turned = ElementTree.Element("score-timewise")
        parts = root.findall("part")
        turned.extend(child for child in root if child.tag != "part")
        for bars in zip(*parts, strict=True):
            measure = ElementTree.SubElement(turned, "measure", bars[0].attrib)
            for one, bar in zip(parts, bars, strict=True):
                ElementTree.SubElement(measure, "part", one.attrib).extend(bar)
        ElementTree.ElementTree(turned).write(tmp_path / "a.xml")
        assert [heard(t) for t in read(tmp_path / "a.xml").tracks] == [heard(t) for t in read(BAND).tracks]

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1"])
    def test_other_encodings(self, encoding, tmp_path):
        named = encoding.replace("-sig", "")
        text = f'<?xml version="1.0" encoding="{named}"?>' + part(note()).replace(
            "<part-name/>", "<part-name>é</part-name>"
        )
        (tmp_path / "a.xml").write_bytes(text.encode(encoding))
        assert read(tmp_path / "a.xml").tracks[0].name == "é"

    @pytest.mark.parametrize("name", ["song.bin", "song"])
    def test_by_what_it_begins_with(self, name, tmp_path):
        assert read_text(tmp_path, WALTZ.read_text(encoding="utf-8"), name).note_count == 16
        read(WALTZ).write(tmp_path / "a.mxl").rename(tmp_path / "b.zip")
        assert read(tmp_path / "b.zip").note_count == 16

    def test_divisions_may_change_and_be_odd(self, tmp_path):
        music = note(7) + "<attributes><divisions>9</divisions></attributes>" + note(9) + note(3)
        (track,) = read_text(tmp_path, part(music, 7)).tracks
        quarter = read(tmp_path / "a.musicxml").ticks_per_quarter
        assert [(row[0] / quarter, row[1] * 3 / quarter) for row in heard(track)] == [(0, 3), (1, 3), (2, 1)]

    def test_a_tie_that_is_not_stopped_goes_on_in_its_voice(self, tmp_path):
        tie = '<tie type="start"/>'
        (track,) = read_text(tmp_path, part(note(1, more=tie) + note(1) + note(1))).tracks
        assert [row[:2] for row in heard(track)] == [(0, 960), (960, 480)]

    def test_ties_of_some_notes_of_a_chord_are_joined(self, tmp_path):
        start, stop = '<tie type="start"/>', '<tie type="stop"/>'
        high, low = ("<step>F</step><octave>5</octave>", "<step>A</step><octave>4</octave>")
        music = note(2, low) + note(2, high, start).replace("<note>", "<note><chord/>")
        music += note(1, low) + note(1, high, stop).replace("<note>", "<note><chord/>")
        (track,) = read_text(tmp_path, part(music)).tracks
        assert [row[:3] for row in heard(track)] == [(0, 960, 69), (0, 1440, 77), (960, 480, 69)]

    def test_a_syllable_of_tied_notes_is_one(self, tmp_path):
        line = "<lyric number='1'>{}<extend/></lyric>"
        music = note(1, more='<tie type="start"/>' + line.format("<syllabic>single</syllabic><text>ah</text>"))
        music += note(1, more='<tie type="stop"/>' + line.format("")) + note(1, more=line.format(""))
        (track,) = read_text(tmp_path, part(music)).tracks
        assert track.notation.lyrics == (Lyric(0, 1, "ah", extends=True), Lyric(1, 1, "", extends=True))
        assert "w: ah _ _ |" in abc_text(read(tmp_path / "a.musicxml"))

    def test_a_note_before_a_tied_one_is_struck_by_itself(self, tmp_path):
        start, stop = '<tie type="start"/>', '<tie type="stop"/>'
        (track,) = read_text(tmp_path, part(note(2) + note(1, more=start) + note(1, more=stop))).tracks
        assert [row[:2] for row in heard(track)] == [(0, 960), (960, 960)]

    def test_a_bar_that_is_short_or_long_in_one_part_moves_no_other_bar(self, tmp_path):
        bars = ("<measure number='1'><attributes><divisions>1</divisions><time><beats>4</beats>"
                "<beat-type>4</beat-type></time></attributes>{}</measure><measure number='2'>{}</measure>")  # fmt: skip
        rest = "<note><rest/><duration>4</duration></note>"
        parts = {"full": note(4), "short": note(1), "long": rest * 2}
        listed = "".join(f"<score-part id='{name}'><part-name>{name}</part-name></score-part>" for name in parts)
        body = "".join(f"<part id='{name}'>{bars.format(first, note(4))}</part>" for name, first in parts.items())
        score = read_text(tmp_path, f"<score-partwise><part-list>{listed}</part-list>{body}</score-partwise>")
        assert [int(track.notes["onset_ticks"][-1]) for track in score.tracks] == [1920, 1920, 1920]

    def test_a_pickup_is_as_long_as_the_part_that_is_not_filled_up(self, tmp_path):
        bars = ("<measure number='0' implicit='yes'><attributes><divisions>1</divisions></attributes>{}</measure>"
                "<measure number='1'>{}</measure>")  # fmt: skip
        filled = "<note><rest/><duration>1</duration></note>" + "<forward><duration>{}</duration></forward>"
        for parts, start in (((note(1), filled.format(3)), 480), ((filled.format(1), filled.format(3)), 960)):
            body = "".join(f"<part id='P{n}'>{bars.format(one, note(4))}</part>" for n, one in enumerate(parts))
            listed = "".join(f"<score-part id='P{n}'><part-name/></score-part>" for n in range(2))
            score = read_text(tmp_path, f"<score-partwise><part-list>{listed}</part-list>{body}</score-partwise>")
            assert [int(track.notes["onset_ticks"][-1]) for track in score.tracks] == [start, start]

    def test_a_tie_that_is_stopped_may_miss_by_a_little(self, tmp_path):
        start, stop = '<tie type="start"/>', '<tie type="stop"/>'
        (track,) = read_text(tmp_path, part(note(16, more=start) + note(1, "<step>D</step><octave>4</octave>") +
                                            note(17, more=stop) + note(17), 17)).tracks  # fmt: skip
        assert [row[2] for row in heard(track)] == [60, 62, 60]

    def test_what_is_not_held_is_told(self, tmp_path):
        stem = "<stem>up</stem><notations><technical><fingering>1</fingering></technical></notations>"
        score = read_text(tmp_path, part(note(1, more=stem) + note(1, more="<cue/>")))
        assert {(left.what, left.count) for left in score.notation.left_out} == {
            ("stems", 1), ("fingering", 1), ("cue notes", 1)}  # fmt: skip

    def test_loudness(self, tmp_path):
        loud = "<direction><direction-type><dynamics><ff/></dynamics></direction-type></direction>"
        accent = "<notations><articulations><accent/></articulations></notations>"
        own = note().replace("<note>", '<note dynamics="50">')
        sudden = loud.replace("ff", "fp")
        (track,) = read_text(
            tmp_path, part(note() + loud + note() + note(more=accent) + own + sudden + note() + note())
        ).tracks
        assert [row[3] for row in heard(track)] == [80, 112, 124, 45, 96, 48]

    def test_as_played(self, tmp_path):
        played = note(2).replace("<note>", '<note attack="-1" release="1">')
        (track,) = read_text(tmp_path, part(note(2) + played, 4)).tracks
        assert [row[:2] for row in heard(track)] == [(0, 240), (120, 480)]


class TestWriting:
    @pytest.mark.parametrize("path", [WALTZ, BAND])
    def test_all_of_a_file_comes_back(self, path):
        before, after = read(path), again(read(path))
        assert [heard(track) for track in before.tracks] == [heard(track) for track in after.tracks]
        assert features_of(before) == features_of(after)
        for one, two in zip(before.tracks, after.tracks, strict=True):
            assert one.notation.rows.tolist() == two.notation.rows.tolist()
            for name in ("lyrics", "slurs", "spans", "dynamics", "clefs", "transpositions", "words"):
                assert getattr(one.notation, name) == getattr(two.notation, name), name
        for name in ("repeats", "voltas", "jumps", "barlines", "chords", "tempo_words", "credits", "bar_numbers"):
            assert getattr(before.notation, name) == getattr(after.notation, name), name

    @pytest.mark.parametrize("name", ["lied.mid", "funk_beat.mid"])
    def test_what_was_played_comes_back_as_played(self, name):
        score = read(FIXTURES / "music" / name)
        tracks = [track for track in score.tracks if len(track.notes)]
        back = again(score)
        ratio = back.ticks_per_quarter / score.ticks_per_quarter
        for before, after in zip(tracks, back.tracks, strict=True):
            rows = [(a * ratio, d * ratio, *rest) for a, d, *rest in heard(before)]
            assert sorted(rows) == sorted(heard(after))

    @given(
        st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 2500), st.integers(0, 127), st.integers(1, 127)),
                 min_size=1, max_size=25),
        st.sampled_from([(4, 4), (3, 4), (6, 8), (7, 8), (5, 16), (2, 2)]),
        st.sampled_from([96, 120, 480, 220, 1024]),
        st.integers(-7, 7),
        st.booleans(),
    )  # fmt: skip
    @settings(deadline=None, max_examples=60)
    def test_any_notes_come_back(self, rows, meter, grid, fifths, is_drum):
        onset, duration, pitch, velocity = np.array(rows).T
        notes = make_notes(onset, duration, pitch, velocity, channel=9 if is_drum else 0)
        keys = np.array([(0, fifths, False, 0, MADE)], KEY_SIGNATURE)
        score = Score((Track("x & <y>", 0, is_drum, notes),), grid, make_tempos(93), make_meters(*meter), keys)
        back = again(score)
        (track,), ratio = back.tracks, back.ticks_per_quarter / grid
        assert sorted((a * ratio, d * ratio, *rest) for a, d, *rest in heard(score.tracks[0])) == sorted(heard(track))
        assert (track.name, track.is_drum, round(back.bpm)) == ("x & <y>", is_drum, 93)
        assert back.meters[["numerator", "denominator"]].tolist()[0] == meter

    @pytest.mark.parametrize(
        "score", [read(WALTZ), read(BAND), read(FIXTURES / "music" / "lied.mid")], ids=["waltz", "band", "lied"]
    )
    def test_elements_stand_in_the_order_of_the_standard(self, score):
        root = ElementTree.fromstring(musicxml_bytes(score))
        for tag, order in (("note", NOTE_ORDER), ("attributes", ATTRIBUTE_ORDER)):
            for element in root.iter(tag):
                places = [order.index(child.tag) for child in element]
                assert places == sorted(places), tag
        for bar in root.iter("measure"):
            cursor = 0
            for child in bar:
                if child.tag in ("forward", "backup") or (child.tag == "note" and child.find("chord") is None):
                    cursor += int(child.findtext("duration") or 0) * (-1 if child.tag == "backup" else 1)
                assert cursor >= 0

    def test_pedal_volume_and_other_instruments_come_back(self):
        events = np.array(
            [(0, 0, 0xB0, 0, 7, 90, -1), (0, 1, 0xB0, 0, 10, 20, -1), (0, 2, 0xB0, 0, 64, 127, -1),
             (480, 3, 0xC0, 0, 40, 0, -1), (960, 4, 0xB0, 0, 64, 0, -1)],
            EVENT,
        )  # fmt: skip
        score = Score((Track("x", 73, False, make_notes([0, 480], 480, 60), events),))
        (track,) = again(score).tracks
        assert track.program == 73
        columns = ["ticks", "status", "data1", "data2"]
        assert sorted(track.events[columns].tolist()) == sorted(events[columns].tolist())

    def test_the_same_score_gives_the_same_bytes(self, tmp_path):
        score = read(WALTZ)
        assert score.write(tmp_path / "a.mxl").read_bytes() == score.write(tmp_path / "b.mxl").read_bytes()

    def test_nothing_is_a_score_too(self):
        assert again(Score()).note_count == 0

    def test_notes_are_spelt_by_the_key(self):
        for fifths, names in ((-4, "Db"), (3, "C#")):
            keys = np.array([(0, fifths, False, 0, MADE)], KEY_SIGNATURE)
            root = ElementTree.fromstring(musicxml_bytes(Score((Track(notes=make_notes([0], 480, 61)),), keys=keys)))
            pitch = next(root.iter("pitch"))
            assert pitch.findtext("step") + {"-1": "b", "1": "#"}[pitch.findtext("alter")] == names


class TestNotate:
    def test_a_note_over_the_bar_line_is_tied(self):
        track = notated(Score((Track(notes=make_notes([1440], 960, 60)),))).tracks[0]
        rows = track.notation.rows[track.notation.rows["note"] == 0]
        assert rows[["onset_ticks", "duration_ticks", "value"]].tolist() == [(1440, 480, 2), (1920, 480, 2)]

    def test_triplets_are_found(self):
        track = notated(Score((Track(notes=make_notes([0, 160, 320, 480], [160, 160, 160, 480], 60)),))).tracks[0]
        rows = track.notation.rows[track.notation.rows["note"] >= 0]
        assert rows[["value", "actual", "normal"]].tolist() == [(3, 3, 2)] * 3 + [(2, 1, 1)]

    def test_voices_do_not_overlap(self):
        score = Score((Track("x", 40, notes=make_notes([0, 480, 960], [1920, 480, 480], [60, 64, 67])),))
        rows = notated(score).tracks[0].notation.rows
        for voice in np.unique(rows["voice"]):
            mine = rows[rows["voice"] == voice]
            assert (mine["onset_ticks"][1:] >= (mine["onset_ticks"] + mine["duration_ticks"])[:-1]).all()
            assert mine["duration_ticks"].sum() == 1920

    def test_what_has_a_notation_keeps_it(self):
        score = read(WALTZ)
        assert notated(score).tracks[0].notation is score.tracks[0].notation


BOMB = (
    '<!DOCTYPE score-partwise [<!ENTITY a "aaaaaaaaaa">' +
    "".join(f'<!ENTITY {x} "{f"&{y};" * 10}">' for x, y in zip("bcdefgh", "abcdefg", strict=True)) + "]>" + part(note())
)  # fmt: skip


class TestBadInput:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            (BOMB, "refused"),
            ('<!DOCTYPE score-partwise SYSTEM "file:///etc/passwd">' + part(note()), "DOCTYPE"),
            ('<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD x//EN" "x" [<!ENTITY a SYSTEM "x">]>' + part(note()),
             "refused"),
            (part(note())[:-30], "damaged"),
            (part("&nothing;"), "damaged"),
            ("<html/>", "no score but <html>"),
            ("<score-partwise/>", "no part"),
            (part(note(), 0), "0 divisions"),
            (part(note(), 10**9), "out of range"),
            (part(note(), "many"), "divisions"),
            (part(note(10**12)), "quarter notes; mend"),
            (part(note(-1)), "negative duration"),
            (part(note("x")), "no number"),
            (part(note(1000) * 2), "longer than"),
            ("<score-partwise>" + "<part/>" * 600 + "</score-partwise>", "has 600 parts, more than 512; split it"),
            ("<score-partwise><part>" + "<measure/>" * 20_001 + "</part></score-partwise>", "20001 bars, more than"),
            (part("<forward><duration>1e9</duration></forward>"), "more than 1024"),
            (part(note(1, "<step>H</step><octave>4</octave>")), "pitch 'H4'"),
            (part('<sound tempo="1e9"/>' + note()), "tempo 1e[+]09 in bar 1"),
            (part('<sound tempo="0.001"/>' + note()), "out of range"),
            (part("<attributes><time><beats>4</beats><beat-type>3</beat-type></time></attributes>"), "meter in bar 1"),
            (part("<attributes><time><beats>0</beats><beat-type>4</beat-type></time></attributes>"), "meter in bar 1"),
        ],
    )  # fmt: skip
    def test_one_sentence(self, text, words, tmp_path):
        with pytest.raises(FileFormatError, match=words) as raised:
            read_text(tmp_path, text)
        assert "\n" not in str(raised.value) and "a.musicxml" in str(raised.value)

    def test_archives(self, tmp_path):
        good = read(WALTZ).write(tmp_path / "good.mxl").read_bytes()
        for place, data in enumerate((good[: len(good) // 2], b"PK\x03\x04" + bytes(50))):
            (tmp_path / f"bad{place}.mxl").write_bytes(data)
            with pytest.raises(FileFormatError, match="damaged"):
                read(tmp_path / f"bad{place}.mxl")

    def test_a_long_rest_is_as_many_bars_as_are_written(self, tmp_path):
        style = "<attributes><measure-style><multiple-rest>1000000</multiple-rest></measure-style></attributes>"
        assert len(bar_grid(read_text(tmp_path, part(style + note(4))))) == 1

    def test_a_zip_bomb_is_not_unpacked(self, tmp_path):
        with (
            zipfile.ZipFile(tmp_path / "bomb.mxl", "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open("a.xml", "w") as file,
        ):
            for _ in range(70):
                file.write(bytes(2**20))
        with pytest.raises(FileFormatError, match="unpacks to more than 64 MB"):
            read(tmp_path / "bomb.mxl")

    def test_too_many_files_and_none(self, tmp_path):
        for name, count, words in (("many", 1001, "holds 1001 files"), ("none", 0, "without a score")):
            with zipfile.ZipFile(tmp_path / f"{name}.mxl", "w") as archive:
                for place in range(count):
                    archive.writestr(f"{place}.xml", "")
                archive.writestr("x.txt", "") if not count else None
            with pytest.raises(FileFormatError, match=words):
                read(tmp_path / f"{name}.mxl")

    def test_under_a_wrong_suffix(self, tmp_path):
        with pytest.raises(FileFormatError):
            read_text(tmp_path, part(note()), "a.mid")
        read(WALTZ).write(tmp_path / "b.mid").rename(tmp_path / "b.mxl")
        with pytest.raises(FileFormatError):
            read(tmp_path / "b.mxl")

    @given(st.data())
    @settings(deadline=None, max_examples=60)
    def test_any_damage_is_an_error_of_ours_or_none(self, tmp_path_factory, data):
        text = WALTZ.read_bytes()
        start = data.draw(st.integers(0, len(text) - 1))
        cut = data.draw(st.integers(0, 40))
        new = data.draw(st.binary(max_size=6) | st.sampled_from([b"9" * 30, b"-1", b"nan", b"<note/>", b"1e400"]))
        path = tmp_path_factory.mktemp("bad") / "a.xml"
        path.write_bytes(text[:start] + new + text[start + cut :])
        try:
            score = read_musicxml(path)
        except BandmateError:
            return
        features_of(score)
        musicxml_bytes(score)


def of_music21(path: Path) -> list[Counter[tuple[float, float, int]]]:
    """What music21 hears: onset and length in quarters and pitch of every note but grace notes, drums as -1."""
    music21 = pytest.importorskip("music21")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        score = music21.converter.parse(path, forceSource=True).toSoundingPitch()
        parts = [one.stripTies().flatten().notes for one in score.parts]
    return [
        Counter(
            (round(float(note.offset), 4), round(float(note.quarterLength), 4), pitch.midi if pitch else -1)
            for note in one if not note.duration.isGrace and not isinstance(note, music21.harmony.ChordSymbol)
            for pitch in (note.pitches or (None,) * len(getattr(note, "notes", (note,))))
        )
        for one in parts
    ]  # fmt: skip


def of_ours(score: Score) -> list[Counter[tuple[float, float, int]]]:
    out = []
    for track in score.tracks:
        graces = set(track.notation.rows["note"][track.notation.rows["grace"] > 0].tolist())
        notes = np.delete(track.notes, sorted(graces))
        onset, length = (np.round(notes[name] / score.ticks_per_quarter, 4) for name in SOUNDING[:2])
        pitch = np.full(len(notes), -1) if track.is_drum else notes["pitch"]
        out.append(Counter(zip(onset.tolist(), length.tolist(), pitch.tolist(), strict=True)))
    return out


class TestOtherReaders:
    @pytest.mark.parametrize("path", [WALTZ, BAND])
    def test_music21_hears_the_same(self, path, tmp_path):
        score = read(path)
        assert sum(of_music21(path), Counter()) == sum(of_ours(score), Counter())
        written = score.write(tmp_path / "a.musicxml")
        assert sum(of_music21(written), Counter()) == sum(of_ours(score), Counter())

    def test_music21_reads_what_we_write_of_a_played_piece(self, tmp_path):
        score = read(FIXTURES / "music" / "lied.mid")
        path = score.write(tmp_path / "a.musicxml")
        counts = [sum(one.values()) for one in of_music21(path)]
        assert sum(counts) == score.note_count

    def test_partitura_hears_the_same(self):
        path = WALTZ  # it fails on chords of drums
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            partitura = pytest.importorskip("partitura")
            parts = partitura.load_musicxml(path).parts
        score = read(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            notes = parts[0].note_array()
        first = min(float(row["onset_quarter"]) for row in notes)
        theirs = Counter((round(float(row["onset_quarter"]) - first, 3), int(row["pitch"])) for row in notes)
        assert theirs == Counter((round(a / score.ticks_per_quarter, 3), p) for a, _, p, _ in heard(score.tracks[0]))


def test_a_track_that_is_changed_is_written_anew():
    score = read(WALTZ)
    track = score.tracks[0]
    higher = track.notes.copy()
    higher["pitch"] += 2
    changed = replace(score, tracks=(track.with_notes(higher),))
    assert changed.tracks[0].notation is None
    assert [row[2] for row in heard(again(changed).tracks[0])] == [pitch + 2 for _, _, pitch, _ in heard(track)]


def test_musicxml_holds_what_it_says():
    assert FORMATS[".mxl"].holds >= set(features_of(read(WALTZ))) | set(features_of(read(BAND)))


def test_who_typed_it_in_is_not_its_composer(tmp_path):
    tune = parse_abc("X:1\nT:Tune\nT:Another name\nC:Trad.\nZ:A. Typist\nM:4/4\nL:1/4\nK:C\nCDEF|\n")[0]
    tune.write(tmp_path / "a.musicxml")
    kinds = {one.kind: one.text for one in read(tmp_path / "a.musicxml").notation.credits}
    assert kinds["composer"] == "Trad." and kinds["encoder"] == "A. Typist" and kinds["subtitle"] == "Another name"
