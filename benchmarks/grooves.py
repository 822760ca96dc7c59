"""How near a typed beat comes to the drummer when it is played with a groove.

python benchmarks/grooves.py [--data DIR] [--clips 20]

Each clip is halved, and eight bars of the second half are typed: every stroke on the grid, all of one velocity. They
are played with the groove of the first half (like), with the tables of the drummer's style (style), by the grid model
(model), by the model that is told the style (model, told), and held against what the drummer did. Velocity: how it
goes with the drummer's (correlation) and the mean error, after both are brought to one mean. Timing: mean error, and
standard deviation of the distance from the grid, in ms. Timing is mostly chance, so its distribution counts: the
distances are 1-Wasserstein, velocities by voice, lateness by voice and kind of place, weighted by strokes. With
`--data`, performances of the test and validation splits of Groove MIDI (`DIR/corpus/groove_midi`), but not those whose
drums were lent to songs of `pop909_band`, which the shipped model learned from. Without, a few of the groove book.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from bandmate.analysis.meter import score_bars
from bandmate.generation.compose import WriteOptions, open_weights
from bandmate.generation.feel import model_groove
from bandmate.generation.scene import with_roles
from bandmate.groovebook.drum_touch import place_of
from bandmate.groovebook.grooves import STYLES, apply_groove, groove_of, style_groove
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.groovebook.strokes import Strokes, strokes_of_all
from bandmate.io.files import read
from bandmate.score.brief import Brief
from bandmate.score.cut import trim
from bandmate.score.model import Score
from bandmate.workflows.models import find_model

LONG_SEC, FEWEST_BARS, BARS = 30, 8, 8
FEWEST_STROKES = 5  # of a kind, to compare its distributions
FIGURES = ("velocity r", "velocity error", "timing error", "timing sd", "velocity W1", "timing W1")


def performances(folder: Path | None, count: int) -> Iterator[tuple[Score, str]]:
    """Scores whose one track with notes is drums, and their styles."""
    if folder is None:
        for seed in range(min(count, 2)):
            yield play(make_plan(Brief(genre="funk", bars=16, loop=True, only=("drums",)), seed), seed), "funk"
        return
    home = folder / "corpus" / "groove_midi"
    lent = {name for row in _manifest(home.with_name("pop909_band")) for name in row["tags"].get("drum_files", ())}
    long = [row for row in _manifest(home) if row["secs"] > LONG_SEC and row["tags"].get("split") != "train"]
    long = [row for row in long if row["file"] not in lent]
    random.Random(1).shuffle(long)
    for row in long:
        score = read(home / row["file"])
        if len(score_bars(score)) >= 2 * FEWEST_BARS and count > 0:
            count -= 1
            style = row["tags"]["genre"][0].split("/")[0].split("-")[0]
            yield score, style if style in STYLES else "pop"


def _manifest(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]


def typed(score: Score, track: int) -> Score:
    """The same strokes on the grid, all of their mean velocity."""
    strokes, swing, bars = strokes_of_all(score)
    rows, notes = strokes[track], score.tracks[track].notes.copy()
    places = bars["start_ticks"][rows.bar] + np.rint(swing.bent(rows.straight) * score.ticks_per_quarter)
    notes["onset_ticks"] = np.maximum(0, places)
    notes["velocity"] = round(float(notes["velocity"].mean()))
    tracks = list(score.tracks)
    tracks[track] = tracks[track].with_notes(notes[np.argsort(notes["onset_ticks"], kind="stable")])
    return replace(score, tracks=tuple(tracks))


def compared(human: Score, other: Score, track: int) -> tuple[float, ...]:
    """FIGURES of a performance beside the drummer's."""
    pairs, ms = [], 60000 / human.bpm / human.ticks_per_quarter
    for score in (human, other):
        notes = score.tracks[track].notes
        pairs.append(notes[np.lexsort((notes["onset_ticks"], notes["pitch"]))])
    one, two = (rows["velocity"].astype(float) for rows in pairs)
    goes_with = float(np.corrcoef(one, two)[0, 1]) if two.std() > 0 else 0.0
    error = np.abs((one - one.mean()) - (two - two.mean())).mean()
    off = np.abs(pairs[0]["onset_ticks"] - pairs[1]["onset_ticks"]).mean() * ms
    a, b = strokes_of_all(human)[0][track], strokes_of_all(other)[0][track]
    loud = _distance(a.velocity, a.group, b.velocity, b.group)
    late = _distance(a.late_ms, _kinds(a), b.late_ms, _kinds(b))
    return goes_with, float(error), float(off), float(b.late_ms.std()), loud, late


def _kinds(strokes: Strokes) -> NDArray[np.int64]:
    return strokes.group * 100 + place_of(strokes.straight)


def _distance(one: NDArray[np.float64], one_kind: NDArray[np.int64], two: NDArray[np.float64],
              two_kind: NDArray[np.int64]) -> float:  # fmt: skip
    found = []
    for kind in np.unique(one_kind):
        a, b = one[one_kind == kind], two[two_kind == kind]
        if min(len(a), len(b)) >= FEWEST_STROKES:
            found.append((wasserstein_distance(a, b), len(a)))
    return sum(far * count for far, count in found) / max(1, sum(count for _, count in found))


def main() -> None:
    """Measure and print a table and a JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--clips", type=int, default=20)
    arguments = parser.parse_args()
    weights = open_weights(find_model().folder / "weights.safetensors")
    rows: dict[str, list[tuple[float, ...]]] = {}
    for score, style in performances(arguments.data, arguments.clips):
        half = len(score_bars(score)) // 2
        first, second = trim(score, 1, half), trim(score, half + 1, half + min(half, BARS))
        track = next(i for i, t in enumerate(second.tracks) if len(t.notes))
        flat = with_roles(typed(second, track))
        told = style_groove(style)
        grooves = {
            "style": told, "like": groove_of(first),
            "model": model_groove(flat, weights, WriteOptions(), 1),
            "model, told": model_groove(flat, weights, WriteOptions(), 1, genre=told.name, swing=told.swing),
        }  # fmt: skip
        made = {"typed": flat} | {k: apply_groove(flat, groove, 1.0, 1) for k, groove in grooves.items()}
        for kind, other in (made | {"drummer": second}).items():
            rows.setdefault(kind, []).append(compared(second, other, track))
    found = {name: np.mean(values, axis=0).round(3).tolist() for name, values in rows.items()}
    print(f"{'':12}" + "".join(f"{name:>16}" for name in FIGURES))
    for name, figures in found.items():
        print(f"{name:12}" + "".join(f"{figure:16.2f}" for figure in figures))
    print(json.dumps({"clips": len(rows["typed"]), "figures": FIGURES, **found}))


if __name__ == "__main__":
    main()
