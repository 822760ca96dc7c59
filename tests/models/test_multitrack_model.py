"""The flat model: six heads on one state, the same with and without a cache, its weights in a format of its own."""

# ruff: noqa: E402 - torch is an optional part
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from bandmate.errors import ModelError
from bandmate.generation.compose import open_weights
from bandmate.models.checkpoint import load_weights, save_weights
from bandmate.models.grid_config import load_size
from bandmate.models.multitrack import MultitrackModel
from bandmate.models.multitrack_config import MultitrackConfig
from bandmate.tokenizers.multitrack import FIELDS, HEADS, NAME


def config_of(size="tiny"):
    return load_size(size, FIELDS, HEADS, kind=MultitrackConfig)


def some_rows(count=20, batch=2):
    draw = np.random.default_rng(0)
    return torch.from_numpy(np.stack([draw.integers(0, n, (batch, count)) for n in FIELDS.values()], -1))


@pytest.mark.parametrize(("size", "millions"), [("tiny", 0.155), ("small_flat", 5.1)])
def test_the_tensors_are_those_of_the_configuration(size, millions):
    model = MultitrackModel(config_of(size))
    assert {n: tuple(t.shape) for n, t in model.state_dict().items()} == config_of(size).shapes
    assert sum(p.numel() for p in model.parameters()) / 1e6 == pytest.approx(millions, rel=0.03)


def test_it_is_as_large_as_the_grid_model_it_is_held_against():
    from bandmate.tokenizers.grid_table import FIELDS as GRID_FIELDS
    from bandmate.tokenizers.grid_table import HEADS as GRID_HEADS

    count = {
        kind: sum(int(np.prod(shape)) for shape in config.shapes.values())
        for kind, config in (("flat", config_of("small_flat")), ("grid", load_size("small", GRID_FIELDS, GRID_HEADS)))
    }
    assert count["flat"] == pytest.approx(count["grid"], rel=0.05)


def test_a_cache_gives_what_the_whole_gives():
    torch.manual_seed(0)
    model, rows = MultitrackModel(config_of()).eval(), some_rows()
    caches = [[] for _ in model.blocks]
    with torch.no_grad():
        whole = model.trunk(rows)
        first = model.trunk(rows[:, :12], 0, caches)
        parts = [first, *(model.trunk(rows[:, i : i + 1], i, caches) for i in range(12, rows.shape[1]))]
    assert torch.allclose(torch.cat(parts, 1), whole, atol=1e-5)


def test_no_head_knows_what_another_drew():
    """The logits of a row depend on rows before it alone: the defect that the grid model answers."""
    torch.manual_seed(0)
    model, rows = MultitrackModel(config_of()).eval(), some_rows()
    other = rows.clone()
    other[:, -1] = 1
    with torch.no_grad():
        one, two = model(rows), model(other)
    assert all(torch.equal(one[name], two[name]) for name in HEADS)


def test_weights_come_back_and_the_grid_path_does_not_take_them(tmp_path):
    model = MultitrackModel(config_of())
    tensors = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    save_weights(tmp_path / "flat.safetensors", tensors, model.config, NAME)
    weights = load_weights(tmp_path / "flat.safetensors")
    assert weights.config == model.config and weights.tokenizer == NAME
    assert all(np.allclose(tensor, tensors[name], atol=1e-3) for name, tensor in weights.tensors.items())
    with pytest.raises(ModelError, match="another row table"):
        open_weights(tmp_path / "flat.safetensors")
