"""again: what the words do not name stays, note for note; undo goes back; every change can be replayed."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from tests.generation.lock_check import breaches

from bandmate.errors import BriefError, UserError
from bandmate.workflows import history, making
from bandmate.workflows.again import again
from bandmate.workflows.compose import compose
from bandmate.workflows.replay import replay

TRACKS = "drums,bass=slap bass,chords=rhodes"


@pytest.fixture
def first(tmp_path, monkeypatch):
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return compose(
        "house", seed=7, out="funky", bars=4, tempo=120, key="A minor", tracks=TRACKS, engine="rules", stems=False
    ).best


def _notes(take, role: str) -> list[tuple]:
    track = next(track for track in take.score.tracks if track.role == role)
    return track.notes[["onset_ticks", "duration_ticks", "pitch", "velocity"]].tolist()


def test_only_what_is_named_changes(first) -> None:
    changed = again("busier bass, keep the drums").best
    assert _notes(changed, "drums") == _notes(first, "drums")
    assert _notes(changed, "chords") == _notes(first, "chords")
    assert len(_notes(changed, "bass")) > len(_notes(first, "bass"))
    assert changed.folder.name == "funky-2"
    assert changed.report["met"]


def test_busier_and_sparser_are_clear_steps(first, monkeypatch) -> None:
    monkeypatch.setattr(making, "_render", lambda take, *rest: take)
    for genre, seed in (("funk", 1), ("jazz_swing", 3), ("bossa_nova", 6)):
        take = compose(genre, seed=seed, out=genre, bars=8, tracks="drums,bass,chords", engine="rules").best
        before = len(_notes(take, "bass"))
        more, less = (len(_notes(again(f"{word} bass", take=take).best, "bass")) for word in ("busier", "sparser"))
        assert 1.14 * before <= more <= 2.0 * before
        assert 0.5 * before <= less <= 0.88 * before


def test_another_line_is_another_line(first) -> None:
    changed = again("another bass line", seed=99).best
    assert _notes(changed, "bass") != _notes(first, "bass")
    assert _notes(changed, "drums") == _notes(first, "drums")


def test_what_was_locked_stays_locked(first, monkeypatch) -> None:
    monkeypatch.setattr(making, "_render", lambda take, *rest: take)
    lock = "bass: range E1-A2, density <=6, rhythm x..x..x."
    locked = compose("house", seed=2, out="locked", bars=4, tempo=120, tracks=TRACKS, engine="rules", lock=lock).best
    changed = again("another bass line", seed=5).best
    assert _notes(changed, "bass") != _notes(locked, "bass")
    assert breaches(changed.score, lock) == []


def test_a_tempo_moves_no_tick(first) -> None:
    changed = again("a little slower").best
    assert changed.score.bpm < 120
    assert [_notes(changed, role) for role in ("drums", "bass", "chords")] == [
        _notes(first, role) for role in ("drums", "bass", "chords")
    ]


def test_a_key_moves_pitches_into_their_range_and_never_drums(first) -> None:
    changed = again("in D minor").best
    assert changed.plan.key.name == "D minor"
    assert _notes(changed, "drums") == _notes(first, "drums")
    before, after = (np.array([row[2] for row in _notes(take, "bass")]) for take in (first, changed))
    assert set((after - before) % 12) == {5}
    planned = changed.plan.tracks[1]
    assert after.min() >= planned.low
    assert after.max() <= planned.high


def test_tracks_leave_and_join(first) -> None:
    without = again("no chords").best
    assert [track.role for track in without.score.tracks] == ["drums", "bass"]
    assert _notes(without, "bass") == _notes(first, "bass")
    more = again("add strings").best
    assert [track.role for track in more.score.tracks] == ["drums", "bass", "strings"]
    assert len(_notes(more, "strings")) > 0
    assert _notes(more, "drums") == _notes(first, "drums")


def test_another_sound_plays_the_same_notes(first) -> None:
    changed = again("swap the rhodes for an organ").best
    assert _notes(changed, "chords") == _notes(first, "chords")
    assert changed.score.tracks[2].program != first.score.tracks[2].program


def test_longer_music_goes_on(first) -> None:
    changed = again("8 bars").best
    assert changed.score.end_ticks == 2 * first.score.end_ticks
    assert _notes(changed, "bass")[: len(_notes(first, "bass"))] == _notes(first, "bass")
    assert changed.report["met"]


def test_a_changed_take_can_be_replayed(first) -> None:
    changed = again("busier bass, keep the drums")
    assert replay(changed.folder).same
    assert changed.best.parents[0] == hashlib.sha256(first.json_path.read_bytes()).hexdigest()


def test_undo_goes_back_one_take_at_a_time(first) -> None:
    second = again("slower").best
    third = again("no chords").best
    assert history.last_take().folder.name == third.folder.name
    assert history.undo().folder.name == second.folder.name
    assert history.undo().folder.name == first.folder.name
    with pytest.raises(UserError, match="no take before"):
        history.undo()
    assert third.midi.is_file()
    fourth = again("faster").best
    assert fourth.parents[1:] == ()


def test_nothing_understood_or_nothing_there_is_one_sentence(first, tmp_path, monkeypatch) -> None:
    with pytest.raises(BriefError, match="nothing to change was understood"):
        again("qwertz asdfg")
    with pytest.raises(BriefError, match="say it in words"):
        again("slower", tempo=100)
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "empty"))
    with pytest.raises(UserError, match="no last take yet"):
        again("slower")


def test_a_damaged_history_counts_as_none(first, tmp_path) -> None:
    (tmp_path / "home" / "state" / "history.json").write_text("{broken", encoding="utf-8")
    with pytest.raises(UserError, match="no last take"):
        history.last_take()
    assert again("slower", take=first.folder).best.parents
