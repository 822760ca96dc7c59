"""Full against low-rank against prefix tuning, on libraries of several sizes, each in the same minutes.

    python benchmarks/learn_methods.py --data DIR [--songs 5 20 50 200] [--minutes 10] [--weights FILE]
    python benchmarks/learn_methods.py --size tiny     on a few pieces made by the groove book

Songs come from where `learn_songs.py` takes them; a smaller library is the beginning of a larger one. Beside them
`--judge` further songs of the same corpora are held back from every library. Reported for each run: the loss a row on
these songs before and after, the same on the works that the library itself holds out, steps and seconds. One seed, and
three at 20 songs. `best` says which method had the lowest mean loss on the songs held back, by songs in the library.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import torch
from learn_songs import SOURCES, collect, stand_in

from bandmate.library.catalog import Catalog
from bandmate.library.ingest import ingest
from bandmate.models.checkpoint import Weights, load_weights
from bandmate.models.grid import GridModel
from bandmate.training import learn as trainer
from bandmate.training.loop import row_losses
from bandmate.training.methods import METHODS
from bandmate.training.objectives import Batches, ViewOptions

SIZES, SEVERAL_AT, SEEDS = (5, 20, 50, 200), 20, (0, 1, 2)
JUDGE_STEPS = 10


@torch.no_grad()
def loss_of(weights: Weights, batches: list[Any]) -> float:
    """Loss a row of a model on batches, nats."""
    model = GridModel(weights.config).eval()
    model.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in weights.tensors.items()})
    total, rows = 0.0, 0
    for batch in batches:
        _, parts, count = row_losses(model, torch.from_numpy(batch))
        total, rows = total + sum(float(value) for value in parts.values()), rows + count
    return total / rows


def library_of(root: Path, files: list[Path], name: str) -> Path:
    """A folder with links to some files."""
    folder = root / name
    folder.mkdir()
    for number, path in enumerate(files):
        (folder / f"{number:03} {path.name}").symlink_to(path)
    return folder


def judges(root: Path, files: list[Path], steps: int) -> list[Any]:
    """Batches of songs that no library holds."""
    (root / "judge").mkdir()
    with Catalog(":memory:") as catalog:
        ingest(library_of(root, files, "held back"), catalog, workers=1)
        shard = trainer._shard(root / "judge", catalog)
    drawn = Batches(shard, {trainer._OLD: 1.0}, ViewOptions(transpose=False), seed=1)
    return [batch for step in range(steps) for batch in drawn.batch(step, 2)]


def run(folder: Path, target: Path, method: str, seed: int, minutes: float, judge: list[Any]) -> dict[str, Any]:
    """One library tuned by one method."""
    target.mkdir()
    with Catalog(target / "catalog.sqlite") as catalog:
        taken = ingest(folder, catalog, workers=1).taken
        report = trainer.fine_tune(target, catalog, minutes=minutes, method=method, seed=seed)
    return {
        "method": method, "seed": seed, "taken": taken, "pieces": report.pieces, "held_out": report.held_out,
        "steps": report.steps, "seconds": round(report.seconds, 1),
        "own_before": round(report.loss_before, 4), "own_after": round(report.loss_after, 4),
        "before": round(loss_of(trainer.shipped_weights(), judge), 4),
        "after": round(loss_of(load_weights(target / "weights.safetensors"), judge), 4),
    }  # fmt: skip


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder that holds corpus/")
    parser.add_argument("--songs", type=int, nargs="+", help="libraries; default 5 20 50 200, without --data 5")
    parser.add_argument("--judge", type=int, help="songs held back from every library; default 20, without --data 2")
    parser.add_argument("--judge-steps", type=int, default=JUDGE_STEPS, help="batches of four views of them")
    parser.add_argument("--minutes", type=float, default=10.0, help="of training, each run")
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    parser.add_argument("--weights", type=Path, help="weights to begin from instead of the shipped ones")
    parser.add_argument("--size", help="begin from random weights of this size")
    options = parser.parse_args(arguments)
    sizes = options.songs or (SIZES if options.data else (5,))
    held_back = options.judge or (20 if options.data else 2)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        taken = collect(options.data, max(sizes) + held_back, root / "songs", SOURCES)
        files = sorted(path for path in (root / "songs").rglob("*") if path.is_file())
        files = [path for _, path in sorted(zip(_mixed(len(files)), files, strict=True))]
        began_from = _begin_from(options, root)
        judge = judges(root, files[-held_back:], options.judge_steps)
        for songs in sizes:
            folder = library_of(root, files[:songs], f"library {songs}")
            for seed in SEEDS if songs == SEVERAL_AT else SEEDS[:1]:
                for method in options.methods:
                    target = root / f"{songs} {method} {seed}"
                    row = {"songs": songs, **run(folder, target, method, seed, options.minutes, judge)}
                    print(json.dumps(row), flush=True)
                    rows.append(row)
    result = {"sources": dict(taken), "began_from": began_from, "minutes": options.minutes, "held_back": held_back,
              "cores": os.cpu_count(), "rows": rows, "best": best_of(rows)}  # fmt: skip
    print(json.dumps(result))
    return result


def _mixed(count: int) -> list[int]:
    """A fixed order in which every beginning holds songs of all corpora."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(0)).tolist()


def _begin_from(options: argparse.Namespace, root: Path) -> str:
    if options.size is None:
        return stand_in(options.weights, "small", root)
    from model_weights import write_random

    path = write_random(root / "random.safetensors", options.size)
    return stand_in(path, options.size, root)


def best_of(rows: list[dict[str, Any]]) -> dict[int, str]:
    """The method of the lowest mean loss on the songs held back, by songs in the library."""
    losses: dict[int, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        losses[row["songs"]][row["method"]].append(row["after"])
    return {songs: min(by, key=lambda m, by=by: sum(by[m]) / len(by[m])) for songs, by in losses.items()}


if __name__ == "__main__":
    main()
