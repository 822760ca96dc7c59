"""Full against low-rank against prefix tuning, on libraries of several sizes, each in the same minutes.

    python benchmarks/learn_methods.py --data DIR [--songs 20 5 50 200] [--minutes 10] [--weights FILE]
    python benchmarks/learn_methods.py --data DIR --keep FOLDER --processor     in several sittings, beside other work
    python benchmarks/learn_methods.py --data DIR --sources openscore_lieder --songs 50     music of one kind
    python benchmarks/learn_methods.py --size tiny     on a few pieces made by the groove book

Songs are those that the shipped model never saw, of the full-band corpora first, then of Lieder, quartets and chorales;
a smaller library is the beginning of a larger one. Beside them `--judge` further songs of the same corpora are held
back from every library. Reported for each run: the loss a row on these songs before and after, the same on the works
that the library itself holds out, steps and seconds. One seed, and three at 20 songs. `best` says which method had the
lowest mean loss on the songs held back, by songs in the library.

What is most wanted comes first: every method once on the smaller libraries, then the other seeds, then the largest.
`--keep` writes each finished run to a file there, and leaves it out the next time. `--processor` counts the minutes in
seconds of the processor, so that what runs beside it takes nothing away; with one thread (`OMP_NUM_THREADS=1`) they are
minutes of one core.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from learn_songs import SOURCES, collect, stand_in

from bandmate.io.atomic import write_text_atomic
from bandmate.library.catalog import Catalog
from bandmate.library.ingest import ingest
from bandmate.models.checkpoint import Weights, load_weights
from bandmate.models.grid import GridModel
from bandmate.training import learn as trainer
from bandmate.training.losses import row_losses
from bandmate.training.methods import METHODS
from bandmate.training.objectives import Batches, ViewOptions

SIZES, SEVERAL_AT, SEEDS = (20, 5, 50, 200), 20, (0, 1, 2)
LARGE = 100  # songs; such libraries come last
MORE_SOURCES = ("openscore_lieder", "openscore_quartets", "jsb_chorales")  # the bands alone are too few
JUDGE_STEPS = 10
PATIENT_SEC = 86_400.0  # for a file: what runs beside this must leave none out


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
        ingest(library_of(root, files, "held back"), catalog, workers=1, file_seconds=PATIENT_SEC)
        shard = trainer._shard(root / "judge", catalog)
    drawn = Batches(shard, {trainer._OLD: 1.0}, ViewOptions(transpose=False), seed=1)
    return [batch for step in range(steps) for batch in drawn.batch(step, 2)]


def run(
    folder: Path, target: Path, method: str, seed: int, options: argparse.Namespace, judge: list[Any]
) -> dict[str, Any]:
    """One library tuned by one method."""
    target.mkdir()
    clock = time.process_time if options.processor else time.perf_counter
    with Catalog(target / "catalog.sqlite") as catalog:
        taken = ingest(folder, catalog, workers=1, file_seconds=PATIENT_SEC).taken
        report = trainer.fine_tune(target, catalog, minutes=options.minutes, method=method, seed=seed, clock=clock)
    return {
        "method": method, "seed": seed, "taken": taken, "pieces": report.pieces, "held_out": report.held_out,
        "steps": report.steps, "seconds": round(report.seconds, 1),
        "own_before": round(report.loss_before, 4), "own_after": round(report.loss_after, 4),
        "before": round(loss_of(trainer.shipped_weights(), judge), 4),
        "after": round(loss_of(load_weights(target / "weights.safetensors"), judge), 4),
    }  # fmt: skip


def runs(sizes: Sequence[int], methods: Sequence[str]) -> list[tuple[int, int, str]]:
    """(songs, seed, method) of every run, the most wanted first."""
    every = [
        (songs, seed, method)
        for songs in sizes
        for seed in (SEEDS if songs == SEVERAL_AT else SEEDS[:1])
        for method in methods
    ]
    return sorted(every, key=lambda one: (one[0] >= LARGE, one[1] > 0))


def finished(options: argparse.Namespace, root: Path, took: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Rows of all runs: those kept of an earlier sitting, and the others as they are done.

    Args:
        options: of the command line.
        root: a folder that holds the songs.
        took: what all runs have in common; kept ones of another setting are refused.
    """
    files = sorted(path for path in (root / "songs").rglob("*") if path.is_file())
    files = [path for _, path in sorted(zip(_mixed(len(files)), files, strict=True))]
    if len(files) < max(options.songs) + options.judge:
        sys.exit(f"there are {len(files)} songs, {max(options.songs)} and {options.judge} held back are asked for")
    judge = judges(root, files[-options.judge :], options.judge_steps)
    for songs in options.songs:
        library_of(root, files[:songs], f"library {songs}")
    for songs, seed, method in runs(options.songs, options.methods):
        kept = options.keep / f"{songs} {method} {seed}.json" if options.keep else None
        if kept and kept.exists():
            row = json.loads(kept.read_text(encoding="utf-8"))
            if {name: row[name] for name in took} != took:
                sys.exit(f"{kept} is of another setting; give another folder")
        else:
            target = root / f"{songs} {method} {seed}"
            row = {"songs": songs, **run(root / f"library {songs}", target, method, seed, options, judge), **took}
            if kept:
                write_text_atomic(kept, json.dumps(row))
        yield row


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder that holds corpus/")
    parser.add_argument("--songs", type=int, nargs="+", help="libraries; default 20 5 50 200, without --data 5")
    parser.add_argument("--judge", type=int, help="songs held back from every library; default 20, without --data 2")
    parser.add_argument("--judge-steps", type=int, default=JUDGE_STEPS, help="batches of four views of them")
    parser.add_argument("--minutes", type=float, default=10.0, help="of training, each run")
    parser.add_argument("--processor", action="store_true", help="count them in seconds of the processor")
    parser.add_argument("--keep", type=Path, help="folder for finished runs, which are not done again")
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    parser.add_argument("--sources", nargs="+", default=[*SOURCES, *MORE_SOURCES], help="corpora that songs come from")
    parser.add_argument("--weights", type=Path, help="weights to begin from instead of the shipped ones")
    parser.add_argument("--size", help="begin from random weights of this size")
    options = parser.parse_args(arguments)
    options.songs = options.songs or (SIZES if options.data else (5,))
    options.judge = options.judge or (20 if options.data else 2)
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        taken = collect(options.data, max(options.songs) + options.judge, root / "songs", options.sources)
        began_from = _begin_from(options, root)
        took = {"minutes": options.minutes, "processor": options.processor, "judge_steps": options.judge_steps,
                "sources": dict(taken), "began_from": trainer.shipped_weights().digest}  # fmt: skip
        for row in finished(options, root, took):
            rows.append(row)
            print(json.dumps({name: value for name, value in row.items() if name not in took}), flush=True)
            print(f"{len(rows)} runs, best so far: {best_of(rows)}", file=sys.stderr, flush=True)
    result = {"sources": dict(taken), "began_from": began_from, "minutes": options.minutes, "held_back": options.judge,
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
