"""How soon marks teach what a listener likes, and whether a tuned model agrees with takes that it never saw.

    python benchmarks/preference.py [--takes 16] [--bars 4] [--passes 1] [--line drum_density] [--model NAME]
                                    [--listeners line,spare,busy]

Made-up listeners star the upper half of a session and discard the lower, by what they like and a whim. `line` likes
takes that lie high on one line of the report card. `spare` likes few notes, low and on the beat, `busy` many and
syncopated: by the notes themselves, whose height no line of the card measures. The small preference model learns from
4, 8 ... marks and is asked about the takes of another session. Then the grid model is tuned on the marks, asked about
the pairs that were held out, and writes a third session: how that stands with the listener beside the same plans by the
weights that it began from, in standard deviations of the first session.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
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
from bandmate.workflows.wishes import offbeat_share

WHIM = 0.1  # of the listener, in widths of what people do, or standard deviations of a session
SPARE = {"notes": -1.0, "height": -1.0, "offbeat": -1.0}  # what listeners weigh, in standard deviations
BUSY = {"notes": 1.0, "height": 0.0, "offbeat": 1.0}
LISTENERS = {"spare": SPARE, "busy": BUSY}
BAND = ("drums", "bass", "chords", "melody")


def session(weights: Weights, count: int, bars: int, seed: int) -> list[Score]:
    """Takes of one Brief, each with a plan of its own."""
    found = []
    for number in range(count):
        plan = make_plan(Brief(genre="pop", bars=bars, only=BAND), seed + number, shared=seed)
        found.append(write_takes(plan, [seed + number], weights, WriteOptions("onnx"))[0].score)
    return found


def heard_in(score: Score) -> dict[str, float]:
    """What listeners go by: notes, mean pitch of the pitched tracks, mean share of syncopated strokes."""
    pitched = [track.notes["pitch"] for track in score.tracks if not track.is_drum and len(track.notes)]
    offbeat = [offbeat_share(score, place) for place, track in enumerate(score.tracks) if len(track.notes)]
    height = float(np.mean(np.concatenate(pitched))) if pitched else 0.0
    return {"notes": float(score.note_count), "height": height, "offbeat": float(np.mean(offbeat or [0.0]))}


def liked(scores: Sequence[Score], rows: np.ndarray, listener: str, line: str, among: Sequence[Score]) -> np.ndarray:
    """How much a listener likes some takes, without a whim; for those of LISTENERS in standard deviations of others."""
    if listener not in LISTENERS:
        return rows[:, LINES.index(line)]
    total = np.zeros(len(scores))
    for name, weight in LISTENERS[listener].items():
        known = np.array([heard_in(score)[name] for score in among])
        mine = np.array([heard_in(score)[name] for score in scores])
        total += weight * (mine - known.mean()) / max(float(known.std()), 1e-9)
    return total


def marked(value: np.ndarray, seed: int) -> np.ndarray:
    """2 = starred, 0 = discarded: the upper and the lower half of what is liked, with a whim."""
    value = value + np.random.default_rng(seed).normal(0, WHIM, len(value))
    return np.where(value > np.median(value), 2, 0)


def tuned(weights: Weights, scores: Sequence[Score], marks: np.ndarray, passes: int) -> tuple[Weights, dict[str, Any]]:
    """The tuned weights, and what held-out pairs say of them."""
    from bandmate.tokenizers.grid import encode_piece
    from bandmate.training.preference import Graded, PreferenceOptions, rows_of, tune

    takes = [Graded(rows, "one", int(mark)) for score, mark in zip(scores, marks, strict=True)
             if (rows := rows_of(encode_piece(score))) is not None]  # fmt: skip
    after, report = tune(weights, takes, PreferenceOptions(passes=passes))
    return replace(weights, tensors=after), report.to_json()


def after_tuning(
    before: Weights, after: Weights, listener: str, line: str, heard: Sequence[Score], options: argparse.Namespace
) -> dict[str, float]:
    """How much a listener likes a further session by either weights, on the same plans and seeds, as means."""
    means = []
    for weights in (before, after):
        scores = session(weights, options.takes, options.bars, 9000)
        rows = np.stack([row_of(verdict(score).places) for score in scores])
        means.append(liked(scores, rows, listener, line, heard))
    more = means[1] - means[0]
    error = float(more.std(ddof=1) / np.sqrt(len(more)))
    return {"before": round(float(means[0].mean()), 3), "after": round(float(means[1].mean()), 3),
            "error_of_difference": round(error, 3), "liked_more": int((more > 0).sum()), "of": len(more)}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--takes", type=int, default=16, help="of each session")
    parser.add_argument("--bars", type=int, default=4)
    parser.add_argument("--passes", type=int, default=1)
    parser.add_argument("--line", help="that the listener likes high (default: the one in which the takes differ most)")
    parser.add_argument("--listeners", default="line,spare,busy")
    parser.add_argument("--model", help="a file or an installed model (default: the shipped one)")
    parser.add_argument("--size", default="small", help="of random weights, where there is no model")
    options = parser.parse_args(arguments)
    weights = find_weights(options.model, options.size)[1]
    heard, unheard = (session(weights, options.takes, options.bars, seed) for seed in (100, 5000))
    rows, others = (np.stack([row_of(verdict(score).places) for score in scores]) for scores in (heard, unheard))
    line = options.line or LINES[int(np.argmax(rows.std(0)))]
    result: dict[str, Any] = {"line": line}
    for listener in options.listeners.split(","):
        marks = marked(liked(heard, rows, listener, line, heard), 1)
        asked = pairs(others, marked(liked(unheard, others, listener, line, heard), 2))
        found: dict[str, Any] = {"agreement_by_marks": {}}
        for count in range(4, options.takes + 1, 4):
            learned = fit(pairs(rows[:count], marks[:count]))
            found["agreement_by_marks"][count] = round(learned.agreement(asked), 3)
        if find_spec("torch"):
            after, found["tuned"] = tuned(weights, heard, marks, options.passes)
            found["next_session"] = after_tuning(weights, after, listener, line, heard, options)
        result[listener] = found
    for name, row in result.items():
        print(f"{name:20} {row}")
    print(json.dumps(result))
    return result


if __name__ == "__main__":
    main()
