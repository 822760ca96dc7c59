"""How near a typed beat comes to the drummer when it is played with a groove.

python benchmarks/grooves.py [--data DIR] [--clips 12]

Each clip is halved. The second half is typed: every stroke on the grid, all of one velocity. Then it is played with
the groove of the first half, and with that of a style, and held against what the drummer did: mean error of velocity,
and the spread of timing (which is chance, so that it should be as wide as the drummer's, not equal to it). With
`--data` long performances of Groove MIDI (`DIR/corpus/groove_midi`), without a few of the groove book.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from bandmate.analysis.meter import score_bars
from bandmate.groovebook.grooves import apply_groove, groove_of, style_groove
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.groovebook.strokes import strokes_of_all
from bandmate.io.files import read
from bandmate.score.brief import Brief
from bandmate.score.cut import trim
from bandmate.score.model import Score

LONG_SEC, FEWEST_BARS = 60, 8


def performances(folder: Path | None, count: int) -> Iterator[Score]:
    """Scores whose one track with notes is drums."""
    if folder is None:
        for seed in range(min(count, 2)):
            yield play(make_plan(Brief(genre="funk", bars=16, loop=True, only=("drums",)), seed), seed)
        return
    home = folder / "corpus" / "groove_midi"
    rows = [json.loads(line) for line in (home / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    long = [row for row in rows if row["secs"] > LONG_SEC]
    random.Random(1).shuffle(long)
    for row in long[:count]:
        score = read(home / row["file"])
        if len(score_bars(score)) >= 2 * FEWEST_BARS:
            yield score


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


def compared(human: Score, other: Score, track: int) -> tuple[float, float]:
    """Mean error of velocity, and standard deviation of the distance from the grid in ms."""
    pairs = []
    for score in (human, other):
        notes = score.tracks[track].notes
        pairs.append(notes[np.lexsort((notes["onset_ticks"], notes["pitch"]))])
    error = np.abs(pairs[0]["velocity"].astype(float) - pairs[1]["velocity"]).mean()
    return float(error), float(strokes_of_all(other)[0][track].late_ms.std())


def main() -> None:
    """Measure and print a table and a JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--clips", type=int, default=12)
    arguments = parser.parse_args()
    rows: dict[str, list[tuple[float, float]]] = {"typed": [], "style": [], "like": [], "drummer": []}
    for score in performances(arguments.data, arguments.clips):
        half = len(score_bars(score)) // 2
        first, second = trim(score, 1, half), trim(score, half + 1, 2 * half)
        track = next(i for i, t in enumerate(second.tracks) if len(t.notes))
        flat = typed(second, track)
        made = {
            "typed": flat, "style": apply_groove(flat, style_groove("pop"), 1.0, 1),
            "like": apply_groove(flat, groove_of(first), 1.0, 1), "drummer": second,
        }  # fmt: skip
        for name, other in made.items():
            rows[name].append(compared(second, other, track))
    found = {name: np.mean(values, axis=0).round(2).tolist() for name, values in rows.items()}
    print(f"{'':10}{'velocity error':>16}{'timing sd, ms':>16}")
    for name, (error, spread) in found.items():
        print(f"{name:10}{error:16.2f}{spread:16.2f}")
    print(json.dumps({"clips": len(rows["typed"]), **found}))


if __name__ == "__main__":
    main()
