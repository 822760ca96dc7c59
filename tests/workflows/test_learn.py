import json
import sys
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pytest

from bandmate.errors import BriefError, LibraryError, ModelError
from bandmate.groovebook.play import play
from bandmate.io.midi import write_midi
from bandmate.library.catalog import Catalog
from bandmate.library.runs import RunIndex
from bandmate.library.style import LibraryStyle
from bandmate.score.model import Score, Track, make_notes, make_tempos
from bandmate.workflows import learn as workflow
from bandmate.workflows.compose import compose
from bandmate.workflows.learn import learn
from bandmate.workflows.models import find_model, remove_model
from bandmate.workflows.replay import replay


def band(seed: int) -> Score:
    draw = np.random.default_rng(seed)
    onset = np.append(0, np.cumsum(draw.choice([120, 240, 480], 95)))
    bars = np.arange(16)[:, None] * 1920
    steps = np.unique(np.append(0, draw.integers(1, 16, 4))) * 120
    kicks, snares = (bars + steps).ravel(), (bars + np.array([480, 1440])).ravel()
    keys = np.append(np.full(len(kicks), 36), np.full(len(snares), 38))
    drums = Track("Drums", 0, True, make_notes(np.append(kicks, snares), 60, keys, channel=9))
    melody = Track("Lead", 80, notes=make_notes(onset, 110, 60 + draw.choice([0, 2, 4, 5, 7, 9, 11, 12], 96)))
    bass = Track("Bass", 33, notes=make_notes(kicks, 200, 36 + draw.choice([0, 5, 7], len(kicks)), channel=1))
    return Score((drums, bass, melody), tempos=make_tempos(90 + seed))


@pytest.fixture
def music(tmp_path, monkeypatch):
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    root = tmp_path / "my music"
    root.mkdir()
    for seed in range(10):
        write_midi(band(seed), root / f"{chr(97 + seed)} funk.mid")
    (root / "broken.mid").write_bytes(b"MThd")
    return root


def test_learn_without_training_makes_a_model_of_statistics(music):
    told = []
    report = learn(music, "mine", train=False, workers=1, listener=told.append)
    model = find_model("mine")
    assert model.folder == report.folder
    assert model.weights is None
    assert model.card["training"] == "statistics only"
    assert model.card["sources"][0]["licence"] == "not stated"
    assert report.library.taken == 10
    assert LibraryStyle.load(report.folder).genres == {"funk": 1.0}
    index = RunIndex.load(report.folder / "runs.npz")
    with Catalog(report.folder / "catalog.sqlite") as catalog:
        train = list(catalog.pieces(split="train"))
        assert sorted(index.names) == [piece.relative for piece in train]
    assert index.longest_copied_run(band(ord(train[0].relative[0]) - 97)).piece == train[0].relative
    assert {"progress", "reading"} <= {event["event"] for event in told}
    assert json.loads(json.dumps(report.to_json()))["name"] == "mine"
    assert not list(report.folder.parent.glob(".learning*"))


def test_without_torch_the_line_that_adds_it_is_named(music, monkeypatch):
    monkeypatch.setattr(workflow, "_has_torch", lambda: False)
    report = learn(music, "mine", workers=1)
    assert 'pip install "bandmate[learn]"' in report.without_training
    assert report.without_training in report.lines()
    assert report.training is None


def test_training_gets_the_folder_and_its_report_lands_in_the_card(music, monkeypatch):
    @dataclass
    class Result:
        pieces: int

        def to_json(self):
            return {"loss_before": 3.0, "loss_after": 2.0, "pieces": self.pieces, "sha256": "ab", "lines": ["learned"]}

    def fine_tune(folder, catalog, *, minutes, method, onward, progress):
        progress(0.5)
        assert (folder / "style.json").is_file()
        assert (minutes, method, onward) == (3, "prefix", False)
        return Result(len(list(catalog.pieces(split="train"))))

    def rules(_weights):
        return lambda plan, seeds: [play(plan, seed) for seed in seeds]

    monkeypatch.setattr(workflow, "written_by", rules)  # stands for a trained model
    trainer = ModuleType("bandmate.training.learn")
    trainer.fine_tune = fine_tune  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setitem(sys.modules, "bandmate.training.learn", trainer)
    monkeypatch.setattr(workflow, "_has_torch", lambda: True)
    report = learn(music, "mine", minutes=3, method="prefix", workers=1)
    assert report.training is not None
    assert report.training["loss_after"] < report.training["loss_before"]
    assert report.training["pieces"] == report.library.splits["train"]
    assert "learned" in report.lines()
    takes = report.training["takes"]
    assert takes["takes"] == 4
    assert takes["distance"] > 0
    assert takes["copies"] == 0  # the rules know nothing of this library
    assert any("library widths" in line for line in report.lines())
    assert find_model("mine").card["sha256"] == "ab"


def test_training_that_cannot_be_done_leaves_a_model_of_statistics(music, monkeypatch):
    def fine_tune(*_args, **_kwargs):
        raise LibraryError("nothing can be held out")

    trainer = ModuleType("bandmate.training.learn")
    trainer.fine_tune = fine_tune  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setitem(sys.modules, "bandmate.training.learn", trainer)
    monkeypatch.setattr(workflow, "_has_torch", lambda: True)
    report = learn(music, "mine", workers=1)
    assert report.without_training == "not trained: nothing can be held out"
    assert find_model("mine").card["training"] == "statistics only"


