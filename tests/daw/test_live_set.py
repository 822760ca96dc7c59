"""A running Live set, played by a fake that speaks AbletonOSC over real UDP."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from tests.daw.fake_live import Clip, FakeLive, Track, groove_set

from bandmate.daw.bridge import Bridge, Patience
from bandmate.daw.live_view import LiveNote, read_notes
from bandmate.daw.live_write import make_track, write_clip
from bandmate.errors import BriefError, DawError
from bandmate.workflows.live_set import follow, look, play_along, put_in, save_scene, take_in

QUICK = Patience(wait_sec=0.06, tries=12, settle_sec=0.02)


def bridge_to(fake: FakeLive, patience: Patience = QUICK) -> Bridge:
    return Bridge("127.0.0.1", fake.port, fake.answer_port, patience)


def test_a_scene_is_heard_with_its_loops_repeated() -> None:
    with FakeLive() as fake:
        groove_set(fake)
        fake.tempo, fake.root, fake.scale = 96.0, 9, "Minor"
        with bridge_to(fake) as bridge:
            found, scene, score = take_in(bridge)
            assert look(bridge)[1][0] == "96 BPM, 4/4, A minor"
        assert (score.bpm, found.key, scene.sounds) == (96.0, "A minor", ("vocal",))
        assert [t.is_drum for t in score.tracks] == [True, False]
        kicks = score.tracks[0].notes
        assert kicks["onset_ticks"][kicks["pitch"] == 36].tolist() == [480 * n for n in range(0, 16, 2)]
        assert score.end_ticks == 16 * 480 and len(score.tracks[1].notes) == 12


def test_a_bass_comes_under_what_is_playing(tmp_path: Path) -> None:
    with FakeLive() as fake:
        groove_set(fake)
        before = {(t, s): dict(clip.notes) for t, track in enumerate(fake.tracks) for s, clip in track.clips.items()}
        with bridge_to(fake) as bridge:
            result = play_along(
                bridge, "accompany", add="bass", engine="rules", seed=3, launch=True, out=tmp_path / "o"
            )
        (clip,) = result.clips
        assert fake.tracks[clip.track].name.lower().endswith("bass") and clip.track == 3 and clip.scene == 0
        assert fake.tracks[3].clips[0].beats == 16 and len(fake.tracks[3].clips[0].notes) == clip.notes > 8
        roots = {int(p) % 12 for p, at in fake.tracks[3].clips[0].notes if abs(at - 4 * round(at / 4)) < 0.2}
        assert roots & {9, 5, 0, 7}
        assert before == {(t, s): dict(c.notes) for t, k in enumerate(fake.tracks[:3]) for s, c in k.clips.items()}
        assert fake.fired == [0] and any("vocal" in line for line in result.notices)


def test_what_changes_comes_into_a_new_scene_or_over_the_old_one(tmp_path: Path) -> None:
    with FakeLive() as fake:
        groove_set(fake)
        old = dict(fake.tracks[0].clips[0].notes)
        with bridge_to(fake) as bridge:
            asked = {"tracks": "1", "engine": "rules", "seed": 4}
            first = play_along(bridge, "regenerate", out=tmp_path / "a", **asked)
            assert first.scene == 3 and fake.tracks[0].clips[0].notes == old
            assert {c.track for c in first.clips} == {0, 1}  # the chords come along
            second = play_along(bridge, "regenerate", replace=True, out=tmp_path / "b", **asked)
            assert [(c.track, c.scene) for c in second.clips] == [(0, 0)]
            assert fake.tracks[0].clips[0].notes != old


def test_continue_is_a_scene_of_its_own(tmp_path: Path) -> None:
    with FakeLive() as fake:
        groove_set(fake)
        with bridge_to(fake) as bridge:
            result = play_along(bridge, "continue", bars=4, engine="rules", seed=1, out=tmp_path / "c")
        assert result.scene == 3 and fake.scenes[2].endswith("continue")
        assert all(fake.tracks[c.track].clips[2].beats == 16 for c in result.clips)


def test_notes_are_read_and_written_whole_in_pages() -> None:
    notes = [LiveNote(int(p), n / 8, 0.1, 64.0) for n in range(600) for p in (n % 127, 127)]
    with FakeLive() as fake:
        with bridge_to(fake) as bridge:
            track = make_track(bridge, "many")
            assert write_clip(bridge, track, 0, "all", 76.0, notes).notes == 1200
            back = read_notes(bridge, (track, 0), 0.0, 76.0)
        assert [(n.pitch, round(n.start, 4)) for n in back] == [(n.pitch, round(n.start, 4)) for n in sorted(
            notes, key=lambda n: (n.start, n.pitch))]  # fmt: skip


def test_edits_over_a_bad_wire_are_right(tmp_path: Path) -> None:
    """One message in ten is lost each way, some come twice or late; what is written is what the take has."""
    for seed in range(8):
        with FakeLive(loss=0.1, twice=0.02, late=0.05, seed=seed) as fake:
            groove_set(fake)
            with bridge_to(fake) as bridge:
                made = play_along(bridge, "accompany", add="bass", engine="rules", seed=seed, out=tmp_path / str(seed))
            for clip in made.clips:
                assert len(fake.tracks[clip.track].clips[clip.scene].notes) == clip.notes
            assert made.resent > 0


def test_a_clip_of_the_users_stays() -> None:
    with FakeLive() as fake:
        groove_set(fake)
        old = dict(fake.tracks[0].clips[0].notes)
        with bridge_to(fake) as bridge, pytest.raises(DawError, match="track 1, scene 1 holds a clip, which stays"):
            write_clip(bridge, 0, 0, "mine", 4.0, [LiveNote(60, 0, 1, 80)])
        assert fake.tracks[0].clips[0].notes == old


def test_nobody_there() -> None:
    with FakeLive() as fake:
        fake.gone = True
        with pytest.raises(DawError, match="no Live answers at 127.0.0.1"), bridge_to(fake, Patience(0.01, 2, 0.01)):
            pass


def test_a_live_that_vanishes_while_it_is_written_to() -> None:
    with FakeLive() as fake:
        fake.tracks = [Track("Bass")]
        fake.on_message = lambda live, m: setattr(live, "gone", live.gone or len(live.tracks[0].clips.get(
            0, Clip(0)).notes) >= 160)  # fmt: skip
        notes = [LiveNote(40, n / 4, 0.2, 90.0) for n in range(400)]
        with (
            bridge_to(fake, Patience(0.03, 3, 0.01)) as bridge,
            pytest.raises(DawError, match=r"track 1, scene 1: \d+ of 400 notes of 'line' were written, then: Live st"),
        ):
            write_clip(bridge, 0, 0, "line", 100.0, notes)


def test_a_clip_that_is_deleted_meanwhile() -> None:
    with FakeLive() as fake:
        fake.tracks = [Track("Bass")]

        def delete(live: FakeLive, message: object) -> None:
            if len(live.tracks[0].clips.get(0, Clip(0)).notes) >= 80:
                live.tracks[0].clips.clear()

        fake.on_message = delete
        with bridge_to(fake) as bridge, pytest.raises(DawError, match=r"of 400 notes.*Live refuses"):
            write_clip(bridge, 0, 0, "line", 100.0, [LiveNote(40, n / 4, 0.2, 90.0) for n in range(400)])


@pytest.mark.parametrize(
    ("scene", "said"),
    [
        ("9", "there is no scene '9'; give 1 to 2"),
        ("verse", "there is no scene 'verse'"),
        ("2", "scene 2 holds no notes"),
        ("playing", "no scene plays"),
    ],
)
def test_scenes_that_cannot_be_heard(scene: str, said: str) -> None:
    with FakeLive() as fake:
        groove_set(fake)
        for track in fake.tracks:
            track.playing = -2
        with bridge_to(fake) as bridge, pytest.raises(BriefError, match=said):
            take_in(bridge, scene)


def test_a_scene_of_sound_alone_is_said_to_be_that() -> None:
    with FakeLive() as fake:
        fake.tracks = [Track("Vox", midi=False, playing=0, clips={0: Clip(8.0, "vocal", midi=False)})]
        with bridge_to(fake) as bridge, pytest.raises(BriefError, match=r"only sound \(vocal\)"):
            take_in(bridge)


def test_a_file_goes_in_and_a_scene_comes_out_alike(tmp_path: Path) -> None:
    with FakeLive() as fake:
        groove_set(fake)
        with bridge_to(fake) as bridge:
            path = save_scene(bridge, "1", tmp_path / "scene.mid")
            result = put_in(bridge, path, tempo=True)
            _, _, again = take_in(bridge, str(result.scene))
            _, _, first = take_in(bridge, "1")
    for mine, theirs in zip(first.tracks, again.tracks, strict=True):
        assert np.array_equal(mine.notes[["onset_ticks", "pitch", "velocity"]], theirs.notes[
            ["onset_ticks", "pitch", "velocity"]])  # fmt: skip


def test_beats_and_tempo_are_followed() -> None:
    with FakeLive() as fake:
        fake.meter = [3, 4]
        with bridge_to(fake) as bridge:
            events, going = [], threading.Event()
            for event in follow(bridge, lambda: not going.is_set()):
                events.append(event)
                if len(events) < 4:
                    fake.beat(len(events) + 1)
                elif len(events) == 4:
                    fake.say("/live/song/get/tempo", 90.0)
                else:
                    going.set()
        assert [e.get("bpm") for e in events if e["event"] == "tempo"] == [120.0, 90.0]
        assert [(e["bar"], e["beat"]) for e in events if e["event"] == "beat"] == [(1, 3), (2, 1), (2, 2)]
        with bridge_to(fake):  # is answered after the orders before it were heard
            assert "beat" not in fake.listening
