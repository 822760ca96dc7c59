"""Ableton Live sets: valid by all that is known, the same music when read back, and a sentence for every bad file."""

from __future__ import annotations

import gzip
import re
import tempfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.daw_formats import differences, in_live, random_score
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.io.als_check import faults, root_of

from bandmate.errors import FileFormatError, OutputError
from bandmate.io.als.build import live_set, meter_number
from bandmate.io.als.read import read_live_set
from bandmate.io.als.template import write_into_template
from bandmate.io.als.to_score import read_als
from bandmate.io.als.write import als_losses, write_als, write_project
from bandmate.io.files import read
from bandmate.io.markup import Ids, Table
from bandmate.io.project import Stem, project_of, sound_file
from bandmate.io.wave import write_wav24
from bandmate.limits import MIDI_NOTES
from bandmate.score.model import METER, Marker, Score, Track, make_meters, make_notes, make_tempos
from bandmate.score.pitch import Key


def song(**changes) -> Score:
    """Four bars of 3/4 at 96: drums, and a bass that holds a note over the second section's start."""
    drums = Track("Drums & <co>", 0, True, make_notes(np.arange(12) * 480, 120, 36, 100, channel=9), role="drums")
    bass = Track(
        "Bass", 33, False, make_notes([0, 2400, 3840], [480, 960, 480], [36, 43, 38], [80, 90, 127]), role="bass"
    )
    markers = (Marker(0, "Intro"), Marker(2880, "Verse"))
    score = Score((drums, bass), 480, make_tempos(96), make_meters(3, 4), markers=markers, end_ticks=5760)
    return replace(score, **changes)


@pytest.fixture
def written(tmp_path):
    """A set with stems for both tracks and a reverb, unpacked; and its path."""
    stems = []
    for number, track in enumerate((0, 1, None)):
        path = write_wav24(tmp_path / f"{number + 1:02d}-stem_96.wav", np.zeros((2, 44100 * 8), np.float32), 44100)
        stems.append(Stem(path, "Reverb" if track is None else f"Stem {number}", track, *sound_file(path)))
    project = project_of(song(), "My song", key=Key.parse("D minor"), stems=stems)
    path = write_project(project, tmp_path / "My song Project")
    return root_of(path.read_bytes()), path


def values(root, path: str) -> list[str]:
    return [element.get("Value") for element in root.findall(path)]


def packed(data: bytes) -> bytes:
    """As Live packs sets; the same bytes at any time, since tests are named by them."""
    return gzip.compress(data, mtime=0)


