"""Controllers in projects: a pedal, a wheel and a bend there and back, and as other programs write them."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from dataclasses import replace
from functools import partial
from xml.etree import ElementTree

import numpy as np
import pytest
from tests.io.als_check import faults, root_of
from tests.io.test_als import song

from bandmate.io.als.envelopes import steps_of
from bandmate.io.als.template import write_into_template
from bandmate.io.als.to_score import read_als
from bandmate.io.als.write import als_losses
from bandmate.io.als.write import write_als as write_set
from bandmate.io.dawproject import dawproject_losses, write_dawproject
from bandmate.io.dawproject_read import read_dawproject
from bandmate.io.messages import (
    BEND,
    CONTROL,
    POLY,
    PRESSURE,
    PROGRAM,
    clips_with_messages,
    message_of,
    messages_of,
)
from bandmate.io.project import project_of
from bandmate.io.reaper import reaper_losses, write_rpp
from bandmate.io.reaper_read import read_rpp
from bandmate.io.timed import Loop, Message
from bandmate.score.model import EVENT, MADE, Score

write_als = partial(write_set, envelopes=True)
DOORS = [
    (write_rpp, read_rpp, ".rpp"),
    (write_dawproject, read_dawproject, ".dawproject"),
    (write_als, read_als, ".als"),
]


def pedalled(*rows: tuple[int, int, int, int]) -> Score:
    """The song with messages (tick, status, data, data) in its second track."""
    score = song()
    channel = score.tracks[1].channel
    events = np.array([(at, MADE, kind, channel, one, two, -1) for at, kind, one, two in rows], EVENT)
    return replace(score, tracks=(score.tracks[0], replace(score.tracks[1], events=events)))


def told_by(score: Score) -> list[tuple[float, int, int, int]]:
    grid = score.ticks_per_quarter
    return [(int(e["ticks"]) / grid, int(e["status"]), int(e["data1"]), int(e["data2"]))
            for e in score.tracks[1].events]  # fmt: skip


@pytest.mark.parametrize(("write", "read", "suffix"), DOORS)
def test_a_pedal_a_bend_and_a_last_breath_come_back(write, read, suffix, tmp_path):
    end = song().last_ticks
    rows = [(0, CONTROL, 64, 127), (480, BEND, 0, 64), (960, CONTROL, 64, 0), (960, CONTROL, 64, 127),
            (970, CONTROL, 64, 127), (1000, PRESSURE, 90, 0), (end, CONTROL, 11, 1)]  # fmt: skip
    score = pedalled(*rows)
    back = read(write(score, tmp_path / f"x{suffix}"))
    grid = score.ticks_per_quarter
    assert np.array(sorted(told_by(back), key=lambda row: row[:3])) == pytest.approx(
        np.array([(at / grid, *rest) for at, *rest in rows]), abs=1e-6
    )


def test_what_a_format_does_not_hold_is_said():
    rows = [(0, CONTROL, 64, 127), (0, CONTROL, 101, 0), (0, CONTROL, 6, 12), (480, POLY, 60, 9), (480, PROGRAM, 5, 0),
            (480, CONTROL, 123, 0), (960, BEND, 0, 0), (960, PRESSURE, 1, 0)]  # fmt: skip
    score = project_of(pedalled(*rows), "x").score
    assert als_losses(score, envelopes=True) == (
        "2 RPN and NRPN messages stay in the MIDI file", "1 mode messages stay in the MIDI file",
        "1 pressures of single keys stay in the MIDI file", "1 program changes stay in the MIDI file",
    )  # fmt: skip
    assert [held for held in als_losses(score) if "--envelopes" in held] == [
        "3 messages of pedal, wheels and pressure stay in the MIDI file; export with --envelopes writes them too"
    ]
    assert reaper_losses(score) == dawproject_losses(score) == ()


def test_a_set_has_envelopes_only_where_they_are_asked_for(tmp_path):
    path = write_set(pedalled((480, CONTROL, 64, 127)), tmp_path / "x.als")
    assert "<ClipEnvelope " not in gzip.decompress(path.read_bytes()).decode()
    asked = write_als(pedalled((480, CONTROL, 64, 127)), tmp_path / "y.als")
    assert "<ClipEnvelope " in gzip.decompress(asked.read_bytes()).decode()


def test_a_section_without_notes_has_a_clip_if_its_pedal_moves():
    score = pedalled((0, CONTROL, 64, 127), (song().last_ticks + 5, CONTROL, 64, 0))
    project = project_of(score, "x")
    alone = replace(score.tracks[1], notes=score.tracks[1].notes[:0])
    clips = clips_with_messages(alone, project.sections)
    assert [len(messages) for _, _, messages in clips] == [1, 1]
    assert clips[-1][0].end_ticks == song().last_ticks + 5


def test_a_glide_becomes_the_steps_that_are_heard():
    sent = list(messages_of(CONTROL, 1, [(0.0, 0.0, True), (1.0, 1.0, False), (2.0, 0.5, True)]))
    assert len(sent) == 34 and [m.data2 for m in sent[:33]] == sorted(m.data2 for m in sent[:33])
    assert sent[16] == Message(0.5, CONTROL, 1, 64) and sent[-1] == Message(2.0, CONTROL, 1, 64)
    slow = list(messages_of(CONTROL, 1, [(0.0, 0.0, True), (4.0, 2 / 127, False)]))
    assert [m.data2 for m in slow] == [0, 1, 2, 2]


def test_a_bend_in_the_middle_is_none():
    assert message_of(BEND, 0, 0.0, 8192 / 16383) == Message(0.0, BEND, 0, 64)


def test_a_looped_clip_sends_in_every_turn():
    loop = Loop((), 0.0, 2.0, 0.5, True, "", (Message(0.0, CONTROL, 64, 127), Message(1.0, CONTROL, 64, 0)))
    assert [(m.time, m.data2) for m in loop.sent(4.0)] == [(0.5, 0), (1.5, 127), (2.5, 0), (3.5, 127)]


FOREIGN = """<Project version="1.0"><Structure><Track id="a" name="Keys" contentType="notes"/></Structure>
<Arrangement><Lanes timeUnit="beats"><Lanes track="a"><Clips><Clip time="4" duration="4"><Lanes>
  <Notes><Note time="0" duration="1" key="60" channel="0" vel="1"/></Notes>
  <Points unit="percent"><Target expression="channelController" channel="0" controller="1"/>
    <RealPoint time="0" value="0" interpolation="linear"/><RealPoint time="0.0625" value="100"/></Points>
  <Points><Target expression="gain"/><RealPoint time="0" value="1"/></Points>
