"""Exports: what goes into a project from a file, a score or a take, and what stays as it was."""

from __future__ import annotations

import gzip
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from tests.io.als_check import faults, root_of

from bandmate.audio.signal import read_signal
from bandmate.errors import BriefError, FileFormatError, OutputError, UserError
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.io.als.read import read_live_set
from bandmate.io.files import read
from bandmate.io.reaper_read import read_rpp
from bandmate.io.wave import write_wav24
from bandmate.score.brief import Brief
from bandmate.score.drums import DRUM_MAPS, drum_map, mapped_drums, split_drums
from bandmate.score.model import Score, Track, make_notes, make_tempos
from bandmate.workflows.compose import compose
from bandmate.workflows.export import export, parse_targets


@pytest.fixture(scope="module")
def score() -> Score:
    return play(make_plan(Brief(genre="house", bars=4), 1), 1)


@pytest.fixture
def take(tmp_path, monkeypatch):
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    made = compose("house with drums and bass", bars=2, seed=1, engine="rules", out=tmp_path / "funky", candidates=1)
    return made.best


class TestFromATake:
    def test_its_stems_sections_and_names(self, take, tmp_path):
        (path,) = export(take.folder, to="ableton", out=tmp_path / "out").files
        assert path == tmp_path / "out" / "funky Project" / "funky.als"
        assert faults(root_of(path.read_bytes())) == []
        live = read_live_set(path)
        assert [name for _, name in live.locators] == [section.label for section in take.plan.sections]
        assert {sample.exists for sample in live.samples} == {True}
        assert {p.name for p in take.stems} == {p.name for p in (path.parent / "Samples" / "Imported").iterdir()}
        stems = [track.name for track in live.tracks if track.kind == "AudioTrack"]
        assert stems == [*(f"{planned.name} (stem)" for planned in take.plan.tracks), "Reverb"]

    def test_the_take_stays_as_it_was(self, take, tmp_path):
        before = {path: path.read_bytes() for path in take.folder.rglob("*") if path.is_file()}
        export(take, to="ableton", out=tmp_path / "out", split_drums=True)
        assert {path: path.read_bytes() for path in take.folder.rglob("*") if path.is_file()} == before

    def test_split_drums_add_up_to_the_drum_stem(self, take, tmp_path):
        (path,) = export(take, to="ableton", out=tmp_path / "out", split_drums=True).files
        names = [track.name for track in read_live_set(path).midi_tracks]
        assert {"Kick", "Snare", "Hats"} <= set(names)
        whole = read_signal(next(stem for stem in take.stems if "drums" in stem.name)).samples.astype(float)
        parts = [
            read_signal(p).samples for p in (path.parent / "Samples" / "Imported").iterdir()
            if any(f"01-{word}" in p.name for word in ("kick", "snare", "hats", "toms", "percussion"))
        ]  # fmt: skip
        rest = whole - np.sum(parts, axis=0)
        assert np.sqrt(np.mean(rest**2)) < 0.15 * np.sqrt(np.mean(whole**2))


class TestWithCompose:
    def test_takes_get_projects_and_again_goes_on_with_them(self, tmp_path, monkeypatch):
        monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
        said = []
        made = compose(
            "house with drums and bass", bars=2, seed=1, engine="rules", out=tmp_path / "a", candidates=1, stems=False,
            to="reaper,ableton", split_drums=True, listener=said.append,
        ).best  # fmt: skip
        assert [path.name for path in made.projects] == ["a.als", "a.rpp"]
        assert {"Kick", "Snare"} <= {track.name for track in read_rpp(made.folder / "a REAPER" / "a.rpp").tracks}
        assert not [name for name in made.files if name.endswith((".als", ".rpp"))]
        from bandmate.workflows.again import again

        next_one = again("a little slower", out=tmp_path / "b").best
        assert [path.name for path in next_one.projects] == ["b.als", "b.rpp"]

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"to": "logic"}, "'logic' is no project"),
            ({"to": "ableton", "drum_map": "tabla"}, "drum map 'tabla'"),
            ({"to": "reaper", "template": "x.als"}, "needs --to ableton"),
            ({"to": "ableton", "template": "none.als"}, "none.als: there is no such file"),
        ],
    )
    def test_wrong_options_are_said_before_anything_is_made(self, options, words, tmp_path):
        with pytest.raises(UserError, match=words):
            compose("house", bars=2, engine="rules", out=tmp_path / "a", **options)
        assert not (tmp_path / "a").exists()


