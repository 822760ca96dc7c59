"""What `learn` makes of songs that the shipped model never saw.

    python benchmarks/learn_songs.py --data DIR [--songs 50] [--minutes 8] [--weights FILE]
    python benchmarks/learn_songs.py            on a few pieces made by the groove book

DIR holds corpus/. Songs come from the reserve split of the full-band corpora, in turn, and are copied into a temporary
folder; the musician's own folder is a temporary one too, so nothing of this stays. Reported: minutes in all, the loss
on held-out songs before and after, how the model's takes stand to the library, the heaviest run of notes that some
takes share with one song of it (see `library.runs`), and the most memory used. `--likeness N` adds whether N takes came
nearer to the library than as many of the model it began from. `--weights` stands in for the shipped
model; without either, random weights of `--size` are used.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from model_weights import write_random

from bandmate.generation.compose import open_weights, write_takes
from bandmate.groovebook.plan import make_plan
from bandmate.io.midi import write_midi
from bandmate.library.runs import COMMON_WORKS, CopiedRun, RunIndex, copy_check
from bandmate.library.sources.groovebook import pieces
from bandmate.library.style import LibraryStyle
from bandmate.training import learn as trainer
from bandmate.training.corpora import CORPORA, split_of
from bandmate.workflows.jobs import Job
from bandmate.workflows.judge import brief_of
from bandmate.workflows.learn import RUNS_FILE, learn
from bandmate.workflows.likeness import more_like_me

SOURCES = ("pop909_band", "freedoom", "easyrpg_rtp", "simutrans", "lmms_projects", "blasphemer")
COPY_LIMIT = 8


def reserve(data: Path, name: str) -> list[Path]:
    """Files of a corpus that no part of the shipped model's training has seen."""
    found = []
    for line in (data / "corpus" / name / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if split_of(CORPORA[name].group(entry), entry["tags"]) == "reserve":
            found.append(data / "corpus" / name / entry["file"])
    return sorted(found)


def collect(data: Path | None, songs: int, folder: Path, sources: Sequence[str] = SOURCES) -> Counter[str]:
    """Fill a folder with songs; how many of each source."""
    folder.mkdir()
    if data is None:
        for index, (score, _) in enumerate(pieces(songs, 90)):
            write_midi(score, folder / f"song {index}.mid")
        return Counter({"groove book": songs})
    queues = {name: reserve(data, name) for name in sources}
    taken: Counter[str] = Counter()
    while taken.total() < songs and any(queues.values()):
        for name, queue in queues.items():
            if queue and taken.total() < songs:
                path = queue.pop(0)
                (folder / name).mkdir(exist_ok=True)
                shutil.copyfile(path, folder / name / path.name)
                taken[name] += 1
    return taken


def stand_in(weights: Path | None, size: str, folder: Path) -> str:
    """Let `learn` begin from other weights than the shipped ones, where asked or where none are shipped."""
    shipped = trainer._shipped_path()
    if weights is None and shipped.is_file():
        return "shipped"
    path = weights or write_random(folder / "random.safetensors", size)
    trainer._shipped_path = lambda: path
    return str(weights.name) if weights else f"random ({size})"


def copied(folder: Path, takes: int, bars: int) -> dict[str, Any]:
    """Takes by the new model in the library's manner, held against its songs."""
    style, index = LibraryStyle.load(folder), RunIndex.load(folder / RUNS_FILE)
    weights = open_weights(folder / "weights.safetensors")
    heaviest, over, lines = CopiedRun(), 0, 0
    for seed in range(takes):
        plan = make_plan(replace(brief_of(style), bars=bars), seed)
        (take,) = write_takes(plan, [seed], weights)
        report = copy_check(take.score, index, COPY_LIMIT)
        over += not report.passed
        heaviest = max(heaviest, report.longest, key=lambda run: (run.weight, run.notes))
        lines += take.score.note_count
    return {"takes": takes, "bars": bars, "notes": lines, "limit": COPY_LIMIT, "over_limit": over,
            "heaviest": {"notes": heaviest.notes, "weight": heaviest.weight, "piece": heaviest.piece},
            "common_from_works": COMMON_WORKS}  # fmt: skip


def peak_mb() -> float:
    """Most memory of this process and of the largest of its children, in MB; 0 where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    unit = 2**20 if sys.platform == "darwin" else 2**10
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return round(max(resource.getrusage(one).ru_maxrss for one in who) / unit)


def told(share: dict[str, float]) -> Any:
    """A listener that says on standard error how far each stage is."""

    def listener(event: dict[str, Any]) -> None:
        if event.get("event") == "progress" and time.monotonic() - share.get("at", 0.0) > 10:
            share["at"] = time.monotonic()
            print(json.dumps(event), file=sys.stderr, flush=True)

    return listener


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder that holds corpus/")
    parser.add_argument("--songs", type=int, help="default 50; without --data 12")
    parser.add_argument(
        "--sources", nargs="+", default=SOURCES, help="corpora in turn; one of them = a library of one kind"
    )
    parser.add_argument("--minutes", type=float, help="longest training; default: learn's own")
    parser.add_argument("--weights", type=Path, help="weights to begin from instead of the shipped ones")
    parser.add_argument("--size", default="small", help="of random weights, where none are shipped or given")
    parser.add_argument("--takes", type=int, default=8)
    parser.add_argument("--bars", type=int, default=16, help="of each take")
    parser.add_argument("--likeness", type=int, default=0, help="takes of each for `evaluate --library`; 0 = none")
    parser.add_argument("--workers", type=int, help="processes that read files")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        os.environ["BANDMATE_HOME"] = str(root / "home")
        taken = collect(options.data, options.songs or (50 if options.data else 12), root / "songs", options.sources)
        began_from = stand_in(options.weights, options.size, root)
        started = time.perf_counter()
        report = learn(root / "songs", "bench", minutes=options.minutes, workers=options.workers, listener=told({}))
        seconds = time.perf_counter() - started
        training = report.training or {}
        result: dict[str, Any] = {
            "songs": dict(taken), "began_from": began_from, "taken": report.library.taken,
            "left_out": report.library.left_out, "minutes": round(seconds / 60, 2),
            "training_minutes": round(training.get("seconds", 0) / 60, 2), "steps": training.get("steps"),
            "pieces": training.get("pieces"), "held_out": training.get("held_out"),
            "loss_before": training.get("loss_before"), "loss_after": training.get("loss_after"),
            "improved": training.get("improved"), "not_trained": report.without_training,
            "peak_mb": peak_mb(), "cores": os.cpu_count(),
        }  # fmt: skip
        if training:
            result["loss_lower_percent"] = round(100 * (1 - training["loss_after"] / training["loss_before"]), 1)
            result["judged"] = {k: training.get("takes", {}).get(k) for k in ("distance", "furthest", "copies")}
            if options.likeness:
                result["likeness"] = more_like_me("bench", None, options.likeness, 0, Job()).to_json()
            result["copied"] = copied(report.folder, options.takes, options.bars)
        for line in report.lines()[:-1]:
            print(line)
    for name, value in result.items():
        print(f"{name:20} {value}")
    print(json.dumps(result))
    return result


if __name__ == "__main__":
    main()
