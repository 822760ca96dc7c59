"""DAWproject files: valid by Bitwig's schema, the same music when read back, and a sentence for every bad file."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from benchmarks.daw_formats import differences, random_score
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.io.test_als import song

from bandmate.errors import FileFormatError, OutputError
from bandmate.io.dawproject import project_xml, write_dawproject, write_dawproject_of
from bandmate.io.dawproject_read import read_dawproject
from bandmate.io.project import Stem, project_of, sound_file
from bandmate.io.wave import write_wav24

SCHEMAS = Path(__file__).parents[1] / "fixtures" / "dawproject"


def invalid(xml: bytes, schema: str) -> list[str]:
    etree = pytest.importorskip("lxml.etree")
    checker = etree.XMLSchema(etree.parse(str(SCHEMAS / schema)))
    checker.validate(etree.fromstring(xml))
    return [f"line {error.line}: {error.message}" for error in checker.error_log]


@pytest.fixture
def stems(tmp_path):
    path = write_wav24(tmp_path / "drums_96.wav", np.zeros((2, 44100 * 8), np.float32), 44100)
    return [Stem(path, "Drums", 0, *sound_file(path)), Stem(path, "Reverb", None, *sound_file(path))]


def test_a_file_with_stems_is_valid_and_holds_them(stems, tmp_path):
    path = write_dawproject_of(project_of(song(), "x", stems=stems), tmp_path / "x.dawproject")
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == [
            "project.xml", "metadata.xml", "audio/01-drums_96.wav", "audio/02-drums_96.wav"
        ]  # fmt: skip
        xml = archive.read("project.xml")
        assert invalid(xml, "Project.xsd") == []
        assert invalid(archive.read("metadata.xml"), "MetaData.xsd") == []
    assert b'<Mute value="true"' in xml  # the drums' notes, since their stem sounds
    assert differences(song(), read_dawproject(path)) == []


@settings(max_examples=100)
@given(st.integers(0, 2**32))
def test_every_project_is_valid_and_comes_back_note_for_note(seed):
    score = random_score(seed)
    if score.note_count > 2000:
        score = random_score(3)
    assert invalid(project_xml(project_of(score, "song")).encode(), "Project.xsd") == []
    with tempfile.TemporaryDirectory() as folder:
        path = write_dawproject(score, Path(folder) / "song.dawproject")
        assert differences(score, read_dawproject(path)) == []


def test_markers_names_and_sounds_come_back(tmp_path):
    back = read_dawproject(write_dawproject(song(), tmp_path / "x.dawproject"))
    assert [(m.ticks / back.ticks_per_quarter, m.text) for m in back.markers] == [(0, "Intro"), (6, "Verse")]
    assert [(t.name, t.program, t.is_drum) for t in back.tracks] == [("Drums & <co>", 0, True), ("Bass", 33, False)]


def _zip(**files: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)
    return data.getvalue()


FOREIGN = """<Project version="1.0"><Transport><Tempo value="60"/></Transport>
<Structure><Track id="a" name="Keys" contentType="notes"/></Structure>
<Arrangement><Lanes timeUnit="beats"><Lanes track="a"><Clips>
  <Clip time="4" duration="5" playStart="1" loopStart="0" loopEnd="2"><Clips><Clip time="0" duration="2"><Notes>
    <Note time="0" duration="0.5" key="60" channel="0" vel="1"/><Note time="1" duration="1" key="64" channel="0"/>
  </Notes></Clip></Clips></Clip>
  <Clip time="20" duration="2" enable="false"><Notes><Note time="0" duration="1" key="1" channel="0"/></Notes></Clip>
</Clips></Lanes>
<Lanes timeUnit="seconds" track="a"><Clips><Clip time="10" duration="1"><Notes timeUnit="beats">
  <Note time="0" duration="9" key="72" channel="0"/></Notes></Clip></Clips></Lanes>
