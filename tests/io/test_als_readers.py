"""Programs by others read our Live sets: buildable and logic2ableton, of the extra `dev`."""

from __future__ import annotations

import pytest
from tests.io.test_als import song
from tests.io.test_messages import pedalled

from bandmate.io.als.write import write_project
from bandmate.io.messages import BEND, CONTROL
from bandmate.io.project import project_of

PEDALLED = pedalled((0, CONTROL, 64, 127), (960, CONTROL, 64, 0), (960, BEND, 0, 96))


@pytest.fixture(params=[song(), PEDALLED], ids=["notes", "notes and controllers"])
def path(request, tmp_path):
    return write_project(project_of(request.param, "x"), tmp_path / "x Project")


def test_buildable_finds_the_tracks(path):
    live_set = pytest.importorskip("buildable.live_set")
    tracks = live_set.LiveSet.from_file(path).primary_tracks
    assert [str(track.user_name) for track in tracks] == ["Drums & <co>", "Bass"]


def test_logic2ableton_finds_tempo_meter_locators_and_notes(path):
    parser = pytest.importorskip("logic2ableton.ableton_parser")
    project = parser.parse_ableton_project(path)
    assert project.tempo == 96
    assert (project.time_sig_numerator, project.time_sig_denominator) == (3, 4)
    assert [(place.name, place.time_beats) for place in project.locators] == [("Intro", 0), ("Verse", 6)]
    notes = [len(note) for note in ([n for clip in track.clips for n in clip.notes] for track in project.midi_tracks)]
    assert notes == [12, 3]
