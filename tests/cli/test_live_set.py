"""`bandmate live-set`: what it prints, its page, and one sentence for every mistake."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from tests.fakes.abletonosc import AbletonOsc, FakeLink, Weather, band
from tests.fakes.max_device import DeviceFake

PAGE = Path(__file__).parents[2] / "docs" / "LIVE_SET.md"
RULES = ["--engine", "rules", "--seed", "1"]


@pytest.fixture
def live(monkeypatch):
    """A Live that plays, whichever ports are asked for."""
    made = AbletonOsc(band())
    made.song.is_playing = True
    made.song.tracks[1].arrangement = [(0.0, 16.0, made.song.tracks[1].slots[0])]
    monkeypatch.setattr("bandmate.workflows.live_brace.open_device", lambda port: FakeLink(DeviceFake(made.song)))
    monkeypatch.setattr("bandmate.workflows.live_set.open_link", lambda port, answer_port: FakeLink(made))
    return made


def test_every_command_of_the_page_runs(bandmate, live):
    blocks = re.findall(r"^```console\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    lines = [line[2:] for line in "".join(blocks).splitlines() if line.startswith("$ bandmate")]
    assert len(lines) > 8
    for line in lines:
        said = bandmate(*shlex.split(line, comments=True)[1:])
        assert said.code == 0, f"{line}\n{said.err}"


def test_the_set_is_listed(bandmate, live):
    said = bandmate("live-set")
    assert said.code == 0, said.err
    assert "112 BPM, 4/4, C minor; 5 tracks, 3 scenes" in said.out
    assert "track 1 'Beat' (drums)" in said.out and "scene 1 'Verse': 'beat', 1 bar" in said.out
    facts = json.loads(bandmate("live-set", "list", "--json").out)
    assert [track["name"] for track in facts["tracks"] if track["midi"]] == ["Beat", "Keys", "My Bass"]


def test_a_bass_is_written_and_listed(bandmate, live):
    assert "nothing was written" in bandmate("live-set", "written").out
    said = bandmate("live-set", "accompany", "darker", "--add", "bass", "--scene", "Verse", *RULES)
    assert said.code == 0, said.err
    assert "track 3 'My Bass', scene 1: 'accompany 1'" in said.out and "read again and right" in said.out
    assert "track 3 'My Bass', scene 1: 'accompany 1'" in bandmate("live-set", "written").out


def test_live_is_followed_for_some_bars(bandmate, live):
    said = bandmate("live-set", "follow", "--bars", "2")
    assert said.code == 0, said.err
    assert "tempo 112 BPM" in said.out and "bar 2, beat 4" in said.out and "\nbar 3" not in said.out


def test_live_is_followed_for_some_seconds(bandmate, live):
    said = bandmate("live-set", "follow", "--seconds", "3")
    assert said.code == 0, said.err
    assert "bar 1, beat 4" in said.out and "\nbar 3" not in said.out


def test_where_live_is_is_said_at_once(bandmate, live):
    live.song.current_song_time = 9.5
    live.song.tracks[1].playing_slot_index = 0
    said = bandmate("live-set", "follow", "--seconds", "0")
    assert said.out.startswith("Live plays, bar 3, beat ") and said.out.count("\n") == 1
    assert "at 112 BPM, 4/4; 'chords' on Keys (scene 1 'Verse') playing" in said.out
    now = json.loads(bandmate("live-set", "follow", "--seconds", "0", "--json").out)["now"]
    assert now["clips"] == [{"track": 2, "name": "Keys", "scene": 1, "clip": "chords"}]
    assert (now["tempo"], now["meter"], now["playing"], now["bar"]) == (112, [4, 4], True, 4)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["follow", "--seconds", "601"], "seconds 601 is out of range; give 0 to 600 seconds to follow Live"),
        (["follow", "--seconds", "-1"], "seconds -1 is out of range"),
        (["vary", "--seconds", "3", "--scene", "1"], "live-set vary takes no --seconds; leave it out"),
        (["dance"], "invalid choice: 'dance'"),
        (["put"], "which file? write: bandmate live-set put FILE.mid"),
        (["put", "nowhere.mid"], "nowhere.mid"),
        (["tempo"], "which tempo? write: bandmate live-set tempo 124"),
        (["tempo", "9000"], "tempo 9000 is out of range"),
        (["read"], "where to? write: bandmate live-set read --out heard.mid"),
        (["fire"], "which scene? write: bandmate live-set fire --scene 2"),
        (["fire", "--scene", "7"], "the set has no scene '7'"),
        (["list", "loud"], "'loud' is not understood by live-set list"),
        (["follow", "--bars", "some"], "bars 'some' is no number of bars"),
        (["continue", "--bars", "1-4", "--scene", "1"], "bars '1-4' is no number of bars"),
        (["accompany", "--scene", "Chorus", "--add", "bass"], "holds sound alone (Vocal)"),
        (["accompany", "--scene", "1"], "nothing to add was named"),
        (["list", "--scene", "1"], "live-set list takes no --scene; leave it out"),
        (["written", "loud"], "'loud' is not understood by live-set written"),
        (["tempo", "120", "--add", "bass"], "live-set tempo takes no --add; leave it out"),
        (["list", "--port", "0"], "port 0 is none; give 1 to 65535"),
        (["list", "--from", "brace"], "live-set list takes no --from; leave it out"),
        (["put", "x.mid", "--from", "brace"], "live-set put takes no --from; leave it out"),
        (["read", "--from", "loop", "--out", "x.mid"], "invalid choice: 'loop'"),
        (["vary", "--from", "brace", "--scene", "1"], "the loop brace lies in the arrangement; leave --scene out"),
        (["vary", "--from", "brace", "--replace"], "clips of the arrangement are not replaced"),
        (["vary", "--from", "brace", "--device-port", "70000"], "device port 70000 is none"),
    ],
)
def test_mistakes(bandmate, live, words, sentence):
    before = [[clip and len(clip.notes) for clip in track.slots] for track in live.song.tracks]
    said = bandmate("live-set", *words)
    assert (said.code, len(said.err.strip().splitlines())) == (2, 1)
    assert sentence in said.err
    assert [[clip and len(clip.notes) for clip in track.slots] for track in live.song.tracks] == before


def test_no_live(bandmate, monkeypatch):
    silent = FakeLink(AbletonOsc(band()), Weather(lost=1.0))
    monkeypatch.setattr("bandmate.workflows.live_set.open_link", lambda port, answer_port: silent)
    said = bandmate("live-set", "list")
    assert said.code == 2 and "no Live answers at port 11000" in said.err and "docs/LIVE_SET.md" in said.err
