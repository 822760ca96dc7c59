"""Reading MusicXML beside music21: the time of both, alternating, and whether they hear the same notes.

    python benchmarks/musicxml.py                    every tenth score of music21's own corpus
    python benchmarks/musicxml.py --step 1           all of it
    python benchmarks/musicxml.py --data DIR         a folder of .musicxml, .xml and .mxl files

Each reader reads all files in a process of its own, in turns; a file's time is its best. Notes are compared by onset,
length and pitch as they sound, ties joined, without grace notes, drums without their keys. music21 reads each part by
itself, so that a bar which is too long in one part moves that part alone; here bars line up.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

SUFFIXES = (".musicxml", ".xml", ".mxl")


def of_ours(path: str) -> tuple[float, list[list[float]]]:
    """Seconds of processor time, and rows of onset, length (quarters) and pitch."""
    from bandmate.io.musicxml_read import read_musicxml

    started = time.process_time()
    score = read_musicxml(path)
    seconds = time.process_time() - started
    rows = []
    for track in score.tracks:
        graces = set(track.notation.rows["note"][track.notation.rows["grace"] > 0].tolist())
        notes = np.delete(track.notes, sorted(graces))
        pitch = np.full(len(notes), -1) if track.is_drum else notes["pitch"]
        columns = (
            notes["onset_ticks"] / score.ticks_per_quarter,
            notes["duration_ticks"] / score.ticks_per_quarter,
            pitch,
        )
        rows += np.round(np.stack(columns, axis=1), 3).tolist()
    return seconds, rows


def of_music21(path: str) -> tuple[float, list[list[float]]]:
    """The same of music21; only its parsing is timed, not what is needed to compare."""
    import music21

    started = time.process_time()
    score = music21.converter.parse(path, forceSource=True)
    seconds = time.process_time() - started
    rows = []
    for part in score.toSoundingPitch(inPlace=False).parts:
        for note in part.stripTies(inPlace=False).flatten().notes:
            if note.duration.isGrace or isinstance(note, music21.harmony.ChordSymbol):
                continue
            pitches = [pitch.midi for pitch in note.pitches] or [-1] * len(getattr(note, "notes", (note,)))
            rows += [[round(float(note.offset), 3), round(float(note.quarterLength), 3), pitch] for pitch in pitches]
    return seconds, rows


READERS = {"ours": of_ours, "music21": of_music21}


def read_all(reader: str, listing: Path) -> None:
    """What a child process does: read every file of a list, print one line a file."""
    warnings.simplefilter("ignore")
    work = READERS[reader]
    files = json.loads(listing.read_text(encoding="utf-8"))
    work(files[0])  # imports and caches
    for path in files:
        try:
            seconds, rows = work(path)
        except Exception as error:
            print(json.dumps([path, None, f"{type(error).__name__}: {error}"[:200]]))
            continue
        print(json.dumps([path, seconds, rows]))


def measure(files: list[Path], rounds: int) -> dict[str, dict[str, tuple[float | None, object]]]:
    """Best seconds and notes of every file, by reader."""
    found: dict[str, dict[str, tuple[float | None, object]]] = {reader: {} for reader in READERS}
    with tempfile.TemporaryDirectory() as folder:
        listing = Path(folder) / "files.json"
        listing.write_text(json.dumps([str(path) for path in files]), encoding="utf-8")
        for _ in range(rounds):
            for reader, best in found.items():
                command = [sys.executable, __file__, "--reader", reader, "--files", str(listing)]
                environment = os.environ | {"OMP_NUM_THREADS": "1"}
                done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
                for line in done.stdout.splitlines():
                    path, seconds, rows = json.loads(line)
                    before = best.get(path, (None, None))[0]
                    best[path] = (seconds if before is None or seconds is None else min(before, seconds), rows)
    return found


def samples(data: str | None, step: int, most: int | None) -> list[Path]:
    """The files, in the order of their names."""
    if data is None:
        corpus = importlib.util.find_spec("music21")
        assert corpus is not None and corpus.origin is not None, "music21 is needed: pip install music21"
        root = Path(corpus.origin).parent / "corpus"
    else:
        root = Path(data)
    return sorted(path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES)[::step][:most]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="a folder of MusicXML files (default: music21's corpus)")
    parser.add_argument("--step", type=int, default=10, help="every so many-th file")
    parser.add_argument("--most", type=int, help="at most so many files")
    parser.add_argument("--rounds", type=int, default=2, help="how often each reader reads all")
    parser.add_argument("--reader", choices=list(READERS), help=argparse.SUPPRESS)
    parser.add_argument("--files", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.reader:
        read_all(arguments.reader, arguments.files)
        return
    files = samples(arguments.data, arguments.step, arguments.most)
    found = measure(files, arguments.rounds)
    ratios, equal, notes, spent, other, refused = [], 0, 0, Counter(), [], Counter()
    for path in map(str, files):
        (mine, rows), (theirs, their_rows) = found["ours"][path], found["music21"][path]
        refused.update(reader for reader, seconds in (("ours", mine), ("music21", theirs)) if seconds is None)
        if mine is None or theirs is None:
            other.append(f"{Path(path).name}: {rows if mine is None else their_rows}")
            continue
        ratios.append(theirs / max(mine, 1e-6))
        spent.update(ours=mine, music21=theirs)
        notes += len(rows)
        same = Counter(map(tuple, rows)) == Counter(map(tuple, their_rows))
        equal += same
        if not same:
            apart = Counter(map(tuple, rows)) - Counter(map(tuple, their_rows))
            other.append(f"{Path(path).name}: {len(rows)} and {len(their_rows)} notes, {sum(apart.values())} apart")
    print(f"{len(ratios)} files, {notes} notes: {equal} with equal notes")
    print(f"time of music21 / ours: {spent['music21'] / spent['ours']:.1f} in all, median {np.median(ratios):.1f}")
    print(*other, sep="\n")
    print(
        json.dumps(
            {
                "files": len(ratios), "notes": notes, "equal": equal, "refused": dict(refused),
                "ratio": round(spent["music21"] / spent["ours"], 2), "median_ratio": round(float(np.median(ratios)), 2),
                "seconds": {reader: round(value, 2) for reader, value in spent.items()}, "different": other,
            }
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
