"""The torch model: its heads are a chain, and the engines are the same function."""

# ruff: noqa: E402 - torch is an optional part
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from bandmate.generation.engine import Heads
from bandmate.generation.engine_numpy import NumpyEngine
from bandmate.generation.engine_onnx import OnnxEngine
from bandmate.generation.engine_torch import TorchEngine
from bandmate.models.checkpoint import load_weights, save_weights
from bandmate.models.grid import GridModel, parameter_groups
from bandmate.models.grid_config import GridConfig, load_size
from bandmate.tokenizers.grid_table import COLUMN, FIELDS, HEADS, NAME


def some_rows(batch, length, seed=1):
    """Random rows of legal codes."""
    draw = np.random.default_rng(seed)
    return np.stack([draw.integers(0, size, (batch, length)) for size in FIELDS.values()], -1).astype(np.int16)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(3)
    return GridModel(load_size("tiny", FIELDS, HEADS)).eval()


@pytest.fixture(scope="module")
def weights(model, tmp_path_factory):
    """The model's own weights through a file, and the model with exactly those values."""
    path = tmp_path_factory.mktemp("model") / "weights.safetensors"
    save_weights(path, {n: t.numpy() for n, t in model.state_dict().items()}, model.config, NAME)
    loaded = load_weights(path)
    model.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in loaded.tensors.items()})
    return loaded


@pytest.mark.parametrize("size", ["tiny", "small", "base"])
def test_the_configuration_knows_the_shape_of_every_tensor(size):
    config = load_size(size, FIELDS, HEADS)
    with torch.device("meta"):
        state = GridModel(config).state_dict()
    assert {name: tuple(tensor.shape) for name, tensor in state.items()} == config.shapes


def logits_with(model, field, code):
    """Logits of every field after the same state, the target's `field` set to a code."""
    draw = torch.Generator().manual_seed(0)
    hidden = torch.randn((1, model.config.width), generator=draw)
    target = torch.zeros((1, len(FIELDS)), dtype=torch.long)
    target[0, COLUMN[field]] = code
    with torch.no_grad():
        return model.chain_logits(hidden, target)


@pytest.mark.parametrize("place", range(1, len(HEADS) - 1))
def test_each_head_knows_the_fields_before_it_and_none_after(model, place):
    one, other = (logits_with(model, HEADS[place], code) for code in (1, 2))
    for name in HEADS[: place + 1]:
        assert torch.equal(one[name], other[name]), f"{name} knows {HEADS[place]}, which is drawn after it"
    for name in HEADS[place + 1 :]:
        assert not torch.allclose(one[name], other[name], atol=1e-3), f"{name} does not know {HEADS[place]}"


def test_a_row_knows_only_the_rows_before_it(model):
    rows = torch.from_numpy(some_rows(1, 12).astype(np.int64))
    changed = rows.clone()
    changed[0, 8:] = torch.from_numpy(some_rows(1, 4, seed=2).astype(np.int64))
    with torch.no_grad():
        before, after = model.trunk(rows), model.trunk(changed)
    assert torch.equal(before[:, :8], after[:, :8])
    assert not torch.allclose(before[:, 8:], after[:, 8:], atol=1e-3)


def test_a_model_without_training_is_near_even_odds(model):
    rows = torch.from_numpy(some_rows(4, 33).astype(np.int64))
    with torch.no_grad():
        logits = model(rows)
    for name in HEADS:
        assert logits[name].shape == (4, 32, FIELDS[name])
        loss = torch.nn.functional.cross_entropy(logits[name].flatten(0, 1), rows[:, 1:, COLUMN[name]].flatten())
        assert abs(float(loss) - np.log(FIELDS[name])) < 0.6


def test_caches_change_nothing(model):
    rows = torch.from_numpy(some_rows(2, 10).astype(np.int64))
    caches = [[] for _ in range(model.config.layers)]
    with torch.no_grad():
        whole = model.trunk(rows)
        parts = [model.trunk(rows[:, :6], 0, caches)]
        parts += [model.trunk(rows[:, i : i + 1], i, caches) for i in range(6, 10)]
    assert torch.allclose(torch.cat(parts, 1), whole, atol=1e-5)


@pytest.mark.parametrize("engine", [NumpyEngine, OnnxEngine, TorchEngine])
def test_engines_equal_the_model_teacher_forced(model, weights, engine):
    rows = some_rows(2, 24)
    machine = engine(weights, batch=2, capacity=32)
    hidden = np.stack([machine.feed(rows[:, i : i + 1]) for i in range(23)], 1)
    heads, target = Heads(weights), rows[:, 1:].reshape(-1, len(FIELDS))
    with torch.no_grad():
        wanted = model.trunk(torch.from_numpy(rows[:, :-1].astype(np.int64)))
        wanted_logits = model.chain_logits(wanted.flatten(0, 1), torch.from_numpy(target.astype(np.int64)))
    assert np.abs(hidden - wanted.numpy()).max() < 1e-4
    state = hidden.reshape(-1, hidden.shape[-1])
    for place, name in enumerate(HEADS):
        if place >= 2:
            before = HEADS[place - 1]
            state = heads.after(name, before, state, target[:, COLUMN[before]])
        assert np.abs(heads.logits(name, state) - wanted_logits[name].numpy()).max() < 1e-4, name


def test_weights_decay_where_they_multiply_only(model):
    decaying, rest = parameter_groups(model, 0.1)
    assert all(parameter.ndim == 2 for parameter in decaying["params"])
    count = len(list(model.parameters()))
    assert len(decaying["params"]) + len(rest["params"]) == count
    assert rest["weight_decay"] == 0
    assert any(parameter.ndim == 2 for parameter in rest["params"])  # embeddings


def test_grouped_queries_share_keys_and_values():
    config = GridConfig(tuple(FIELDS.items()), HEADS, width=128, layers=1, heads=4, kv_heads=2, feed_forward=64)
    assert config.shapes["blocks.0.q.weight"] == (256, 128)
    assert config.shapes["blocks.0.k.weight"] == (128, 128)
    with torch.no_grad():
        hidden = GridModel(config).eval().trunk(torch.from_numpy(some_rows(1, 5).astype(np.int64)))
    assert hidden.shape == (1, 5, 128)
