"""The loop learns, goes on bit by bit where it was killed, stops when it should, and leaves readable logs."""

# ruff: noqa: E402 - torch is an optional part
import json
import math
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import load_file

from bandmate.errors import ModelError
from bandmate.generation.engine import Heads
from bandmate.generation.engine_numpy import NumpyEngine
from bandmate.generation.engine_onnx import OnnxEngine
from bandmate.models.checkpoint import load_weights
from bandmate.models.grid import GridModel
from bandmate.models.grid_config import load_size
from bandmate.tokenizers.grid_table import COLUMN, FIELDS, HEADS, NAME, Kind
from bandmate.training.loop import Trainer, TrainOptions
from bandmate.training.losses import row_losses
from bandmate.training.objectives import Batches, ViewOptions, pad

DROPPING = load_size("tiny", FIELDS, HEADS, dropout=0.1)
QUICK = TrainOptions(steps=12, sequences=1, learning_rate=2e-3, warmup_steps=3, validate_every=4, save_every=4,
                     precision="fp32", threads=1, seed=3)  # fmt: skip


class Killed(Exception):
    """Stands for the power cut."""


class TwoSequences:
    """The same two sequences every step."""

    def __init__(self, shard):
        batches = Batches(shard, {"made": 1.0}, ViewOptions(rows=160, transpose=False), seed=2)
        self.rows = [pad(batches.rows(0, 2))]

    def batch(self, step, size):
        return self.rows


def batches_of(shard):
    return Batches(shard, {"made": 1.0}, ViewOptions(rows=192), seed=1)


def trainer(folder, shard, options=QUICK, config=DROPPING, **more):
    train = batches_of(shard)
    return Trainer(config, train, train.batch(99, 1), options, folder, **more)


def test_overfits_two_sequences(tmp_path, shard):
    data = TwoSequences(shard)
    options = replace(
        QUICK, steps=220, learning_rate=8e-3, warmup_steps=10, validate_every=0, save_every=0, weight_decay=0.0
    )
    run = Trainer(load_size("tiny", FIELDS, HEADS), data, data.rows, options, tmp_path)
    report = run.run()
    assert report.last_loss < report.first_loss / 10
    assert report.steps == 220 and not report.stopped_early


def test_the_loss_is_the_mean_over_rows_after_the_header(shard):
    torch.manual_seed(0)
    model = GridModel(load_size("tiny", FIELDS, HEADS)).eval()
    rows = pad(batches_of(shard).rows(0, 2))
    with torch.no_grad():
        total, parts, count = row_losses(model, torch.from_numpy(rows))
        logits = model(torch.from_numpy(rows))
    target = rows[:, 1:]
    wanted = dict.fromkeys(HEADS, 0.0)
    for name in HEADS:
        odds = torch.log_softmax(logits[name], -1).numpy()
        for place in np.argwhere(target[..., 0] >= (Kind.GIVEN if name == "kind" else Kind.NOTE)):
            row = target[tuple(place)]
            if name == "kind" or row[0] == Kind.NOTE:
                wanted[name] -= odds[(*place, row[COLUMN[name]])]
    assert count == (target[..., 0] >= Kind.GIVEN).sum()
    assert {name: pytest.approx(value, rel=1e-4) for name, value in wanted.items()} == {
        n: float(v) for n, v in parts.items()
    }
    assert float(total) == pytest.approx(sum(wanted.values()), rel=1e-4)


@pytest.mark.parametrize("killed_at", [5, 8])
def test_a_killed_run_goes_on_bit_by_bit(tmp_path, shard, killed_at):
    whole = trainer(tmp_path / "whole", shard)
    report = whole.run()

    def kill(step, _loss):
        if step == killed_at:
            raise Killed

    with pytest.raises(Killed):
        trainer(tmp_path / "cut", shard, on_step=kill).run()
    torch.manual_seed(77)  # another process has another random state
    resumed = trainer(tmp_path / "cut", shard)
    assert resumed.step == 4
    assert resumed.run().best_loss == report.best_loss
    one, other = (load_file(tmp_path / name / "checkpoint.safetensors") for name in ("whole", "cut"))
    assert one.keys() == other.keys() and any(name.startswith("optim.") for name in one)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_kill_between_two_files_parts_nothing(tmp_path, shard):
    """The checkpoint alone says where the run stands: an old state.json beside it does no harm."""
    trainer(tmp_path, shard, replace(QUICK, steps=4)).run()
    stale = tmp_path / "state.json"
    stale.write_text(json.dumps(json.loads(stale.read_text(encoding="utf-8")) | {"step": 1}), encoding="utf-8")
    assert trainer(tmp_path, shard).step == 4


def test_a_run_of_an_older_version_goes_on_from_its_state_file(tmp_path, shard):
    from safetensors.torch import save_file

    trainer(tmp_path, shard, replace(QUICK, steps=4)).run()
    path = tmp_path / "checkpoint.safetensors"
    save_file(load_file(path), path)  # without metadata
    assert trainer(tmp_path, shard).step == 4


