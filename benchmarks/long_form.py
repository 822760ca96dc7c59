"""Long pieces: time and memory by length, and whether themes return as they do in people's songs.

    python benchmarks/long_form.py [--bars 16,64,256,1024] [--model NAME|FILE] [--picture FILE.png]
    python benchmarks/long_form.py --bars "" --data DIR [--songs 40] [--pieces 6]

Curve: a take of four tracks (drums, bass, chords, melody) by the grid model with every rule, each length in a process
of its own; processor seconds of writing it (plan to score) and peak memory above that of a take of one bar. "Linear" is
the exponent of a line through the logarithms: 1 = twice the bars cost twice as much.

Themes: in each piece of at least 48 bars, blocks of four bars from bar 17 on are held against every earlier stretch of
four bars that ended at least eight bars before; the most alike one counts, by the report card's likeness of bars
(strokes that two bars share over strokes in either, by track, sixteenth and pitch). People: held-out full-band songs
(--data), else pieces of the groove book. Ours: pieces of 64 bars with and without themes taken over from section to
section. A theme returns recognisably if that is so for as many blocks as with people.
"""

# ruff: noqa: E402 - one core means one thread of the matrix library, which is said before it loads
from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from model_weights import find_weights

from bandmate.evaluation.excerpt import bar_likeness, excerpt_of
from bandmate.generation import form
from bandmate.generation.compose import write_takes
from bandmate.groovebook.perform import perform
from bandmate.groovebook.plan import make_plan
from bandmate.score.brief import Brief
from bandmate.score.model import Score
from bandmate.score.plan import Plan
from bandmate.score.timeline import bar_grid

BAND = ("drums", "bass", "chords", "melody")
GENRES = ("pop", "rock", "house", "soul_motown", "folk", "indie_pop")
BLOCK, APART, FROM = 4, 8, 16
AGAIN = 0.5  # likeness from which a block is heard as one that was there
SONG = 64  # bars
LEAST = 48  # bars of a piece that can bring a theme back
SOURCES = {
    "people, bands": ("freedoom", "simutrans", "easyrpg_rtp", "lmms_projects", "blasphemer"),
    "people, POP909": ("pop909",),
}


def plan_of(bars: int, genre: str = "pop", seed: int = 1) -> Plan:
    return make_plan(Brief(genre=genre, bars=bars, tempo=110.0, only=BAND), seed)


def peak_mb() -> float:
    """Most memory this process has used, in MB."""
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)


def one(bars: int, model: str | None, size: str) -> dict[str, float]:
    """One take in this process."""
    _, weights = find_weights(model, size)
    write_takes(plan_of(1), [1], weights)
    before, started = peak_mb(), time.process_time()
    take = write_takes(plan_of(bars), [1], weights)[0]
    return {"bars": bars, "rows": take.rows, "cpu_sec": time.process_time() - started, "memory_mb": peak_mb() - before}


def curve(lengths: list[int], model: str | None, size: str) -> dict[str, Any]:
    rows = []
    for bars in lengths:
        words = [sys.executable, __file__, "--one", str(bars), "--size", size, *(["--model", model] if model else [])]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        rows.append(json.loads(done.stdout))
        row = rows[-1]
        print(
            f"{bars:5d} bars {row['rows']:7d} rows {row['cpu_sec']:8.2f} s {row['memory_mb']:7.1f} MB", file=sys.stderr
        )
    found: dict[str, Any] = {"lengths": rows}
    if len(rows) > 1:
        x, y = np.log([row["bars"] for row in rows]), np.log([row["cpu_sec"] for row in rows])
        found["exponent"] = round(float(np.polyfit(x, y, 1)[0]), 3)
    return found


def returns(likeness: np.ndarray, notes: np.ndarray) -> list[tuple[float, float]]:
    """Of each later block how alike the most alike stretch well before it is, and how much more so than most."""
    likeness, found = np.nan_to_num(likeness, nan=0.0), []
    for start in range(FROM, len(notes) - BLOCK + 1, BLOCK):
        before = range(max(0, start - APART - BLOCK + 1))
        block = np.arange(start, start + BLOCK)
        if len(before) and notes[block].sum() > BLOCK:
            alike = [float(likeness[block, block - start + first].mean()) for first in before]
            found.append((max(alike), max(alike) - float(np.median(alike))))
    return found


