"""Notes a second that the whole labelling measures on one core, from Scores in memory.

Labelling = key, chords, roles, sections, all descriptors of piece, tracks and bars, and the captions of the piece and
of every eight bars. Groove-book pieces are measured unless --data names a folder of MIDI files.

    python benchmarks/labelling_speed.py [--data FOLDER] [--files 100] [--seed 1]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # before NumPy is imported: one core

from bandmate.analysis.captions import bar_captions, caption  # noqa: E402
from bandmate.analysis.labels import label  # noqa: E402
from bandmate.errors import BandmateError  # noqa: E402
from bandmate.io.midi_fast import read_midi_fast  # noqa: E402
from bandmate.score.model import Score  # noqa: E402


def load(folder: Path | None, count: int, seed: int) -> list[Score]:
    if folder is None:
        from bandmate.library.sources.groovebook import pieces

        return [score for score, _ in pieces(min(count, 40), seed)]
    scores: list[Score] = []
    files = sorted(folder.rglob("*.mid"))
    for path in random.Random(seed).sample(files, min(count, len(files))):
        try:
            scores.append(read_midi_fast(path))
        except BandmateError:
            continue
    return scores


def label_all(scores: list[Score]) -> None:
    for score in scores:
        labels = label(score)
        caption(score, labels)
        bar_captions(score, labels)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of MIDI files, searched through")
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3, help="the fastest counts")
    arguments = parser.parse_args()
    scores = load(arguments.data, arguments.files, arguments.seed)
    notes = sum(score.note_count for score in scores)
    wall, times = [], []  # the time of this process is what one core takes, whatever else the machine does
    for _ in range(arguments.repeats):
        start, start_cpu = time.perf_counter(), time.process_time()
        label_all(scores)
        times.append(time.process_time() - start_cpu)
        wall.append(time.perf_counter() - start)
    result = {
        "files": len(scores), "notes": notes, "seconds": round(min(times), 3),
        "notes_per_second": round(notes / min(times)),
        "notes_per_wall_second": round(notes / min(wall)),
    }  # fmt: skip
    for name, value in result.items():
        print(f"{name:32s}{value:>14,}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
