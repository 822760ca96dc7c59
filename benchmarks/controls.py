"""Whether soft controls are met: density, polyphony and range that were asked for as "about so much".

    python benchmarks/controls.py [--model NAME|FILE] [--bars 8] [--genres 3]

For each genre, pitched track and control a take is written with the control set to a low, a middle and a high value
(`density ~4`, `polyphony ~2`, `range ~C4-C5`), and every cell (one bar of the track in which it sounds) is measured by
the descriptor of that name: notes a quarter, notes a stroke, lowest and highest pitch. Met = within one of the
descriptor's eight bins of what was asked; for a range, lowest and highest note lie in it to within one bin. Beside it
the same takes without the control, held against the same request: what chance would give.
"""

# ruff: noqa: E402 - one core means one thread of the matrix library, which is said before it loads
from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import json
import sys
from collections import defaultdict
from typing import Any

import numpy as np
from model_weights import find_weights

from bandmate.evaluation.controls import bars_met
from bandmate.generation.compose import write_takes
from bandmate.generation.words_locks import parse_locks
from bandmate.groovebook.plan import make_plan
from bandmate.score.brief import Brief
from bandmate.score.model import Score

GENRES = ("pop", "jazz_swing", "house", "soul", "rock", "bossa_nova")
ASKED: dict[str, dict[str, tuple[float, ...]]] = {
    "density": {"bass": (3, 6, 10), "chords": (4, 10, 18), "melody": (3, 6, 10)},  # notes a bar
    "polyphony": {"chords": (1, 2, 4)},  # notes that begin together
    "range": {"bass": (28, 34, 40), "chords": (48, 55, 60), "melody": (55, 64, 72)},  # lowest of 13 semitones
}


def met(control: str, value: float, score: Score, track: int) -> list[bool]:
    """For each cell of a track that sounds, whether a control is met; a range begins at its value."""
    return bars_met(control, value, value + 12 if control == "range" else value, score, track)


def text_of(control: str, role: str, value: float) -> str:
    return f"{role}: {control} ~{value:g}" + (f"-{value + 12:g}" if control == "range" else "")


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model")
    parser.add_argument("--size", default="small", help="of random weights, where there is no model")
    parser.add_argument("--bars", type=int, default=8)
    parser.add_argument("--genres", type=int, default=3)
    options = parser.parse_args(arguments)
    name, weights = find_weights(options.model, options.size)
    asked, free = defaultdict(list), defaultdict(list)
    for genre in GENRES[: options.genres]:
        brief = Brief(genre=genre, bars=options.bars, only=("bass", "chords", "melody"), loop=True)
        plain = write_takes(make_plan(brief, 1), [1], weights)[0].score
        for level in range(3):  # one value of each control a take; they bind different tracks and do not meet
            for control, roles in ASKED.items():
                wanted = {role: values[level] for role, values in roles.items()}
                locks = parse_locks([text_of(control, role, value) for role, value in wanted.items()])
                plan = make_plan(Brief(genre=genre, bars=options.bars, only=brief.only, loop=True, locks=locks), 1)
                score = write_takes(plan, [1], weights)[0].score
                for index, track in enumerate(plan.tracks):
                    if track.role in wanted:
                        asked[control, track.role] += met(control, wanted[track.role], score, index)
                        free[control, track.role] += met(control, wanted[track.role], plain, index)
    rows = [
        {"control": control, "role": role, "cells": len(cells), "met": float(np.mean(cells)),
         "without": float(np.mean(free[control, role]))}
        for (control, role), cells in asked.items()
    ]  # fmt: skip
    for row in rows:
        print(f"{row['control']:10s} {row['role']:7s} {row['cells']:5d} cells {row['met']:6.1%}   "
              f"without {row['without']:6.1%}", file=sys.stderr)  # fmt: skip
    every = np.concatenate([np.array(cells, float) for cells in asked.values()])
    print(f"all {every.mean():.1%} of {len(every)} cells within one bin", file=sys.stderr)
    return {"model": name, "rows": rows, "met": round(float(every.mean()), 4), "cells": len(every)}


if __name__ == "__main__":
    print(json.dumps(main()))
