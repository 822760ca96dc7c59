"""The training loop: AdamW, warm-up and cosine, clipping, checkpoints that resume bit by bit.

A run lives in a folder and works in slices: stopped at any moment, it goes on from its last checkpoint with the same
batches (they depend on seed and step alone), the same optimiser and the same random state.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from bandmate.errors import ModelError
from bandmate.io.atomic import write_bytes_atomic
from bandmate.models.checkpoint import save_weights
from bandmate.models.grid import GridModel, parameter_groups
from bandmate.models.grid_config import GridConfig
from bandmate.tokenizers.grid_table import COLUMN, MAX_BARS, MAX_TRACKS, NAME, Kind
from bandmate.training.eventlog import EventLog
from bandmate.training.ranks import Alone, Ranks, first_says, share_gradients
from bandmate.training.tuning import adapt, folded


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """How to train.

    Attributes:
        steps: optimiser steps of the whole run; the schedule ends there.
        sequences: sequences of full length a step.
        learning_rate, warmup_steps, floor: peak, linear rise, share of the peak at the end of the cosine.
        weight_decay, clip: AdamW's decay of matrices, largest gradient norm.
        validate_every, save_every, sample_every: steps; 0 = never.
        patience: validations without a better loss until it stops; 0 = never.
        precision: "fp32", "bf16" or "auto" (a probe decides).
        threads: of torch; 0 = its own choice.
        seed: of batches, dropout and start weights.
    """

    steps: int = 4000
    sequences: int = 8
    learning_rate: float = 1.2e-3
    warmup_steps: int = 100
    floor: float = 0.02
    weight_decay: float = 0.05
    clip: float = 1.0
    validate_every: int = 100
    save_every: int = 50
    sample_every: int = 0
    patience: int = 0
    precision: str = "auto"
    threads: int = 0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class TrainReport:
    """What a run came to: steps done, held-out loss at start, best and last, seconds, whether it stopped early."""

    steps: int
    first_loss: float
    best_loss: float
    last_loss: float
    seconds: float
    stopped_early: bool


CHECKPOINT, STATE = "checkpoint.safetensors", "state.json"
_IGNORED = -100
_FORM_WEIGHT = 2.0  # cells are few beside notes, and their form is what a listener follows


def _note_indices(note: Tensor) -> tuple[Tensor, Tensor]:
    """Places of the notes, filled up to a multiple of 256 (few shapes, few kernels), and which of them are real."""
    index = note.nonzero().squeeze(1)
    filled = -(-max(1, len(index)) // 256) * 256
    picked = F.pad(index, (0, filled - len(index)))
    return picked, torch.arange(filled, device=note.device) < len(index)


def row_losses(model: GridModel, rows: Tensor) -> tuple[Tensor, dict[str, Tensor], int]:
    """Loss per row of a batch, split by field.

    The header is given, so only what follows it counts: the kind of every row, the fields of every note.

    Returns:
        Sum over rows of the batch, the same by field, and how many rows counted.
    """
    target = rows[:, 1:]
    kind = target[..., 0]
    counted = kind >= Kind.GIVEN
    hidden = model.trunk(rows[:, :-1]).flatten(0, 1)
    kinds = torch.where(counted, kind, _IGNORED).flatten()
    parts = {"kind": F.cross_entropy(model.heads["kind"](hidden).float(), kinds, reduction="sum")}
    picked, real = _note_indices(kind.flatten() == Kind.NOTE)
    notes = target.flatten(0, 1)[picked]
    for name, values in model.chain_logits(hidden[picked], notes).items():
        if name != "kind":
            codes = torch.where(real, notes[:, COLUMN[name]], _IGNORED)
            parts[name] = F.cross_entropy(values.float(), codes, reduction="sum")
    form = _form_losses(model, rows, hidden) if model.config.form else {}
    total = torch.stack(list(parts.values())).sum()
    for value in form.values():
        total = total + _FORM_WEIGHT * value
    return total, parts | form, int(counted.sum())


def _past_cells(rows: Tensor, lags: tuple[int, ...]) -> Tensor:
    """For each row the CELL or GIVEN row of its track so many bars before; (B, T, lags, fields), 0 = none."""
    batch, length, fields = rows.shape
    track, bar = rows[..., COLUMN["track"]], rows[..., COLUMN["bar"]]
    is_cell = (rows[..., 0] == Kind.CELL) | (rows[..., 0] == Kind.GIVEN)
    place = track * (MAX_BARS + 1) + bar
    where = torch.zeros(batch, (MAX_TRACKS + 1) * (MAX_BARS + 1), dtype=torch.long, device=rows.device)
    index = torch.arange(1, length + 1, device=rows.device).expand(batch, length)
    where.scatter_(1, torch.where(is_cell, place, 0), torch.where(is_cell, index, 0))
    where[:, 0] = 0  # subtle: all that is no cell was written there
    padded = torch.cat([rows.new_zeros(batch, 1, fields), rows], 1)
    found = []
    for lag in lags:
        at = where.gather(1, torch.where(bar > lag, place - lag, 0))
        found.append(padded.gather(1, at[..., None].expand(-1, -1, fields)))
    return torch.stack(found, 2)


def _form_losses(model: GridModel, rows: Tensor, hidden: Tensor) -> dict[str, Tensor]:
    """Losses of what is drawn of cells, in the sequences that list every cell."""
    target = rows[:, 1:]
    listed = ((rows[..., 0] == Kind.WRITE) & (rows[..., COLUMN["value1"]] > 0)).any(1)
    picked, real = _note_indices(((target[..., 0] == Kind.CELL) & listed[:, None]).flatten())
    cells = target.flatten(0, 1)[picked]
    past = _past_cells(target, model.config.lags).flatten(0, 1)[picked] if model.config.lags else cells[:, None] * 0
    logits, parts = model.form_logits(hidden[picked], cells, past), {}
    for name, field, first, _ in model.config.form:
        codes = cells[:, COLUMN[field]] - first
        parts[name] = F.cross_entropy(
            logits[name].float(), torch.where(real & (codes >= 0), codes, _IGNORED), reduction="sum"
        )
    return parts


def _rows_counted(rows: NDArray[np.int64]) -> int:
    return int((rows[:, 1:, 0] >= Kind.GIVEN).sum())


@dataclass(frozen=True, slots=True)
class Subject:
    """What is trained.

    Attributes:
        model: makes the model of a config.
        losses: sum over a batch's rows, the same by field, and how many rows counted.
        counted: how many rows of a batch count.
        tokenizer: name of the one that made the rows.
    """

    model: Callable[[Any], nn.Module]
    losses: Callable[[Any, Tensor], tuple[Tensor, dict[str, Tensor], int]]
    counted: Callable[[NDArray[np.int64]], int]
    tokenizer: str


GRID = Subject(GridModel, row_losses, _rows_counted, NAME)


class Source(Protocol):
    """Where batches come from; they depend on the step alone."""

    def batch(self, step: int, size: int) -> list[NDArray[np.int64]]:
        """The batches of one step."""
        ...


Clock = Callable[[], float]  # seconds from anywhere; time.process_time leaves out what other programs took


def bf16_helps(
    model: nn.Module, rows: Tensor, losses: Callable[..., Any] = row_losses, clock: Clock = time.perf_counter
) -> bool:
    """Whether bf16 autocast is faster than fp32 on this machine (1.9 x with AMX, 18 x slower with AVX2 alone)."""
    seconds = {False: math.inf, True: math.inf}
    for precision in (False, True) * 4:  # the first round compiles kernels, the best of the rest counts
        start = clock()
        with torch.autocast(rows.device.type, torch.bfloat16, enabled=precision):
            loss, _, _ = losses(model, rows)
        loss.backward()
        model.zero_grad(set_to_none=True)
        seconds[precision] = min(seconds[precision], clock() - start)
    return seconds[True] < 0.9 * seconds[False]


class Trainer:
    """One run in one folder."""

    def __init__(
        self,
        config: GridConfig,
        train: Source,
        valid: list[NDArray[np.int64]],
        options: TrainOptions,
        folder: Path,
        *,
        start: dict[str, Tensor] | None = None,
        subject: Subject = GRID,
        method: str = "full",
        on_sample: Callable[[Any, int], None] | None = None,
        on_step: Callable[[int, float], None] | None = None,
        clock: Clock = time.perf_counter,
        ranks: Ranks | None = None,
    ) -> None:
        self.ranks: Ranks = ranks or Alone()
        if options.threads:
            torch.set_num_threads(options.threads)
        torch.manual_seed(options.seed)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.options, self.folder, self.train, self.valid = options, folder, train, valid
        self.config, self.subject = config, subject
        self.model = subject.model(config).to(self.device)
        if start:
            self.model.load_state_dict(start)
        adapt(self.model, method)
        groups: Any = parameter_groups(self.model, options.weight_decay)
        self.optimiser = torch.optim.AdamW(groups, lr=options.learning_rate, betas=(0.9, 0.95))
        self.step, self.best, self.first, self.stale = 0, math.inf, math.nan, 0
        self.until = options.steps  # a stage may end before the schedule does
        self.on_sample, self.on_step = on_sample, on_step
        self.clock = clock
        self.log = EventLog(folder) if self.ranks.rank == 0 else None
        self.probed: bool | None = None
        if (folder / CHECKPOINT).exists():
            self._resume()
        self._part_dropout()
        self.bf16 = self._choose_precision()
        self._note({"bf16": float(self.bf16)})

    def _part_dropout(self) -> None:
        """Each rank drops other units; the first draws as a run alone does."""
        if self.ranks.rank:
            torch.manual_seed(self.options.seed + 1_000_003 * self.ranks.rank + self.step)

    def _note(self, values: dict[str, float]) -> None:
        if self.log:
            self.log.add(self.step, values)

    def _choose_precision(self) -> bool:
        if self.options.precision != "auto":
            return self.options.precision == "bf16"
        if self.probed is not None:  # a probe that turned out otherwise would be another run
            return self.probed
        state = torch.get_rng_state()
        probe = torch.from_numpy(self.valid[0][:2]).to(self.device)
        helps = bf16_helps(self.model, probe, self.subject.losses, self.clock)
        torch.set_rng_state(state)
        return bool(first_says(self.ranks, helps))

    def seconds_a_step(self) -> float:
        """How long a step takes here, found on the next one's batch without learning from it."""
        state = torch.get_rng_state()
        seconds = math.inf
        for _ in range(2):  # the first round compiles kernels
            began = self.clock()
            for rows in self.train.batch(self.step, self.options.sequences):
                loss, _, count = self._loss(rows)
                (loss / count).backward()
            self.optimiser.zero_grad(set_to_none=True)
            seconds = min(seconds, self.clock() - began)
        torch.set_rng_state(state)
        return seconds

    def reschedule(self, options: TrainOptions) -> None:
        """Go on under other options; steps, rates and intervals may differ, not what the model is."""
        self.options, self.until = options, options.steps

    def _rate(self) -> float:
        options = self.options
        if self.step < options.warmup_steps:
            return options.learning_rate * (self.step + 1) / options.warmup_steps
        done = (self.step - options.warmup_steps) / max(1, options.steps - options.warmup_steps)
        return options.learning_rate * (
            options.floor + (1 - options.floor) * 0.5 * (1 + math.cos(math.pi * min(1, done)))
        )

    def _loss(self, rows: NDArray[np.int64]) -> tuple[Tensor, dict[str, Tensor], int]:
        tensor = torch.from_numpy(rows).to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            return self.subject.losses(self.model, tensor)

    def _train_step(self) -> dict[str, float]:
        batches = self.train.batch(self.step, self.options.sequences)
        counted = sum(self.subject.counted(rows) for rows in batches)
        total = int(self.ranks.sum(torch.tensor([counted]))[0])
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        sums: dict[str, float] = {}
        for rows in batches:
            loss, parts, _ = self._loss(rows)
            (loss / total).backward()
            for name, value in parts.items():
                sums[name] = sums.get(name, 0.0) + float(value.detach()) / total
        if self.ranks.world > 1:
            share_gradients(self.ranks, self.model)
            shared = self.ranks.sum(torch.tensor(list(sums.values()), dtype=torch.float64)).tolist()
            sums = dict(zip(sums, shared, strict=True))
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.options.clip)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        return {"loss": sum(sums.values()), **sums, "rows": float(total)}

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Held-out loss a row, by field."""
        self.model.eval()
        sums: dict[str, float] = {}
        total = 0
        for rows in self.valid:
            _, parts, count = self._loss(rows)
            total += count
            for name, value in parts.items():
                sums[name] = sums.get(name, 0.0) + float(value)
        self.model.train()
        losses = {f"valid/{name}": value / total for name, value in sums.items()}
        return {"valid/loss": sum(losses.values()), **losses}

    def run(self, *, minutes: float | None = None, judge_last: bool = False) -> TrainReport:
        """Train until the steps are done, patience ends, or the slice's minutes are over; always saves.

        Args:
            minutes: length of this slice.
            judge_last: also validate where the slice ends, since no other will follow it.
        """
        began, rows = self.clock(), 0.0
        self.model.train()
        stopped = False
        last = math.nan
        if math.isnan(self.first):
            self.first = self.validate()["valid/loss"]
        while self.step < self.until and not stopped:
            values = self._train_step()
            self.step += 1
            rows += values.pop("rows")
            if self.on_step:
                self.on_step(self.step, values["loss"])
            over = minutes is not None and bool(first_says(self.ranks, self.clock() - began > 60 * minutes))
            if self._due(self.options.validate_every) or self.step == self.until or (over and judge_last):
                held = self.validate()
                last = first_says(self.ranks, held["valid/loss"])  # ranks on unlike machines must stop together
                values |= held
                stopped = self._judge(last)
            if self.step % 10 == 0 or "valid/loss" in values:
                speed = rows / (self.clock() - began)
                self._note({**{k: round(v, 4) for k, v in values.items()}, "rows_per_sec": round(speed)})
            if self._due(self.options.sample_every) and self.on_sample:
                self.on_sample(self.model, self.step)
            if self._due(self.options.save_every):
                self.save()
            if over:
                break
        self.save()
        return TrainReport(self.step, self.first, self.best, last, self.clock() - began, stopped)

    def _due(self, every: int) -> bool:
        return bool(every) and self.step % every == 0

    def _judge(self, loss: float) -> bool:
        if loss < self.best:
            self.best, self.stale = loss, 0
            if self.ranks.rank == 0:
                self.export(self.folder / "best.safetensors")
        else:
            self.stale += 1
        return bool(self.options.patience) and self.stale >= self.options.patience

    def export(self, path: Path) -> str:
        """Write the weights as fp16 for the engines; returns the file's sha256."""
        tensors = {name: value.float().cpu().numpy() for name, value in folded(self.model).items()}
        return save_weights(path, tensors, self.config, self.subject.tokenizer, f"step {self.step}")

    def save(self) -> None:
        """Checkpoint: weights, optimiser, random state, counters; rank 0 writes for all."""
        if self.ranks.rank:
            return
        tensors = {f"model.{name}": value.contiguous() for name, value in self.model.state_dict().items()}
        names = [name for group in self.optimiser.param_groups for name in self._names(group)]
        states = [self.optimiser.state.get(p, {}) for group in self.optimiser.param_groups for p in group["params"]]
        for name, state in zip(names, states, strict=True):
            tensors |= {f"optim.{name}.{key}": torch.as_tensor(value).contiguous() for key, value in state.items()}
        tensors["rng"] = torch.get_rng_state()
        if self.device.type == "cuda":
            tensors["rng.cuda"] = torch.cuda.get_rng_state()
        state = {"step": self.step, "best": self.best, "first": self.first, "stale": self.stale, "bf16": self.bf16,
                 "config": self.config.to_json(), "tokenizer": self.subject.tokenizer,
                 "options": asdict(self.options)}  # fmt: skip
        # subtle: counters and tensors lie in one file, so that a kill cannot part them; state.json is for readers
        write_bytes_atomic(self.folder / CHECKPOINT, save(tensors, {"state": json.dumps(state)}))
        write_bytes_atomic(self.folder / STATE, json.dumps(state, indent=1).encode("utf-8"))

    def _names(self, group: dict[str, Any]) -> list[str]:
        by_id = {id(parameter): name for name, parameter in self.model.named_parameters()}
        return [by_id[id(parameter)] for parameter in group["params"]]

    def _resume(self) -> None:
        state, tensors = _read_checkpoint(self.folder)
        if state["tokenizer"] != self.subject.tokenizer or type(self.config).from_json(state["config"]) != self.config:
            raise ModelError(f"{self.folder}: holds a run of another model; choose another run folder")
        self.model.load_state_dict({n[6:]: t for n, t in tensors.items() if n.startswith("model.")})
        for group in self.optimiser.param_groups:
            for name, parameter in zip(self._names(group), group["params"], strict=True):
                prefix = f"optim.{name}."
                found = {k[len(prefix) :]: t for k, t in tensors.items() if k.startswith(prefix)}
                if found:
                    self.optimiser.state[parameter] = {
                        k: t.to("cpu" if k == "step" else self.device) for k, t in found.items()
                    }
        torch.set_rng_state(tensors["rng"])
        if self.device.type == "cuda" and "rng.cuda" in tensors:
            torch.cuda.set_rng_state(tensors["rng.cuda"])
        self.step, self.stale, self.probed = state["step"], state["stale"], state.get("bf16")
        self.best, self.first = float(state["best"]), float(state["first"])


def _read_checkpoint(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Counters and tensors of a run; runs begun by older versions keep their counters in state.json alone."""
    path = folder / CHECKPOINT
    try:
        with safe_open(path, "pt") as file:
            said = (file.metadata() or {}).get("state") or (folder / STATE).read_text(encoding="utf-8")
            return json.loads(said), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (OSError, ValueError, SafetensorError) as error:
        raise ModelError(
            f"{path}: the run cannot go on from it ({error}); delete the run folder to begin anew"
        ) from error
