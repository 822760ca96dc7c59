"""Count chord changes and how melodies lie on chords in POP909 (MIT); writes src/bandmate/data/changes.json.

python scripts/fit_changes.py POP909_FOLDER [--out FILE]

The folder holds MIDI files with tracks MELODY and CHORDS and a manifest.jsonl whose `downbeat_offset_beats_est` is 0
where bar one is on beat one; other files are left out. One song in five, by its number, is kept for measuring.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from bandmate.analysis.chords import estimate_chords
from bandmate.analysis.harmony import estimate_key
from bandmate.analysis.meter import half_bar_edges, score_bars
from bandmate.groovebook.harmonise import KINDS, kind_of, state_of, sung
from bandmate.groovebook.harmony import mode_family
from bandmate.io.files import read
from bandmate.score.model import Score
from bandmate.score.pitch import Chord, Key

LEAST_SURE = 0.6  # of the key
HELD_OUT = 5
# Name, score, place of the melody, key and chords, two a bar.
Song = tuple[str, Score, int, Key, tuple[Chord | None, ...]]


def songs(folder: Path, *, held_out: bool) -> Iterator[Song]:
    """Each song that is usable."""
    for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        number = int("".join(c for c in row["file"] if c.isdigit()) or 0)
        if (number % HELD_OUT == 0) != held_out or row["tags"].get("downbeat_offset_beats_est") != 0:
            continue
        score = read(folder / row["file"])
        names = [track.name.strip().upper() for track in score.tracks]
        if "MELODY" not in names or "CHORDS" not in names:
            continue
        found = estimate_key(score)
        if found.key is None or found.confidence < LEAST_SURE:
            continue
        bars = score_bars(score)
        only = replace(score, tracks=(score.tracks[names.index("CHORDS")],))
        yield row["file"], score, names.index("MELODY"), found.key, estimate_chords(only, bars)


def main() -> None:
    """Count and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("src/bandmate/data/changes.json"))
    arguments = parser.parse_args()
    melody = np.zeros((len(KINDS), 2, 12))
    changes: dict[str, Counter[tuple[int, int, int]]] = {"major": Counter(), "minor": Counter()}
    count = 0
    for _, score, place, key, chords in songs(arguments.folder, held_out=False):
        count += 1
        bars = score_bars(score)
        notes = score.tracks[place].notes
        weight = sung(notes, half_bar_edges(bars), score.ticks_per_quarter).weight
        for chord, row in zip(chords, weight, strict=True):
            if chord is not None:
                melody[kind_of(chord)] += np.roll(row, -chord.root, axis=1)
        table = changes[mode_family(key.mode)]
        for at, (one, two) in enumerate(itertools.pairwise(chords), 1):
            if one is not None and two is not None:
                table[int(at % 2 == 0), state_of(one, key.tonic), state_of(two, key.tonic)] += 1
    data = {
        "_credit": f"counted in {count} songs of POP909 (MIT) by scripts/fit_changes.py",
        "melody": np.rint(melody).astype(int).tolist(),
        "changes": {mode: [[*key, n] for key, n in sorted(table.items()) if n > 1] for mode, table in changes.items()},
    }
    arguments.out.write_text(json.dumps(data) + "\n", encoding="utf-8")
    print(f"{count} songs, {arguments.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
