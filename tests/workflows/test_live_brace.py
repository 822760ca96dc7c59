"""The arrangement under the loop brace: told by the device page by page, heard, and played along with."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.abletonosc import AbletonOsc, Clip, FakeLink, Song, Track, UdpLive, Weather, band
from tests.fakes.live_in_node import Live, lives, with_node
from tests.fakes.max_device import DeviceFake, pages_of

from bandmate.errors import BriefError, LiveError
from bandmate.io.live.brace import Brace, read_brace
from bandmate.io.live.client import LiveClient, LiveSilent
from bandmate.io.live.link import UdpLink
from bandmate.io.live.view import view_set
from bandmate.io.osc import osc_bytes
from bandmate.score.model import Score
from bandmate.score.pitch import Key
from bandmate.workflows import live_brace
from bandmate.workflows.live_hear import hear_brace
from bandmate.workflows.live_set import edit_set, listen_to

STORM = {"lost": 0.1, "doubled": 0.05, "late": 0.05}
RULES = {"engine": "rules", "seed": 1}


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def arranged() -> Song:
    """The band's set with an arrangement: a beat that loops, keys that play once, a vocal; the brace is bars 5 to 8."""
    song = band()
    song.loop_start, song.loop_length = 16.0, 16.0
    beat = copy.deepcopy(song.clip(0, 0))
    keys = copy.deepcopy(song.clip(1, 0))
    assert beat is not None and keys is not None
    keys.looping = False
    song.tracks[0].arrangement = [(0.0, 64.0, beat)]
    song.tracks[1].arrangement = [(0.0, 16.0, Clip.of([(70, 0, 1, 80)], 16)), (16.0, 32.0, keys)]
    song.tracks[3].arrangement = [(8.0, 24.0, Clip("take 1", 16.0, is_midi_clip=False, loop_end=16.0))]
    return song


def told(song: Song, weather: Weather | None = None, **how) -> Brace:
    return read_brace(FakeLink(DeviceFake(song, **how), weather), 11011)


def played(score: Score, name: str) -> list[tuple[float, int, float]]:
    track = next(track for track in score.tracks if track.name == name)
    grid = score.ticks_per_quarter
    return [(round(int(n["onset_ticks"]) / grid, 2), int(n["pitch"]), round(int(n["duration_ticks"]) / grid, 2))
            for n in track.notes]  # fmt: skip


def one_track(*clips: tuple[float, float, Clip], start: float = 4.0, quarters: float = 4.0) -> Song:
    song = Song([Track("Keys", arrangement=list(clips))], ["A"], loop_start=start, loop_length=quarters)
    return song


# --------------------------------------------------------------------------- hearing


def test_what_lies_under_the_brace_is_heard():
    heard = hear_brace(told(arranged()))
    assert [(t.name, len(t.notes), t.is_drum) for t in heard.score.tracks] == [("Beat", 48, True), ("Keys", 12, False)]
    assert (heard.bars, heard.how, heard.deaf) == (4, "the loop brace, bars 5-8", ("Vocal",))
    assert heard.score.bpm == pytest.approx(112, abs=0.01) and heard.view.key == Key(0, "minor")
    assert played(heard.score, "Keys")[0] == (0.0, 60, 3.9)


@pytest.mark.parametrize(
    ("clip", "notes"),
    [
        # begins before the brace: what still sounds begins with it, what is over does not
        ((0.0, 8.0, Clip.of([(60, 3, 2, 80), (62, 1, 2, 80), (64, 7, 4, 80)], 8, looping=False)),
         [(0.0, 60, 1.0), (3.0, 64, 1.0)]),
        # loops from its start marker on, and ends with the clip
        ((3.0, 7.0, Clip.of([(60, 0, 0.5, 80), (62, 1, 0.5, 80)], 2, start_marker=1.0)),
         [(0.0, 60, 0.5), (1.0, 62, 0.5), (2.0, 60, 0.5)]),
        # its content begins at 2 of its own time
        ((5.0, 8.0, Clip.of([(60, 2, 1, 80), (62, 1, 1, 80)], 8, looping=False, loop_start=2.0, start_marker=2.0)),
         [(1.0, 60, 1.0)]),
        # reaches over the brace's end
        ((6.0, 99.0, Clip.of([(60, 0, 9, 80), (62, 2, 1, 80)], 90, looping=False)), [(2.0, 60, 2.0)]),
    ],
)  # fmt: skip
def test_clips_are_cut_to_the_brace(clip, notes):
    assert played(hear_brace(told(one_track(clip))).score, "Keys") == notes


