"""AbletonOSC from outside: questions, orders, notes and the view of a set, in every weather; over real ports once."""

from __future__ import annotations

import math
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.abletonosc import AbletonOsc, Clip, FakeLink, Song, Track, UdpLive, Weather, band, free_port

from bandmate.errors import LiveError, OutputError
from bandmate.io.live.client import BRISK, STANDS_STILL, LiveClient, LiveRefused, LiveSilent, Patience, Question
from bandmate.io.live.clips import fire_clip, fire_scene, make_clip, make_scene, make_track, read_clip, set_tempo
from bandmate.io.live.link import UdpLink
from bandmate.io.live.notes import ClipGone, LiveNote, playable, read_notes, same_notes, write_notes
from bandmate.io.live.view import view_set
from bandmate.io.osc import osc_bytes, read_osc

STORM = {"lost": 0.1, "doubled": 0.05, "late": 0.05}


def client_of(song: Song, weather: Weather | None = None, **how) -> LiveClient:
    return LiveClient(FakeLink(AbletonOsc(song, **how), weather))


def many(count: int, quarters: float) -> list[LiveNote]:
    return [LiveNote(i * quarters / count, 36 + i % 48, 0.1, 60 + i % 60) for i in range(count)]


def rows(song: Song, track: int, scene: int) -> list[LiveNote]:
    clip = song.clip(track, scene)
    assert clip is not None
    return [LiveNote(start, pitch, length, velocity, mute) for pitch, start, length, velocity, mute in clip.notes]


def test_a_set_is_seen_as_it_is():
    view = view_set(client_of(band()))
    assert (view.tempo, view.meter, str(view.key), view.scenes) == (112.0, (4, 4), "C minor", ("Verse", "Chorus", ""))
    assert [(t.name, t.takes_notes, t.is_drum) for t in view.tracks] == [
        ("Beat", True, True), ("Keys", True, False), ("My Bass", True, False), ("Vocal", False, False),
        ("Band", False, False),
    ]  # fmt: skip
    assert {scene: slot.name for scene, slot in view.tracks[1].slots.items()} == {0: "chords"}


def test_c_major_is_what_live_shows_when_nobody_chose_a_scale():
    song = band()
    song.scale_name = "Major"
    assert view_set(client_of(song)).key is None
    song.scale_name, song.root_note = "Bhairav", 2  # none of ours
    assert view_set(client_of(song)).key is None


def test_an_abletonosc_that_knows_no_scale_is_enough():
    view = view_set(client_of(band(), old=True))
    assert view.key is None and len(view.tracks) == 5


@pytest.mark.parametrize("seed", range(4))
def test_a_set_is_seen_through_a_storm(seed: int):
    assert view_set(client_of(band(), Weather(**STORM, seed=seed))) == view_set(client_of(band()))


def test_an_answer_of_one_slot_is_not_taken_for_that_of_another():
    client = client_of(band())
    asked = [Question("/live/clip_slot/get/has_clip", (track, scene), 2) for track in range(3) for scene in range(3)]
    said = client.ask_all(asked)
    assert [q.arguments for q in asked if said[q.key][0]] == [(0, 0), (1, 0)]


def test_an_unknown_address_is_refused_with_its_words():
    with pytest.raises(LiveRefused, match="Live refused /live/song/get/nonsense .Unknown OSC address"):
        client_of(band()).ask("/live/song/get/nonsense")


def test_nobody_at_home_is_said_after_some_seconds():
    client = client_of(band(), Weather(lost=1.0))
    with pytest.raises(LiveSilent, match="Live does not answer /live/test; see that Live still runs"):
        client.ask("/live/test", keys=0)
    assert client.link.now() == pytest.approx(sum(map(Patience().wait_sec, range(Patience().tries))))
    assert 12 < client.link.now() < 20


def test_whether_there_is_a_live_at_all_is_known_sooner():
    client = LiveClient(FakeLink(AbletonOsc(band()), Weather(lost=1.0)), BRISK)
    with pytest.raises(LiveSilent):
        client.ask("/live/test", keys=0)
    assert client.link.now() < 7


@pytest.mark.parametrize("still_sec", [2.0, 5.0, 11.0])
def test_a_live_whose_menu_is_open_for_a_while_is_waited_for(still_sec):
    live = AbletonOsc(band())
    client, said = LiveClient(FakeLink(live)), []
    client.waiting = said.append
    make_clip(client, 2, 0, 32.0, "mine")
    live.at[live.handled + 8] = lambda _: setattr(live, "still_sec", still_sec)
    write_notes(client, 2, 0, many(300, 32.0), 32.0)
    assert same_notes(rows(live.song, 2, 0), many(300, 32.0))
    assert said == ([STANDS_STILL] if still_sec > 3 else [])


