"""A model's recipe, as one command: `python -m bandmate.training.recipe --data DIR [--recipe NAME]`.

Prepares shards that are not there yet, trains stage after stage in slices that resume, exports fp16 weights. Without
a data folder it trains on the groove book's pieces alone.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from bandmate.errors import BandmateError, ModelError, UserError
from bandmate.models.checkpoint import load_weights
from bandmate.models.grid_config import GridConfig, load_size
from bandmate.models.multitrack_config import MultitrackConfig
from bandmate.tokenizers import multitrack
from bandmate.tokenizers.grid_table import FIELDS, FORM, FORM_LAGS, HEADS
from bandmate.training.loop import Trainer, TrainOptions, TrainReport
from bandmate.training.losses import GRID, Subject
from bandmate.training.multitrack import MULTITRACK, draw_window
from bandmate.training.objectives import Batches, Draw, ViewOptions, draw_rows
from bandmate.training.prepare import prepare
from bandmate.training.shards import Shard, load

VALID_SEQUENCES = 24
OnSample = Callable[[Any, int, Path], object]


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of model: what is trained, its config by size and dropout, how a sequence is drawn from a piece."""

    subject: Subject
    config: Callable[[str, float], GridConfig]
    draw: Draw


def _grid_config(size: str, dropout: float) -> GridConfig:
    return load_size(size, FIELDS, HEADS, dropout, FORM, FORM_LAGS)


def _multitrack_config(size: str, dropout: float) -> GridConfig:
    return load_size(size, multitrack.FIELDS, multitrack.HEADS, dropout, kind=MultitrackConfig)


FAMILIES = {
    "grid": Family(GRID, _grid_config, draw_rows),
    "multitrack": Family(MULTITRACK, _multitrack_config, draw_window),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of training with its own shares of the sources."""

    until_step: int
    shares: dict[str, float]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that makes a model again."""

    size: str
    counts: dict[str, int]
    options: TrainOptions
    dropout: float
    stages: tuple[Stage, ...]
    family: Family = FAMILIES["grid"]
    view: ViewOptions = field(default_factory=ViewOptions)

    @classmethod
    def read(cls, name: str) -> Recipe:
        """A recipe of the package, by name.

        Raises:
            UserError: no such recipe.
        """
        folder = files("bandmate.training").joinpath("recipes")
        source = folder.joinpath(f"{name}.toml")
        if not source.is_file():
            known = sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir())
            raise UserError(f"recipe '{name}' is not known; the package holds: {', '.join(known)}")
        data: dict[str, Any] = tomllib.loads(source.read_text("utf-8"))
        train = data["train"]
        options_known = {known.name for known in fields(TrainOptions)}
        options = TrainOptions(**{key: value for key, value in train.items() if key in options_known})
        counts = {key: data.get(key, 0) for key in ("groove_book_pieces", "rearranged_pieces")}
        family = FAMILIES[data.get("model", "grid")]
        stages = tuple(Stage(stage["until_step"], stage["shares"]) for stage in data["stages"])
        view = ViewOptions(**data.get("view", {}))
        return cls(data["size"], counts, options, float(train.get("dropout", 0.0)), stages, family, view)

    def shares(self) -> dict[str, float]:
        """Every source of any stage with its largest share."""
        merged: dict[str, float] = {}
        for stage in self.stages:
            for name, share in stage.shares.items():
                merged[name] = max(share, merged.get(name, 0.0))
        return merged

    def without_data(self) -> Recipe:
        """The same on groove-book pieces alone."""
        return replace(self, stages=(Stage(self.options.steps, {"groove_book": 1.0}),))


