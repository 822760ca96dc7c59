"""A user's open set: heard, played along with, written to; and nothing of theirs is ever lost."""

from __future__ import annotations

import copy
import re

import pytest
from tests.fakes.abletonosc import AbletonOsc, Clip, FakeLink, Song, Track, Weather, band

from bandmate.errors import BriefError, LiveError
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.io.files import read
from bandmate.io.live.client import LiveClient
from bandmate.io.live.view import view_set
from bandmate.score.brief import Brief
from bandmate.score.pitch import Key
from bandmate.workflows.live_follow import Moment, follow
from bandmate.workflows.live_hear import find_scene, hear, heard_tracks
from bandmate.workflows.live_journal import BROKEN, WRITTEN, Entry, read_journal
from bandmate.workflows.live_set import change_tempo, connect, edit_set, launch, put
from bandmate.workflows.live_write import Written

RULES = {"engine": "rules", "seed": 1}
STORM = {"lost": 0.1, "doubled": 0.05, "late": 0.05}


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def client_of(song: Song, weather: Weather | None = None) -> LiveClient:
    return LiveClient(FakeLink(AbletonOsc(song), weather))


def pitches(clip: Clip | None) -> set[int]:
    assert clip is not None
    return {note[0] % 12 for note in clip.notes}


def same(song: Song, before: Song) -> bool:
    """Whether all clips that the user had are as they were."""
    return all(
        song.clip(t, s) == clip for t, track in enumerate(before.tracks) for s, clip in enumerate(track.slots) if clip
    )


# --------------------------------------------------------------------------- hearing


def test_a_scene_is_heard_with_loops_unrolled_and_lives_scale():
    client = client_of(band())
    heard = hear(client, view_set(client), scene="Verse")
    assert [(t.name, len(t.notes), t.is_drum) for t in heard.score.tracks] == [("Beat", 48, True), ("Keys", 12, False)]
    assert (heard.bars, heard.score.bpm) == (4, pytest.approx(112, abs=0.01))
    assert bool(heard.score.keys["minor"][0]) and heard.view.key == Key(0, "minor")


def test_what_plays_is_heard_from_several_scenes():
    song = band()
    song.put(1, 1, Clip.of([(60, 0, 4, 80)], 8, "other"))
    for track, scene in ((0, 0), (1, 1)):
        song.tracks[track].playing_slot_index = scene
    client = client_of(song)
    heard = hear(client, view_set(client))
    assert {name: source.scene for name, source in heard.sources.items()} == {"Beat": 0, "Keys": 1}
    assert heard.bars == 2 and "what is playing" in heard.how


def test_the_loop_brace_says_how_long_it_is():
    song = band()
    song.loop_length = 8.0
    client = client_of(song)
    assert hear(client, view_set(client), scene="1", loop=True).bars == 2


def test_loop_start_marker_muted_notes_and_meter_are_kept():
    song = Song([Track("Keys")], ["A"], signature_numerator=6, signature_denominator=8)
    clip = Clip.of([(60, 1, 1, 80), (62, 2, 1, 80), (64, 3, 1, 80), (65, 4, 1, 80), (70, 9, 1, 80)], 6)
    clip.loop_start, clip.loop_end, clip.start_marker = 1.0, 4.0, 2.0
    clip.notes[2][4] = True
    song.put(0, 0, clip)
    client = client_of(song)
    heard = hear(client, view_set(client))
    track, grid = heard.score.tracks[0], heard.score.ticks_per_quarter
    assert [(n["onset_ticks"] / grid, n["pitch"]) for n in track.notes] == [(0.0, 62), (2.0, 60)]
    assert heard.bars == 1 and heard.score.meters["numerator"][0] == 6


def test_tracks_of_one_name_stay_apart():
    song = band()
    song.tracks[1].name = "Beat"
    client = client_of(song)
    assert list(hear(client, view_set(client), scene="1").sources) == ["Beat", "Beat (2)"]


@pytest.mark.parametrize(
    ("scene", "words"),
    [
        ("9", "the set has no scene '9'; it has scenes 1 to 3, called Verse, Chorus"),
        ("Vers", "the set has no scene 'Vers'; did you mean 'Verse'?"),
        ("3", "scene 3 has no clip with notes"),
        ("Chorus", r"scene 2 'Chorus' holds sound alone \(Vocal\)"),
    ],
)
def test_scenes_that_cannot_be_heard(scene: str, words: str):
    song = band()
    before = copy.deepcopy(song)
    with pytest.raises(BriefError, match=words):
        edit_set(client_of(song), "accompany", add="bass", scene=scene, **RULES)
    assert song == before


