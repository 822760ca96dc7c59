"""How soon marks teach what a listener likes, and whether a tuned model agrees with takes that it never saw.

    python benchmarks/preference.py [--takes 16] [--bars 4] [--passes 1] [--line drum_density] [--model NAME]

A listener who likes takes that lie high on one line of the report card, with a whim, stars the upper half of a session
and discards the lower. The small preference model learns from 4, 8 ... marks and is asked about the takes of another
session. Then the grid model is tuned on the marks, and asked about the pairs that were held out.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
from model_weights import find_weights

from bandmate.evaluation.preference import LINES, fit, pairs, row_of
from bandmate.evaluation.quality import verdict
from bandmate.generation.compose import WriteOptions, write_takes
from bandmate.groovebook.plan import make_plan
from bandmate.models.checkpoint import Weights
from bandmate.score.brief import Brief
from bandmate.score.model import Score

WHIM = 0.1  # of the listener, in widths of what people do
BAND = ("drums", "bass", "chords", "melody")


def session(weights: Weights, count: int, bars: int, seed: int) -> list[Score]:
    """Takes of one Brief, each with a plan of its own."""
    found = []
    for number in range(count):
        plan = make_plan(Brief(genre="pop", bars=bars, only=BAND), seed + number, shared=seed)
        found.append(write_takes(plan, [seed + number], weights, WriteOptions("onnx"))[0].score)
    return found


def marked(rows: np.ndarray, line: str, seed: int) -> np.ndarray:
    """2 = starred, 0 = discarded: the upper and the lower half on a line, with a whim."""
    value = rows[:, LINES.index(line)] + np.random.default_rng(seed).normal(0, WHIM, len(rows))
    return np.where(value > np.median(value), 2, 0)


def tuned(weights: Weights, scores: Sequence[Score], marks: np.ndarray, passes: int) -> dict[str, Any]:
    """What held-out pairs say of the tuned model."""
    from bandmate.tokenizers.grid import encode_piece
    from bandmate.training.preference import Graded, PreferenceOptions, rows_of, tune

    takes = [Graded(rows, "one", int(mark)) for score, mark in zip(scores, marks, strict=True)
             if (rows := rows_of(encode_piece(score))) is not None]  # fmt: skip
    return tune(weights, takes, PreferenceOptions(passes=passes))[1].to_json()


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--takes", type=int, default=16, help="of each session")
    parser.add_argument("--bars", type=int, default=4)
    parser.add_argument("--passes", type=int, default=1)
    parser.add_argument("--line", help="that the listener likes high (default: the one in which the takes differ most)")
    parser.add_argument("--model", help="a file or an installed model (default: the shipped one)")
    parser.add_argument("--size", default="small", help="of random weights, where there is no model")
    options = parser.parse_args(arguments)
    weights = find_weights(options.model, options.size)[1]
    heard, unheard = (session(weights, options.takes, options.bars, seed) for seed in (100, 5000))
    rows, others = (np.stack([row_of(verdict(score).places) for score in scores]) for scores in (heard, unheard))
    line = options.line or LINES[int(np.argmax(rows.std(0)))]
    marks, theirs = marked(rows, line, 1), marked(others, line, 2)
    asked = pairs(others, theirs)
    result: dict[str, Any] = {"line": line, "agreement_by_marks": {}}
    for count in range(4, options.takes + 1, 4):
        learned = fit(pairs(rows[:count], marks[:count]))
        result["agreement_by_marks"][count] = round(learned.agreement(asked), 3)
    if find_spec("torch"):
        result["tuned"] = tuned(weights, heard, marks, options.passes)
    for name, row in result.items():
        print(f"{name:20} {row}")
    print(json.dumps(result))
    return result


if __name__ == "__main__":
    main()
