"""The device's buttons over the loop brace, over real packets: script, service, and clips in Live."""

from __future__ import annotations

import pytest
from tests.fakes.abletonosc import free_port
from tests.fakes.live_in_node import Rig, lives, with_node

from bandmate.errors import BriefError
from bandmate.io.live.brace import Brace, BraceClip
from bandmate.io.live.client import LiveSilent
from bandmate.io.live.notes import LiveNote
from bandmate.workflows import device_brace
from bandmate.workflows.device_brace import make_under_brace

CHORDS = [(60, 63, 67), (56, 60, 63), (58, 62, 65), (55, 58, 62)]
RULES = {"engine": "rules", "seed": 1, "listener": lambda event: None}


def keys(bars: int = 4) -> list[dict]:
    return [{"pitch": pitch, "start_time": 4.0 * bar, "duration": 3.9, "velocity": 80, "mute": 0}
            for bar in range(bars) for pitch in CHORDS[bar]]  # fmt: skip


def under(name: str, device_track: str, **more) -> dict:
    """A set of two tracks: what lies under the brace, and the device's own."""
    clip = {"name": "chords", "start_time": 16, "end_time": 32, "muted": 0, "is_midi_clip": 1, "looping": 0,
            "loop_start": 0, "loop_end": 16, "start_marker": 0, "notes": keys()}  # fmt: skip
    slots = [False] * 6
    return {"tracks": [{"name": device_track, "slots": slots}, {"name": name, "slots": slots, "arrangement": [clip]}],
            "song": {"loop_start": 16, "loop_length": 16, "scale_name": "Minor", **more}}  # fmt: skip


@with_node
class TestTheWholeWay:
    @pytest.fixture
    def rig(self, tmp_path, monkeypatch):
        monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
        with lives() as start, Rig(start(**under("Keys", "Bass")), tmp_path / "made") as rig:
            yield rig

    def test_the_track_says_what_is_added_and_gets_it(self, rig):
        assert rig.press("generate", "", brace=1).endswith("is in scene 1")
        (clip,) = rig.made
        assert "bass" in clip["name"] and clip["length"] == 16  # which bass it is, is the genre's choice
        pitches = {pitch for _, pitch, _, _ in clip["notes"]}
        assert max(pitches) < 60 and {pitch % 12 for pitch in pitches} <= {0, 2, 3, 5, 7, 8, 9, 10, 11}

    def test_words_say_it_better(self, rig):
        rig.press("generate", "soft strings", brace=1)
        assert [clip["name"] for clip in rig.made] == ["soft strings"]

    def test_continue_and_variations_go_by_the_brace_too(self, rig):
        assert rig.press("continue", brace=1).endswith("is in scene 1")
        said = rig.press("variations", brace=1)
        assert all(f"is in scene {scene}" in said for scene in (2, 3, 4))
        assert [clip["length"] for clip in rig.made] == [8, 16, 16, 16]

    def test_a_brace_over_nothing_is_said_and_nothing_is_made(self, tmp_path, monkeypatch):
        monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
        nothing = under("Keys", "Bass", loop_start=64)
        with lives() as start, Rig(start(**nothing), tmp_path / "made") as rig:
            with pytest.raises(AssertionError, match="bars 17-20 has no clip with notes"):
                rig.press("generate", "a bass", brace=1)
            assert rig.made == []


def test_what_to_add_has_to_be_known(monkeypatch):
    clip = BraceClip(0, "Keys", False, True, False, 0, 4, 0, 4, 0, (LiveNote(0, 60, 1, 80),))
    monkeypatch.setattr(device_brace, "ask_device", lambda port: Brace(120, (4, 4), None, 0, 4, (clip,)))
    with pytest.raises(BriefError, match="neither the words nor the track 'Track 9' say it"):
        make_under_brace("generate", "busier", 4, "Track 9", 11011, RULES)


def test_a_device_that_is_not_there_is_said(monkeypatch):
    monkeypatch.setattr("bandmate.io.live.brace.FIRST_SEC", 0.01)
    with pytest.raises(LiveSilent, match=r"no device answers at port \d+ of this machine"):
        make_under_brace("generate", "a bass", 4, "Bass", free_port(), RULES)
