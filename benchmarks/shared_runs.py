"""How much takes quote: their longest runs shared with the training pieces, beside those of people's held-out music.

    python benchmarks/shared_runs.py --data DIR [--sets model,NAME=WEIGHTS,...] [--takes 200]

A run is the same semitone steps and ratios of gaps, note by note, in the top line of one pitched track; only runs of at
least three different intervals count; drums are never looked at (`bandmate.library.runs`). The index holds the training
pieces of all people's sources; pieces by rule have an index of their own. Takes fill frames of the held-out windows.
Without --data, groove-book pieces stand in for people.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from fillers import BANDS, FillOptions, make_filler
from report_card import frames_drawn, people, stand_in

from bandmate.evaluation.excerpt import windows
from bandmate.evaluation.frames import frame_of
from bandmate.io.files import read
from bandmate.library.runs import RunIndex
from bandmate.library.sources.groovebook import pieces
from bandmate.score.model import Score

PEOPLE = (*BANDS, "pop909_band", "pop909", "openscore_lieder", "openscore_quartets", "jsb_chorales")
PERCENTILES = (50, 90, 95, 100)


def training(data: Path) -> Iterator[tuple[str, str, Score]]:
    """Every training piece by people: name, work, score."""
    from bandmate.training.corpora import read_corpus

    for name in PEOPLE:
        for found in read_corpus(data / "corpus", name):
            if found.origin.split == "train":
                yield f"{name}/{found.path.name}", found.origin.group, found.score


def by_rule(count: int) -> Iterator[tuple[str, str, Score]]:
    """Pieces of the groove book, as many as are asked."""
    for number, (score, _) in enumerate(pieces(count, 0)):
        yield f"groove book {number}", str(number), score


def lengths(scores: Iterable[Score], index: RunIndex) -> dict[str, Any]:
    """Percentiles of the longest shared run, in notes and by weight, and the longest one's place."""
    runs = [max(index.runs(score, 3), key=lambda run: run.notes, default=None) for score in scores]
    notes = [run.notes if run else 0 for run in runs]
    weights = [run.weight if run else 0 for run in runs]
    longest = runs[int(np.argmax(notes))]
    return {
        "n": len(notes),
        "notes": {p: float(np.percentile(notes, p)) for p in PERCENTILES},
        "weight": {p: float(np.percentile(weights, p)) for p in PERCENTILES},
        "longest": f"{longest.notes} notes of {longest.piece}" if longest else "none",
    }


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder that holds corpus/")
    parser.add_argument("--sets", default="model", help="fillers (fillers.py), NAME=WEIGHTS or NAME=FOLDER")
    parser.add_argument("--takes", type=int, default=200)
    parser.add_argument("--rules", type=int, default=300, help="groove-book pieces in their index")
    parser.add_argument("--size", default="small", help="of random weights, where there is no model")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    held_out = people(options.data) if options.data else stand_in(max(4, options.takes))
    found = [(source, work, excerpt) for source, work, score in held_out for excerpt in windows(score, 16)]
    chosen = frames_drawn(found, options.takes, options.seed)
    indexes = {
        "people": RunIndex.build(training(options.data) if options.data else by_rule(8)),
        "rules": RunIndex.build(by_rule(options.rules)),
    }
    frames, sets = [frame_of(excerpt) for _, _, excerpt in chosen], {"people": [e.score for _, _, e in chosen]}
    for item in options.sets.split(","):
        name, _, place = item.partition("=")
        if place and Path(place).is_dir():
            sets[name] = [read(path) for path in sorted(Path(place).glob("*.mid"))[: options.takes]]
            continue
        fill = make_filler(name, FillOptions(Path(place) if place else None, options.size, options.data, options.seed))
        sets[name] = fill(frames, options.seed)
    result: dict[str, Any] = {"pieces": {name: len(index) for name, index in indexes.items()}}
    for name, scores in sets.items():
        result[name] = {against: lengths(scores, index) for against, index in indexes.items()}
        for against, row in result[name].items():
            shown = " ".join(f"p{p} {row['notes'][p]:.0f}" for p in PERCENTILES)
            print(f"{name:10} against {against:7} notes {shown}   weight p95 {row['weight'][95]:.0f}   "
                  f"longest {row['longest']}")  # fmt: skip
    print(json.dumps(result))
    return result


if __name__ == "__main__":
    main()
