"""learn --from-takes: stars and discards become a model of its own."""

from __future__ import annotations

import shutil

import pytest

pytest.importorskip("torch")

from bandmate.errors import LibraryError, ModelError
from bandmate.models.checkpoint import load_weights
from bandmate.training import preference
from bandmate.workflows import sessions, taste
from bandmate.workflows.catalogs import catalogs_of
from bandmate.workflows.compose import compose
from bandmate.workflows.edits import run_edit
from bandmate.workflows.groove import groove
from bandmate.workflows.learn_takes import learn_from_takes
from bandmate.workflows.models import find_model, models_folder


def test_marked_takes_make_a_model(tmp_path, monkeypatch, tiny_weights_path) -> None:
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    folder = models_folder() / "base"
    folder.mkdir(parents=True)
    shutil.copyfile(tiny_weights_path, folder / "weights.safetensors")
    with pytest.raises(LibraryError, match="0 pairs of marked takes"):
        learn_from_takes("liked", base="base")
    compose(
        "house", out="some", takes=8, seed=1, bars=2, tracks="drums,bass", engine="rules", stems=False, candidates=1
    )
    sessions.mark([1, 2, 3, 4], "star")
    sessions.mark([5, 6, 7, 8], "discard")
    monkeypatch.setattr(preference.PreferenceReport, "improved", property(lambda self: self.steps > 0))
    report = learn_from_takes("liked", base="base")
    assert report.training["pairs"] == 9
    assert report.training["held_out"] == 1
    model = find_model("liked")
    assert model.card["sha256"] == load_weights(model.weights).digest
    assert model.card["base"] == "base"
    assert model.card["sha256"] != load_weights(folder / "weights.safetensors").digest
    with pytest.raises(ModelError, match="exists already"):
        learn_from_takes("liked", base="base")
    monkeypatch.setattr(preference.PreferenceReport, "improved", property(lambda self: False))
    with pytest.raises(LibraryError, match="so it was not kept"):
        learn_from_takes("other", base="base")
    assert "other" not in {path.name for path in models_folder().iterdir()}


def test_pairs_of_edits_of_one_file_teach_a_model_and_what_is_left_out_is_said(
    tmp_path, monkeypatch, tiny_weights_path
) -> None:
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    folder = models_folder() / "base"
    folder.mkdir(parents=True)
    shutil.copyfile(tiny_weights_path, folder / "weights.safetensors")
    small = {"bars": 4, "tracks": "drums,bass", "engine": "rules", "stems": False, "candidates": 1}
    song = compose("house", out="song", seed=1, **small).best
    run_edit("regenerate", song.midi, tracks="bass", bars="3-4", takes=9, seed=1, engine="rules", out="edits")
    groove(song.midi, style="funk", seed=1, out="swung")
    sessions.mark([2, 3, 4, 5, 11], "star")
    sessions.mark([6, 7, 8, 9], "discard")
    assert taste.learn_taste().pairs > 30
    session = sessions.find_session()
    for lost in (tmp_path / "edits" / "take-9", session.folder / "10"):
        shutil.rmtree(lost)
    monkeypatch.setattr(preference.PreferenceReport, "improved", property(lambda self: self.steps > 0))
    report = learn_from_takes("liked", base="base", minutes=0.2)
    assert report.training["edits"] >= 9
    assert [line for line in report.left_out if line.startswith("left out take 10 of ") and "has gone" in line]
    assert "told apart by the cells" in "\n".join(report.lines())


def test_a_model_tuned_from_the_shipped_one_knows_what_it_learned_from(tmp_path, monkeypatch, tiny_weights) -> None:
    from bandmate.workflows.learn_takes import _installed

    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    _installed("liked", find_model(), find_model_tensors(), {})
    assert list(catalogs_of("liked")) == ["liked", "small"]


def find_model_tensors() -> dict:
    return load_weights(find_model().weights).tensors