def test_clips_behind_each_other_are_one_track():
    first, second = Clip.of([(60, 0, 1, 80)], 2), Clip.of([(67, 1, 1, 80)], 2)
    song = one_track((4.0, 6.0, first), (6.0, 8.0, second), (0.0, 4.0, Clip.of([(40, 0, 1, 80)], 4)))
    assert played(hear_brace(told(song)).score, "Keys") == [(0.0, 60, 1.0), (3.0, 67, 1.0)]


def test_muted_clips_and_notes_are_left_out():
    loud, quiet = Clip.of([(60, 0, 1, 80), (62, 1, 1, 80)], 4), Clip.of([(70, 0, 1, 80)], 4)
    loud.notes[1][4], quiet.muted = True, True
    song = one_track((4.0, 8.0, loud))
    song.tracks.append(Track("Lead", arrangement=[(4.0, 8.0, quiet)]))
    heard = hear_brace(told(song))
    assert [track.name for track in heard.score.tracks] == ["Keys"] and len(heard.score.tracks[0].notes) == 1


@pytest.mark.parametrize(
    ("start", "quarters", "words", "bars"),
    [(4.0, 8.0, "the loop brace, bars 2-3", 2), (8.0, 4.0, "the loop brace, bar 3", 1),
     (5.0, 6.0, "the loop brace, from bar 2.25 for 6 quarter notes", 2)],
)  # fmt: skip
def test_the_brace_in_words(start, quarters, words, bars):
    song = one_track((0.0, 16.0, Clip.of([(60, 2, 1, 80)], 4)), start=start, quarters=quarters)
    heard = hear_brace(told(song))
    assert (heard.how, heard.bars) == (words, bars)


@pytest.mark.parametrize(
    ("song", "words"),
    [
        (one_track(), "bar 2 has no clip with notes, so there is nothing to go by; .* drag it over clips of notes"),
        (one_track((0.0, 8.0, Clip("a", is_midi_clip=False))), r"holds sound alone \(Keys\)"),
        (one_track((4.0, 8.0, Clip())), "has no clip with notes"),
        (one_track((4.0, 8.0, Clip.of([(60, 0, 1, 80)], 4)), quarters=0.0), "Live's loop brace has no length"),
        (one_track((4.0, 8.0, Clip.of([(60, 0, 1, 80)], 4)), quarters=1e6), "the loop brace is 250,000 bars long"),
    ],
)
def test_braces_that_cannot_be_heard(song, words):
    with pytest.raises(BriefError, match=words):
        hear_brace(told(song))


# --------------------------------------------------------------------------- the wire


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 2000), st.integers(0, 2**31 - 1))
def test_whatever_the_weather_every_note_comes(count, seed):
    clip = Clip.of([(36 + n % 60, n * 64 / count, 0.1, 60 + n % 60) for n in range(count)], 64, looping=False)
    device = DeviceFake(one_track((0.0, 64.0, clip), start=0.0, quarters=64.0))
    brace = read_brace(FakeLink(device, Weather(**STORM, seed=seed)), 11011)
    assert len(brace.clips[0].notes) == count
    assert [note.pitch for note in brace.clips[0].notes] == [36 + n % 60 for n in range(count)]
    assert device.longest < 1000


def test_a_clip_that_changes_while_it_is_told_stays_whole():
    clip = Clip.of([(60, n * 0.25, 0.1, 80) for n in range(64)], 16)
    song = one_track((0.0, 16.0, clip), start=0.0, quarters=16.0)
    assert len(told(song, on=lambda count: clip.notes.clear() if count == 2 else None).clips[0].notes) == 64


