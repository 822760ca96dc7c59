"""How fast a quote is traced to its piece, whether all are, and what a ban of copies costs while sampling.

    python benchmarks/origin.py [--notes 1000000] [--quotes 200] [--bars 16] [--model NAME] [--no-copy 8,12]

A library of so many notes (random walks over a scale, with a rhythm) is installed as a model beside the shipped one.
Asked are quotes of 8 to 40 notes from it in other keys and tempos, a take of the shipped model, and both again by the
command line in a process of its own. Then plans are written with and without a ban, by the same seeds. Seconds of the
processor stand beside seconds on the wall: on a machine with other work the first say what a quiet one would take.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from model_weights import find_weights

from bandmate.generation.compose import WriteOptions, write_takes
from bandmate.generation.no_copy import NoCopy
from bandmate.groovebook.plan import make_plan
from bandmate.library.origin_file import save_origins
from bandmate.library.origins import OriginIndex, Piece
from bandmate.library.runs import coded_lines
from bandmate.models.checkpoint import Weights
from bandmate.score.brief import Brief
from bandmate.score.model import Score, Track, make_notes
from bandmate.workflows.catalogs import ORIGINS_FILE, catalogs_of, open_catalog

TUNE_NOTES = 1000
GENRES = ("pop", "funk")


def tune(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Onsets in ticks and pitches of a piece of the library."""
    draw = np.random.default_rng(number)
    scale = np.array([0, 2, 4, 5, 7, 9, 11])
    degree = 27 - np.abs((np.cumsum(draw.integers(-3, 4, TUNE_NOTES)) + 14) % 55 - 27)
    onset = np.append(0, np.cumsum(draw.choice([120, 240, 240, 480, 720], TUNE_NOTES - 1)))
    return onset, 36 + scale[degree % 7] + 12 * (degree // 7)


def score_of(onset: np.ndarray, pitch: np.ndarray) -> Score:
    return Score((Track("melody", notes=make_notes(onset, 100, pitch)),))


def library(notes: int) -> Iterator[tuple[str, str, Score]]:
    for number in range(max(1, notes // TUNE_NOTES)):
        yield f"tune {number}.mid", str(number), score_of(*tune(number))


def quotes(index: OriginIndex, count: int) -> int:
    """How many of some quotes in other keys and tempos are traced to their piece in full."""
    draw, found = np.random.default_rng(1), 0
    for _ in range(count):
        number, length = int(draw.integers(len(index))), int(draw.integers(8, 41))
        onset, pitch = tune(number)
        first = int(draw.integers(TUNE_NOTES - length))
        part = slice(first, first + length)
        asked = score_of((onset[part] - onset[first]) * 2, pitch[part] + int(draw.integers(-6, 7)))
        runs = index.shared_runs(asked)
        few = len(np.unique(np.diff(pitch[part]))) < 3  # such a run does not count
        found += few or any(run.notes == length and run.works >= 1 for run in runs)
    return found


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """What it gives, seconds of the processor, seconds on the wall."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    return result, round(time.process_time() - cpu, 3), round(time.perf_counter() - wall, 3)


def by_command(file: Path, model: str) -> dict[str, float]:
    """Seconds of `bandmate origin` from the start of its process."""
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-m", "bandmate", "origin", str(file), "--model", model, "--json"], check=True,
                   capture_output=True)  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu_sec": round(cpu, 3), "wall_sec": round(time.perf_counter() - wall, 3)}


def written(
    weights: Weights, bars: int, takes: int, catalogs: tuple[OriginIndex, ...], limit: int | None
) -> dict[str, Any]:
    """Rows a second of some plans, and their longest runs."""
    options = WriteOptions("onnx", no_copy=None if limit is None else NoCopy(catalogs, limit))
    rows, cpu, wall, longest = 0, 0.0, 0.0, []
    for number, genre in enumerate(GENRES):
        plan = make_plan(Brief(genre=genre, bars=bars), number)
        seeds = [number * 100 + take for take in range(takes)]
        done, spent, took = timed(lambda plan=plan, seeds=seeds: write_takes(plan, seeds, weights, options))
        rows, cpu, wall = rows + sum(take.rows for take in done), cpu + spent, wall + took
        for take in done:
            runs = [run.notes for catalog in catalogs for run in catalog.shared_runs(take.score)]
            longest.append(max(runs, default=0))
    return {"rows": rows, "rows_a_cpu_sec": round(rows / cpu), "rows_a_sec": round(rows / wall),
            "longest": max(longest), "longest_median": float(np.median(longest))}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notes", type=int, default=1_000_000, help="of the library")
    parser.add_argument("--quotes", type=int, default=200)
    parser.add_argument("--bars", type=int, default=16)
    parser.add_argument("--takes", type=int, default=8, help="written in one batch")
    parser.add_argument("--model", help="a file or an installed model (default: the shipped one)")
    parser.add_argument("--size", default="small", help="of random weights, where there is no model")
    parser.add_argument("--no-copy", default="8,12", help="limits to try")
    options = parser.parse_args(arguments)
    result: dict[str, Any] = {}
    weights = find_weights(options.model, options.size)[1]
    with tempfile.TemporaryDirectory() as home:
        os.environ["BANDMATE_HOME"] = home
        folder = Path(home) / "data" / "models" / "library"
        folder.mkdir(parents=True)
        lines = coded_lines(library(options.notes))
        pieces = [Piece(name, name, work) for name, work in zip(lines.names, lines.works, strict=True)]
        path = save_origins(OriginIndex.of_lines(lines, pieces), folder / ORIGINS_FILE)
        index, load_cpu, _ = timed(lambda: open_catalog(path))
        size = round(path.stat().st_size / 1e6, 1)
        result["library"] = {"notes": index.notes, "megabytes": size, "load_cpu_sec": load_cpu}
        result["quotes"] = {"asked": options.quotes, "traced": quotes(index, options.quotes)}
        file = Path(home) / "take.mid"
        take = write_takes(make_plan(Brief(genre="pop", bars=options.bars), 1), [1], weights)[0].score
        take.write(file)
        shipped = {name: open_catalog(place) for name, place in catalogs_of().items()}
        for name, catalog in {"library": index, **shipped}.items():
            _, cpu, wall = timed(lambda catalog=catalog: catalog.shared_runs(take))
            result[f"take_in_{name}"] = {"warm_cpu_sec": cpu, "warm_wall_sec": wall, **by_command(file, name)}
        onset, pitch = tune(0)
        _, cpu, wall = timed(lambda: index.shared_runs(score_of(onset, pitch)))
        result["whole_piece_in_library"] = {"warm_cpu_sec": cpu, "warm_wall_sec": wall}
    catalogs = tuple(shipped.values())
    for limit in (None, *map(int, options.no_copy.split(","))):
        result[f"no_copy_{limit or 'off'}"] = written(weights, options.bars, options.takes, catalogs, limit)
    for name, row in result.items():
        print(f"{name:24} {row}")
    print(json.dumps(result))
    return result


if __name__ == "__main__":
    main()