</Lanes></Clip></Clips>
<Points unit="normalized"><Target expression="pitchBend" channel="0"/><RealPoint time="1" value="1"/></Points>
<Points unit="linear"><Target parameter="x"/><RealPoint time="1" value="1"/></Points>
</Lanes></Lanes></Arrangement></Project>"""


def test_points_in_clips_and_beside_them_as_others_write_them(tmp_path):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("project.xml", FOREIGN)
    (tmp_path / "x.dawproject").write_bytes(data.getvalue())
    track = read_dawproject(tmp_path / "x.dawproject").tracks[0]
    found = [(int(e["status"]), int(e["data1"]), int(e["data2"])) for e in track.events]
    assert found == [(BEND, 127, 127), (CONTROL, 1, 0), (CONTROL, 1, 64), (CONTROL, 1, 127)]
    assert len(track.notes) == 1


ENVELOPE = """<ClipEnvelope Id="0"><EnvelopeTarget><PointeeId Value="{target}" /></EnvelopeTarget><Automation><Events>
<FloatEvent Id="0" Time="-63072000" Value="{first}" /><FloatEvent Id="1" Time="0" Value="{first}" />
<FloatEvent Id="2" Time="1" Value="{first}" /><FloatEvent Id="3" Time="1" Value="{last}" />
</Events></Automation></ClipEnvelope>"""


def test_controllers_bend_and_pressure_of_a_live_clip_are_read(tmp_path):
    xml = gzip.decompress(write_als(song(), tmp_path / "x.als").read_bytes()).decode()
    start = xml.rindex("<MidiTrack")

    def target(place: int) -> str:
        found = re.search(rf'<ControllerTargets\.{place} Id="(\d+)"', xml[start:])
        assert found
        return found[1]

    told = [(target(0), -8192, 8191), (target(1), 0, 127), (target(2 + 64), 127, 0), ("7", 0, 1), (target(130), 1, 2)]
    envelopes = "".join(ENVELOPE.format(target=name, first=first, last=last) for name, first, last in told)
    clip = xml.index("<MidiClip", xml.index("<ClipTimeable>", start))
    xml = xml[:clip] + xml[clip:].replace("<Envelopes>\n</Envelopes>", f"<Envelopes>{envelopes}</Envelopes>", 1)
    (tmp_path / "y.als").write_bytes(gzip.compress(xml.encode()))
    found = {(round(at), kind, one, two) for at, kind, one, two in told_by(read_als(tmp_path / "y.als"))}
    assert found == {
        (0, BEND, 0, 0), (1, BEND, 127, 127), (0, PRESSURE, 0, 0), (1, PRESSURE, 127, 0),
        (0, CONTROL, 64, 127), (1, CONTROL, 64, 0),
    }  # fmt: skip


def envelopes(path, where: str) -> list[list[tuple[int, list[tuple[float, float]]]]]:
    """What the envelopes of the second track's clips say, a list a clip: place of the controller, points."""
    track = root_of(path.read_bytes()).findall("LiveSet/Tracks/MidiTrack")[1]
    places = {
        e.get("Id"): int(e.tag.partition(".")[2]) for e in track.findall("DeviceChain/MainSequencer/MidiControllers/*")
    }
    return [
        [
            (places[envelope.find("EnvelopeTarget/PointeeId").get("Value")],
             [(float(e.get("Time")), float(e.get("Value"))) for e in envelope.find("Automation/Events")])
            for envelope in clip.findall("Envelopes/Envelopes/ClipEnvelope")
        ]
        for clip in track.findall(f"DeviceChain/MainSequencer/{where}//MidiClip")
    ]  # fmt: skip