class TestWhatLiveGets:
    def test_it_is_valid(self, written):
        assert faults(written[0]) == []

    def test_the_folder_is_a_project_with_its_samples(self, written):
        names = sorted(path.name for path in written[1].parent.iterdir())
        assert names == ["Ableton Project Info", "My song.als", "Samples"]
        assert len(list((written[1].parent / "Samples" / "Imported").iterdir())) == 3

    def test_it_does_not_open_silent(self, written):
        on = {
            (track.tag, value)
            for track in written[0].findall("LiveSet/Tracks/*")
            for value in values(track, "DeviceChain/Mixer/Speaker/Manual")
        }
        assert on == {("GroupTrack", "true"), ("AudioTrack", "true"), ("MidiTrack", "false")}

    def test_stems_and_notes_are_grouped_by_part(self, written):
        tracks = written[0].findall("LiveSet/Tracks/*")
        shown = [(t.tag, t.find("Name/UserName").get("Value"), t.find("TrackGroupId").get("Value")) for t in tracks]
        assert shown == [
            ("GroupTrack", "Drums", "-1"),
            ("AudioTrack", "Drums & <co> (stem)", "1"), ("MidiTrack", "Drums & <co>", "1"),
            ("GroupTrack", "Bass", "-1"), ("AudioTrack", "Bass (stem)", "4"), ("MidiTrack", "Bass", "4"),
            ("AudioTrack", "Reverb", "-1"),
        ]  # fmt: skip

    def test_a_muted_track_says_what_to_drop_on_it(self, written):
        notes = values(written[0], "LiveSet/Tracks/MidiTrack/Name/Annotation")
        assert notes[0].startswith("General MIDI drum kit 1: drop a Drum Rack on this track, switch it on")
        assert notes[1].startswith("General MIDI 34, Electric Bass (finger): drop a bass")

    def test_one_scene_a_section_and_the_first_can_be_launched(self, written):
        root = written[0]
        assert values(root, "LiveSet/Scenes/Scene/Name") == ["Intro", "Verse"]
        for track in root.findall("LiveSet/Tracks/MidiTrack"):
            slots = track.findall("DeviceChain/MainSequencer/ClipSlotList/ClipSlot")
            assert slots[0].find("ClipSlot/Value/MidiClip/Loop/LoopOn").get("Value") == "true"
        audio = root.findall(
            "LiveSet/Tracks/AudioTrack/DeviceChain/MainSequencer/ClipSlotList/ClipSlot[@Id='1']//AudioClip"
        )
        assert [values(clip, "Loop/LoopStart") for clip in audio] == [["6"]] * 3

    def test_a_note_over_a_border_joins_two_clips_and_loses_nothing(self, written):
        bass = written[0].findall("LiveSet/Tracks/MidiTrack")[1]
        clips = bass.findall("DeviceChain/MainSequencer/ClipTimeable/ArrangerAutomation/Events/MidiClip")
        assert [values(clip, "CurrentEnd") for clip in clips] == [["12"]]
        drums = written[0].findall("LiveSet/Tracks/MidiTrack")[0]
        assert len(drums.findall("DeviceChain/MainSequencer/ClipTimeable/ArrangerAutomation/Events/MidiClip")) == 2

    def test_key_and_meter_stand_on_the_clips(self, written):
        clip = written[0].findall("LiveSet/Tracks/MidiTrack")[1].find(".//MidiClip")
        assert (values(clip, "ScaleInformation/RootNote"), values(clip, "ScaleInformation/Name")) == (["2"], ["Minor"])
        assert values(clip, "IsInKey") == ["true"]
        assert clip.find(".//RemoteableTimeSignature/Numerator").get("Value") == "3"

    def test_stems_are_warped_to_the_tempo(self, written):
        markers = written[0].find(".//AudioClip/WarpMarkers")
        points = [(float(m.get("SecTime")), float(m.get("BeatTime"))) for m in markers]
        assert points == [(0.0, 0.0), (pytest.approx(0.03125 * 60 / 96), 0.03125)]

    def test_samples_are_named_in_the_project_and_on_the_disk(self, written):
        reference = written[0].find(".//FileRef")
        assert values(reference, "RelativePath") == ["Samples/Imported/01-stem_96.wav"]
        path = Path(values(reference, "Path")[0])
        assert path.is_file() and path.stat().st_size == int(values(reference, "OriginalFileSize")[0])

    @pytest.mark.parametrize(("meter", "number"), [((4, 4), 201), ((3, 4), 200), ((6, 8), 302), ((2, 4), 199)])
    def test_meters_as_live_counts_them(self, meter, number):
        assert meter_number(meter) == number

    def test_the_same_score_gives_the_same_bytes(self, tmp_path):
        one, two = write_als(song(), tmp_path / "a" / "x.als"), write_als(song(), tmp_path / "b" / "x.als")
        assert one.read_bytes() == two.read_bytes()


class TestNothingIsOverwritten:
    def test_a_set(self, tmp_path):
        path = write_als(song(), tmp_path / "a.als")
        before = path.read_bytes()
        with pytest.raises(OutputError, match="is there already, and no Live set is ever written over"):
            write_als(song(), path)
        assert path.read_bytes() == before

    def test_a_folder(self, tmp_path):
        (tmp_path / "x Project").mkdir()
        with pytest.raises(OutputError, match="x Project is there already and stays as it is"):
            write_project(project_of(song(), "x"), tmp_path / "x Project")
        assert list((tmp_path / "x Project").iterdir()) == []

    def test_an_interrupted_export_leaves_nothing(self, tmp_path, monkeypatch):
        def interrupted(*_):
            raise KeyboardInterrupt

        monkeypatch.setattr("bandmate.io.als.write.live_set", interrupted)
        with pytest.raises(KeyboardInterrupt):
            write_project(project_of(song(), "x"), tmp_path / "x Project")
        assert list(tmp_path.iterdir()) == []

    def test_a_missing_stem(self, tmp_path):
        project = project_of(song(), "x", stems=[Stem(tmp_path / "no.wav", "no", 0, 1, 44100, 2)])
        with pytest.raises(FileFormatError, match=r"the stem .*no\.wav is missing"):
            write_project(project, tmp_path / "x Project")
        assert list(tmp_path.iterdir()) == []


