"""The training loop: AdamW, warm-up and cosine, clipping, checkpoints that resume bit by bit.

A run lives in a folder and works in slices: stopped at any moment, it goes on from its last checkpoint with the same
batches (they depend on seed and step alone), the same optimiser and the same random state.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bandmate.errors import ModelError
from bandmate.models.checkpoint import save_weights
from bandmate.models.grid import parameter_groups
from bandmate.models.grid_config import GridConfig
from bandmate.training.checkpoint import CHECKPOINT, read_checkpoint, restore, write_checkpoint
from bandmate.training.eventlog import EventLog
from bandmate.training.losses import GRID, Subject, row_losses
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
        self.on_sample, self.on_step, self.clock = on_sample, on_step, clock
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
        cosine = 0.5 * (1 + math.cos(math.pi * min(1, done)))
        return options.learning_rate * (options.floor + (1 - options.floor) * cosine)

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
        stopped, last = False, math.nan
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
        state = {"step": self.step, "best": self.best, "first": self.first, "stale": self.stale, "bf16": self.bf16,
                 "config": self.config.to_json(), "tokenizer": self.subject.tokenizer,
                 "options": asdict(self.options)}  # fmt: skip
        write_checkpoint(self.folder, self.model, self.optimiser, state, self.device)

    def _resume(self) -> None:
        state, tensors = read_checkpoint(self.folder)
        if state["tokenizer"] != self.subject.tokenizer or type(self.config).from_json(state["config"]) != self.config:
            raise ModelError(f"{self.folder}: holds a run of another model; choose another run folder")
        restore(tensors, self.model, self.optimiser, self.device)
        self.step, self.stale, self.probed = state["step"], state["stale"], state.get("bf16")
        self.best, self.first = float(state["best"]), float(state["first"])