BEFORE = -63072000


class TestEnvelopesOfLive:
    def test_a_pedal_is_steps_of_two_points(self, tmp_path):
        path = write_als(pedalled((480, CONTROL, 64, 127), (960, CONTROL, 64, 0)), tmp_path / "x.als")
        assert faults(root_of(path.read_bytes())) == []
        pedal = (2 + 64, [(BEFORE, 0), (1, 0), (1, 127), (2, 127), (2, 0)])
        assert envelopes(path, "ClipTimeable") == [[pedal]]

    def test_bend_is_first_and_counts_from_the_middle_then_pressure(self, tmp_path):
        path = write_als(pedalled((0, PRESSURE, 5, 0), (480, BEND, 127, 127), (480, CONTROL, 0, 1)), tmp_path / "x.als")
        assert envelopes(path, "ClipTimeable") == [
            [(0, [(BEFORE, 0), (1, 0), (1, 8191)]), (1, [(BEFORE, 5), (0, 5)]), (2, [(BEFORE, 0), (1, 0), (1, 1)])]
        ]

    def test_volume_rests_where_general_midi_has_it(self, tmp_path):
        path = write_als(pedalled((480, CONTROL, 7, 40)), tmp_path / "x.als")
        assert envelopes(path, "ClipTimeable") == [[(9, [(BEFORE, 100), (1, 100), (1, 40)])]]

    def test_a_scene_that_is_launched_alone_knows_what_was_sent_before(self, tmp_path):
        path = write_als(pedalled((0, CONTROL, 7, 40), (3360, CONTROL, 64, 127)), tmp_path / "x.als")
        assert envelopes(path, "ClipSlotList") == [
            [(9, [(BEFORE, 40), (0, 40)])],
            [(9, [(BEFORE, 40)]), (66, [(BEFORE, 0), (1, 0), (1, 127)])],
        ]

    def test_several_values_at_a_tick_keep_their_order(self, tmp_path):
        rows = [(480, CONTROL, 64, value) for value in (127, 0, 127, 127, 3)]
        path = write_als(pedalled(*rows), tmp_path / "x.als")
        assert faults(root_of(path.read_bytes())) == []
        assert [value for *_, value in told_by(read_als(path))] == [127, 0, 127, 127, 3]
        assert {at for at, *_ in told_by(read_als(path))} == {1.0}

    def test_what_is_sent_at_the_very_end_is_in_the_clip(self, tmp_path):
        score = pedalled((song().last_ticks + 960, CONTROL, 64, 0))
        path = write_als(score, tmp_path / "x.als")
        assert faults(root_of(path.read_bytes())) == []
        assert told_by(read_als(path)) == [(14.0, CONTROL, 64, 0)]

    def test_slots_alone_hold_them_too(self, tmp_path):
        path = write_als(pedalled((480, CONTROL, 64, 127), (3360, CONTROL, 64, 0)), tmp_path / "x.als")
        root = root_of(path.read_bytes())
        for events in root.findall(".//ClipTimeable/ArrangerAutomation/Events"):
            events.clear()
        (tmp_path / "y.als").write_bytes(gzip.compress(ElementTree.tostring(root)))
        assert told_by(read_als(tmp_path / "y.als")) == [(1.0, CONTROL, 64, 127), (7.0, CONTROL, 64, 0)]

    def test_a_template_gets_them_for_its_own_controllers(self, tmp_path):
        theirs = write_als(song(), tmp_path / "theirs.als")
        project = project_of(pedalled((480, CONTROL, 64, 127)), "mine", envelopes=True)
        path, said = write_into_template(project, theirs, tmp_path / "mine Project")
        assert faults(root_of(path.read_bytes())) == [] and not any("controllers" in one for one in said)
        assert told_by(read_als(path)) == [(1.0, CONTROL, 64, 127)]

    def test_a_template_without_that_controller_says_so(self, tmp_path):
        root = root_of(write_als(song(), tmp_path / "theirs.als").read_bytes())
        for controllers in root.iter("MidiControllers"):
            controllers.remove(controllers.find("ControllerTargets.66"))
        (tmp_path / "few.als").write_bytes(gzip.compress(ElementTree.tostring(root)))
        project = project_of(pedalled((480, CONTROL, 64, 127), (480, CONTROL, 1, 9)), "mine", envelopes=True)
        path, said = write_into_template(project, tmp_path / "few.als", tmp_path / "mine Project")
        assert said[-1] == "1 controllers of Bass stay in the MIDI file: the template's track has none such"
        assert told_by(read_als(path)) == [(1.0, CONTROL, 1, 9)]

    def test_a_curve_that_somebody_drew_becomes_steps_and_ends_in_a_jump(self):
        drawn = [(BEFORE, 0.0), (0.0, 0.0), (1.0, 8.0), (1.0, 2.0), (2.0, 2.0), (2.0, 5.0)]
        assert steps_of(drawn) == [(0.0, 0.0, True), (1.0, 8.0, True), (1.0, 2.0, False), (2.0, 5.0, True)]