@settings(max_examples=100)
@given(st.integers(0, 2**32))
def test_every_set_is_valid_and_comes_back_note_for_note(seed):
    score = random_score(seed)
    if score.note_count > 3000:  # the benchmark has the large ones
        score = replace(score, tracks=tuple(track.with_notes(track.notes[:50]) for track in score.tracks))
    xml = live_set(project_of(score, "song", envelopes=True))
    assert faults(root_of(gzip.compress(xml.encode(), 1))) == []
    with tempfile.TemporaryDirectory() as folder:
        path = write_als(score, Path(folder) / "song.als", envelopes=True)
        assert differences(score, read_als(path), held=in_live) == []


class TestReading:
    def test_what_a_set_of_ours_says(self, written):
        live = read_live_set(written[1])
        assert (live.version, live.tempos, live.meters) == (11, ((0.0, 96.0),), ((0.0, (3, 4)),))
        assert live.locators == ((0.0, "Intro"), (6.0, "Verse"))
        assert [(t.kind, t.name, t.program, t.is_drum, t.is_on) for t in live.midi_tracks] == [
            ("MidiTrack", "Drums & <co>", 0, True, False), ("MidiTrack", "Bass", 33, False, False)
        ]  # fmt: skip
        assert {(s.warped, s.bpm, s.exists) for s in live.samples} == {(True, 96.0, True)}
        assert live.key == Key.parse("D minor")

    def test_a_set_with_slots_alone_is_read_scene_by_scene(self, tmp_path):
        xml = live_set(project_of(song(), "x"))
        emptied = _without(xml, "Events", ">\n<MidiClip")
        score = read_als(_als(tmp_path, emptied))
        assert [marker.text for marker in score.markers] == ["Intro", "Verse"]
        assert score.tracks[0].notes["onset_ticks"].tolist() == [n * score.ticks_per_quarter for n in range(12)]

    def test_locators_of_a_set_without_notes_are_kept(self, tmp_path):
        score = Score(meters=make_meters(3, 4), markers=(Marker(960, "Drop"),), end_ticks=5760)
        back = read_als(write_als(score, tmp_path / "x.als"))
        assert [(m.ticks / back.ticks_per_quarter, m.text) for m in back.markers] == [(0, "Part 1"), (2, "Drop")]

    @pytest.mark.parametrize(("version", "key"), [("11.0_433", Key(0, "major")), ("12.0_12049", None)])
    def test_c_major_means_nothing_in_live_12(self, version, key, tmp_path):
        xml = live_set(project_of(song(), "x", key=Key(0, "major"))).replace("11.0_433", version)
        assert read_live_set(_als(tmp_path, xml)).key == key

    def test_loops_are_unrolled(self, tmp_path):
        score = Score((Track("x", 0, False, make_notes([0, 240], 240, [60, 64])),), 480, end_ticks=480)
        xml = live_set(project_of(score, "x"))
        longer = xml.replace('<CurrentEnd Value="1" />', '<CurrentEnd Value="2.5" />')
        longer = longer.replace('<LoopOn Value="false" />', '<LoopOn Value="true" />')
        longer = longer.replace('<StartRelative Value="0" />', '<StartRelative Value="0.5" />')
        notes = read_als(_als(tmp_path, longer)).tracks[0].notes
        assert notes["pitch"].tolist() == [64, 60, 64, 60, 64]
        assert notes["onset_ticks"].tolist() == [0, 240, 480, 720, 960]

    def test_a_note_ends_with_its_clip(self, tmp_path):
        score = Score((Track("x", 0, False, make_notes([0], 960, [60])),), 480, end_ticks=960)
        xml = live_set(project_of(score, "x")).replace('<CurrentEnd Value="2" />', '<CurrentEnd Value="1.5" />')
        assert read_als(_als(tmp_path, xml)).tracks[0].notes["duration_ticks"].tolist() == [720]

    def test_a_glide_of_tempo_lasts_as_long_as_in_live(self, tmp_path):
        score = song(tempos=np.concatenate([make_tempos(60), make_tempos(120, 3840)]))
        xml = live_set(project_of(score, "x"))
        step = '<FloatEvent Id="1" Time="8" Value="60" />\n'
        assert step in xml
        glide = read_als(_als(tmp_path, xml.replace(step, "")))
        from bandmate.score.timeline import ticks_to_seconds

        end = ticks_to_seconds(glide, 8 * glide.ticks_per_quarter)
        assert float(end) == pytest.approx(8 * np.log(2), rel=1e-6)  # the integral of 60 / (60 + 60 t / 8)

    def test_names_and_numbers_that_are_none_do_no_harm(self, tmp_path):
        xml = live_set(project_of(song(), "x")).replace('Velocity="100"', 'Velocity="loud"').replace('"96"', '"NaN"')
        assert read_als(_als(tmp_path, xml)).note_count == 15


