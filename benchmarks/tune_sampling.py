"""Which temperatures make takes most like people's music: the free model under several soft filters, same frames.

    python benchmarks/tune_sampling.py --data DIR [--model FILE] [--frames 40] [--each 4] [--variants NAME ...]

Every variant fills the same frames with the same seeds. Printed are the AUC of the two-sample test, the mean distance
of the lines' distributions from people's, the share of lines inside, notes a bar, and the lines that tell most (with a
minus where takes have less of them than people).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from model_weights import find_weights
from report_card import frames_drawn, measure_windows, people, stand_in

from bandmate.evaluation.excerpt import windows
from bandmate.evaluation.frames import frame_of
from bandmate.evaluation.measured import measured, together
from bandmate.evaluation.report import report_card
from bandmate.evaluation.twosample import line_distances, two_sample_auc
from bandmate.evaluation.yardstick import spread_of
from bandmate.generation.compose import WriteOptions
from bandmate.generation.filters import FieldFilter, SamplingOptions
from bandmate.generation.free import FREE, fill_frames

_ONE = FieldFilter()
PLAIN = SamplingOptions(_ONE, _ONE, _ONE, _ONE, _ONE, _ONE, _ONE, _ONE)


def warm(temperature: float, top_p: float = 1.0, *fields: str, base: SamplingOptions = PLAIN) -> SamplingOptions:
    """The same with some fields drawn otherwise."""
    return replace(base, **dict.fromkeys(fields, FieldFilter(temperature, 0, top_p)))


def fields(notes: Sequence[tuple[float, float]], velocity: Any, micro: Any, level: Any, echo: Any) -> SamplingOptions:
    """Temperature and top-p of position, pitch and duration, then of touch and of form."""
    pairs = zip((*NOTES, "velocity", "micro", "level", "echo"), (*notes, velocity, micro, level, echo), strict=True)
    return replace(PLAIN, **{name: FieldFilter(temperature, 0, top_p) for name, (temperature, top_p) in pairs})


MOST = 10
NOTES = ("position", "pitch", "duration")
WARM, PLAIN_ONE = (0.95, 0.98), (1.0, 1.0)
VARIANTS = {
    "plain": PLAIN,
    "default": SamplingOptions(),
    "nucleus98": warm(1.0, 0.98, *NOTES, "velocity", "micro"),
    "nucleus95": warm(1.0, 0.95, *NOTES, "velocity", "micro"),
    "cool95": warm(0.95, 0.97, *NOTES, "velocity", "micro"),
    "cool90": warm(0.90, 0.97, *NOTES, "velocity", "micro"),
    "cool85": warm(0.85, 0.97, *NOTES, "velocity", "micro"),
    "pitch90": warm(0.90, 0.97, "pitch", base=warm(0.95, 0.98, *NOTES, "velocity", "micro")),
    "pitch80": warm(0.80, 0.97, "pitch", base=warm(0.95, 0.98, *NOTES, "velocity", "micro")),
    "form90": warm(0.9, 0.97, "level", "echo", base=warm(0.95, 0.98, *NOTES, "velocity", "micro")),
    "form80": warm(0.8, 0.95, "level", "echo", base=warm(0.95, 0.98, *NOTES, "velocity", "micro")),
    "tuned": fields((WARM, (0.92, 0.97), WARM), (1.0, 0.99), PLAIN_ONE, (0.85, 0.98), (0.8, 0.95)),
    "cooler": fields(((0.92, 0.97), (0.85, 0.95), (0.92, 0.97)), (0.98, 0.99), PLAIN_ONE, (0.75, 0.95), (0.65, 0.9)),
    "free": FREE,
    "tighter": fields((WARM, WARM, WARM), WARM, (1.0, 0.99), (0.9, 0.97), (0.9, 0.97)),
    "livelier": fields((WARM, WARM, WARM), (1.05, 0.995), (1.15, 1.0), (0.9, 0.97), (1.0, 0.98)),
    "no_copying": replace(warm(0.95, 0.97, *NOTES, "velocity", "micro"), copying=False),
}


def higher(everyone: Any, takes: Any, line: str) -> bool:
    """Whether takes have more of a line than people."""
    return bool(np.nanmean(takes.column(line)) > np.nanmean(everyone.column(line)))


def judge(found: list[Any], each: int, fill: Any, everyone: Any, yard: Any, seed: int) -> dict[str, Any]:
    """One variant: takes written and measured."""
    began = time.perf_counter()
    chosen = [window for window in found for _ in range(each)]
    scores = fill([frame_of(excerpt) for _, _, excerpt in chosen], seed)
    takes = together(
        [measured([("takes", work, score)], strict=False) for (_, work, _), score in zip(chosen, scores, strict=True)]
    )
    away = line_distances(everyone, takes)
    notes = float(
        np.mean([score.note_count / excerpt.bar_count for score, (_, _, excerpt) in zip(scores, chosen, strict=True)])
    )
    return {
        "auc": round(two_sample_auc(everyone, takes), 4), "distance": round(float(np.mean(list(away.values()))), 4),
        "inside": round(report_card(takes, yard).share, 4), "notes_a_bar": round(notes, 2),
        "furthest": {n: round(v if higher(everyone, takes, n) else -v, 2) for n, v in list(away.items())[:MOST]},
        "sec": round(time.perf_counter() - began, 1),
    }  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder that holds corpus/; without it, pieces of the groove book")
    parser.add_argument("--model", help="weights file or name of an installed model; default: the shipped one")
    parser.add_argument("--size", default="small", help="of random weights, where there is no model")
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--each", type=int, default=4)
    parser.add_argument("--bars", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--variants", nargs="*", default=list(VARIANTS), choices=list(VARIANTS))
    options = parser.parse_args(arguments)
    _, weights = find_weights(options.model, options.size)
    pieces = people(options.data) if options.data else stand_in(max(6, options.frames))
    found = [(s, w, e) for s, w, score in pieces for e in windows(score, options.bars)]
    everyone = measure_windows(found)
    chosen = frames_drawn(found, options.frames, options.seed)
    result: dict[str, Any] = {}
    for name in options.variants:
        soft = VARIANTS[name]
        result[name] = judge(
            chosen, options.each, lambda f, s, soft=soft: fill_frames(f, s, weights, WriteOptions(sampling=soft)),
            everyone, spread_of(everyone, "band"), options.seed,
        )  # fmt: skip
        row = result[name]
        lines = ", ".join(f"{line} {value}" for line, value in row["furthest"].items())
        print(f"{name:12} AUC {row['auc']:.3f}  distance {row['distance']:.3f}  inside {row['inside']:.3f}  "
              f"notes {row['notes_a_bar']:.1f}  {row['sec']:.0f} s  {lines}", flush=True)  # fmt: skip
    print(json.dumps(result))
    return result


if __name__ == "__main__":
    main()
