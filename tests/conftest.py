"""What many tests share: tiny models with random weights and plans of four bars."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import settings

from bandmate.models.checkpoint import Weights, load_weights, save_weights
from bandmate.models.grid_config import GridConfig, load_size
from bandmate.tokenizers.grid_table import FIELDS, FORM, FORM_LAGS, HEADS, NAME

# A machine that builds must not fail by the luck of the draw, nor because it is slow.
settings.register_profile("bandmate", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("bandmate")


def random_tensors(config: GridConfig, seed: int) -> dict[str, np.ndarray]:
    """Tensors of the right shapes, without any training library."""
    rng = np.random.default_rng(seed)
    return {
        name: rng.normal(0, 1 / np.sqrt(shape[-1]) if len(shape) == 2 else 0.1, shape).astype(np.float32)
        + (1.0 if len(shape) == 1 else 0.0)
        for name, shape in config.shapes.items()
    }


@pytest.fixture(scope="session")
def tiny_weights_path(tmp_path_factory):
    """A weights file of size tiny with random values."""
    config = load_size("tiny", FIELDS, HEADS, form=FORM, lags=FORM_LAGS)
    path = tmp_path_factory.mktemp("weights") / "weights.safetensors"
    save_weights(path, random_tensors(config, 0), config, NAME)
    return path


@pytest.fixture(scope="session")
def tiny_weights(tiny_weights_path) -> Weights:
    """The same, loaded."""
    return load_weights(tiny_weights_path)
