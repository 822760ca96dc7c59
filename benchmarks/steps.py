"""Whether "busier", "sparser" and "more syncopated" are heard: of `again`, and of `regenerate`.

    python benchmarks/steps.py [--genres 10] [--bars 8] [--candidates 4] [--words busier,sparser] [--ways again]

For each genre a take is written with a fixed seed, and its bass is changed by each word, once by `again` and once by
`regenerate` of all its bars. Counted are results that go a clear step the asked way: at least 15 % more notes a bar, or
15 % fewer the other way round, or 5 points more of strokes that are syncopated. Beside it the median step, how many of
the others say so in their report, and processor seconds a result.
"""

# ruff: noqa: E402 - one core means one thread of the matrix library, which is said before it loads
from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import json
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from bandmate.score.model import Score
from bandmate.settings import Settings
from bandmate.workflows.again import changed
from bandmate.workflows.compose import ComposeOptions, make_options, plan_request, understand
from bandmate.workflows.edits import run_edit
from bandmate.workflows.jobs import Job
from bandmate.workflows.making import make_music
from bandmate.workflows.take import Take
from bandmate.workflows.wishes import offbeat_share

GENRES = ("pop", "rock", "funk", "house", "jazz_swing", "bossa_nova", "soul", "hip_hop", "techno", "country")
WORDS = ("busier", "sparser", "more syncopated")
MORE, FEWER, SYNCOPATED = 1.15, 1 / 1.15, 0.05


def facts(score: Score) -> tuple[float, float]:
    """Notes, and the share of syncopated strokes, of the bass."""
    bass = next(n for n, track in enumerate(score.tracks) if track.role == "bass" or "bass" in track.name.lower())
    return float(len(score.tracks[bass].notes)), offbeat_share(score, bass)


def clear(word: str, before: tuple[float, float], after: tuple[float, float]) -> tuple[bool, float]:
    """Whether a word was heeded, and the step: a ratio of notes, or a difference of shares."""
    if word == "more syncopated":
        return after[1] - before[1] >= SYNCOPATED, after[1] - before[1]
    ratio = after[0] / max(1.0, before[0])
    return (ratio >= MORE if word == "busier" else ratio <= FEWER), ratio


def by_again(word: str, old: Take, folder: Path, options: argparse.Namespace) -> Take:
    chosen = ComposeOptions(seed=options.seed, candidates=options.candidates)
    request = changed(f"{word} bass", old, chosen, make_options(chosen, Settings(engine=options.engine)))
    return make_music(request, folder, Job())[0]


def by_regenerate(word: str, old: Take, folder: Path, options: argparse.Namespace) -> Take:
    return run_edit("regenerate", old.midi, word, tracks="bass", seed=options.seed, out=folder, engine=options.engine,
                    candidates=options.candidates, settings=Settings()).best  # fmt: skip


WAYS = {"again": by_again, "regenerate": by_regenerate}


def measured(options: argparse.Namespace, desk: Path) -> dict[str, dict[str, float]]:
    """The figures of each way and word."""
    found: dict[str, list[tuple[bool, float, bool, float]]] = defaultdict(list)
    for genre in GENRES[: options.genres]:
        chosen = ComposeOptions(genre=genre, tracks="drums,bass,chords,melody", bars=options.bars, seed=options.seed,
                                engine=options.engine, candidates=options.candidates)  # fmt: skip
        request = plan_request(understand("", chosen, Settings()), chosen, Settings())
        old = make_music(request, desk / genre, Job())[0]
        for way in options.ways.split(","):
            for word in options.words.split(","):
                started = time.process_time()
                take = WAYS[way](word, old, desk / genre / f"{way}-{word}", options)
                heeded, step = clear(word, facts(old.score), facts(take.score))
                said = not take.report["met"]
                found[f"{way} {word}"].append((heeded, step, said, time.process_time() - started))
    return {
        name: {"clear": sum(row[0] for row in rows), "of": len(rows),
               "median_step": float(np.median([row[1] for row in rows])),
               "others_that_say_so": sum(row[2] for row in rows if not row[0]),
               "seconds": float(np.mean([row[3] for row in rows]))}
        for name, rows in found.items()
    }  # fmt: skip


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--genres", type=int, default=len(GENRES))
    parser.add_argument("--bars", type=int, default=8)
    parser.add_argument("--candidates", type=int, default=4)
    parser.add_argument("--engine", default="default")
    parser.add_argument("--words", default=",".join(WORDS))
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as desk:
        os.environ["BANDMATE_HOME"] = str(Path(desk) / "home")
        rows = measured(options, Path(desk))
    print(f"{'':28}{'clear':>8}{'of':>4}{'median':>9}{'say so':>8}{'seconds':>9}")
    for name, row in rows.items():
        print(f"{name:28}{row['clear']:8d}{row['of']:4d}{row['median_step']:9.2f}{row['others_that_say_so']:8d}"
              f"{row['seconds']:9.2f}")  # fmt: skip
    result = {name: {key: round(value, 4) for key, value in row.items()} for name, row in rows.items()}
    print(json.dumps({"genres": options.genres, "rows": result}))
    return result


if __name__ == "__main__":
    main()