def test_too_little_music_says_how_much_is_needed(music):
    for path in sorted(music.glob("*.mid"))[2:]:
        path.unlink()
    report = learn(music, "few", workers=1)
    assert report.without_training.startswith("too little to train on: 2 pieces")
    assert "--update" in report.without_training


def test_a_name_that_is_taken_is_free_to_be_brought_up_to_date(music):
    learn(music, "mine", train=False, workers=1)
    with pytest.raises(ModelError, match="exists already.*--update"):
        learn(music, "mine", train=False, workers=1)
    write_midi(band(50), music / "new one.mid")
    assert learn(music, "mine", train=False, update=True, workers=1).library.taken == 11


def test_a_stopped_run_goes_on_under_its_hidden_name(music, monkeypatch):
    def stop(*_args, **_kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(workflow.LibraryStyle, "of", stop)
        with pytest.raises(KeyboardInterrupt):
            learn(music, "mine", train=False, workers=1)
    with pytest.raises(ModelError):
        find_model("mine")
    told = []
    learn(music, "mine", train=False, workers=1, listener=told.append)
    assert [event for event in told if event["event"] == "reading"][-1]["known"] == 11


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "con", "x" * 80, "my model"])
def test_names_that_no_folder_can_have_are_refused_with_one_that_can(music, name):
    with pytest.raises(ModelError, match="--name [A-Za-z]"):
        learn(music, name, train=False, workers=1)


def test_folders_without_music_leave_no_model_behind(tmp_path, music):
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "a.mid").write_bytes(b"MThd")
    with pytest.raises(LibraryError, match=r"nothing in .* can be learned from.*a\.mid"):
        learn(bad, "mine", workers=1)
    with pytest.raises(LibraryError, match="does not exist"):
        learn(tmp_path / "none", "mine", workers=1)
    with pytest.raises(ModelError):
        find_model("mine")


def test_what_a_model_was_before_it_learned_more_stays_until_it_is_removed(music):
    folder = learn(music, "mine", train=False, workers=1).folder
    before = (folder / "style.json").read_bytes()
    learn(music, "mine", train=False, update=True, workers=1)
    assert find_model("mine").to_json()["versions"] == []  # nothing new came, so it is what it was
    write_midi(band(50), music / "new one.mid")
    learn(music, "mine", train=False, update=True, workers=1)
    (mark,) = find_model("mine").to_json()["versions"]
    earlier = find_model(f"mine@{mark[:6]}")
    assert earlier.name == f"mine@{mark}"
    assert (earlier.folder / "style.json").read_bytes() == before != (folder / "style.json").read_bytes()
    with pytest.raises(ModelError, match=f"no earlier version of hash 'fff'; there are: {mark}"):
        find_model("mine@fff")
    remove_model(f"mine@{mark}")
    assert find_model("mine").to_json()["versions"] == []


def test_only_new_music_makes_a_trained_model_learn_on(music, monkeypatch):
    asked = []

    @dataclass
    class Result:
        def to_json(self):
            return {"loss_before": 3.0, "loss_after": 2.0, "sha256": "ab", "lines": []}

    def fine_tune(folder, catalog, *, minutes, method, onward, progress):
        (folder / "weights.safetensors").write_bytes(b"weights")
        asked.append(onward)
        return Result()

    trainer = ModuleType("bandmate.training.learn")
    trainer.fine_tune = fine_tune  # pyright: ignore[reportAttributeAccessIssue]
    trainer.nothing_new = lambda *_: len(asked) == 1  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setitem(sys.modules, "bandmate.training.learn", trainer)
    monkeypatch.setattr(workflow, "written_by", lambda _: lambda plan, seeds: [play(plan, seed) for seed in seeds])
    monkeypatch.setattr(workflow, "_has_torch", lambda: True)
    learn(music, "mine", workers=1)
    again = learn(music, "mine", update=True, workers=1)
    assert again.training is None and "nothing here is new" in again.without_training
    assert find_model("mine").card["training"]["loss_after"] == 2.0  # the card still says how it was trained
    asked.append(True)
    assert learn(music, "mine", update=True, workers=1).training is not None
    assert asked == [False, True, True]


def test_a_method_or_time_that_cannot_be_is_refused_before_anything_is_read(music):
    with pytest.raises(BriefError, match="'lora' is not known; choose one of auto, full, low-rank, prefix"):
        learn(music, "mine", method="lora")
    with pytest.raises(BriefError, match="minutes -1 is out of range"):
        learn(music, "mine", minutes=-1)
    with pytest.raises(ModelError):
        find_model("mine")


def test_a_take_made_before_the_model_learned_more_is_made_again_by_what_it_was(music, tmp_path):
    learn(music, "mine", train=False, workers=1)
    options = {"model": "mine", "bars": 2, "tracks": "drums,bass", "stems": False, "candidates": 1, "seed": 1}
    take = compose("", out=tmp_path / "take", **options).best
    for seed in range(50, 54):
        write_midi(band(seed), music / f"new {seed}.mid")
    learn(music, "mine", train=False, update=True, workers=1)
    again = replay(take.folder)
    assert again.same and again.take.recipe.settings["model"].startswith("mine@")
    assert replay(again.take.folder).same
    remove_model(again.take.recipe.settings["model"])
    with pytest.raises(ModelError, match="import the one it was made with"):
        replay(take.folder)
