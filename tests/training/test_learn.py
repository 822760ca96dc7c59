"""Fine-tuning on a small library: better weights are kept, worse ones are not."""

# ruff: noqa: E402 - torch is an optional part
import json
from itertools import count

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.training.bands import band

from bandmate.errors import LibraryError
from bandmate.io.midi import write_midi
from bandmate.library.catalog import Catalog
from bandmate.library.ingest import ingest
from bandmate.models.checkpoint import load_weights, save_weights
from bandmate.models.grid import GridModel
from bandmate.models.grid_config import load_size
from bandmate.tokenizers.grid_table import FIELDS, HEADS, NAME, Kind
from bandmate.training import learn, loop
from bandmate.training.loop import Trainer, TrainReport


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A "shipped" model of size tiny that knows nothing yet."""
    torch.manual_seed(0)
    model = GridModel(load_size("tiny", FIELDS, HEADS))
    path = tmp_path / "shipped" / "weights.safetensors"
    path.parent.mkdir()
    save_weights(path, {n: t.numpy() for n, t in model.state_dict().items()}, model.config, NAME)
    monkeypatch.setattr(learn, "_shipped_path", lambda: path)
    for name, value in (("LEAST_STEPS", 12), ("MOST_STEPS", 12), ("SEQUENCES", 1), ("HELD_OUT_VIEWS", 4)):
        monkeypatch.setattr(learn, name, value)
    return path


@pytest.fixture
def library(tmp_path):
    """Eight songs in a catalog."""
    folder = tmp_path / "songs"
    folder.mkdir()
    for seed in range(8):
        write_midi(band(seed, bars=8 + seed), folder / f"song {seed}.mid")
    with Catalog(tmp_path / "catalog.sqlite") as catalog:
        ingest(folder, catalog, workers=1)
        yield catalog


def test_the_held_out_loss_falls_and_the_better_weights_are_installed(tmp_path, shipped, library, monkeypatch):
    monkeypatch.setattr(loop, "bf16_helps", lambda *_: False)  # a busy machine may find otherwise the second time
    target = tmp_path / "model"
    target.mkdir()
    shares = []
    report = learn.fine_tune(target, library, minutes=1.0, progress=shares.append)
    assert report.improved and report.loss_after < report.loss_before
    assert report.pieces + report.held_out == 8 and report.held_out >= 1
    assert shares == sorted(shares) and shares[-1] <= 1
    installed = load_weights(target / "weights.safetensors", report.sha256)
    assert report.sha256 != load_weights(shipped).digest
    assert installed.config == load_weights(shipped).config and report.tokenizer == NAME
    data = json.loads(json.dumps(report.to_json()))
    assert f"{report.loss_before:.3f} -> {report.loss_after:.3f}" in data["lines"][0]
    assert sorted(path.name for path in target.rglob("*") if path.is_file()) == [
        "events.out.tfevents.bandmate", "learned.json", "log.jsonl", "weights.safetensors"]  # fmt: skip
    again = learn.fine_tune(target, library)
    assert (again.steps, again.sha256, again.loss_before) == (report.steps, report.sha256, report.loss_before)


def test_time_that_is_up_ends_training_and_judges_what_there_is(tmp_path, shipped, library):
    report = learn.fine_tune(tmp_path, library, minutes=0.0)
    assert report.steps == 1 and report.improved


def test_the_minutes_are_those_of_the_clock_that_is_given(tmp_path, shipped, library):
    assert learn.fine_tune(tmp_path, library, minutes=1.0, clock=count(0, 61).__next__).steps == 1


def test_no_more_steps_are_planned_than_fit_into_the_time(tmp_path, shipped, library, monkeypatch):
    monkeypatch.setattr(learn, "MOST_STEPS", 500)
    monkeypatch.setattr(learn, "EPOCHS", 500)
    monkeypatch.setattr(Trainer, "seconds_a_step", lambda self: 3.0)
    assert learn.fine_tune(tmp_path, library, minutes=1.0).steps == int(0.85 * 60 / 3)


def test_a_killed_run_goes_on(tmp_path, shipped, library, monkeypatch):
    # what is measured on the clock differs from run to run: the pace that plans the steps, and the probe of bf16
    monkeypatch.setattr(Trainer, "seconds_a_step", lambda self: 0.01)
    monkeypatch.setattr("bandmate.training.loop.bf16_helps", lambda *_: False)
    target = tmp_path / "model"
    target.mkdir()
    whole = learn.fine_tune(target, library)

    def kill(share):
        if share > 0.9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learn.fine_tune(target, library, progress=kill)
    seen = []
    assert learn.fine_tune(target, library, progress=seen.append).sha256 == whole.sha256
    assert len(seen) < whole.steps


def test_without_gain_the_shipped_weights_stay(tmp_path, shipped, library, monkeypatch):
    worse = TrainReport(steps=5, first_loss=2.0, best_loss=2.5, last_loss=2.6, seconds=1.0, stopped_early=True)
    monkeypatch.setattr(Trainer, "run", lambda self, **_: worse)
    report = learn.fine_tune(tmp_path, library)
    assert not report.improved and report.loss_after == 2.0
    assert report.sha256 == load_weights(shipped).digest
    assert "the shipped weights stay" in report.to_json()["lines"][0]


def test_other_shipped_weights_begin_a_run_anew(tmp_path, shipped, library):
    target = tmp_path / "model"
    target.mkdir()

    def kill(share):
        if share > 0.9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learn.fine_tune(target, library, progress=kill)
    weights = load_weights(shipped)
    save_weights(shipped, {n: t * 1.01 for n, t in weights.tensors.items()}, weights.config, NAME)
    assert learn.fine_tune(target, library, minutes=0.0).steps == 1


def test_a_library_with_nothing_to_hold_out_is_named(tmp_path, shipped):
    folder = tmp_path / "one"
    folder.mkdir()
    write_midi(band(), folder / "song.mid")
    with Catalog(tmp_path / "one.sqlite") as catalog:
        ingest(folder, catalog, workers=1)
        with pytest.raises(LibraryError, match="nothing can be held out; add more music"):
            learn.fine_tune(tmp_path, catalog)


@pytest.mark.parametrize("method", ["low-rank", "prefix"])
def test_what_is_tuned_beside_frozen_tensors_is_folded_into_plain_weights(tmp_path, shipped, library, method):
    report = learn.fine_tune(tmp_path, library, method=method)
    assert report.method == method and f"trained ({method})" in report.to_json()["lines"][0]
    assert report.improved and report.loss_after < report.loss_before
    before, after = load_weights(shipped).tensors, load_weights(tmp_path / "weights.safetensors").tensors
    changed = {name for name in before if (before[name] != after[name]).any()}
    if method == "prefix":
        assert changed == {"embed.kind.weight"}
        rows = (before["embed.kind.weight"] != after["embed.kind.weight"]).any(1)
        assert not rows[[int(Kind.NOTE), int(Kind.CELL), int(Kind.END)]].any() and rows[int(Kind.TRACK)]
    else:
        assert changed and not any(name.startswith("embed.") or "norm" in name for name in changed)
        move = after["blocks.0.q.weight"] - before["blocks.0.q.weight"]
        assert np.linalg.matrix_rank(move, tol=0.02 * np.linalg.norm(move, 2)) <= 16


def test_a_killed_low_rank_run_goes_on_where_it_stood(tmp_path, shipped, library, monkeypatch):
    monkeypatch.setattr(Trainer, "seconds_a_step", lambda self: 0.01)
    monkeypatch.setattr(loop, "bf16_helps", lambda *_: False)
    (target := tmp_path / "model").mkdir()

    def kill(share):
        if share > 0.9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learn.fine_tune(target, library, method="low-rank", progress=kill)
    seen = []
    assert learn.fine_tune(target, library, method="low-rank", progress=seen.append).steps == 12
    assert len(seen) < 12


def test_more_music_is_learned_from_the_weights_that_are_there(tmp_path, shipped, library):
    first = learn.fine_tune(tmp_path, library)
    assert learn.nothing_new(tmp_path, library)
    assert not learn.nothing_new(tmp_path, library, "low-rank")  # another method begins anew
    write_midi(band(20, bars=20), tmp_path / "songs" / "song 20.mid")
    write_midi(band(21, bars=21), tmp_path / "songs" / "song 21.mid")
    ingest(tmp_path / "songs", library, workers=1)
    more = learn.fine_tune(tmp_path, library, onward=True)
    assert more.new_pieces == 2 and "2 of them new" in more.to_json()["lines"][0]
    assert more.loss_before < first.loss_before  # it began from its own weights, not from the shipped ones
    assert learn.nothing_new(tmp_path, library)
