"""Engines agree with the naive oracle, step by step and in prefill."""

import numpy as np
import pytest

from bandmate.generation.engine import Heads
from bandmate.generation.engine_numpy import NumpyEngine
from bandmate.generation.engine_onnx import OnnxEngine
from bandmate.tokenizers.grid_table import COLUMN, FIELDS


def some_rows(batch: int, length: int) -> np.ndarray:
    """Random rows of legal codes."""
    rng = np.random.default_rng(1)
    return np.stack([rng.integers(0, size, (batch, length)) for size in FIELDS.values()], -1).astype(np.int16)


def naive_states(weights, rows):
    """The oracle: no cache, the whole sequence again for every row."""
    states = []
    for end in range(1, rows.shape[1] + 1):
        states.append(NumpyEngine(weights, batch=len(rows)).feed(rows[:, :end]))
    return np.stack(states, 1)


@pytest.mark.parametrize("engine", [NumpyEngine, OnnxEngine])
@pytest.mark.parametrize("prompt", [1, 7])
def test_cached_steps_equal_the_uncached_oracle(tiny_weights, engine, prompt):
    rows = some_rows(3, 12)
    oracle = naive_states(tiny_weights, rows)
    cached = engine(tiny_weights, batch=3, capacity=32)
    states = [cached.feed(rows[:, :prompt])]
    states += [cached.feed(rows[:, i : i + 1]) for i in range(prompt, 12)]
    assert np.abs(np.stack(states, 1) - oracle[:, prompt - 1 :]).max() < 1e-4


def test_torch_engine_agrees(tiny_weights):
    pytest.importorskip("torch")
    from bandmate.generation.engine_torch import TorchEngine

    rows = some_rows(2, 10)
    oracle = naive_states(tiny_weights, rows)
    engine = TorchEngine(tiny_weights, batch=2)
    states = [engine.feed(rows[:, :4])] + [engine.feed(rows[:, i : i + 1]) for i in range(4, 10)]
    assert np.abs(np.stack(states, 1) - oracle[:, 3:]).max() < 1e-4


@pytest.mark.parametrize("engine", [NumpyEngine, OnnxEngine])
def test_rewind_forgets(tiny_weights, engine):
    rows = some_rows(1, 9)
    machine = engine(tiny_weights, batch=1, capacity=16)
    machine.feed(rows[:, :4])
    first = machine.feed(rows[:, 4:5])
    machine.feed(rows[:, 5:6])
    machine.rewind(4)
    assert np.abs(machine.feed(rows[:, 4:5]) - first).max() < 1e-5


def test_rows_that_follow_may_come_many_at_once(tiny_weights):
    rows = some_rows(2, 9)
    one, many = OnnxEngine(tiny_weights, batch=2, capacity=16), OnnxEngine(tiny_weights, batch=2, capacity=16)
    one.feed(rows[:, :3])
    for i in range(3, 9):
        last = one.feed(rows[:, i : i + 1])
    many.feed(rows[:, :3])
    assert np.abs(many.feed(rows[:, 3:]) - last).max() < 1e-5


def test_form_is_drawn_from_the_logits_that_training_sees(tiny_weights):
    torch = pytest.importorskip("torch")
    from bandmate.models.grid import GridModel

    model = GridModel(tiny_weights.config).eval()
    model.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in tiny_weights.tensors.items()})
    rng, heads = np.random.default_rng(0), Heads(tiny_weights)
    sizes = np.array([size for _, size in tiny_weights.config.fields])
    cells, past = rng.integers(0, sizes, (5, len(sizes))), rng.integers(0, sizes, (5, len(heads.lags), len(sizes)))
    (level, field, first, codes), (echo, *_) = heads.form
    cells[:, COLUMN[field]] = first + rng.integers(0, codes, 5)
    hidden = rng.normal(size=(5, tiny_weights.config.width)).astype(np.float32)
    with torch.no_grad():
        expected = model.form_logits(*map(torch.from_numpy, (hidden, cells, past)))
    bare = cells.copy()
    bare[:, [COLUMN["value1"], COLUMN["value2"]]] = 0
    state = heads.before_cell(level, hidden, bare, past)
    assert np.allclose(heads.logits(level, state), expected[level], atol=1e-4)
    state = heads.after(echo, level, state, cells[:, COLUMN[field]])
    assert np.allclose(heads.logits(echo, state), expected[echo], atol=1e-4)