@pytest.mark.parametrize("packet", range(1, 30, 4))
def test_what_was_ordered_while_live_stood_still_is_done_once(packet):
    live = AbletonOsc(band())
    client = LiveClient(FakeLink(live))
    live.at[packet] = lambda _: setattr(live, "still_sec", 8.0)
    track, scene = make_track(client, "New"), make_scene(client, "New")
    make_clip(client, track, scene, 8.0, "new")
    assert [t.name for t in live.song.tracks][5:] == ["New"] and live.song.scenes[3:] == ["New"]


@pytest.mark.parametrize("overlaps", ["cut", "keep"])
@pytest.mark.parametrize("seed", range(3))
def test_notes_are_written_and_read_through_a_storm(seed: int, overlaps: str):
    song = band()
    live = AbletonOsc(song, overlaps=overlaps)
    client = LiveClient(FakeLink(live, Weather(**STORM, seed=seed)))
    make_clip(client, 2, 0, 32.0, "mine")
    notes = many(500, 32.0)
    write_notes(client, 2, 0, notes, 32.0)
    clip = song.clip(2, 0)
    assert clip is not None and (clip.name, clip.length, len(clip.notes)) == ("mine", 32.0, 500)
    assert same_notes(rows(song, 2, 0), notes)
    assert client.resent and live.longest < 4096


def test_more_notes_than_a_packet_holds_are_read_in_windows():
    song = band()
    song.put(2, 0, Clip.of([(n.pitch, n.start, n.length, n.velocity) for n in many(2000, 64.0)], 64))
    live = AbletonOsc(song)
    client = LiveClient(FakeLink(live))
    assert same_notes(read_notes(client, 2, 0, 0.0, 64.0), many(2000, 64.0))
    assert live.longest > live.most_bytes  # it was tried, refused, and asked for in smaller windows


def test_a_system_that_drops_long_answers_silently_is_asked_for_less():
    song = band()
    song.put(2, 0, Clip.of([(n.pitch, n.start, n.length, n.velocity) for n in many(900, 16.0)], 16))
    live = AbletonOsc(song, most_bytes=65507)
    client = LiveClient(FakeLink(live))
    carried = client.link.receive
    client.link.receive = lambda wait: None if (data := carried(wait)) and len(data) > 8192 else data
    assert len(read_notes(client, 2, 0, 0.0, 16.0)) == 900


def test_the_highest_key_is_not_left_out():
    song = band()
    song.put(2, 0, Clip.of([(127, 0, 1, 100), (0, 0, 1, 100)], 4))
    assert [note.pitch for note in read_notes(client_of(song), 2, 0, 0.0, 4.0)] == [0, 127]
    assert len(client_of(song).ask("/live/clip/get/notes", 2, 0)) == 5  # as AbletonOSC has it without a window


def test_only_the_stretch_is_written():
    song = band()
    song.put(2, 0, Clip.of([(40, 0, 1, 100), (41, 5, 1, 100), (42, 9, 1, 100)], 12))
    write_notes(client_of(song), 2, 0, [LiveNote(0.5, 60, 1, 90)], 4.0, at=4.0)
    assert sorted(n[:2] for n in song.clip(2, 0).notes) == [[40, 0.0], [42, 9.0], [60, 4.5]]


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(1, 200), st.integers(58, 61), st.integers(1, 127)), max_size=60)
)
def test_playable_notes_are_those_that_live_keeps(found):
    """Whether Live cuts notes that overlap, or keeps them, it holds what was written."""
    kept = playable([LiveNote(start / 24, pitch, length / 24, vel) for start, length, pitch, vel in found], 16.0)
    for overlaps in ("cut", "keep"):
        song = Song([Track("a")], [""])
        song.put(0, 0, Clip.of([], 16))
        write_notes(client_of(song, overlaps=overlaps), 0, 0, kept, 16.0)
        assert same_notes(rows(song, 0, 0), kept)
    assert {n.pitch for n in kept} <= {pitch for _, _, pitch, _ in found}