def test_scenes_of_one_name_are_told_by_number():
    view = view_set(client_of(Song([Track("a")], ["A", "A"])))
    with pytest.raises(BriefError, match="2 scenes are called 'A'; say which by number: 1 or 2"):
        find_scene(view, "A")


def test_tracks_are_numbered_as_live_numbers_them():
    client = client_of(band())
    heard = hear(client, view_set(client), scene="Verse")
    assert heard_tracks(heard, "2, beat,drums") == "Keys,beat,drums"
    result = edit_set(client, "vary", tracks="2", scene="Verse", **RULES)
    assert [clip.track_name for clip in result.clips] == ["Keys"]


@pytest.mark.parametrize(
    ("tracks", "sentence"),
    [("Kyes", "did you mean 'Keys'? Heard were 1 Beat, 2 Keys"), ("3", "heard were 1 Beat, 2 Keys")],
)
def test_a_track_that_was_not_heard_is_said_with_lives_numbers(tracks, sentence):
    with pytest.raises(BriefError, match=re.escape(sentence)):
        edit_set(client_of(band()), "vary", tracks=tracks, scene="Verse", **RULES)


def test_a_name_with_a_comma_can_be_chosen():
    song = band()
    song.tracks[1].name = "Keys, left"
    result = edit_set(client_of(song), "vary", tracks="2", scene="Verse", **RULES)
    assert [clip.track_name for clip in result.clips] == ["Keys, left"]


def test_a_stretch_that_is_too_long_is_said():
    song = band()
    song.loop_length = 1e6
    client = client_of(song)
    with pytest.raises(BriefError, match="the loop brace is 250,000 bars long"):
        hear(client, view_set(client), scene="Verse", loop=True)


# --------------------------------------------------------------------------- writing


def test_a_bass_under_what_is_playing_goes_to_the_users_bass_track():
    song = band()
    before = copy.deepcopy(song)
    result = edit_set(client_of(song), "accompany", add="bass", scene="Verse", fire=True, **RULES)
    bass = song.clip(2, 0)
    assert bass is not None and (bass.name, bass.length, bass.is_playing) == ("accompany 1", 16.0, True)
    assert [(c.track_name, c.scene, c.made_track) for c in result.clips] == [("My Bass", 1, False)]
    assert len(bass.notes) == result.clips[0].notes > 8
    assert pitches(bass) <= Key(0, "minor").lock
    assert len(song.tracks) == 5 and pitches(before.clip(1, 0)) == pitches(song.clip(1, 0))
    assert "C minor" in result.heard and result.take.is_file()


def test_a_part_without_a_track_gets_one():
    song = band()
    before = copy.deepcopy(song)
    result = edit_set(client_of(song), "accompany", add="bass,chords=rhodes", scene="1", **RULES)
    assert [(c.track, c.track_name, c.made_track) for c in result.clips] == [(3, "My Bass", False), (6, "rhodes", True)]
    assert same(song, before) and song.clip(5, 0) is not None


def test_a_full_slot_is_not_taken():
    song = band()
    song.put(2, 0, Clip.of([(36, 0, 4, 99)], 16, "mine"))
    before = copy.deepcopy(song)
    result = edit_set(client_of(song), "accompany", add="bass", scene="1", **RULES)
    assert same(song, before) and [c.made_track for c in result.clips] == [True]


def test_an_edit_goes_into_a_new_scene_unless_it_may_replace():
    song = band()
    before = copy.deepcopy(song)
    result = edit_set(client_of(song), "regenerate", tracks="Beat", scene="1", **RULES)
    assert same(song, before) and song.scenes[-1] == "regenerate 1"
    assert [(c.track, c.scene, c.replaced) for c in result.clips] == [(1, 4, False)]


def test_replaced_notes_are_in_the_journal_and_the_clip_keeps_its_name():
    song = band()
    old = copy.deepcopy(song.clip(0, 0))
    result = edit_set(client_of(song), "regenerate", tracks="Beat", scene="1", replace=True, **RULES)
    now, entry = song.clip(0, 0), read_journal()[-1]
    assert now is not None and (now.name, now.loop_end, len(now.notes)) == ("beat", 16.0, result.clips[0].notes)
    assert entry.state == WRITTEN
    assert sorted(row[1] for row in entry.before) == sorted(note[0] for note in old.notes)
    assert song.scenes == ["Verse", "Chorus", ""] and song.clip(1, 0) == band().clip(1, 0)


