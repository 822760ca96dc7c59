"""Weights on disk: fp16 safetensors whose metadata says what they are; never a pickle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import ModelError
from bandmate.io.atomic import write_bytes_atomic
from bandmate.models.grid_config import GridConfig
from bandmate.models.multitrack_config import MultitrackConfig

FORMATS: dict[str, type[GridConfig]] = {kind.FORMAT: kind for kind in (GridConfig, MultitrackConfig)}


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A model's tensors, cast to float32, with the tokenizer they belong to.

    Attributes:
        config: shape of the model.
        tokenizer: name of the tokenizer, such as "grid.v1".
        tensors: name -> float32 array, exactly the fp16 values of the file.
        digest: sha256 of the file.
    """

    config: GridConfig
    tokenizer: str
    tensors: dict[str, NDArray[np.float32]]
    digest: str


def save_weights(
    path: Path, tensors: Mapping[str, NDArray[Any]], config: GridConfig, tokenizer: str, note: str = ""
) -> str:
    """Write tensors as fp16; returns the file's sha256."""
    from safetensors.numpy import save

    half = {name: np.ascontiguousarray(array, np.float16) for name, array in tensors.items()}
    metadata = {"format": config.FORMAT, "config": config.to_json(), "tokenizer": tokenizer, "note": note}
    data = _ordered(save(half, metadata))
    write_bytes_atomic(path, data)
    return hashlib.sha256(data).hexdigest()


def _ordered(data: bytes) -> bytes:
    """The same file with its header in order: safetensors orders metadata by chance, and with it the hash."""
    length = int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8 : 8 + length]), sort_keys=True, separators=(",", ":")).encode("utf-8")
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[8 + length :]


def _metadata(data: bytes, path: Path) -> dict[str, str]:
    try:
        length = int.from_bytes(data[:8], "little")
        return dict(json.loads(data[8 : 8 + length].decode("utf-8")).get("__metadata__", {}))
    except (ValueError, TypeError, AttributeError) as error:
        raise ModelError(f"{path}: not a weights file ({error}); export the model again") from error


def _check_shapes(weights: Weights, path: Path) -> None:
    expected, found = weights.config.shapes, {name: tensor.shape for name, tensor in weights.tensors.items()}
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            raise ModelError(
                f"{path}: tensor {name} has shape {found.get(name, 'none')}, the model's configuration says "
                f"{expected.get(name, 'none')}; export the model again"
            )


def load_weights(path: Path, expected_sha256: str | None = None) -> Weights:
    """Read a weights file.

    Raises:
        ModelError: the file is missing, damaged, of another version, its hash is not the expected one, or its tensors
            are not those of its configuration.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: the model's weights cannot be read ({error.strerror}); install it again") from error
    digest = hashlib.sha256(data).hexdigest()
    if expected_sha256 and digest != expected_sha256:
        raise ModelError(f"{path}: hash {digest[:12]} is not the expected {expected_sha256[:12]}; copy the model again")
    metadata = _metadata(data, path)
    kind = FORMATS.get(metadata.get("format", "none"))
    if kind is None:
        raise ModelError(
            f"{path}: format '{metadata.get('format', 'none')}' is not {' or '.join(FORMATS)}; "
            "use the Bandmate version that made it"
        )
    try:
        tensors = {name: array.astype(np.float32) for name, array in load(data).items()}
    except SafetensorError as error:
        raise ModelError(f"{path}: the weights are damaged ({error}); copy the model again") from error
    config = kind.from_json(metadata.get("config", ""))
    weights = Weights(config, metadata.get("tokenizer", ""), tensors, digest)
    _check_shapes(weights, path)
    return weights
