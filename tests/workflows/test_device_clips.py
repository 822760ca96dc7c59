"""Clips of the device: its script, run by node on a stand-in of Live's API, and the service's side."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from tests.fakes.live_in_node import MINE, SCRIPTS_HERE, Live, Rig, lives, with_node

from bandmate.io.live.notes import LiveNote
from bandmate.io.max_device import SCRIPTS
from bandmate.io.osc import osc_bytes
from bandmate.score.model import Score, Track, make_meters, make_notes
from bandmate.workflows import device as device_module
from bandmate.workflows.device import write_device
from bandmate.workflows.device_clips import DeviceClip, bars_end, clip_for, packets


@pytest.fixture
def live() -> Iterator[Callable[..., Live]]:
    with lives() as start:
        yield start


def one_clip(count: int = 70) -> DeviceClip:
    return DeviceClip("Bässe", 16.0, [LiveNote(n * 0.125, 36 + n % 12, 0.125, 90 + n % 30) for n in range(count)])


def tracks(*slots: list[bool], **more) -> list[dict]:
    return [{"name": f"Track {number}", "slots": row, **more} for number, row in enumerate(slots, 1)]


@with_node
class TestInLive:
    def test_a_clip_goes_into_the_highlighted_slot_note_for_note(self, live):
        here = live(tracks=tracks([False, False, False]), highlighted=[0, 1])
        clip = one_clip()
        assert here.put(clip) == [["/bandmate/placed", 7, 70, 2]]
        before, made, after = here.song[0]
        assert (before, after) == (None, None)
        assert (made["name"], made["length"]) == ("Bässe", 16)
        assert made["notes"] == [[n.start, n.pitch, n.length, n.velocity] for n in clip.notes]

    def test_a_clip_of_the_users_is_left_alone(self, live):
        here = live(tracks=tracks([False, True, True, False]), highlighted=[0, 1])
        assert here.put(one_clip(3)) == [["/bandmate/placed", 7, 3, 4]]
        assert here.song[0][:3] == [None, MINE, MINE]

    def test_where_no_slot_is_empty_nothing_is_changed(self, live):
        here = live(tracks=tracks([False, True, True]), highlighted=[0, 1])
        assert here.put(one_clip(3)) == [
            ["/bandmate/unplaced", 7, "no slot from scene 2 on is empty; add a scene or choose another slot"]
        ]
        assert here.song[0] == [None, MINE, MINE]

    def test_a_slot_of_another_track_means_its_row(self, live):
        here = live(tracks=tracks([False, False], [False, False]), highlighted=[0, 1], scene=1, device=1)
        assert here.put(one_clip(3)) == [["/bandmate/placed", 7, 3, 2]]
        assert here.song[0] == [None, None] and here.song[1][1]["name"] == "Bässe"

    def test_nothing_highlighted_means_the_selected_scene(self, live):
        here = live(tracks=tracks([False, False]), highlighted=None, scene=1)
        assert here.put(one_clip(1)) == [["/bandmate/placed", 7, 1, 2]]

    def test_inside_racks_the_track_is_found(self, live):
        here = live(tracks=tracks([False], [False]), device=1, racks=2)
        assert here.ask(call="bang", args=[]) == [[0, ["/bandmate/track", "Track 2"]]]
        assert here.put(one_clip(1)) == [["/bandmate/placed", 7, 1, 1]]

    @pytest.mark.parametrize(
        "song", [{"tracks": tracks([False], midi=False)}, {"tracks": tracks([False]), "device": None}]
    )
    def test_without_a_midi_track_it_is_said(self, live, song):
        here = live(**song)
        assert here.put(one_clip(1)) == [["/bandmate/unplaced", 7, "the device is on no MIDI track"]]
        assert here.song[0] == [None]

    def test_what_live_throws_is_said(self, live):
        here = live(tracks=tracks([False]), broken=True)
        assert here.put(one_clip(1)) == [["/bandmate/unplaced", 7, "Live refused the clip: Error: Live is busy"]]

    def test_an_empty_clip_is_one_too(self, live):
        assert live(tracks=tracks([False])).put(one_clip(0)) == [["/bandmate/placed", 7, 0, 1]]

    def test_lost_and_doubled_packets(self, live):
        here = live(tracks=tracks([False, False]))
        sent = list(packets(7, one_clip()))
        for packet in (sent[0], sent[1], sent[1], sent[3]):
            assert here.hear(packet) == []
        assert here.hear(sent[-1]) == [["/bandmate/again", 7]]
        assert here.song[0] == [None, None]
        assert here.hear(sent[2]) == [] and here.hear(sent[-1]) == [["/bandmate/placed", 7, 70, 1]]
        assert here.put(one_clip()) == [["/bandmate/placed", 7, 70, 1]]  # the answer was lost: nothing is made twice
        assert here.song[0][1] is None

    def test_an_end_without_a_beginning(self, live):
        here = live(tracks=tracks([False]))
        assert here.hear(osc_bytes("/bandmate/clip", "notes", 9, 0, 60, 0.0, 1.0, 90)) == []
        assert here.hear(osc_bytes("/bandmate/clip", "end", 9)) == [["/bandmate/again", 9]]


@pytest.mark.parametrize("script", SCRIPTS_HERE, ids=SCRIPTS)
def test_the_scripts_are_what_max_can_read(script):
    code = re.sub(r"//.*", "", script.read_text(encoding="utf-8"))
    assert not re.search(r"=>|`|\.\.\.|\b(let|const|class|of|async|import|require)\b", code)
    assert script.read_bytes().isascii()


def test_the_scripts_lie_beside_the_device(tmp_path):
    device = write_device(tmp_path)
    assert [device.with_name(script.name).read_bytes() for script in SCRIPTS_HERE] == [
        script.read_bytes() for script in SCRIPTS_HERE
    ]


def band() -> Score:
    """Two bars of 3/4: a kick a bar, a bass with two notes of one key that overlap."""
    drums = Track("Kit", 0, True, make_notes([0, 1440], 120, 36, 100, channel=9), role="drums")
    bass = Track(
        "Low", 33, False, make_notes([0, 480, 1920], [960, 240, 9999], [40, 40, 43], [80, 81, 82]), role="bass"
    )
    return Score((drums, bass), 480, meters=make_meters(3, 4), end_ticks=2880)


class TestWhichPart:
    @pytest.mark.parametrize(
        ("name", "part"), [("Sub Bass", "Low"), ("My drums", "Kit"), ("low", "Low"), ("Whistle", "Kit"), ("", "Kit")]
    )
    def test_the_one_that_the_track_is_for(self, name, part):
        clip = clip_for(band(), name)
        assert clip is not None and (clip.name, clip.quarters) == (part, 6.0)

    def test_notes_are_as_live_keeps_them(self):
        clip = clip_for(band(), "bass")
        assert clip is not None
        assert list(clip.notes) == [LiveNote(0, 40, 1, 80), LiveNote(1, 40, 0.5, 81), LiveNote(4, 43, 2, 82)]

    def test_from_a_bar_on(self):
        clip = clip_for(band(), "bass", 3.0)
        assert clip is not None and clip.quarters == 3.0 and list(clip.notes) == [LiveNote(1, 43, 2, 82)]
        assert clip_for(band(), "bass", 6.0) is None

    def test_bars_end(self):
        assert bars_end(band()) == 6.0
        assert bars_end(Score(meters=make_meters(7, 8))) == 3.5

    def test_packets_are_small(self):
        assert max(map(len, packets(2**31 - 1, one_clip(1000)))) < 1000


@with_node
class TestTheWholeWay:
    @pytest.fixture
    def rig(self, live, tmp_path, monkeypatch):
        monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
        monkeypatch.setattr(device_module, "_ANSWER_SEC", 1.0)
        song = [{"name": "Bass", "slots": [False, True, False, False, False, False]}]
        with Rig(live(tracks=song), tmp_path / "made") as rig:
            yield rig

    def test_generate_continue_and_variations_fill_empty_slots(self, rig):
        assert rig.press("generate", "house with drums and bass").endswith(" is in scene 1")
        assert rig.press("continue").endswith(" is in scene 3")
        said = rig.press("variations", "busier")
        assert all(f"is in scene {scene}" in said for scene in (4, 5, 6))
        assert [clip["length"] for clip in rig.made] == [8, 8, 16, 16, 16]
        assert rig.live.song[0][1] == MINE
        keys = [pitch for clip in rig.made for _, pitch, _, _ in clip["notes"]]
        assert min(keys) >= 28 and max(keys) < 60  # the bass; it is named so

    def test_a_full_track_is_said_and_the_file_is_there(self, rig):
        rig.press("generate", "house with drums and bass")
        rig.press("variations")
        assert "is not in Live: no slot from scene 1 on is empty" in rig.press("variations")
        assert len(rig.made) == 5

    def test_packets_are_lost_and_nothing_is_made_twice(self, rig):
        rig.lost = 0.2
        for number in (1, 2, 3):
            said = rig.press("generate", "house with drums and bass")
            assert len(rig.made) <= number
            assert "is in scene" in said or "did not say whether" in said

    def test_a_device_that_never_answers_is_said(self, rig, monkeypatch):
        monkeypatch.setattr(device_module, "_ANSWER_SEC", 0.05)
        rig.lost = 1.0
        assert "the device did not say whether" in rig.press("generate", "house with drums and bass")
        assert rig.made == [] and rig.service.track is None
