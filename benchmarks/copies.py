"""How fast a copied run is found, and how often songs by people look copied.

    python benchmarks/copies.py --data DIR     DIR holds corpus folders with manifest.jsonl
    python benchmarks/copies.py                on pieces made here

An index is made of most of a corpus; songs held out of it are asked about (false alarms of the copy check), and so are
excerpts of indexed songs in another key (found copies).
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import time
from pathlib import Path

import numpy as np

from bandmate.io.midi_fast import read_midi_fast
from bandmate.library.fingerprint import STEPS_PER_QUARTER, melodic_lines
from bandmate.library.runs import RunIndex, copy_check
from bandmate.score.model import Score, Track, make_notes

QUOTE = 16


def _made(number: int) -> Score:
    """A melody by a random walk over a scale, with a rhythm."""
    draw = np.random.default_rng(number)
    scale = np.array([0, 2, 4, 5, 7, 9, 11])
    degree = 27 - np.abs((np.cumsum(draw.integers(-3, 4, 300)) + 14) % 55 - 27)
    onset = np.append(0, np.cumsum(draw.choice([120, 240, 240, 480, 720], 299)))
    return Score((Track("melody", notes=make_notes(onset, 120, 48 + scale[degree % 7] + 12 * (degree // 7))),))


def _corpus(folder: Path, limit: int) -> list[tuple[str, str, Path]]:
    found = []
    for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        tags = entry.get("tags", {})
        work = tags.get("group") or f"{tags.get('composer', '')}{tags.get('title') or entry['file']}"
        found.append((entry["file"], work, folder / entry["file"]))
    random.Random(1).shuffle(found)
    return found[:limit]


def _excerpt(score: Score, draw: random.Random) -> Score | None:
    """QUOTE notes of the highest line, in another key and at half tempo; None if there are not as many."""
    line = max(melodic_lines(score), key=lambda found: found.pitch.mean(), default=None)
    if line is None or len(line.pitch) < 2 * QUOTE:
        return None
    first = draw.randrange(len(line.pitch) - QUOTE)
    steps = line.onset_steps[first : first + QUOTE]
    pitch = np.clip(line.pitch[first : first + QUOTE] + draw.randrange(-5, 6), 0, 127)
    notes = make_notes((steps - steps[0]) * 2 * score.ticks_per_quarter // STEPS_PER_QUARTER, 60, pitch)
    return Score((Track("copy", notes=notes),), ticks_per_quarter=score.ticks_per_quarter)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--corpus", default="pop909_band")
    parser.add_argument("--files", type=int, default=400)
    parser.add_argument("--limit", type=int, default=8)
    options = parser.parse_args()
    if options.data:
        folder = options.data / "corpus" if (options.data / "corpus").is_dir() else options.data
        items = [
            (name, work, lambda p=path: read_midi_fast(p))
            for name, work, path in _corpus(folder / options.corpus, options.files)
        ]
    else:
        items = [(str(n), str(n), lambda n=n: _made(n)) for n in range(options.files)]
    held = len(items) // 10
    kept_works = {work for _, work, _ in items[held:]}
    outside = [item for item in items[:held] if item[1] not in kept_works]
    started = time.perf_counter()
    index = RunIndex.build((name, work, door()) for name, work, door in items[held:])
    build_sec = time.perf_counter() - started
    asked_sec, alarms, weights = 0.0, 0, []
    for _, _, door in outside:
        score = door()
        started = time.perf_counter()
        report = copy_check(score, index, options.limit)
        asked_sec += time.perf_counter() - started
        weights.append(report.longest.weight)
        alarms += not report.passed
    draw = random.Random(2)
    found = tried = 0
    for _, _, door in draw.sample(items[held:], min(60, len(items) - held)):
        score = door()
        quote = _excerpt(score, draw)
        if quote is not None:
            found, tried = found + (not copy_check(quote, index, options.limit).passed), tried + 1
    result = {
        "pieces": len(index), "symbols": index.size, "build_sec": round(build_sec, 2),
        "ms_a_piece": round(1000 * asked_sec / max(1, len(outside)), 1),
        "held_out": len(outside), "false_alarms": alarms, "weight_median": float(np.median(weights)),
        f"quotes_of_{QUOTE}_notes": tried, "quotes_found": found,
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }  # fmt: skip
    for name, value in result.items():
        print(f"{name:20} {value}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
