"""The flat model learns by the same loop: windows, losses, resuming, export."""

# ruff: noqa: E402 - torch is an optional part
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import load_file

from bandmate.errors import ModelError
from bandmate.models.checkpoint import load_weights
from bandmate.models.grid_config import load_size
from bandmate.models.multitrack import MultitrackModel
from bandmate.models.multitrack_config import MultitrackConfig
from bandmate.tokenizers.grid_table import FIELDS as GRID_FIELDS
from bandmate.tokenizers.grid_table import HEADS as GRID_HEADS
from bandmate.tokenizers.multitrack import DRUMS, FIELDS, HEADS, INSTRUMENT, KIND, NAME, PITCH, Kind, note_rows
from bandmate.training.loop import Trainer, TrainOptions
from bandmate.training.multitrack import MULTITRACK, draw_window, flat_losses
from bandmate.training.objectives import Batches, ViewOptions, pad
from bandmate.training.recipe import Recipe

TINY = load_size("tiny", FIELDS, HEADS, kind=MultitrackConfig)
QUICK = TrainOptions(steps=6, sequences=1, learning_rate=2e-3, warmup_steps=2, validate_every=3, save_every=3,
                     precision="fp32", threads=1, seed=3)  # fmt: skip


def batches_of(shard, **more):
    return Batches(shard, {"made": 1.0}, ViewOptions(rows=160, **more), 1, draw_window)


def trainer(folder, shard, options=QUICK):
    train = batches_of(shard)
    return Trainer(TINY, train, train.batch(99, 1), options, folder, subject=MULTITRACK)


def test_windows_move_pitched_notes_and_leave_drums(shard):
    piece = shard.pieces[0]
    known = note_rows(piece)
    drums = set(known[known[:, INSTRUMENT] == DRUMS + 1, PITCH])
    rng, moved = np.random.default_rng(0), set()
    for _ in range(30):
        rows = draw_window(rng, piece, ViewOptions(rows=160), 1)
        assert rows is not None and len(rows) <= 161
        notes = rows[rows[:, KIND] == Kind.NOTE]
        assert set(notes[notes[:, INSTRUMENT] == DRUMS + 1, PITCH]) <= drums
        moved.add(notes[notes[:, INSTRUMENT] != DRUMS + 1, PITCH].min())
    assert len(moved) > 6


def test_padding_does_not_count(shard):
    torch.manual_seed(0)
    model = MultitrackModel(TINY).eval()
    short, long = sorted(batches_of(shard).rows(0, 8), key=len)[::7]
    with torch.no_grad():
        together, _, count = flat_losses(model, torch.from_numpy(pad([short, long])))
        apart = [flat_losses(model, torch.from_numpy(rows[None].astype(np.int64))) for rows in (short, long)]
    assert count == sum(c for _, _, c in apart) == len(short) + len(long) - 2
    assert float(together) == pytest.approx(sum(float(loss) for loss, _, _ in apart), rel=1e-4)


def test_it_learns_and_goes_on_bit_by_bit(tmp_path, shard):
    report = trainer(tmp_path / "whole", shard).run()
    assert report.last_loss < report.first_loss
    cut = trainer(tmp_path / "cut", shard)
    cut.until = 3
    cut.run()
    torch.manual_seed(77)
    resumed = trainer(tmp_path / "cut", shard)
    assert resumed.step == 3
    resumed.run()
    one, other = (load_file(tmp_path / name / "checkpoint.safetensors") for name in ("whole", "cut"))
    assert all(torch.equal(one[name], other[name]) for name in one)
    resumed.export(tmp_path / "weights.safetensors")
    weights = load_weights(tmp_path / "weights.safetensors")
    assert weights.tokenizer == NAME and weights.config == TINY


def test_a_run_of_the_grid_model_is_not_gone_on_with(tmp_path, shard):
    train = Batches(shard, {"made": 1.0}, ViewOptions(rows=160), 1)
    options = replace(QUICK, steps=1)
    Trainer(load_size("tiny", GRID_FIELDS, GRID_HEADS), train, train.batch(99, 1), options, tmp_path).run()
    with pytest.raises(ModelError, match="another model"):
        trainer(tmp_path, shard)


def test_its_recipe_can_be_read():
    recipe = Recipe.read("multitrack")
    assert recipe.family.subject is MULTITRACK
    assert isinstance(recipe.family.config(recipe.size, 0.0), MultitrackConfig)
    assert recipe.stages[-1].until_step == recipe.options.steps
    assert sum(recipe.shares().values()) == pytest.approx(1.0)
