"""Weights for the benchmarks: a file, an installed model, the shipped one, or random values where none is there."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from bandmate.errors import ModelError
from bandmate.models.checkpoint import Weights, load_weights, save_weights
from bandmate.models.grid_config import GridConfig, load_size
from bandmate.tokenizers.grid_table import FIELDS, FORM, FORM_LAGS, HEADS, NAME
from bandmate.workflows.models import SHIPPED, find_model


def random_tensors(config: GridConfig, seed: int) -> dict[str, np.ndarray]:
    """Values as an untrained model begins with."""
    draw = np.random.default_rng(seed)
    found = {}
    for name, shape in config.shapes.items():
        spread = 1 / np.sqrt(len(config.fields)) if name.startswith("embed") else 0.5 / np.sqrt(shape[-1])
        found[name] = np.ones(shape) if len(shape) == 1 else draw.normal(0, spread, shape)
    return found


def write_random(path: Path, size: str, seed: int = 0) -> Path:
    """A weights file of a size with random values."""
    config = load_size(size, FIELDS, HEADS, form=FORM, lags=FORM_LAGS)
    save_weights(path, random_tensors(config, seed), config, NAME, "random")
    return path


def random_weights(size: str, seed: int = 0) -> Weights:
    """Random weights of a size."""
    with tempfile.TemporaryDirectory() as folder:
        return load_weights(write_random(Path(folder) / "weights.safetensors", size, seed))


def find_weights(model: str | None, size: str) -> tuple[str, Weights]:
    """What `--model` means and its weights; random ones of a size where none is said and none is shipped."""
    if model and Path(model).is_file():
        return model, load_weights(Path(model))
    try:
        found = find_model(model or SHIPPED)
    except ModelError:
        if model:
            raise
        return f"random ({size})", random_weights(size)
    if found.weights is None:
        raise ModelError(f"model '{found.name}' has no weights")
    return found.name, load_weights(found.weights)