def test_no_device_is_one_sentence():
    device = DeviceFake(arranged())
    device.gone = True
    link = FakeLink(device)
    with pytest.raises(LiveSilent, match=r"no device answers at port 11011 .* drag Bandmate\.amxd"):
        read_brace(link, 11011)
    assert link.now() < 10


def test_a_device_that_vanishes_is_one_sentence():
    device = DeviceFake(arranged())
    device.on = lambda count: setattr(device, "gone", count >= 2)
    with pytest.raises(LiveSilent, match=r"does not answer any more, \d of \d pages"):
        read_brace(FakeLink(device), 11011)


def test_what_live_refuses_is_said():
    with pytest.raises(LiveError, match="the arrangement cannot be read: Track has no arrangement_clips"):
        told(arranged(), fault="the arrangement cannot be read: Track has no arrangement_clips")


@pytest.mark.parametrize(
    "page",
    [("song", 1), ("notes", 60, 0.0, 1.0, 90), ("clip", 0), (), ("song", "fast", 4, 4, 0, "Major", 0.0, 4.0)],
)
def test_what_is_no_page_is_one_sentence(page, monkeypatch):
    monkeypatch.setattr("tests.fakes.max_device.pages_of", lambda song: [page])
    with pytest.raises(LiveError, match="answers otherwise than it should|expected"):
        told(arranged())


def test_over_real_ports_the_device_answers_where_it_was_asked_from():
    device = DeviceFake(arranged())
    with UdpLive(device, None, 0.01) as peer:
        link = UdpLink(peer.port, 0)
        assert len(read_brace(link, peer.port).clips) == 3
        assert device.answers_at == link.answer_port
        link.close()


def test_any_free_port_hears_answers():
    first, second = UdpLink(11011, 0), UdpLink(11011, 0)
    assert first.answer_port != second.answer_port and min(first.answer_port, second.answer_port) > 1023
    first.close()
    second.close()


# --------------------------------------------------------------------------- the script


def as_node(song: Song) -> dict:
    """The set as the stand-in of Live's API takes it."""
    names = ("muted", "looping", "loop_start", "loop_end", "start_marker", "name", "is_midi_clip")
    rows = []
    for track in song.tracks:
        clips = []
        for start, end, clip in track.arrangement:
            keys = ("pitch", "start_time", "duration", "velocity", "mute")
            facts = {name: value if isinstance(value := getattr(clip, name), str) else float(value) for name in names}
            notes = [dict(zip(keys, (*row[:4], int(row[4])), strict=True)) for row in clip.notes]
            clips.append({**facts, "start_time": start, "end_time": end, "notes": notes})
        rows.append({"name": track.name, "slots": [False] * len(song.scenes), "midi": track.has_midi_input,
                     "group": track.is_foldable, "devices": track.devices, "arrangement": clips})  # fmt: skip
    song_names = ("tempo", "signature_numerator", "signature_denominator", "root_note", "scale_name", "loop_start",
                  "loop_length")  # fmt: skip
    return {"tracks": rows, "song": {name: getattr(song, name) for name in song_names}}


def ask_script(live: Live, place: int, number: int = 7, port: int = 4321) -> list[list]:
    return live.hear(osc_bytes("/bandmate/hear", "page", number, port, place))


@with_node
class TestTheScript:
    @pytest.mark.parametrize("song", [arranged(), one_track((0.0, 8.0, Clip.of(
        [(n % 128, n / 40, 0.1 + n % 7, 1 + n % 127) for n in range(300)], 8, looping=False)))])  # fmt: skip
    def test_it_tells_what_the_fake_tells(self, song):
        wanted = pages_of(song)
        with lives() as start:
            live = start(**as_node(song))
            for place, page in enumerate(wanted):
                assert ask_script(live, place) == [["port", 4321], ["/bandmate/brace", 7, place, len(wanted), *page]]
            assert ask_script(live, len(wanted)) == [["port", 4321]]

    def test_a_live_without_an_arrangement_is_said(self):
        with lives() as start:
            live = start(**as_node(arranged()), old=True)
            assert ask_script(live, 0)[1][:2] == ["/bandmate/deaf", 7]
            assert "the arrangement cannot be read: Error: Track has no" in ask_script(live, 0)[1][2]

    def test_packets_from_the_script_are_small(self):
        loud = Clip.of([(60, n / 100, 0.001, 100) for n in range(1500)], 16)
        with lives() as start:
            live = start(**as_node(one_track((0.0, 16.0, loud), start=0.0, quarters=16.0)))
            first = ask_script(live, 0)[1]
            assert first[3] == 2 + 47
            assert max(len(osc_bytes(*ask_script(live, place)[1])) for place in range(first[3])) < 1000


