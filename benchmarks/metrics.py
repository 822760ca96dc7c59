"""Metrics of whole pieces against MusPy's, on the same notes in one run: equal values, and times as ratios.

    python benchmarks/metrics.py [--data DIR] [--pieces N] [--repeat N]

`--data DIR` holds `corpus/*/*.mid`, of which N spread over all sources are taken; without it random bands are measured.
Reading is not timed. Alone = one metric of a piece of which nothing is known yet; all = the fifteen that MusPy has, one
after another, ours sharing what is worked out, with the key given to both; and all but the two for which it draws a
piano roll. MusPy is timed on its own objects, made from the same notes. Without muspy only our own times are shown.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from bandmate.errors import BandmateError
from bandmate.evaluation.metrics import METRICS, Metric
from bandmate.evaluation.piece import Piece
from bandmate.evaluation.symbolic import pieces
from bandmate.io.files import read
from bandmate.score.model import Score, Track, make_notes
from bandmate.score.pitch import Key

SHARED = [metric for metric in METRICS if metric.reference]  # what MusPy has too
ROLL = ("polyphony", "polyphony_rate")  # MusPy draws a piano roll of every tick for these
BUT, ALL = "all but polyphony", "all"
Measure = Callable[[Any], float]


def built_in(count: int) -> list[Score]:
    """Bands of four parts, the first drums, of some hundred bars."""
    found = []
    for seed in range(count):
        draw = np.random.default_rng(seed)
        tracks = []
        for part in range(4):
            onset = draw.integers(0, 100 * 16, 800) * 120
            notes = make_notes(onset, draw.integers(60, 960, 800), draw.integers(36, 90, 800))
            tracks.append(Track("", part * 8, part == 0, notes))
        found.append(Score(tuple(tracks)))
    return found


def corpus(data: Path | None, count: int) -> list[Score]:
    """Pieces with notes, spread evenly over all sources."""
    if data is None:
        return built_in(min(count, 4))
    found = []
    files = sorted((data / "corpus").glob("*/*.mid"))
    for path in files[:: max(1, len(files) // count)]:
        try:
            score = read(path)
        except BandmateError:
            continue
        if score.note_count:
            found.append(score)
    return found


def ours(metric: Metric, key: Key, measure: Measure | None = None) -> Measure:
    """Our measure, or one of MusPy's counting; the scale is given, since finding a key is no part of MusPy's."""
    measure = measure or metric.measure
    return (lambda p: pieces.pitch_in_scale_rate(p, key)) if metric.name == "pitch_in_scale_rate" else measure


def theirs(muspy: Any, name: str, bar: int, key: Key) -> Measure:
    """MusPy's function of a metric."""
    special: dict[str, Measure] = {
        "pitch_in_scale_rate": lambda m: muspy.pitch_in_scale_rate(m, key.tonic, key.mode),
        "drum_in_duple_rate": lambda m: muspy.drum_in_pattern_rate(m, "duple"),
        "drum_in_triple_rate": lambda m: muspy.drum_in_pattern_rate(m, "triple"),
        "empty_measure_rate": lambda m: muspy.empty_measure_rate(m, bar),
        "groove_consistency": lambda m: muspy.groove_consistency(m, bar),
    }
    return special.get(name) or getattr(muspy, name)


def as_music(muspy: Any, score: Score) -> Any:
    """The same notes as MusPy's objects."""
    columns = ("onset_ticks", "pitch", "duration_ticks", "velocity")
    tracks = []
    for track in score.tracks:
        notes = [muspy.Note(*row) for row in track.notes[list(columns)].tolist()]
        tracks.append(muspy.Track(program=track.program, is_drum=track.is_drum, notes=notes))
    return muspy.Music(resolution=score.ticks_per_quarter, tracks=tracks)


def best(measures: list[Measure], piece: Callable[[], Any], repeat: int) -> float:
    """Seconds of the fastest of some runs of measures one after another."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        music = piece()
        for measure in measures:
            measure(music)
        times.append(time.perf_counter() - start)
    return min(times)


def timed(table: dict[str, float], measures: dict[str, Measure], piece: Callable[[], Any], repeat: int) -> None:
    """Add the seconds of each measure alone, of all, and of all but those that MusPy takes from a piano roll."""
    for name, measure in measures.items():
        table[name] += best([measure], piece, repeat)
    table[ALL] += best(list(measures.values()), piece, repeat)
    table[BUT] += best([measure for name, measure in measures.items() if name not in ROLL], piece, repeat)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder that holds corpus/")
    parser.add_argument("--pieces", type=int, default=60)
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_args()
    scores = corpus(given.data, given.pieces)
    muspy: Any = __import__("muspy") if find_spec("muspy") else None
    names = [metric.name for metric in SHARED]
    mine, reference, peer = (dict.fromkeys([*names, BUT, ALL], 0.0) for _ in range(3))
    unequal = 0
    for score in scores:
        key = Piece(score).key or Key(0, "major")
        own = {m.name: ours(m, key) for m in SHARED}
        counted = {m.name: ours(m, key, m.reference) for m in SHARED}
        for table, measures in ((mine, own), (reference, counted)):
            timed(table, measures, partial(Piece, score), given.repeat)
        if muspy is None:
            continue
        music = as_music(muspy, score)
        other = {name: theirs(muspy, name, 4 * score.ticks_per_quarter, key) for name in names}
        timed(peer, other, partial(_same, music), given.repeat)
        piece = Piece(score)
        pairs = [(counted[name](piece), other[name](music)) for name in names]
        unequal += sum(not np.isclose(*pair, atol=1e-9, rtol=0, equal_nan=True) for pair in pairs)
    notes = sum(score.note_count for score in scores)
    print(f"{len(scores)} pieces, {notes} notes; milliseconds a piece; x = MusPy's time over ours")
    print(f"{'':28}{'ours':>9}{'MusPy':>9}{'x':>8}{'x, as MusPy counts':>20}")
    for name in mine:
        times = [1000 * table[name] / len(scores) for table in (mine, peer)]
        ratios = [peer[name] / table[name] for table in (mine, reference)]
        print(f"{name:28}{times[0]:9.3f}{times[1]:9.3f}{ratios[0]:8.1f}{ratios[1]:20.1f}")
    found = {"pieces": len(scores), "notes": notes, "muspy": muspy is not None}
    if muspy is not None:
        found["unequal"] = unequal
        for label, table in (("ratio", mine), ("ratio_as_muspy_counts", reference)):
            found[label] = {name: round(peer[name] / table[name], 2) for name in table}
    print(json.dumps(found))


def _same(music: Any) -> Any:
    return music


if __name__ == "__main__":
    main()
