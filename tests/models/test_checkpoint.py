"""Weights on disk: what goes in comes out, and every way to be wrong has its own sentence."""

import hashlib

import numpy as np
import pytest

from bandmate.errors import ModelError
from bandmate.generation.compose import open_weights
from bandmate.models.checkpoint import load_weights, save_weights
from bandmate.models.grid_config import GridConfig, load_size
from bandmate.tokenizers.grid_table import FIELDS, HEADS, NAME

TINY = load_size("tiny", FIELDS, HEADS)


def tensors_of(config, seed=0):
    draw = np.random.default_rng(seed)
    return {name: draw.normal(0, 0.1, shape).astype(np.float32) for name, shape in config.shapes.items()}


def rewritten(path, config=TINY, tensors=None, said=None):
    """A weights file with other metadata than save_weights would give it; None leaves an entry out."""
    from safetensors.numpy import save

    entries = {"format": GridConfig.FORMAT, "config": config.to_json(), "tokenizer": NAME} | (said or {})
    half = {name: tensor.astype(np.float16) for name, tensor in (tensors or tensors_of(config)).items()}
    path.write_bytes(save(half, {name: text for name, text in entries.items() if text is not None}))
    return path


def test_weights_come_back_as_their_fp16_values(tmp_path):
    tensors = tensors_of(TINY)
    path = tmp_path / "weights.safetensors"
    digest = save_weights(path, tensors, TINY, NAME, "a note")
    weights = load_weights(path, digest)
    assert digest == weights.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert weights.config == TINY
    assert weights.tokenizer == NAME
    assert weights.tensors.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert weights.tensors[name].dtype == np.float32
        assert (weights.tensors[name] == tensor.astype(np.float16).astype(np.float32)).all()
    again = save_weights(tmp_path / "again.safetensors", weights.tensors, TINY, NAME, "a note")
    assert again == digest


def test_small_fits_into_ten_megabytes_or_so():
    small = load_size("small", FIELDS, HEADS)
    assert 4e6 < sum(int(np.prod(shape)) for shape in small.shapes.values()) < 6e6


@pytest.mark.parametrize("size", ["tiny", "small", "base"])
def test_every_size_suits_every_engine(size):
    config = load_size(size, FIELDS, HEADS)
    assert not (config.width % 64 or config.feed_forward % 64)
    assert config.heads % config.kv_heads == 0
    assert GridConfig.from_json(config.to_json()) == config


def test_fields_of_one_prefix_share_a_table():
    assert {TINY.table_of(f"value{n}") for n in range(1, 5)} == {"value"}
    assert sum(name.startswith("embed.value") for name in TINY.shapes) == 1
    assert len(TINY.tables) == len(FIELDS) - 3


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ModelError, match=r"none\.safetensors.*cannot be read"):
        load_weights(tmp_path / "none.safetensors")
    with pytest.raises(ModelError, match="not there"):
        open_weights(tmp_path / "none.safetensors")


def test_a_wrong_hash(tiny_weights_path):
    with pytest.raises(ModelError, match=r"hash .* is not the expected 000000000000; copy"):
        load_weights(tiny_weights_path, "0" * 64)


@pytest.mark.parametrize("data", [b"", b"MThd", b"\x02\0\0\0\0\0\0\0[]", b"\xff" * 64, b'\x10\0\0\0\0\0\0\0{"a": 1'])
def test_a_file_that_holds_no_weights(tmp_path, data):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"weights\.safetensors"):
        load_weights(path)


def test_a_file_that_was_cut_short(tmp_path, tiny_weights_path):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(tiny_weights_path.read_bytes()[:-1000])
    with pytest.raises(ModelError, match="damaged"):
        load_weights(path)


def test_another_format(tmp_path):
    with pytest.raises(
        ModelError,
        match="format 'bandmate.grid.9' is not bandmate.grid.1 or bandmate.multitrack.1; use the Bandmate version",
    ):
        load_weights(rewritten(tmp_path / "w.safetensors", said={"format": "bandmate.grid.9"}))
    with pytest.raises(ModelError, match="format 'none'"):
        load_weights(rewritten(tmp_path / "w.safetensors", said={"format": None}))


@pytest.mark.parametrize("text", [None, "no json", "[]", '{"fields": [["kind", 3]]}', '{"width": 64}'])
def test_a_configuration_that_cannot_be_read(tmp_path, text):
    with pytest.raises(ModelError, match="configuration cannot be read"):
        load_weights(rewritten(tmp_path / "w.safetensors", said={"config": text}))


def test_tensors_of_another_shape_than_the_configuration_says(tmp_path):
    small = load_size("small", FIELDS, HEADS)
    with pytest.raises(ModelError, match=r"tensor .* has shape .* says .*; export"):
        load_weights(rewritten(tmp_path / "w.safetensors", small, tensors_of(TINY)))
    lacking = tensors_of(TINY)
    del lacking["norm.weight"]
    with pytest.raises(ModelError, match=r"tensor norm\.weight has shape none"):
        load_weights(rewritten(tmp_path / "w.safetensors", TINY, lacking))


def test_a_model_of_another_row_table_cannot_compose(tmp_path):
    other = GridConfig(((*TINY.fields[0][:1], 99), *TINY.fields[1:]), HEADS, width=64, layers=1, heads=1,
                       feed_forward=64)  # fmt: skip
    path = tmp_path / "w.safetensors"
    save_weights(path, tensors_of(other), other, NAME)
    with pytest.raises(ModelError, match="another row table"):
        open_weights(path)


def test_a_size_that_is_not_there():
    with pytest.raises(ModelError, match="'huge' is not known; choose tiny, small or base"):
        load_size("huge", FIELDS, HEADS)