def test_tracks_and_scenes_are_made_once_and_named():
    song = band()
    client = client_of(song, Weather(lost=0.2, seed=1))
    assert (make_track(client, "New"), make_scene(client, "Bridge")) == (5, 3)
    assert song.tracks[5].name == "New" and len(song.tracks) == 6
    assert song.scenes == ["Verse", "Chorus", "", "Bridge"]


def test_a_slot_that_holds_a_clip_is_left_alone():
    song = band()
    before = [list(note) for note in song.clip(0, 0).notes]
    with pytest.raises(LiveError, match="track 1, scene 1 holds a clip by now; it was left as it is"):
        make_clip(client_of(song), 0, 0, 4.0, "mine")
    assert song.clip(0, 0).notes == before


def test_a_clip_that_somebody_puts_there_first_is_left_alone():
    song = band()
    live = AbletonOsc(song)
    live.at[1] = lambda s: s.put(2, 0, Clip.of([(50, 0, 1, 90)], 8, "theirs"))
    with pytest.raises(LiveError, match="was filled by somebody else meanwhile"):
        make_clip(LiveClient(FakeLink(live)), 2, 0, 4.0, "mine")
    assert (song.clip(2, 0).name, len(song.clip(2, 0).notes)) == ("theirs", 1)


def test_a_clip_that_is_deleted_meanwhile_is_said_so():
    song = band()
    live = AbletonOsc(song)
    client = LiveClient(FakeLink(live))
    make_clip(client, 2, 0, 32.0, "mine")
    live.at[live.handled + 5] = lambda s: s.put(2, 0, None)
    with pytest.raises(ClipGone, match="the clip in track 3, scene 1 was deleted meanwhile"):
        write_notes(client, 2, 0, many(300, 32.0), 32.0)
    assert song.clip(2, 0) is None  # it is not made again behind the user's back


def test_live_that_vanishes_while_notes_are_written_is_said_so():
    live = AbletonOsc(band())
    client = LiveClient(FakeLink(live))
    make_clip(client, 2, 0, 32.0, "mine")
    live.at[live.handled + 8] = lambda s: setattr(live, "gone", True)
    right: list[int] = []
    with pytest.raises(LiveSilent):
        write_notes(client, 2, 0, many(300, 32.0), 32.0, on_page=right.append)
    assert right and right[-1] < 300


def test_tempo_is_set_and_clips_are_fired_through_a_storm():
    song = band()
    client = client_of(song, Weather(**STORM, seed=2))
    set_tempo(client, 97.5)
    fire_scene(client, 0, [0, 1])
    assert song.tempo == 97.5 and song.clip(0, 0).is_playing and song.clip(1, 0).is_playing
    with pytest.raises(ClipGone, match="no clip in track 3, scene 2"):
        fire_clip(client, 2, 1)


def test_a_clip_of_sound_has_no_notes():
    assert not read_clip(client_of(band()), 3, 1).is_midi


def test_wildcards_are_answered_by_all_that_match():
    client = client_of(band())
    heard: list[str] = []
    client.heard = lambda message: heard.append(message.address)
    client.tell("/live/song/get/signature_*")
    client.ask("/live/test", keys=0)
    assert heard == ["/live/song/get/signature_numerator", "/live/song/get/signature_denominator"]


def test_over_real_ports():
    song, answers = band(), free_port()
    with UdpLive(AbletonOsc(song), answers, tick_sec=0.005) as live, LiveClient(UdpLink(live.port, answers)) as client:
        assert len(view_set(client).tracks) == 5
        make_clip(client, 2, 0, 16.0, "mine")
        write_notes(client, 2, 0, many(250, 16.0), 16.0)
    assert same_notes(rows(song, 2, 0), many(250, 16.0))


def test_a_port_that_is_taken_is_named():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        taken = other.getsockname()[1]
        with pytest.raises(OutputError, match=f"port {taken}, where Live answers, is taken"):
            UdpLink(11000, taken)


@pytest.mark.parametrize("answer", [(), (math.inf,), ("fast",), (None,)])
def test_an_answer_that_is_none_is_said(answer):
    class Odd(FakeLink):
        def receive(self, wait_sec: float) -> bytes | None:
            data = super().receive(wait_sec)
            tempo = data is not None and read_osc(data).address == "/live/song/get/tempo"
            return osc_bytes("/live/song/get/tempo", *answer) if tempo else data

    with pytest.raises(LiveError, match="look whether AbletonOSC is up to date"):
        view_set(LiveClient(Odd(AbletonOsc(band()))))
