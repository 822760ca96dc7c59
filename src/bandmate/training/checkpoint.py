"""Checkpoints of a run: weights, optimiser, random state and counters in one file, from which it goes on bit by bit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from bandmate.errors import ModelError
from bandmate.io.atomic import write_bytes_atomic

CHECKPOINT, STATE = "checkpoint.safetensors", "state.json"


def write_checkpoint(
    folder: Path, model: nn.Module, optimiser: torch.optim.Optimizer, state: dict[str, Any], device: torch.device
) -> None:
    """Write a run as it stands.

    Args:
        folder: of the run.
        model: its weights.
        optimiser: its moments.
        state: counters and options, plain data.
        device: whose random state is kept beside the processor's.
    """
    tensors = {f"model.{name}": value.contiguous() for name, value in model.state_dict().items()}
    for name, parameter in _parameters(model, optimiser):
        moments = optimiser.state.get(parameter, {})
        tensors |= {f"optim.{name}.{key}": torch.as_tensor(value).contiguous() for key, value in moments.items()}
    tensors["rng"] = torch.get_rng_state()
    if device.type == "cuda":
        tensors["rng.cuda"] = torch.cuda.get_rng_state()
    # subtle: counters and tensors lie in one file, so that a kill cannot part them; state.json is for readers
    write_bytes_atomic(folder / CHECKPOINT, save(tensors, {"state": json.dumps(state)}))
    write_bytes_atomic(folder / STATE, json.dumps(state, indent=1).encode("utf-8"))


def restore(
    tensors: dict[str, Tensor], model: nn.Module, optimiser: torch.optim.Optimizer, device: torch.device
) -> None:
    """Put weights, moments and random state back where `write_checkpoint` took them from."""
    model.load_state_dict({n[6:]: t for n, t in tensors.items() if n.startswith("model.")})
    for name, parameter in _parameters(model, optimiser):
        prefix = f"optim.{name}."
        found = {k[len(prefix) :]: t for k, t in tensors.items() if k.startswith(prefix)}
        if found:
            optimiser.state[parameter] = {k: t.to("cpu" if k == "step" else device) for k, t in found.items()}
    torch.set_rng_state(tensors["rng"])
    if device.type == "cuda" and "rng.cuda" in tensors:
        torch.cuda.set_rng_state(tensors["rng.cuda"])


def _parameters(model: nn.Module, optimiser: torch.optim.Optimizer) -> list[tuple[str, nn.Parameter]]:
    """What the optimiser learns, in its own order, with names."""
    by_id = {id(parameter): name for name, parameter in model.named_parameters()}
    return [(by_id[id(p)], p) for group in optimiser.param_groups for p in group["params"]]


def read_checkpoint(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Counters and tensors of a run; runs begun by older versions keep their counters in state.json alone.

    Raises:
        ModelError: it cannot be read; the message names the file and the cure.
    """
    path = folder / CHECKPOINT
    try:
        with safe_open(path, "pt") as file:
            said = (file.metadata() or {}).get("state") or (folder / STATE).read_text(encoding="utf-8")
            return json.loads(said), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (OSError, ValueError, SafetensorError) as error:
        raise ModelError(
            f"{path}: the run cannot go on from it ({error}); delete the run folder to begin anew"
        ) from error