</Lanes></Arrangement></Project>"""


def test_loops_nested_clips_and_clips_in_seconds_of_others(tmp_path):
    (tmp_path / "x.dawproject").write_bytes(_zip(project_xml=FOREIGN.encode()))
    score = read_dawproject(tmp_path / "x.dawproject")
    rows = [
        (int(n["onset_ticks"]) / 480, int(n["duration_ticks"]) / 480, int(n["pitch"])) for n in score.tracks[0].notes
    ]
    assert rows == [(4, 1, 64), (5, 0.5, 60), (6, 1, 64), (7, 0.5, 60), (8, 1, 64), (10, 1, 72)]


def arranged(lanes: str) -> bytes:
    """A project of one track whose arrangement holds these lanes."""
    head = '<Project version="1.0"><Structure><Track id="a" name="Keys" contentType="notes"/></Structure>'
    lane = f'<Lanes timeUnit="beats" track="a">{lanes}</Lanes>'
    return _zip(project_xml=f"{head}<Arrangement><Lanes>{lane}</Lanes></Arrangement></Project>".encode())


def test_a_linked_clip_plays_what_another_holds(tmp_path):
    lanes = """<Clips>
      <Clip time="0" duration="4"><Notes id="n"><Note time="1" duration="1" key="60" channel="0"/></Notes></Clip>
      <Clip time="8" duration="4" reference="n"/>
      <Clip time="16" duration="8" loopStart="0" loopEnd="4" reference="n"/>
      <Clip time="32" duration="4" reference="gone"/>
    </Clips>"""
    (tmp_path / "x.dawproject").write_bytes(arranged(lanes))
    score = read_dawproject(tmp_path / "x.dawproject")
    assert [int(n["onset_ticks"]) / 480 for n in score.tracks[0].notes] == [1, 9, 17, 21]


def test_clips_that_link_to_themselves_end(tmp_path):
    (tmp_path / "x.dawproject").write_bytes(
        arranged('<Clips id="c"><Clip time="0" duration="4" reference="c"/></Clips>')
    )
    assert len(read_dawproject(tmp_path / "x.dawproject").tracks[0].notes) == 0


def test_links_without_end_are_one_sentence(tmp_path):
    many = '<Clip time="0" duration="4" reference="c"/>' * 200
    (tmp_path / "x.dawproject").write_bytes(arranged(f'<Clips id="c">{many}</Clips>'))
    with pytest.raises(FileFormatError, match=r"x\.dawproject has more than 200,000 clips within clips"):
        read_dawproject(tmp_path / "x.dawproject")


def test_scenes_alone_are_read_one_after_another(tmp_path):
    xml = project_xml(project_of(song(), "x"))
    start, end = xml.index("<Arrangement"), xml.index("</Arrangement>") + len("</Arrangement>")
    (tmp_path / "x.dawproject").write_bytes(_zip(project_xml=(xml[:start] + xml[end:]).encode()))
    score = read_dawproject(tmp_path / "x.dawproject")
    assert [marker.text for marker in score.markers] == ["Intro", "Verse"]
    assert len(score.tracks[0].notes) == 12


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is no DAWproject file, or is damaged"),
        (b"PK\x03\x04 and no more", "is no DAWproject file, or is damaged"),
        (_zip(readme_txt=b"x"), "holds no project.xml"),
        (_zip(project_xml=b"<Song/>"), "holds no project but <Song>"),
        (_zip(project_xml=b"<Project>"), "its XML breaks off"),
        (_zip(project_xml=b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///x">]><Project>&b;</Project>'), "declares DOCTYPE"),
        (_zip(project_xml=b"<Project><A></Project>"), "damaged"),
    ],
)  # fmt: skip
def test_bad_files_are_one_sentence(data, words, tmp_path):
    (tmp_path / "bad.dawproject").write_bytes(data)
    with pytest.raises(FileFormatError, match=words):
        read_dawproject(tmp_path / "bad.dawproject")


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("bandmate.io.dawproject_read.MOST_XML_BYTES", 2**20)
    (tmp_path / "bomb.dawproject").write_bytes(_zip(project_xml=b" " * 2**24))
    with pytest.raises(FileFormatError, match="unpacks to more than 1 MB"):
        read_dawproject(tmp_path / "bomb.dawproject")


def test_nothing_is_written_over(tmp_path):
    path = write_dawproject(song(), tmp_path / "x.dawproject")
    with pytest.raises(OutputError, match="is there already and stays as it is"):
        write_dawproject(song(), path)