class TestBundle:
    def test_everything_is_in_it_and_the_sound_once(self, take, tmp_path):
        (path,) = export(take, to="bundle", out=tmp_path / "out").files
        with zipfile.ZipFile(path) as archive:
            archive.extractall(tmp_path / "x")
        folder = tmp_path / "x" / "funky"
        stems = sorted(p.name for p in (folder / "stems").iterdir())
        assert stems == sorted(p.name for p in take.stems)
        assert len(list(folder.rglob("*.wav"))) == len(stems)
        live = read_live_set(folder / "funky.als")
        assert {(sample.exists, Path(sample.path).parent) for sample in live.samples} == {(True, folder / "stems")}
        assert (folder / "Ableton Project Info").is_dir()
        whole = read(folder / "funky.mid")
        assert whole.note_count == read(folder / "funky.rpp").note_count == read(folder / "funky.dawproject").note_count
        assert len(list((folder / "tracks").iterdir())) == len(take.plan.tracks)

    def test_links_make_it_a_folder_with_the_same_in_it(self, take, tmp_path):
        (archived, folder, beside) = (
            *export(take, to="bundle", out=tmp_path / "zip").files,
            *export(take, to="bundle,dawproject", out=tmp_path / "out", link=True).files,
        )
        assert folder == tmp_path / "out" / "funky Bundle"
        assert beside == tmp_path / "out" / "funky DAWproject" / "funky.dawproject"
        with zipfile.ZipFile(archived) as archive:
            names = {name.removeprefix("funky/") for name in archive.namelist() if not name.endswith("/")}
            assert {info.compress_type for info in archive.infolist() if ".wav" in info.filename} == {0}  # not packed
        assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == names
        for home in (folder, beside.parent):
            for stem in take.stems:
                assert (home / "stems" / stem.name).read_bytes() == stem.read_bytes()
        with zipfile.ZipFile(beside) as archive:
            assert archive.namelist() == ["project.xml", "metadata.xml"]
            assert archive.read("project.xml").count(b'external="true"') > 0
        assert {sample.exists for sample in read_live_set(folder / "funky.als").samples} == {True}
        with pytest.raises(OutputError, match="funky Bundle is there already"):
            export(take, to="bundle", out=tmp_path / "out", link=True)

    def test_nothing_is_written_over(self, score, tmp_path):
        (tmp_path / "song.zip").write_bytes(b"mine")
        with pytest.raises(OutputError, match=r"song\.zip is there already"):
            export(score, to="bundle", out=tmp_path, stems=False)
        assert (tmp_path / "song.zip").read_bytes() == b"mine"


class TestFromAFile:
    def test_rendered_stems(self, score, tmp_path):
        path = score.write(tmp_path / "song.mid")
        (made,) = export(path, to="ableton").files
        samples = sorted(p.name for p in (made.parent / "Samples" / "Imported").iterdir())
        assert len(samples) == len([t for t in score.tracks if len(t.notes)]) + 1
        assert all("_121_" in name for name in samples), samples
        assert sorted(p.name for p in tmp_path.iterdir()) == ["song Project", "song.mid"]

    def test_stems_of_a_folder_find_their_tracks(self, score, tmp_path):
        stems = tmp_path / "stems"
        for name in ("02 something.wav", "drums.wav", "wet room.wav"):
            write_wav24(stems / name, np.zeros((1, 4410), np.float32), 44100)
        (made,) = export(score, to="ableton", out=tmp_path, stems=stems).files
        names = [track.name for track in read_live_set(made).tracks if track.kind == "AudioTrack"]
        second = [track for track in score.tracks if len(track.notes)][1].name
        assert sorted(names) == sorted(["drums (stem)", f"{second} (stem)", "Wet room"])

    def test_without_stems_the_tracks_are_on(self, score, tmp_path):
        (made,) = export(score, to="ableton", out=tmp_path, stems=False).files
        live = read_live_set(made)
        assert {track.kind for track in live.tracks} == {"MidiTrack"}
        assert all(track.is_on for track in live.tracks)

    def test_a_set_can_be_exported_again(self, score, tmp_path):
        (made,) = export(score, to="ableton", out=tmp_path / "a", stems=False).files
        (again,) = export(made, to="ableton", out=tmp_path / "b", stems=False).files
        clips = [gzip.decompress(p.read_bytes()).decode().count("<MidiNoteEvent") for p in (made, again)]
        assert clips[0] == clips[1]

    def test_what_did_not_fit_is_said(self, score, tmp_path):
        result = export(score, to="ableton", out=tmp_path, stems=False, drum_map="c1-16")
        assert all(sentence.startswith(("Ableton Live: ", "drum map c1-16: ")) for sentence in result.notices)

    def test_nothing_is_made_when_the_place_is_taken(self, score, tmp_path):
        (tmp_path / "song Project").mkdir()
        with pytest.raises(OutputError, match="is there already"):
            export(score, to="ableton", out=tmp_path)
        assert [p.name for p in tmp_path.iterdir()] == ["song Project"]

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"to": ()}, "nothing to export to"),
            ({"to": "logic"}, "'logic' is no project"),
            ({"colour": 1}, "'colour' is no option of export"),
        ],
    )
    def test_wrong_options(self, score, options, words):
        with pytest.raises(BriefError, match=words):
            export(score, **options)