def valid_batches(
    shard: Shard, shares: dict[str, float], draw: Draw = draw_rows, view: ViewOptions | None = None
) -> list[Any]:
    """The same held-out views every time, in the shares of the sources."""
    still = replace(view or ViewOptions(), transpose=False)
    batches = Batches(shard.select("valid"), shares, still, seed=1, draw=draw)
    found: list[Any] = []
    for step in range(VALID_SEQUENCES // 8):
        found += batches.batch(step, 4)
    return found


def train(
    recipe: Recipe,
    data: Path | None,
    run: Path,
    *,
    minutes: float | None = None,
    steps: int | None = None,
    on_sample: OnSample | None = None,
    start: Path | None = None,
) -> TrainReport:
    """Prepare, train from where the run stands, export to run/weights.safetensors.

    Args:
        recipe: what to train.
        data: folder that holds corpus/, None = the groove book's pieces alone.
        run: folder of the run.
        minutes: length of this slice.
        steps: step to stop at.
        on_sample: called with the model, the step and the run's folder every `sample_every` steps.
        start: weights that a new run begins from; None = random ones.

    Raises:
        ModelError: the weights to begin from are of another model.
    """
    recipe = recipe if data else recipe.without_data()
    stages = [s for s in recipe.stages if s.until_step > _done(run)] or [recipe.stages[-1]]
    report = None
    for stage in stages:
        paths = prepare(
            data,
            run / "shards",
            stage.shares,
            recipe.counts,
            progress=lambda n, c: print(f"{n}: {c} pieces", flush=True),  # noqa: T201 - a command
        )
        shard = load(*paths)
        options, family = recipe.options, recipe.family
        config = family.config(recipe.size, recipe.dropout)
        batches = Batches(shard.select("train"), stage.shares, recipe.view, options.seed, family.draw)
        valid = valid_batches(shard, stage.shares, family.draw, recipe.view)
        told: Callable[[Any, int], Any] | None = partial(_told, on_sample, run) if on_sample else None
        first = _tensors(start, config) if start else None
        trainer = Trainer(config, batches, valid, options, run, subject=family.subject, start=first, on_sample=told)
        trainer.until = min(stage.until_step, steps or stage.until_step)
        report = trainer.run(minutes=minutes)
        trainer.export(run / "weights.safetensors")
        if report.steps < stage.until_step:
            break
    if report is None:
        raise UserError(f"{run}: the recipe has no stages left")
    return report


def _tensors(path: Path, config: GridConfig) -> dict[str, Any]:
    import torch

    weights = load_weights(path)
    if weights.config.shapes != config.shapes:
        raise ModelError(f"{path}: weights of another shape than the recipe's; leave --start out or take others")
    return {name: torch.from_numpy(tensor) for name, tensor in weights.tensors.items()}


def _told(on_sample: OnSample, run: Path, model: Any, step: int) -> None:
    on_sample(model, step, run)


def _done(run: Path) -> int:
    import json

    state = run / "state.json"
    return int(json.loads(state.read_text(encoding="utf-8"))["step"]) if state.exists() else 0


def main(arguments: list[str] | None = None, on_sample: OnSample | None = None) -> int:
    """Entry of `python3 dev.py train`, which hands in what draws takes on the way (workflows/train)."""
    parser = argparse.ArgumentParser(prog="dev.py train", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, help="folder that holds corpus/; without it, groove-book pieces alone")
    parser.add_argument("--recipe", default="small", help="small (the shipped model) or multitrack (a flat baseline)")
    parser.add_argument("--run", type=Path, help="folder of the run, else runs/RECIPE; it goes on from there")
    parser.add_argument("--minutes", type=float, help="length of this slice")
    parser.add_argument("--steps", type=int, help="stop at this step")
    parser.add_argument("--start", type=Path, help="weights that a new run begins from")
    options = parser.parse_args(arguments)
    try:
        report = train(
            Recipe.read(options.recipe), options.data, options.run or Path("runs") / options.recipe,
            minutes=options.minutes, steps=options.steps, on_sample=on_sample, start=options.start,
        )  # fmt: skip
    except BandmateError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - a command
        return 2
    print(report)  # noqa: T201 - a command
    return 0


if __name__ == "__main__":
    sys.exit(main())
