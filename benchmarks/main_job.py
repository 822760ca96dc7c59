"""The main job, seen from outside: seconds to the first note, to all files, memory, start-up and size of the install.

    python benchmarks/main_job.py                       with the engine that is the default
    python benchmarks/main_job.py --engine rules --runs 5
    python benchmarks/main_job.py --venv .venv-song     measures that environment's size and uses its Python

Prints a table on standard error and one JSON object on standard output.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

WORDS = "funky house beat at 120 BPM with a slap bass line"
FLAGS = ["--tracks", "drums,bass=slap bass,chords=rhodes,melody", "--bars", "16", "--key", "A minor", "--json"]
AIMS = {
    "first_note_sec": 1.0, "first_mix_sec": 5.0, "whole_sec": 15.0, "peak_memory_mb": 600.0, "help_over_numpy": 6.0,
    "install_mb": 450.0,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default="default")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--venv", type=Path, help="an environment with the base install")
    options = parser.parse_args()
    python = sys.executable if options.venv is None else str(options.venv.absolute() / interpreter())
    runs = [compose(python, options.engine, seed) for seed in range(options.runs)]
    found: dict[str, Any] = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    found["peak_memory_mb"] = peak_memory_mb()
    found |= start_up(python)
    found["install_mb"] = size_mb(options.venv) if options.venv else None
    found["engine"] = options.engine
    for name, aim in AIMS.items():
        if found[name] is not None:
            state = "ok" if found[name] <= aim else "MISSED"
            print(f"{name:18s} {found[name]:8.2f}   at most {aim:g}   {state}", file=sys.stderr)
    print(json.dumps(found))


def interpreter() -> str:
    return "Scripts/python.exe" if os.name == "nt" else "bin/python"


def compose(python: str, engine: str, seed: int) -> dict[str, float]:
    """One compose in a process of its own; seconds from its start to the events that matter."""
    with tempfile.TemporaryDirectory() as folder:
        words = [WORDS, *FLAGS, "--engine", engine, "--seed", str(seed), "--out", str(Path(folder) / "take")]
        started = time.perf_counter()
        with subprocess.Popen(
            [python, "-m", "bandmate", "compose", *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process:
            seen = {}
            for line in process.stderr or ():
                event = json.loads(line)["event"]
                seen.setdefault(event, time.perf_counter() - started)
            if process.wait():
                raise SystemExit(f"compose failed: {line}")
        whole = time.perf_counter() - started
    return {"first_note_sec": seen["first_note"], "first_mix_sec": seen["take"], "whole_sec": whole}


def peak_memory_mb() -> float | None:
    """Largest resident memory of a child so far; None where the system does not say."""
    try:
        import resource
    except ImportError:
        return None
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit


def start_up(python: str) -> dict[str, float]:
    """Start-up of `bandmate --help` beside `import numpy`, in turns, medians of nine."""
    lines = {"help_sec": ["-m", "bandmate", "--help"], "numpy_sec": ["-c", "import numpy"]}
    seconds: dict[str, list[float]] = {name: [] for name in lines}
    for _ in range(9):
        for name, words in lines.items():
            started = time.perf_counter()
            subprocess.run([python, *words], stdout=subprocess.DEVNULL, check=True)
            seconds[name].append(time.perf_counter() - started)
    found = {name: statistics.median(values) for name, values in seconds.items()}
    return {**found, "help_over_numpy": found["help_sec"] / found["numpy_sec"]}


def size_mb(folder: Path) -> float:
    """What a folder takes on disk."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) / 2**20


if __name__ == "__main__":
    main()