def test_targets_are_read_from_words():
    assert parse_targets(["ableton, Ableton", "ableton"]) == ("ableton",)


def test_a_tempo_is_what_was_asked_for_in_every_project(tmp_path) -> None:
    """A MIDI file of 56 BPM holds 1,071,429 microseconds a quarter, which are 55.99998 BPM."""
    score = Score((Track("a", 0, False, make_notes([0], 480, 60, 90)),), 480, tempos=make_tempos(56.0))
    song = score.write(tmp_path / "a.mid")
    rpp, dawproject = export(song, to=("reaper", "dawproject"), out=tmp_path / "out", stems=False).files
    assert "TEMPO 56 " in rpp.read_text(encoding="utf-8")
    assert 'value="56"' in zipfile.ZipFile(dawproject).read("project.xml").decode()
    assert read(rpp).bpm == read(dawproject).bpm == score.bpm


class TestDrums:
    def test_parts(self):
        keys = [36, 38, 42, 49, 45, 70]
        drums = Track("Drums", 25, True, make_notes(range(6), 1, keys, channel=9))
        bass = Track("Bass", 33, False, make_notes([0], 1, [36]))
        split, origin = split_drums(Score((bass, drums)))
        assert [(track.name, track.notes["pitch"].tolist(), track.program) for track in split.tracks] == [
            ("Bass", [36], 33), ("Kick", [36], 25), ("Snare", [38], 25), ("Hats", [42, 49], 25), ("Toms", [45], 25),
            ("Percussion", [70], 25),
        ]  # fmt: skip
        assert origin == (0, 1, 1, 1, 1, 1)

    def test_a_map_moves_drums_and_nothing_else(self):
        drums, bass = (Track("", 0, is_drum, make_notes([0, 1], 1, [35, 57])) for is_drum in (True, False))
        mapped = mapped_drums(Score((drums, bass)), DRUM_MAPS["c1-16"])
        assert [track.notes["pitch"].tolist() for track in mapped.tracks] == [[36, 49], [35, 57]]

    @pytest.mark.parametrize("name", DRUM_MAPS)
    def test_every_map_lands_on_its_own_pads(self, name):
        table = DRUM_MAPS[name]
        assert not set(table) & set(table.values())

    @pytest.mark.parametrize("sign", [":", "="])
    def test_a_map_of_ones_own(self, sign, tmp_path):
        lines = [
            "# mine",
            f"kick{sign} 48",
            f'"Hand Clap" {sign} "F#1"',
            f"closed_hat {sign} 44 # shut",
            "",
            f"38{sign}C-2",
        ]
        path = tmp_path / "mine.yaml"
        path.write_text("\n".join(lines), encoding="utf-8")
        assert drum_map(path) == {36: 48, 39: 42, 42: 44, 38: 0}

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("kik: 36", "line 2: 'kik: 36' is not understood; did you mean 'kick'?"),
            ("kick: H9", "'H9' is no key; write a number of MIDI or a name of C-2 to G8, such as"),
            ("kick: 128", "'128' is no key"),
            ("drums:", "write a drum and a key, such as 'kick: 36'"),
            ("glockenspiel: 36", "drums are kick, kick 2, snare"),
        ],
    )
    def test_a_line_that_is_wrong_says_what_of_it(self, line, words, tmp_path):
        path = tmp_path / "mine.yaml"
        path.write_text(f"snare: 38\n{line}\n", encoding="utf-8")
        with pytest.raises(FileFormatError, match=re.escape(words)):
            drum_map(path)