def measured(score: Score) -> dict[str, list[tuple[float, float]]]:
    """The same for all tracks, the melody, all pitched tracks and the drums; empty for pieces that are too short."""
    excerpt = excerpt_of(score)
    if excerpt.bar_count < LEAST:
        return {}
    notes = np.bincount(excerpt.notes["bar"], minlength=excerpt.bar_count)
    band = excerpt.notes[~np.isin(excerpt.notes["track"], np.unique(excerpt.drums["track"]))]
    found = {"all": returns(excerpt.likeness, notes), "melody": returns(excerpt.melody_likeness, notes),
             "pitched": returns(bar_likeness(band, excerpt.bar_count), notes)}  # fmt: skip
    return found | ({"drums": returns(excerpt.drum_likeness, notes)} if len(excerpt.drums) else {})


def people(data: Path | None, songs: int, names: Sequence[str]) -> Iterator[Score]:
    """Held-out songs of some corpora, about equally many of each; without data pieces of the groove book."""
    if data is None:
        for number in range(songs):
            plan = plan_of(SONG, GENRES[number % len(GENRES)], 100 + number)
            yield perform(plan, number)
        return
    from bandmate.evaluation.yardstick import is_full_band
    from bandmate.training.corpora import read_corpus

    for name in names:
        count = 0
        for found in read_corpus(data / "corpus", name):
            if (
                found.origin.held_out
                and (name == "pop909" or is_full_band(found.score))
                and len(bar_grid(found.score, found.score.last_ticks)) >= LEAST
            ):
                count += 1
                yield found.score
            if count >= -(-songs // len(names)):
                break


def ours(pieces: int, model: str | None, size: str, *, themes: bool) -> Iterator[Score]:
    _, weights = find_weights(model, size)
    taken = form.theme_bars
    form.theme_bars = taken if themes else lambda plan: np.full(plan.bars, -1)
    try:
        for number in range(pieces):
            plan = plan_of(SONG, GENRES[number % len(GENRES)], number)
            yield write_takes(plan, [number], weights)[0].score
    finally:
        form.theme_bars = taken


def summary(name: str, scores: Iterable[Score]) -> dict[str, Any]:
    """Means over pieces: likeness of the best, how far it stands out, the share of blocks there before."""
    each = [found for found in map(measured, scores) if found]
    row: dict[str, Any] = {"pieces": len(each)}
    for who in ("all", "melody", "pitched", "drums"):
        pieces = [np.array(found[who]) for found in each if found.get(who)]
        values = [(p[:, 0].mean(), p[:, 1].mean(), (p[:, 0] >= AGAIN).mean()) for p in pieces] or [(0.0, 0.0, 0.0)]
        row[who] = dict(zip(("best", "stands_out", "again"), np.round(np.mean(values, 0), 3).tolist(), strict=True))
        print(f"{name:16s} {who:7s} {len(each):4d} pieces: most alike {row[who]['best']:.2f}, stands out by "
              f"{row[who]['stands_out']:.2f}, there before {row[who]['again']:.0%}", file=sys.stderr)  # fmt: skip
    return row


def draw(rows: list[dict[str, float]], path: Path) -> Path:
    """Seconds and megabytes by bars, both axes logarithmic, beside a straight line of slope one."""
    from bandmate.pictures.growth import draw_growth

    bars = [row["bars"] for row in rows]
    lines = {
        "seconds of one core": [row["cpu_sec"] for row in rows],
        "MB of memory": [row["memory_mb"] for row in rows],
    }
    return draw_growth(bars, lines, path, title="A take of four tracks, by its length in bars")


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bars", default="16,64,256,1024")
    parser.add_argument("--model")
    parser.add_argument("--size", default="small", help="of random weights, where there is no model")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--songs", type=int, default=40)
    parser.add_argument("--pieces", type=int, default=0)
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        return one(options.one, options.model, options.size)
    lengths = [int(text) for text in options.bars.split(",") if text]
    found: dict[str, Any] = {"curve": curve(lengths, options.model, options.size) if lengths else {}}
    if options.picture and lengths:
        draw(found["curve"]["lengths"], options.picture)
    if options.pieces:
        found["themes"] = {
            **{name: summary(name, people(options.data, options.songs, each)) for name, each in SOURCES.items()},
            "rules": summary("rules", people(None, options.songs, ())),
            "ours": summary("ours", ours(options.pieces, options.model, options.size, themes=True)),
            "without themes": summary(
                "without themes", ours(options.pieces, options.model, options.size, themes=False)
            ),
        }
    return found


if __name__ == "__main__":
    print(json.dumps(main()))