def _als(folder: Path, xml: str, name: str = "set.als") -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(xml.encode()))
    return path


def _without(xml: str, tag: str, before: str) -> str:
    """The XML with every list of that tag emptied that begins like this."""
    while (start := xml.find(f"<{tag}{before}")) >= 0:
        xml = xml[:start] + f"<{tag} />" + xml[xml.index(f"</{tag}>", start) + len(tag) + 3 :]
    return xml


class TestTemplate:
    @pytest.fixture
    def template(self, tmp_path) -> Path:
        """A set of the user's: a bass with a sound and a clip, a track without a part; two scenes, 120 BPM."""
        parts = (
            Track("My BASS", 38, False, make_notes([0], 480, 40)),
            Track("Whistle", 78, False, make_notes([0], 480, 90)),
        )  # fmt: skip
        theirs = Score(parts, 480, make_tempos(120), make_meters(), markers=(Marker(0, "Old"),), end_ticks=1920)
        xml = live_set(project_of(theirs, "theirs"))
        rack = '<Devices>\n<InstrumentVector Id="0"><On Value="true" /></InstrumentVector>\n</Devices>'
        return _als(tmp_path, xml.replace("<Devices />", rack, 1), "theirs.als")

    def test_clips_go_into_the_users_tracks(self, template, tmp_path):
        before = template.read_bytes()
        path, said = write_into_template(project_of(song(), "mine"), template, tmp_path / "mine Project")
        assert template.read_bytes() == before
        assert said == (
            "Drums & <co> has a new track, since no track of the template fits it",
            "Bass is in your track 'My BASS'",
        )
        root = root_of(path.read_bytes())
        assert [fault for fault in faults(root) if "InstrumentVector" not in fault and "Devices" not in fault] == []
        live = read_live_set(path)
        assert [track.name for track in live.tracks] == ["My BASS", "Whistle", "Drums & <co>"]
        assert (live.tempos, live.meters, live.scenes) == (((0.0, 96.0),), ((0.0, (3, 4)),), ("Intro", "Verse"))
        assert live.locators == ((0.0, "Intro"), (6.0, "Verse"))
        assert [len(clip.loop.notes) for clip in live.tracks[0].arrangement] == [3]
        assert root.find("LiveSet/Tracks/MidiTrack//InstrumentVector") is not None
        assert len(root.findall(".//InstrumentVector")) == 1  # the new track has no sound of another's

    def test_the_music_is_the_same(self, template, tmp_path):
        path, _ = write_into_template(project_of(song(), "mine"), template, tmp_path / "mine Project")
        back = read_als(path)
        own = replace(back, tracks=tuple(back.tracks[place] for place in (2, 0)))
        assert differences(song(), own) == []

    def test_a_set_of_live_12_gets_clips_of_its_own_shape(self, template, tmp_path):
        xml = gzip.decompress(template.read_bytes()).decode().replace("11.0_433", "12.0_12203")
        xml = xml.replace("MasterTrack", "MainTrack").replace(
            "<PerNoteEventStore>", "<Groups12 />\n<PerNoteEventStore>"
        )
        xml = xml.replace("<VelocityAmount", '<New12 Value="7" />\n<VelocityAmount')
        path, _ = write_into_template(project_of(song(), "m"), _als(tmp_path, xml, "12.als"), tmp_path / "m Project")
        clips = list(root_of(path.read_bytes()).iter("MidiClip"))
        assert all(clip.find("New12").get("Value") == "7" and clip.find("Notes/Groups12") is not None for clip in clips)
        assert read_live_set(path).version == 12

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("11.0_433", "10.1_1", "saved before Live 11"),
            ("MidiTrack", "AudioTrack", "has no MIDI track"),
            ("Scene>", "Akt>", "has no scene|damaged"),
            ('<Pointee Id="1', '<Pointee Id="x', "is damaged: an id of its parameters is no number"),
        ],
    )
    def test_what_cannot_be_one(self, template, old, new, words, tmp_path):
        bad = _als(tmp_path, gzip.decompress(template.read_bytes()).decode().replace(old, new), "bad.als")
        with pytest.raises(FileFormatError, match=words):
            write_into_template(project_of(song(), "mine"), bad, tmp_path / "mine Project")
        assert not (tmp_path / "mine Project").exists()


