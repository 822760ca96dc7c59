"""Edits of real files: whether anything outside the asked cells changes.

    python benchmarks/edits.py [--data DIR] [--edits N] [--seed N]

`--data DIR` holds `corpus/*/*.mid`; without it a built-in song is edited. Each edit puts other notes into a random
rectangle of a random file, writes the file, reads it again, and compares both, event for event.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from bandmate.errors import ScoreError
from bandmate.io.midi import midi_bytes, parse_midi
from bandmate.score.model import NOTE, Score, Track, make_notes
from bandmate.score.selection import Selection, select
from bandmate.score.splice import splice
from bandmate.score.timeline import bar_grid
from bandmate.score.untouched import untouched


def built_in() -> list[tuple[str, bytes]]:
    """A song of four parts, 32 bars."""
    draw = np.random.default_rng(1)
    tracks = []
    for part in range(4):
        onset = np.sort(draw.integers(0, 32 * 1920, 400))
        notes = make_notes(onset, draw.integers(30, 400, 400), draw.integers(36, 90, 400), channel=part)
        tracks.append(Track(f"part {part}", part * 8, False, notes))
    return [("built-in", midi_bytes(Score(tuple(tracks))))]


def pieces(data: Path | None, count: int, seed: int) -> list[tuple[str, bytes]]:
    """So many files, the same number of each source as far as it has them."""
    if data is None:
        return built_in() * count
    dice = np.random.default_rng(seed)
    sources = [sorted(folder.glob("*.mid")) for folder in sorted((data / "corpus").iterdir())]
    sources = [files for files in sources if files]
    chosen = [files[int(dice.integers(len(files)))] for _ in range(-(-count // len(sources))) for files in sources]
    return [(str(path.relative_to(data)), path.read_bytes()) for path in chosen[:count]]


def random_cells(score: Score, dice: np.random.Generator) -> Selection | None:
    """A rectangle of one to eight bars and one to three tracks; None if the piece has none that may be asked."""
    sounding = [str(index + 1) for index, track in enumerate(score.tracks) if len(track.notes)]
    if not sounding:
        return None
    bars = len(bar_grid(score))
    for _ in range(20):
        first = int(dice.integers(1, bars + 1))
        last = min(bars, first + int(dice.integers(0, 8)))
        tracks = dice.choice(sounding, min(len(sounding), int(dice.integers(1, 4))), replace=False)
        try:
            return select(score, ",".join(tracks), f"{first}-{last}")
        except ScoreError:
            continue
    return None


def other_notes(score: Score, selection: Selection, dice: np.random.Generator) -> dict[int, Any]:
    """Notes drawn at random over the asked ticks, some long, many on keys that the track plays."""
    start, end = selection.span(score)
    found: dict[int, Any] = {}
    for index in selection.tracks:
        count = int(dice.integers(0, 8 * selection.bars + 1))
        own = score.tracks[index].notes["pitch"]
        pitch = np.where(dice.random(count) < 0.7, dice.choice(own, count), dice.integers(0, 128, count))
        long = dice.integers(1, 4 * score.ticks_per_quarter, count)
        made = make_notes(dice.integers(start, end, count), long, pitch, dice.integers(1, 128, count))
        found[index] = made if count else np.empty(0, NOTE)
    return found


def measure_untouched(files: list[tuple[str, bytes]], seed: int) -> dict[str, Any]:
    """Edit each file once."""
    dice = np.random.default_rng(seed)
    edits, skipped, events, changed = 0, 0, 0, []
    for name, data in files:
        score = parse_midi(data, name)
        selection = random_cells(score, dice)
        if selection is None:
            skipped += 1
            continue
        edited = splice(score, selection, other_notes(score, selection, dice))
        difference = untouched(score, parse_midi(midi_bytes(edited), name), selection)
        edits, events = edits + 1, events + sum(len(t.events) + 2 * len(t.notes) for t in score.tracks)
        changed += [f"{name}: {sentence}" for sentence in difference]
    return {"edits": edits, "skipped": skipped, "events": events, "changed": len(changed), "first": changed[:5]}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=None)
    parser.add_argument("--edits", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    row = measure_untouched(pieces(asked.data, asked.edits, asked.seed), asked.seed)
    print(
        f"{row['edits']} edits of files with {row['events']} events: {row['changed']} changed outside the asked cells"
    )
    for sentence in row["first"]:
        print("  ", sentence)
    print(json.dumps({"untouched": row}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
