"""What guidance on controls gives: takes by plan at several strengths, on the same plans with the same seeds.

    python benchmarks/guidance.py [--strengths 0.5 1 1.5 2.5] [--genres 12] [--bars 8]

Printed for each strength: lines of the card inside people's, their fit, the share of takes whose asked genre is heard
first, how far the notes of a cell lie from the sketch's (mean of |log2|), and seconds a take.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from model_weights import find_weights

from bandmate.analysis.genres import genre_ids
from bandmate.evaluation.genres import recognise
from bandmate.evaluation.quality import verdict
from bandmate.generation.compose import WriteOptions, write_takes
from bandmate.generation.filters import SamplingOptions
from bandmate.generation.form import sketch
from bandmate.groovebook.plan import make_plan
from bandmate.models.checkpoint import Weights
from bandmate.score.brief import Brief
from bandmate.score.model import Score
from bandmate.score.plan import Plan
from bandmate.tokenizers.grid import encode_piece


def off_sketch(plan: Plan, score: Score) -> float:
    """Mean |log2| of a cell's notes over the sketch's, where both sound."""
    asked, got = (np.zeros((len(plan.tracks), plan.bars)) for _ in range(2))
    rows = sketch(plan, plan.seed).pattern
    rows = rows[rows["bar"] < plan.bars]
    np.add.at(asked, (rows["track"], rows["bar"]), 1)
    kept = [index for index, track in enumerate(score.tracks) if len(track.notes)]
    notes = encode_piece(score, echoes=False).notes
    notes = notes[notes["bar"] < plan.bars]
    np.add.at(got, (np.array(kept)[notes["track"]], notes["bar"]), 1)
    both = (asked > 0) & (got > 0)
    return float(np.abs(np.log2(got[both] / asked[both])).mean())


def judge(plans: Sequence[Plan], weights: Weights, strength: float) -> dict[str, float]:
    """One strength."""
    options = WriteOptions(sampling=replace(SamplingOptions(), guidance=strength))
    began, rows = time.perf_counter(), []
    for plan in plans:
        score = write_takes(plan, [plan.seed], weights, options)[0].score
        card = verdict(score)
        rows.append((card.inside / max(1, card.lines), card.fit, recognise(score)[0][0] == plan.genre,
                     off_sketch(plan, score)))  # fmt: skip
    inside, fit, heard, off = np.mean(rows, axis=0).round(4).tolist()
    sec = round((time.perf_counter() - began) / len(plans), 2)
    return {"inside": inside, "fit": fit, "genre_heard": heard, "off_sketch": off, "sec": sec}


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="weights file or name of an installed model; default: the shipped one")
    parser.add_argument("--size", default="small", help="of random weights, where there is no model")
    parser.add_argument("--strengths", type=float, nargs="*", default=[0.5, 1.0, 1.5, 2.5])
    parser.add_argument("--genres", type=int, default=12)
    parser.add_argument("--bars", type=int, default=8)
    options = parser.parse_args(arguments)
    _, weights = find_weights(options.model, options.size)
    names = genre_ids()[:: max(1, len(genre_ids()) // options.genres)][: options.genres]
    plans = [make_plan(Brief(genre=name, bars=options.bars), seed) for seed, name in enumerate(names, 1)]
    result = {}
    for strength in options.strengths:
        result[f"{strength:g}"] = found = judge(plans, weights, strength)
        print(f"guidance {strength:4}  " + "  ".join(f"{name} {value}" for name, value in found.items()), flush=True)
    print(json.dumps(result))
    return result


if __name__ == "__main__":
    main()