def test_slices_add_up_to_the_whole(tmp_path, shard):
    trainer(tmp_path / "whole", shard).run()
    for _ in range(20):
        part = trainer(tmp_path / "parts", shard)
        if part.run(minutes=0).steps == QUICK.steps:
            break
    one, other = (load_file(tmp_path / name / "checkpoint.safetensors") for name in ("whole", "parts"))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_the_precision_of_a_run_stays(tmp_path, shard, monkeypatch):
    options = replace(QUICK, steps=2, precision="auto")
    monkeypatch.setattr("bandmate.training.loop.bf16_helps", lambda *_: False)
    trainer(tmp_path, shard, options).run()
    monkeypatch.setattr("bandmate.training.loop.bf16_helps", lambda *_: True)
    assert trainer(tmp_path, shard, options).bf16 is False
    assert trainer(tmp_path / "other", shard, options).bf16 is True


def test_patience_ends_a_run_that_does_not_get_better(tmp_path, shard):
    options = replace(QUICK, steps=400, learning_rate=0.0, validate_every=1, patience=3)
    report = trainer(tmp_path, shard, options).run()
    assert report.stopped_early and report.steps == 4  # the first validation is the best so far, then three in vain


def test_the_best_weights_are_kept_when_it_gets_worse(tmp_path, shard):
    losses = iter([5.0, 4.0, 4.5, 4.6])

    class Judged(Trainer):
        def validate(self):
            return {"valid/loss": next(losses)}

    train = batches_of(shard)
    options = replace(QUICK, steps=3, validate_every=1)
    report = Judged(DROPPING, train, train.batch(99, 1), options, tmp_path).run()
    assert (report.first_loss, report.best_loss, report.last_loss) == (5.0, 4.0, 4.6)
    best, last = load_weights(tmp_path / "best.safetensors"), load_file(tmp_path / "checkpoint.safetensors")
    name = "norm.weight"
    assert not np.array_equal(best.tensors[name], last[f"model.{name}"].numpy().astype(np.float16))


def test_the_rate_rises_then_falls_to_its_floor(tmp_path, shard):
    run = trainer(tmp_path, shard, replace(QUICK, steps=20, warmup_steps=4, learning_rate=1.0, floor=0.1))
    rates = []
    for run.step in range(21):
        rates.append(run._rate())
    assert rates[:4] == [0.25, 0.5, 0.75, 1.0]
    assert rates[4:] == sorted(rates[4:], reverse=True)
    assert rates[20] == pytest.approx(0.1)


def test_samples_are_taken_when_due(tmp_path, shard):
    steps = []
    run = trainer(tmp_path, shard, replace(QUICK, sample_every=5), on_sample=lambda model, step: steps.append(step))
    run.run()
    assert steps == [5, 10]


def test_what_a_run_exports_loads_in_the_engines(tmp_path, shard):
    run = trainer(tmp_path, shard, config=load_size("tiny", FIELDS, HEADS))
    run.run()
    digest = run.export(tmp_path / "weights.safetensors")
    weights = load_weights(tmp_path / "weights.safetensors", digest)
    assert weights.tokenizer == NAME and weights.config == run.model.config
    rows = batches_of(shard).rows(0, 1)[0][None, :20]
    run.model.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in weights.tensors.items()})
    with torch.no_grad():
        wanted = run.model.eval().trunk(torch.from_numpy(rows.astype(np.int64)))[:, -1]
        logits = run.model.heads["kind"](wanted).numpy()
    for engine in (NumpyEngine, OnnxEngine):
        hidden = engine(weights, capacity=32).feed(rows)
        assert np.abs(hidden - wanted.numpy()).max() < 1e-4
        assert np.abs(Heads(weights).logits("kind", hidden) - logits).max() < 1e-4


def test_a_run_of_another_model_is_refused(tmp_path, shard):
    trainer(tmp_path, shard, replace(QUICK, steps=1)).run()
    with pytest.raises(ModelError, match="another model; choose another run folder"):
        trainer(tmp_path, shard, config=replace(DROPPING, layers=1))


def test_a_damaged_checkpoint_is_named(tmp_path, shard):
    trainer(tmp_path / "a", shard, replace(QUICK, steps=1)).run()
    path = tmp_path / "a" / "checkpoint.safetensors"
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ModelError, match=r"checkpoint\.safetensors.*cannot go on"):
        trainer(tmp_path / "a", shard)


def test_weights_to_start_from(tmp_path, shard):
    first = trainer(tmp_path / "a", shard, replace(QUICK, steps=2))
    first.run()
    state = {name: tensor.clone() for name, tensor in first.model.state_dict().items()}
    second = trainer(tmp_path / "b", shard, start=state)
    assert all(torch.equal(state[name], tensor) for name, tensor in second.model.state_dict().items())
    assert second.step == 0 and math.isnan(second.first)
