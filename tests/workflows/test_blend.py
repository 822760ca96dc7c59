"""Blends: a share of a genre in a model of one's own, by the rules and by two models side by side."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from tests.conftest import random_tensors

from bandmate.analysis.genres import genre, mixed
from bandmate.errors import BriefError, ModelError
from bandmate.generation.blend import BlendedEngine, BlendedHeads, in_genre
from bandmate.generation.compose import WriteOptions, make_engine
from bandmate.generation.engine import Heads
from bandmate.library.style import LibraryStyle
from bandmate.models.checkpoint import load_weights, save_weights
from bandmate.score.brief import Brief
from bandmate.tokenizers.grid_table import COLUMN, FIELDS, HEADS, Kind, value_id
from bandmate.workflows import models
from bandmate.workflows.again import again
from bandmate.workflows.blend import Blend, read_blend, toward
from bandmate.workflows.compose import compose
from bandmate.workflows.models import WEIGHTS_FILE, lent_genre, models_folder
from bandmate.workflows.replay import replay

SMALL = {"bars": 2, "tracks": "drums,bass", "key": "A minor", "stems": False, "candidates": 1, "seed": 3}


@pytest.fixture
def other_weights(tiny_weights, tmp_path):
    """A second model of random weights."""
    path = tmp_path / "other.safetensors"
    save_weights(path, random_tensors(tiny_weights.config, 7), tiny_weights.config, tiny_weights.tokenizer)
    return load_weights(path)


@pytest.fixture
def mine(tmp_path, monkeypatch, tiny_weights_path, other_weights):
    """A model "mine" of a funk library at 90, beside a shipped one."""
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(models, "_shipped_folder", lambda: tmp_path / "shipped")
    for folder, weights in ((models_folder() / "mine", tiny_weights_path), (tmp_path / "shipped" / "small",
                            tmp_path / "other.safetensors")):  # fmt: skip
        folder.mkdir(parents=True)
        shutil.copy(weights, folder / WEIGHTS_FILE)
    LibraryStyle("mine", pieces=3, tempo=(85.0, 90.0, 95.0), genres={"funk": 1.0}).save(models_folder() / "mine")
    return models_folder() / "mine"


def notes_of(**options):
    take = compose("", model="mine", **(SMALL | options)).best
    return take, [track.notes.tolist() for track in take.score.tracks]


def test_logits_lie_between_those_of_the_two_by_the_share(tiny_weights, other_weights) -> None:
    rows = np.zeros((1, 3, len(FIELDS)), np.int16)
    rows[0, :, 0] = [Kind.START, Kind.GENRE, Kind.TRACK]
    rows[0, 1, COLUMN["value1"]] = value_id("genre", "funk")
    told = in_genre(rows, "house")
    assert told[0, 1, COLUMN["value1"]] == value_id("genre", "house") != rows[0, 1, COLUMN["value1"]]
    options, own, other = WriteOptions(), Heads(tiny_weights), Heads(other_weights)
    first = own.logits("kind", make_engine(options, tiny_weights, 1, 64).feed(rows))
    second = other.logits("kind", make_engine(options, other_weights, 1, 64).feed(told))
    assert np.abs(first - second).max() > 1e-3
    engine = BlendedEngine(
        make_engine(options, tiny_weights, 1, 64), make_engine(options, other_weights, 1, 64), "house"
    )
    state, heads = engine.feed(rows), BlendedHeads(own, other, 0.25)
    assert np.allclose(heads.logits("kind", state), 0.75 * first + 0.25 * second, atol=1e-4)
    after = heads.after("pitch", "position", state, np.array([3]))
    assert after.shape == state.shape and heads.logits(HEADS[2], after).shape[1] == FIELDS["pitch"]


def test_two_models_write_together_and_the_take_comes_again(mine) -> None:
    alone = notes_of(out="alone")[1]
    assert notes_of(out="none", blend="funk:0")[1] == alone
    take, notes = notes_of(out="half", blend="house:0.5")
    assert notes != alone and take.recipe.settings["blend"] == "house:0.5"
    assert replay(take.folder).same


def test_the_rules_draw_patterns_of_both_by_the_share(mine) -> None:
    (mine / WEIGHTS_FILE).unlink()
    take, _ = notes_of(out="rules", blend="house:0.3")
    assert take.recipe.engine == "rules" and take.plan.genre == "funk"
    assert take.plan.tempo == round(90**0.7 * genre("house")["tempo"]["default"] ** 0.3)
    facts = genre(lent_genre("mine", "funk", "house:0.3"))
    own = {row["n"] for row in genre("funk")["drums"]["patterns"]}
    weight = {
        kind: sum(r["w"] for r in facts["drums"]["patterns"] if (r["n"] in own) == kind) for kind in (True, False)
    }
    assert weight[False] == pytest.approx(0.3) and weight[True] == pytest.approx(0.7)
    assert notes_of(out="whole", blend="house:0")[1] == notes_of(out="plain")[1]


def test_a_share_of_nothing_or_of_all_leaves_the_rows_of_one() -> None:
    funk, house = genre("funk"), genre("house")
    for share, rows in ((0.0, funk), (1.0, house)):
        names = [row["n"].removesuffix(" too") for row in mixed(funk, house, share)["bass"]["cells"]]
        assert names == [row["n"] for row in rows["bass"]["cells"]]


def test_a_tempo_that_was_stated_stays() -> None:
    assert toward(Brief(tempo=90.0), "house:0.5").tempo == 90.0
    assert toward(Brief(tempo=90.0, guessed=("tempo",)), "house:1").tempo == genre("house")["tempo"]["default"]
    assert read_blend("Lofi Hip-Hop: 0.3") == Blend("lofi_hip_hop", 0.3)


@pytest.mark.parametrize(
    ("blend", "sentence"),
    [
        ("hause:0.3", "genre 'hause' is not known; did you mean house"),
        ("house:1.5", "write a genre and its share from 0 to 1, such as house:0.3"),
        ("house:-0.1", "from 0 to 1"),
        ("house:nan", "from 0 to 1"),
        ("house", "from 0 to 1"),
        ("house:some", "from 0 to 1"),
        (":0.3", "genre '' is not known"),
    ],
)
def test_what_is_no_blend_is_refused_before_anything_is_made(mine, tmp_path, blend: str, sentence: str) -> None:
    with pytest.raises(BriefError, match=sentence):
        compose("", model="mine", blend=blend, out="x", **SMALL)
    assert not (tmp_path / "x").exists()


def test_a_blend_needs_a_model_of_ones_own_whose_bars_are_divided_alike(mine) -> None:
    for name in (None, "small"):
        with pytest.raises(BriefError, match="into a model of your own; name one with --model"):
            compose("", model=name, blend="house:0.3", out="x", **SMALL)
    with pytest.raises(BriefError, match="cannot blend jazz_swing into funk: their bars are divided otherwise"):
        compose("", model="mine", engine="rules", blend="jazz_swing:0.3", out="x", **SMALL)
    (mine / "style.json").unlink()
    with pytest.raises(BriefError, match="holds no style of a library"):
        compose("", model="mine", engine="rules", blend="house:0.3", out="x", **SMALL)
    with pytest.raises(ModelError, match="not installed"):
        compose("", model="yours", blend="house:0.3", out="x", **SMALL)


def test_a_take_whose_model_has_gone_goes_on_with_the_shipped_one(mine) -> None:
    take, _ = notes_of(blend="house:0.5", engine="rules", out="mixed")
    shutil.rmtree(mine)
    with pytest.raises(ModelError, match="model 'mine' is not installed; installed: small .*--model small, or --eng"):
        again("busier bass", take=take)
    done = again("busier bass", take=take, model="small", seed=1).best
    assert done.recipe.settings["blend"] is None and done.recipe.settings["model"] == "small"


@pytest.mark.parametrize("how", [{"blend": "house:0.5", "engine": "rules"}, {"engine": "numpy"}])
def test_a_take_whose_model_has_gone_goes_on_by_the_rules(mine, how) -> None:
    take, _ = notes_of(out="first", **how)
    shutil.rmtree(mine)
    for text in ("busier bass", "bars 2-2 of the bass busier", "groove it like funk"):
        told = []
        done = again(text, take=take, engine="rules", seed=1, listener=told.append).best
        assert [each["text"] for each in told if "model 'mine' is gone" in each.get("text", "")] != []
        assert replay(done.folder).same
