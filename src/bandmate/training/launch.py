"""Train a model on a library in shards, on one process or, under `accelerate launch`, on many.

    accelerate launch --num_processes 2 -m bandmate.training.launch SHARDS --run FOLDER --steps 4000

A run that was stopped goes on when the same line is given again.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bandmate.errors import BandmateError
from bandmate.library.shards import open_shards
from bandmate.training.loop import Trainer, TrainOptions, TrainReport
from bandmate.training.objectives import ViewOptions
from bandmate.training.ranks import Accelerated, Alone, Ranks
from bandmate.training.recipe import FAMILIES
from bandmate.training.streams import ShardBatches

HELD_OUT_STEPS, HELD_OUT_SEQUENCES = 6, 2


def train_on_shards(
    shards: str | Path, run: str | Path, options: TrainOptions, *, size: str = "small", ranks: Ranks | None = None,
    views: ViewOptions | None = None,
) -> TrainReport:  # fmt: skip
    """Train on the split train of a merged library with notes, judged on its split valid.

    Args:
        shards: folder of the library.
        run: folder of the run; one that was stopped goes on.
        options: how to train; sequences are those of one rank.
        size: tiny, small or base.
        ranks: who takes part; None = this process alone.
        views: how views are drawn.

    Raises:
        LibraryError: no such library, not merged, without notes, or without a held-out piece.
        ModelError: the run cannot go on from what its folder holds.
    """
    ranks, views, library = ranks or Alone(), views or ViewOptions(), open_shards(shards)
    train = ShardBatches(library, views, seed=options.seed, rank=ranks.rank, world=ranks.world)
    held = ShardBatches(library, views, split="valid", seed=1)
    valid = [rows for step in range(HELD_OUT_STEPS) for rows in held.batch(step, HELD_OUT_SEQUENCES)]
    trainer = Trainer(FAMILIES["grid"].config(size, 0.0), train, valid, options, Path(run), ranks=ranks)
    return trainer.run()


def main(words: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shards", help="folder of a merged library with notes")
    parser.add_argument("--run", required=True, help="folder of the run")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--sequences", type=int, default=8, help="of full length, a step and process")
    parser.add_argument("--size", default="small", choices=("tiny", "small", "base"))
    parser.add_argument("--precision", default="auto", choices=("auto", "fp32", "bf16"))
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(words)
    if given.steps < 1 or given.sequences < 1:
        parser.error("--steps and --sequences are 1 or more")
    options = TrainOptions(
        steps=given.steps, sequences=given.sequences, precision=given.precision, seed=given.seed,
        warmup_steps=min(100, given.steps // 4),
    )  # fmt: skip
    try:
        ranks = Accelerated()
        report = train_on_shards(given.shards, given.run, options, size=given.size, ranks=ranks)
    except BandmateError as error:
        print(f"bandmate: {error}", file=sys.stderr)  # noqa: T201 - this is a command line
        return 2
    if ranks.rank == 0:
        print(json.dumps(asdict(report)))  # noqa: T201
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
