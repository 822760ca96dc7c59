"""How fast a folder is taken in, with how much memory, and whether a killed run goes on.

    python benchmarks/ingest.py [--files 10000] [--broken 0.01] [--workers N]
    python benchmarks/ingest.py --data DIR      a folder of real music instead of made files
    python benchmarks/ingest.py --pairs 3       also into Parquet shards, on one and on two workers by turns
    python benchmarks/ingest.py --files 10000 --pairs 3 --shards-only

Makes small bands that differ from each other, breaks some of the files in five ways, takes a tenth of them in (for the
growth of memory), then all: first in a process that is killed in the middle, then to the end, then once more with
nothing left to do. Shards: pairs of whole runs on one and on two workers, the medians of both, the memory of the
process that writes, after a tenth and after all, and the processor seconds of that process and of its workers: on a
machine that is busy with other things these say what the clock cannot.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

from bandmate.io.midi import midi_bytes
from bandmate.score.model import Score, Track, make_notes, make_tempos

CHILD = """
import json, sys, time
from bandmate.library.catalog import Catalog
from bandmate.library.ingest import ingest
folder, catalog, workers = sys.argv[1], sys.argv[2], int(sys.argv[3])
started = time.perf_counter()
last = {}
def told(progress):
    last["progress"] = progress
    print(json.dumps({"done": progress.done}), flush=True)
with Catalog(catalog) as opened:
    report = ingest(folder, opened, told, workers=workers)
seconds = time.perf_counter() - started
def peak(kind):
    try:
        import resource
    except ImportError:
        return None
    return round(resource.getrusage(getattr(resource, kind)).ru_maxrss / 1024, 1)
print(json.dumps({"seconds": seconds, "taken": report.taken, "left_out": report.left_out, "notes": report.notes,
    "known": last["progress"].known, "reasons": {item.reason: item.count for item in report.reasons},
    "peak_mb": peak("RUSAGE_SELF"), "worker_peak_mb": peak("RUSAGE_CHILDREN"), "summary": report.summary}))
"""

SHARDS_CHILD = """
import json, resource, sys, time
from bandmate.library.bulk import ingest_shards
started, used = time.perf_counter(), time.process_time()
report = ingest_shards(sys.argv[1], sys.argv[2], workers=int(sys.argv[3]), music=True)
seconds, used = time.perf_counter() - started, time.process_time() - used
readers = resource.getrusage(resource.RUSAGE_CHILDREN)
peak = {kind: round(resource.getrusage(getattr(resource, kind)).ru_maxrss / 1024, 1)
    for kind in ("RUSAGE_SELF", "RUSAGE_CHILDREN")}
print(json.dumps({"seconds": seconds, "processor_seconds": round(used, 2),
    "worker_processor_seconds": round(readers.ru_utime + readers.ru_stime, 2),
    "files": report.files, "mb": round(report.bytes / 2**20, 1),
    "parts": report.parts, "peak_mb": peak["RUSAGE_SELF"], "worker_peak_mb": peak["RUSAGE_CHILDREN"]}))
