"""Locks on edits: the cells that are written obey, the rest stays; what cannot hold is refused."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from tests.generation.lock_check import breaches

from bandmate.errors import BriefError, RuleConflict
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.score.brief import Brief
from bandmate.score.pitch import Key
from bandmate.workflows import edit_desk
from bandmate.workflows.edits import run_edit

SONG = play(
    make_plan(Brief(genre="pop", bars=8, key=Key(0, "major"), only=("drums", "bass", "chords", "melody")), 2), 2
)


END = 4 * 1920  # ticks of the asked bars


@pytest.fixture(autouse=True)
def _random_weights(tiny_weights, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(edit_desk.Desk, "weights", property(lambda desk: tiny_weights))


@pytest.mark.parametrize("engine", ["numpy", "rules"])
@pytest.mark.parametrize(
    "lock",
    [
        "bass: range E1-G2, polyphony 1, density <=6", "melody: pitches C E G", "chords: polyphony 2-3, chord tones",
        "bass: rhythm x..x..x.|x...x...", "drums: kick x...x...x...x...",
        "melody: density >=4, scale A minor pentatonic",
    ],
)  # fmt: skip
def test_what_is_regenerated_obeys(lock: str, engine: str) -> None:
    role = lock.split(":")[0]
    result = run_edit("regenerate", SONG, tracks=role, bars="1-4", lock=lock, seed=1, engine=engine, candidates=2,
                      out=f"out-{engine}")  # fmt: skip
    score = result.takes[0].score
    old, new = (next(t for t in s.tracks if t.role == role) for s in (SONG, score))
    inside, after = (
        new.notes[new.notes["onset_ticks"] < END],
        [[int(n["pitch"]) for n in track.notes if n["onset_ticks"] >= END] for track in (old, new)],
    )
    assert after[0] == after[1]
    alone = SimpleNamespace(
        tracks=[SimpleNamespace(notes=inside, role=role, name=role, is_drum=old.is_drum)],
        meters=SONG.meters, end_ticks=SONG.end_ticks, ticks_per_quarter=480,
    )  # fmt: skip
    harmony = edit_desk.Harmony.of(SONG)
    assert len(inside)
    assert breaches(alone, lock, lambda at, step: harmony.at(at, int(step >= 48)).pitch_classes, set(range(4))) == []


def test_what_goes_on_and_what_joins_obeys() -> None:
    lock = "melody: pitches C E G, density <=6"
    longer = run_edit(
        "continue", SONG, bars=2, tracks="melody", lock=lock, seed=1, engine="numpy", candidates=2, out="on"
    )
    assert breaches(longer.takes[0].score, lock, bars={8, 9}) == []
    band = replace(SONG, tracks=tuple(track for track in SONG.tracks if track.role != "bass"))
    lock = "bass: rhythm x..x..x., range E1-G2, polyphony 1"
    joined = run_edit("accompany", band, add="bass", lock=lock, seed=1, engine="numpy", candidates=2, out="joined")
    assert any(track.role == "bass" and len(track.notes) for track in joined.takes[0].score.tracks)
    assert breaches(joined.takes[0].score, lock) == []


def test_what_cannot_hold_is_refused() -> None:
    for lock, kind, says in (
        ("tuba: polyphony 1", BriefError, "there is no track 'tuba'"),
        ("bass: density ~4", BriefError, "cannot be asked loosely"),
        ("melody: rhythm xxxx, density <=2", RuleConflict, "density lock and rhythm lock"),
        ("melody: pitches C#", RuleConflict, "pitch lock cannot hold"),
    ):
        with pytest.raises(kind, match=says):
            run_edit("regenerate", SONG, tracks="melody,bass", bars="2", lock=lock, key="C major", seed=1,
                     engine="numpy", candidates=2)  # fmt: skip