# --------------------------------------------------------------------------- playing along


class Wires:
    """A set that AbletonOSC and the device show at once."""

    def __init__(self, song: Song, monkeypatch, weather: Weather | None = None) -> None:
        self.song, self.device = song, DeviceFake(song)
        self.client = LiveClient(FakeLink(AbletonOsc(song), weather))
        monkeypatch.setattr(live_brace, "open_device", lambda port: FakeLink(self.device, weather))


def test_a_bass_under_the_brace_goes_into_a_new_scene(monkeypatch):
    wires = Wires(arranged(), monkeypatch, Weather(**STORM))
    before = copy.deepcopy(wires.song)
    result = edit_set(wires.client, "accompany", add="bass", source="brace", **RULES)
    assert [(c.track_name, c.scene, c.made_track, c.quarters) for c in result.clips] == [("My Bass", 4, False, 16.0)]
    bass = wires.song.clip(2, 3)
    assert bass is not None and len(bass.notes) == result.clips[0].notes > 8
    assert {note[0] % 12 for note in bass.notes} <= Key(0, "minor").lock
    assert "the loop brace, bars 5-8" in result.heard
    for track, old in zip(wires.song.tracks, before.tracks, strict=True):
        assert track.arrangement == old.arrangement and track.slots[:3] == old.slots


def test_what_lies_under_the_brace_is_varied_on_its_own_track(monkeypatch):
    wires = Wires(arranged(), monkeypatch)
    result = edit_set(wires.client, "vary", tracks="2", source="brace", **RULES)
    assert [(c.track_name, c.scene) for c in result.clips] == [("Keys", 4)]


def test_continue_goes_on_behind_the_brace(monkeypatch):
    result = edit_set(Wires(arranged(), monkeypatch).client, "continue", bars=2, source="brace", **RULES)
    assert {(c.scene, c.quarters) for c in result.clips} == {(4, 8.0)}
    assert {"Beat", "Keys"} >= {c.track_name for c in result.clips} != set()


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"replace": True}, "clips of the arrangement are not replaced"),
        ({"scene": "Verse"}, "leave --scene out"),
        ({"loop": True}, "leave --loop out"),
        ({"device_port": 0}, "device port 0 is none"),
    ],
)
def test_what_does_not_go_with_the_brace(monkeypatch, how, words):
    wires = Wires(arranged(), monkeypatch)
    before = copy.deepcopy(wires.song)
    with pytest.raises(BriefError, match=words):
        edit_set(wires.client, "vary", source="brace", **how, **RULES)
    assert wires.song == before and wires.device.told == 0


def test_sources_that_are_none_are_said(monkeypatch):
    client = Wires(arranged(), monkeypatch).client
    with pytest.raises(BriefError, match="'loop' cannot be heard; choose one of clips, brace"):
        listen_to(client, view_set(client), source="loop")


def test_a_name_that_max_took_apart_is_the_same(monkeypatch):
    song = arranged()
    brace = told(song)
    clips = [replace(clip, track_name=f'"{clip.track_name}",') for clip in brace.clips]
    view = view_set(LiveClient(FakeLink(AbletonOsc(song))))
    assert list(hear_brace(replace(brace, clips=tuple(clips)), view).sources) == ["Beat", "Keys"]


def test_tracks_that_were_moved_meanwhile_are_said(monkeypatch):
    wires = Wires(arranged(), monkeypatch)
    view = view_set(wires.client)
    wires.song.tracks.insert(0, Track("New", slots=[None] * 3))
    with pytest.raises(LiveError, match="track 2 is 'Beat' by the device and 'Keys' by AbletonOSC"):
        listen_to(wires.client, view, source="brace")