def test_more_bars_and_an_answer_are_clips_of_their_own():
    song = band()
    client = client_of(song)
    more = edit_set(client, "continue", scene="1", bars=2, **RULES)
    answer = edit_set(client, "respond", scene="1", **RULES)
    assert [c.quarters for c in more.clips] == [8.0, 8.0] and {c.scene for c in more.clips} == {4}
    assert [c.quarters for c in answer.clips] == [16.0, 16.0] and {c.scene for c in answer.clips} == {5}


def test_a_take_is_put_into_the_set():
    song = band()
    client = client_of(song)
    take = edit_set(client, "accompany", add="bass", scene="1", **RULES).take
    before = copy.deepcopy(song)
    result = put(client, take)
    assert same(song, before) and song.scenes[-1] == take.stem
    assert [c.track_name for c in result.clips] == ["Beat", "Keys", "pick bass"]
    notes = {t.name: len(t.notes) for t in read(take).tracks}
    assert [c.notes for c in result.clips] == [notes["Beat"], notes["Keys"], notes["pick bass"]]


def test_put_leaves_full_slots_alone_unless_it_may_replace():
    song = band()
    client = client_of(song)
    take = edit_set(client, "regenerate", tracks="Beat", scene="1", **RULES).take
    before = copy.deepcopy(song)
    assert all(c.made_track for c in put(client, take, scene="1").clips) and same(song, before)
    with pytest.raises(BriefError, match="2 tracks are called 'Beat', so it is not known which clip is meant"):
        put(client, take, scene="1", replace=True)
    fresh = band()
    assert [c.replaced for c in put(client_of(fresh), take, scene="1", replace=True).clips] == [True, True]
    assert len(fresh.tracks) == 5 and len(fresh.clip(0, 0).notes) > 12


def test_tempo_and_scenes_are_set_off():
    song = band()
    client = client_of(song)
    assert change_tempo(client, "96.5") == song.tempo == 96.5
    assert launch(client, "Verse") == "scene 1 'Verse'" and song.clip(1, 0).is_playing
    with pytest.raises(BriefError, match="scene 3 has no clips to launch"):
        launch(client, "3")
    with pytest.raises(BriefError, match="tempo 'fast' is no number"):
        change_tempo(client, "fast")


@pytest.mark.parametrize(
    ("command", "options", "words"),
    [
        ("groove", {}, "'groove' is no edit of a set"),
        ("accompany", {"add": "bass", "replace": True}, "leave --replace out"),
        ("vary", {"add": "bass"}, "'add' is not an option of vary"),
        ("regenerate", {"tracks": "Flute"}, "Flute"),
    ],
)
def test_what_cannot_be_asked_is_said_before_anything_is_written(command, options, words):
    song = band()
    before = copy.deepcopy(song)
    with pytest.raises(Exception, match=words):
        edit_set(client_of(song), command, scene="1", **RULES, **options)
    assert song == before and not read_journal()


# --------------------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize("seed", range(20))
def test_twenty_edits_through_a_storm_are_right(seed: int):
    song = band()
    before = copy.deepcopy(song)
    client = client_of(song, Weather(**STORM, seed=seed))
    command, options = [("accompany", {"add": "bass"}), ("regenerate", {"tracks": "Keys"})][seed % 2]
    result = edit_set(client, command, scene="1", engine="rules", seed=seed, **options)
    assert same(song, before)
    for written in result.clips:
        clip = song.clip(written.track - 1, written.scene - 1)
        assert clip is not None and (len(clip.notes), clip.name) == (written.notes, written.clip)


def writing(live: AbletonOsc, happens) -> None:
    """Let something happen in Live right behind the first packet of notes."""

    def on(address: str, _arguments: tuple) -> None:
        if address == "/live/clip/add/notes":
            live.on = lambda *_: None
            live.at[live.handled + 1] = happens

    live.on = on


def test_live_vanishes_while_it_is_written_to():
    song = band()
    before = copy.deepcopy(song)
    live = AbletonOsc(song)
    writing(live, lambda s: setattr(live, "gone", True))
    with pytest.raises(LiveError) as caught:
        edit_set(LiveClient(FakeLink(live)), "accompany", add="bass", scene="1", **RULES)
    said = str(caught.value)
    assert "does not answer" in said and "no clip was finished" in said and "bandmate live-set put" in said
    assert same(song, before) and read_journal()[-1].state == BROKEN


def test_the_clip_is_deleted_while_it_is_written_to():
    song = band()
    before = copy.deepcopy(song)
    live = AbletonOsc(song)
    writing(live, lambda s: s.put(2, 0, None))
    with pytest.raises(LiveError, match="was deleted meanwhile"):
        edit_set(LiveClient(FakeLink(live)), "accompany", add="bass", scene="1", **RULES)
    assert same(song, before) and song.clip(2, 0) is None