"""


def made(number: int) -> Score:
    """A band of 16 bars, like no other."""
    draw = np.random.default_rng(number)
    bars = np.arange(16)[:, None] * 1920
    kicks = (bars + np.unique(np.append(0, draw.integers(1, 16, 4))) * 120).ravel()
    snares, hats = (bars + np.array([480, 1440])).ravel(), (bars + np.arange(8) * 240).ravel()
    keys = np.concatenate([np.full(len(kicks), 36), np.full(len(snares), 38), np.full(len(hats), 42)])
    onset = np.concatenate([kicks, snares, hats])
    drums = Track("Drums", 0, True, make_notes(onset, 60, keys, draw.integers(60, 120, len(onset)), channel=9))
    bass = Track("Bass", 33, notes=make_notes(kicks, 200, 36 + draw.choice([0, 5, 7, 9], len(kicks)), channel=1))
    starts = np.append(0, np.cumsum(draw.choice([120, 240, 480], 95)))
    melody = Track(
        "Lead", 80, notes=make_notes(starts, 110, 60 + draw.choice([0, 2, 4, 5, 7, 9, 11, 12], 96), channel=2)
    )
    return Score((drums, bass, melody), tempos=make_tempos(int(draw.integers(70, 170))))


def broken(number: int, whole: bytes) -> bytes:
    """A file broken in one of five ways."""
    noise = np.random.default_rng(number).integers(0, 256, 4000, dtype=np.uint8).tobytes()
    ways = (b"", whole[: len(whole) // 3], noise, whole[:14] + noise, b"RIFF" + whole)
    return ways[number % len(ways)]


def write_files(folder: Path, count: int, share: float) -> int:
    every = round(1 / share) if share else 0
    names = ("house", "boom bap", "techno", "misc")
    for name in names:
        (folder / name).mkdir(parents=True)
    bad = 0
    for number in range(count):
        data = midi_bytes(made(number))
        if every and number % every == every - 1:
            data, bad = broken(number // every, data), bad + 1
        (folder / names[number % 4] / f"groove_{number}_{70 + number % 90}bpm.mid").write_bytes(data)
    return bad


def start(folder: Path, catalog: Path, workers: int, child: str = CHILD) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", child, str(folder), str(catalog), str(workers)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def run_to_end(folder: Path, catalog: Path, workers: int, child: str = CHILD) -> dict[str, object]:
    process = start(folder, catalog, workers, child)
    assert process.stdout is not None
    line = ""
    for line in process.stdout:  # noqa: B007 - the last line is the result
        pass
    if process.wait():
        raise SystemExit("the run failed")
    return json.loads(line)


def run_and_kill(folder: Path, catalog: Path, workers: int, after: int) -> int:
    """Kill the process once `after` files are done; gives how many it had told of."""
    process = start(folder, catalog, workers)
    assert process.stdout is not None
    done = 0
    for line in process.stdout:
        done = json.loads(line).get("done", done)
        if done >= after:
            break
    process.kill()
    process.wait()
    process.stdout.close()
    return done


def shards(root: Path, folder: Path, small: Path | None, pairs: int) -> dict[str, object]:
    """Pairs of runs into shards, on one and on two workers by turns."""
    seconds: dict[int, list[float]] = {1: [], 2: []}
    done: dict[str, object] = {}
    for pair in range(pairs):
        for workers in (1, 2) if pair % 2 == 0 else (2, 1):
            out = root / f"shards-{pair}-{workers}"
            done = run_to_end(folder, out, workers, SHARDS_CHILD)
            shutil.rmtree(out)
            seconds[workers].append(float(str(done["seconds"])))
            print(f"{workers} workers: {seconds[workers][-1]:.2f} s", file=sys.stderr, flush=True)
    tenth = run_to_end(small, root / "shards-small", 2, SHARDS_CHILD)["peak_mb"] if small else None
    one, two = median(seconds[1]), median(seconds[2])
    return {
        "shards_seconds_one_worker": round(one, 2), "shards_seconds_two_workers": round(two, 2),
        "shards_two_times_as_fast": round(one / two, 2), "shards_peak_mb_of_a_tenth": tenth,
        **{f"shards_{name}": done[name] for name in (
            "files", "parts", "mb", "peak_mb", "worker_peak_mb", "processor_seconds", "worker_processor_seconds",
        )},
    }  # fmt: skip


def catalogs(root: Path, folder: Path, small: Path | None, files: int, workers: int) -> dict[str, object]:
    """Runs into a catalog: a tenth, one that is killed, its rest, nothing, and all at once."""
    result: dict[str, object] = {}
    if small is not None:
        result["peak_mb_of_a_tenth"] = run_to_end(small, root / "small.sqlite", workers)["peak_mb"]
    killed_at = run_and_kill(folder, root / "all.sqlite", workers, files // 2)
    resumed = run_to_end(folder, root / "all.sqlite", workers)
    again = run_to_end(folder, root / "all.sqlite", workers)
    whole = run_to_end(folder, root / "whole.sqlite", workers)
    seconds, notes = float(str(whole["seconds"])), int(str(whole["notes"]))
    return result | {
        "killed_after": killed_at,
        "known_when_resumed": resumed["known"],
        "same_result": all(resumed[k] == whole[k] for k in ("taken", "left_out", "notes", "reasons")),
        "seconds": round(seconds, 1),
        "files_a_second": round((int(str(whole["taken"])) + int(str(whole["left_out"]))) / seconds, 1),
        "notes_a_second": round(notes / seconds),
        "seconds_with_nothing_to_do": round(float(str(again["seconds"])), 1),
        **{name: whole[name] for name in ("taken", "left_out", "reasons", "peak_mb", "worker_peak_mb", "summary")},
        "catalog_mb": round((root / "whole.sqlite").stat().st_size / 2**20, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--broken", type=float, default=0.01)
    parser.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) - 1))
    parser.add_argument("--pairs", type=int, default=0, help="pairs of runs into shards; 0 = none")
    parser.add_argument("--shards-only", action="store_true", help="no runs into a catalog")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        result: dict[str, object] = {"files": options.files, "workers": options.workers}
        if options.data:
            folder = options.data
            small = None
        else:
            started = time.perf_counter()
            result["broken"] = write_files(root / "music", options.files, options.broken)
            write_files(root / "small", max(20, options.files // 10), options.broken)
            result["seconds_to_write"] = round(time.perf_counter() - started, 1)
            folder, small = root / "music", root / "small"
        if not options.shards_only:
            result |= catalogs(root, folder, small, options.files, options.workers)
        if options.pairs:
            result |= shards(root, folder, small, options.pairs)
    for name, value in result.items():
        print(f"{name:28} {value}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