class TestBadFiles:
    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"", "the file is empty .0 bytes.; restore it from a backup"),
            (b"\x00\x01noise", "encrypted, older than Live 8, or another file"),
            (packed(b"<Ableton"), "its XML breaks off"),
            (packed(b"x" * 5000)[:40], "breaks off"),
            (packed(b"x" * 5000)[:20] + b"\xff" * 30, "damaged"),
            (packed(b"<Song/>"), "holds no Live set but <Song>"),
            (packed(b'<Ableton MinorVersion="11.0_1"/>'), "holds no Live set"),
            (packed(b'<Ableton MinorVersion="8.2"><LiveSet/></Ableton>'), "saved by Live 8; open it"),
            (packed("<Ableton>é".encode("latin-1")), "no UTF-8 text"),
            (packed(b'<!DOCTYPE a [<!ENTITY b "c">]><Ableton>&b;</Ableton>'), "declares DOCTYPE"),
            (packed(b"<a>" * 60_000), "its XML breaks off"),
        ],
    )  # fmt: skip
    def test_one_sentence(self, data, words, tmp_path):
        path = tmp_path / "set.als"
        path.write_bytes(data)
        with pytest.raises(FileFormatError, match=words) as caught:
            read_als(path)
        assert str(path) in str(caught.value)

    def test_a_bomb_is_not_unpacked(self, tmp_path, monkeypatch):
        monkeypatch.setattr("bandmate.io.als.unpack.MOST_XML_BYTES", 3 * 2**20)
        engine = zlib.compressobj(9, zlib.DEFLATED, 31)
        bomb = b"".join(engine.compress(b"\0" * 2**20) for _ in range(64)) + engine.flush()
        (tmp_path / "bomb.als").write_bytes(bomb)
        with pytest.raises(FileFormatError, match="unpacks to more than 3 MB"):
            read_als(tmp_path / "bomb.als")

    def test_elements_without_number_are_not_held_in_memory(self, tmp_path, monkeypatch):
        monkeypatch.setattr("bandmate.io.safe_xml.MOST_ELEMENTS", 1000)
        many = _als(tmp_path, "<Ableton>" + "<a/>" * 2000 + "</Ableton>")
        with pytest.raises(FileFormatError, match="holds more than .* elements, which no piece needs"):
            read_als(many)
        monkeypatch.setattr("bandmate.io.safe_xml.MOST_ATTRIBUTES", 1000)
        with pytest.raises(FileFormatError, match="elements, which no piece needs"):
            read_als(_als(tmp_path, "<Ableton " + " ".join(f'a{n}=""' for n in range(1001)) + "/>"))

    @pytest.mark.parametrize("suffix", [".als", ".dawproject", ".rpp"])
    def test_many_clips_that_loop_are_said_before_they_fill_the_memory(self, suffix, tmp_path, monkeypatch):
        path = song().write(tmp_path / f"x{suffix}")
        read(path)
        monkeypatch.setattr("bandmate.io.timed.MIDI_NOTES", replace(MIDI_NOTES, high=7))  # of 15 notes in two clips
        with pytest.raises(FileFormatError, match=rf"x{suffix} unrolls to more notes .* shorten its loops"):
            read(path)

    def test_a_controller_that_glides_without_end_is_said(self, tmp_path):
        xml = live_set(project_of(song(), "x"))
        start = xml.index("<MidiTrack")
        target = re.search(r'<ControllerTargets\.0 Id="(\d+)"', xml[start:])
        assert target
        points = "".join(f'<FloatEvent Time="{n * 1000}" Value="{(-1) ** n * 8191}" />' for n in range(600))
        envelope = (
            f'<ClipEnvelope><EnvelopeTarget><PointeeId Value="{target[1]}" /></EnvelopeTarget><Automation><Events>'
            f"{points}</Events></Automation></ClipEnvelope>"
        )
        xml = xml.replace("<Envelopes>\n</Envelopes>\n</Envelopes>", f"<Envelopes>{envelope}</Envelopes></Envelopes>")
        with pytest.raises(FileFormatError, match="more notes and controllers than a piece may have"):
            read_als(_als(tmp_path, xml))

    def test_tempos_that_no_file_of_music_can_hold_are_brought_into_range(self, tmp_path):
        xml = live_set(project_of(song(), "x"))
        for bpm in ("1e-300", "0.0001", "999999999999"):
            score = read_als(_als(tmp_path, re.sub(r'(Time="-63072000" Value=)"96"', rf'\1"{bpm}"', xml)))
            assert 1 <= int(score.tempos["us_per_quarter"][0]) < 2**24
            assert score.bpm > 0

    def test_samples_with_names_that_no_disk_has_are_missing(self, written):
        xml = gzip.decompress(written[1].read_bytes()).decode()
        for name in ("x" * 5000, r"\\host\share\a.wav", "//host/share/a.wav", ""):
            bad = re.sub('(<(?:RelativePath|Path) Value=")[^"]*', lambda found, name=name: found[1] + name, xml)
            assert {sample.exists for sample in read_live_set(_als(written[1].parent, bad)).samples} == {False}

    def test_a_loop_without_end_is_said(self, tmp_path):
        xml = live_set(project_of(song(), "x")).replace('<CurrentEnd Value="12" />', '<CurrentEnd Value="39000" />')
        xml = xml.replace('<LoopOn Value="false" />', '<LoopOn Value="true" />')
        xml = xml.replace('<LoopEnd Value="12" />', '<LoopEnd Value="0.01" />')
        with pytest.raises(FileFormatError, match="more notes than a piece may have"):
            read_als(_als(tmp_path, xml))

    def test_damage_anywhere_is_a_sentence_or_music(self, tmp_path):
        good = bytearray(write_als(song(), tmp_path / "good.als").read_bytes())
        rng = np.random.default_rng(1)
        for _ in range(60):
            bad = bytearray(good)
            bad[int(rng.integers(len(bad)))] ^= 1 << int(rng.integers(8))
            (tmp_path / "bad.als").write_bytes(bad)
            try:
                assert read_als(tmp_path / "bad.als").note_count <= 15
            except FileFormatError as error:
                assert "bad.als" in str(error)


def test_what_a_set_cannot_hold_is_listed():
    odd = song(tempos=make_tempos(6), meters=np.array([(0, 7, 32, 0, -1, 24, 8)], METER))
    notes = odd.tracks[0].notes.copy()
    notes["duration_ticks"][:3] = 0
    odd = replace(odd, tracks=(odd.tracks[0].with_notes(notes), *odd.tracks[1:]))
    assert als_losses(odd) == (
        "3 notes without length last one tick", "1 tempos, such as 6 BPM, are brought to 20 to 999",
        "1 meters, such as 7/32, are left out",
    )  # fmt: skip
    assert als_losses(song()) == ()


def test_the_table_says_what_is_missing():
    table = Table("One:\n    A[Id=#](B=$b {c} d(1))\nd:\n    D(E=%1)\n")
    assert table.write("One", Ids(7), b='"<', c="<C />") == (
        '<A Id="7">\n<B Value="&quot;&lt;" />\n<C /><D>\n<E Value="1" />\n</D>\n</A>\n'
    )
    from bandmate.errors import InternalError

    with pytest.raises(InternalError, match="One needs a value for b"):
        table.write("One", Ids(), c="")