def test_tracks_that_were_moved_meanwhile_are_not_written_to():
    song = band()
    live = AbletonOsc(song)

    def on(address: str, _arguments: tuple) -> None:
        if address == "/live/song/create_scene":
            song.tracks[0], song.tracks[2] = song.tracks[2], song.tracks[0]

    live.on = on
    with pytest.raises(LiveError, match="track 1 was 'Beat' and is 'My Bass' now"):
        edit_set(LiveClient(FakeLink(live)), "regenerate", tracks="Beat", scene="1", **RULES)
    assert len(song.clip(2, 0).notes) == 12


def test_no_live_at_all(monkeypatch):
    link = FakeLink(AbletonOsc(band()), Weather(lost=1.0))
    monkeypatch.setattr("bandmate.workflows.live_set.open_link", lambda port, answer_port: link)
    with pytest.raises(
        LiveError, match="no Live answers at port 11000 of this machine; start Live and choose AbletonOSC"
    ):
        connect()
    assert link.closed


# --------------------------------------------------------------------------- following


def followed(
    song: Song, weather: Weather | None = None, beats: int = 12, then=lambda song, moment: None
) -> list[Moment]:
    client = client_of(song, weather)
    found: list[Moment] = []
    for moment in follow(client, lambda: sum(m.what == "beat" for m in found) < beats):
        found.append(moment)
        then(song, moment)
    return found


def test_beats_and_tempo_are_followed():
    song = band()
    song.is_playing = True

    def faster(song: Song, moment: Moment) -> None:
        if moment.quarter == 5:
            song.tempo = 140.0

    found = followed(song, then=faster)
    assert [m.words for m in found[:3]] == ["tempo 112 BPM", "meter 4/4", "Live plays"]
    beats = [m for m in found if m.what == "beat"]
    first = beats[0].quarter or 0
    assert [m.quarter for m in beats] == list(range(first, first + 12))
    assert [(m.bar, m.beat) for m in beats if m.quarter in (3, 4)] == [(1, 4), (2, 1)]
    assert [m.tempo for m in found if m.what == "tempo"] == [112.0, 140.0]


def test_beats_are_followed_through_a_storm():
    song = band()
    song.is_playing = True
    quarters = [m.quarter for m in followed(song, Weather(**STORM, seed=3), beats=60) if m.what == "beat"]
    assert quarters == sorted(set(quarters)) and quarters[-1] <= 80


def test_six_eight_is_counted_in_eighths():
    found = [Moment(quarter, 120, (6, 8), True, 0.0, "beat") for quarter in range(5)]
    assert [(m.bar, m.beat) for m in found] == [(1, 1), (1, 3), (1, 5), (2, 1), (2, 3)]


def test_live_that_goes_while_it_is_followed_is_said_so():
    song = band()
    song.is_playing = True
    live = AbletonOsc(song)
    client = LiveClient(FakeLink(live))
    with pytest.raises(LiveError, match="does not answer"):
        for moment in follow(client):
            live.gone = moment.quarter == 3 or live.gone


def test_a_clip_that_is_longer_than_it_was_is_said():
    song = band()
    result = edit_set(client_of(song), "regenerate", tracks="Beat", scene="Verse", replace=True, **RULES)
    assert song.clip(0, 0).loop_end == 16
    assert "replaced, 4 quarters are 16 now" in result.clips[0].words


def test_a_file_of_another_beat_is_said_to_be():
    play(make_plan(Brief(genre="waltz", bars=2, tempo=90), 1), 1).write("waltz.mid")
    result = put(client_of(band()), "waltz.mid")
    assert "the file is at 90 BPM and Live at 112; to set it: bandmate live-set tempo 90" in result.remark
    assert "the file is in 3/4 and Live in 4/4" in result.remark
    play(make_plan(Brief(genre="house", bars=2, tempo=112), 1), 1).write("house.mid")
    assert put(client_of(band()), "house.mid").remark == ""


def test_one_note_is_no_notes() -> None:
    assert Written(3, "Bass", 1, "riff", 1, 4.0, False, True, 4.0).words.endswith(
        "'riff', 1 note, replaced; read again and right"
    )
    entry = Entry("2026-01-01T10:00:00", 3, 1, "Bass", "riff", 1, 4.0, "a.mid", WRITTEN, ([0.0, 60, 1.0, 90, False],))
    assert entry.words.endswith("'riff', 1 note, written; 1 note that stood there is kept in the journal")
