"""Takes by a model, with random weights: whatever it draws, the demands are met and the bytes come again."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.errors import BriefError, MissingExtra, ModelError
from bandmate.generation.dress import dressed, limit_voices
from bandmate.generation.measures import most_at_once
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import key_signature, play
from bandmate.score.brief import Brief
from bandmate.score.model import make_notes
from bandmate.score.pitch import Key
from bandmate.workflows import making
from bandmate.workflows.again import again
from bandmate.workflows.compose import compose
from bandmate.workflows.models import WEIGHTS_FILE, models_folder
from bandmate.workflows.replay import replay

SMALL = {"bars": 2, "tempo": 120, "key": "A minor", "tracks": "drums,bass=slap bass,chords=rhodes", "stems": False}


@pytest.fixture(autouse=True)
def model(tmp_path, monkeypatch, tiny_weights_path):
    """A model of random weights, installed under the name "dice"."""
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    folder = models_folder() / "dice"
    folder.mkdir(parents=True)
    shutil.copy(tiny_weights_path, folder / WEIGHTS_FILE)
    return folder


@pytest.mark.parametrize("engine", ["default", "numpy", "torch"])
def test_every_stated_demand_is_met_and_the_bytes_come_again(engine: str) -> None:
    if engine == "torch":
        pytest.importorskip("torch")
    take = compose("house", model="dice", engine=engine, seed=3, out="a", **SMALL).best
    assert take.recipe.engine == ("onnx" if engine == "default" else engine)
    assert take.recipe.model["name"] == "dice"
    missed = [row for row in take.report["demands"] if row["stated"] and not row["met"]]
    assert missed == []
    assert take.log_likelihood is not None
    assert replay(take.folder).same


def test_one_of_several_takes_comes_again_alone() -> None:
    takes = compose("house", model="dice", seed=3, takes=2, out="many", **SMALL).takes
    assert {take.recipe.seed for take in takes} == {3, 4}
    assert replay(takes[1].folder).same


def test_what_is_kept_is_kept_under_a_model_too() -> None:
    one = compose("house", model="dice", seed=3, out="a", **SMALL).best
    two = again("busier bass, keep the drums").best
    assert two.recipe.engine == "onnx"
    assert np.array_equal(one.score.tracks[0].notes["pitch"], two.score.tracks[0].notes["pitch"])
    assert np.array_equal(one.score.tracks[0].notes["onset_ticks"], two.score.tracks[0].notes["onset_ticks"])
    assert replay(two.folder).same


def test_a_score_is_dressed_as_the_rules_dress_it() -> None:
    plan = make_plan(Brief(genre="house", bars=4, key=Key(10, "minor")), 1)
    ruled = play(plan, 1)
    score = dressed(plan, ruled)
    assert [track.name for track in score.tracks] == [planned.name for planned in plan.tracks]
    assert [marker.text for marker in score.markers] == [section.label for section in plan.sections]
    assert score.markers == ruled.markers
    assert score.keys.tolist() == ruled.keys.tolist()


def test_a_new_voice_ends_the_oldest_one() -> None:
    held = make_notes([0, 480, 960, 960, 960], [4000, 4000, 480, 480, 480], [60, 64, 67, 71, 74])
    rows = limit_voices(held, 2)[["onset_ticks", "duration_ticks", "pitch"]].tolist()
    assert rows == [(0, 960, 60), (480, 480, 64), (960, 480, 71), (960, 480, 74)]
    assert limit_voices(held, 5).tolist() == held.tolist()


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 40), st.integers(40, 60)), max_size=40), st.integers(1, 4))
def test_voices_are_limited_whatever_comes(rows: list[tuple[int, int, int]], most: int) -> None:
    notes = make_notes(*map(list, zip(*rows, strict=True))) if rows else make_notes([], [], [])
    limited = limit_voices(notes, most)
    assert most_at_once(limited) <= most
    assert set(limited["onset_ticks"]) == set(notes["onset_ticks"])
    assert (limited["duration_ticks"] > 0).all()


@pytest.mark.parametrize(
    ("key", "fifths", "minor"),
    [("C major", 0, False), ("A minor", 0, True), ("F# major", 6, False), ("Bb minor", -5, True), ("E blues", 1, True)],
)
def test_key_signatures(key: str, fifths: int, minor: bool) -> None:
    row = key_signature(Key.parse(key))[0]
    assert (int(row["fifths"]), bool(row["minor"])) == (fifths, minor)


def test_an_engine_that_is_not_there_is_said_before_any_work(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(making, "find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match=r"bandmate\[learn\]"):
        compose("house", model="dice", engine="torch", out="x", **SMALL)
    with pytest.raises(BriefError, match="variety 'mad'"):
        compose("house", model="dice", variety="mad", out="x", **SMALL)
    (models_folder() / "dice" / WEIGHTS_FILE).write_bytes(b"broken")
    with pytest.raises(ModelError):
        compose("house", model="dice", out="x", **SMALL)
    assert not (tmp_path / "x").exists()


def test_a_take_that_copies_the_library_is_drawn_again(model) -> None:
    from bandmate.library.runs import RunIndex

    asked = {**SMALL, "bars": 8, "tracks": "melody", "model": "dice", "seed": 3}
    first = compose("house", out="a", **asked).best
    RunIndex.build([("song.mid", "song", first.score)]).save(model / "runs.npz")
    second = compose("house", out="b", **asked).best
    row = next(row for row in second.report["demands"] if row["demand"] == "copied run")
    assert row["met"]
    assert not np.array_equal(first.score.tracks[0].notes["pitch"], second.score.tracks[0].notes["pitch"])
    assert replay(second.folder).same
