"""How unlike the takes of one Brief are, part by part, and whether they are still the genre and keep what was asked.

    python benchmarks/diversity.py [--genres house,rock] [--takes 4] [--bars 16] [--engine default] [--data DIR]

For each genre, and then for some Briefs in words, the takes of one request are compared pair by pair (0 = the same
strokes, 1 = nothing in common; see `evaluation.difference`): mean and least pair, and the mean of each part. Beside it:
the share of takes that the classifier of genres hears as the genre that was asked (of the genres asked by name), the
share of the card's lines inside what people do, and of takes that meet every stated demand. With --data the same
difference between two held-out pieces of people (see `stages.py`).
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from stages import BRIEFS, show_people, takes_of

from bandmate.evaluation.difference import PART_NAMES, difference, differences_by_part
from bandmate.evaluation.genres import recognise
from bandmate.workflows.candidates import Written

GENRES = ("house", "rock", "trap", "jazz_swing", "bossa_nova", "synthwave", "funk", "reggae", "pop", "lofi_hip_hop")
COLUMNS = ("apart", "nearest", *PART_NAMES, "first", "third", "inside", "met")


def row_of(takes: list[Written], genre: str | None) -> dict[str, float]:
    """The figures of the takes of one Brief."""
    pairs = list(combinations((take.score for take in takes), 2))
    apart = [difference(a, b) for a, b in pairs]
    parts: dict[str, list[float]] = defaultdict(list)
    for a, b in pairs:
        for name, value in differences_by_part(a, b).items():
            parts[name].append(value)
    ranks = [[name for name, _ in recognise(take.score)].index(genre) for take in takes] if genre else []
    return {
        "apart": float(np.mean(apart)),
        "nearest": float(min(apart)),
        **{name: float(np.mean(parts[name])) if parts[name] else float("nan") for name in PART_NAMES},
        "first": float(np.mean([rank == 0 for rank in ranks])) if ranks else float("nan"),
        "third": float(np.mean([rank < 3 for rank in ranks])) if ranks else float("nan"),
        "inside": float(np.mean([take.card["inside"] / max(1, take.card["lines"]) for take in takes])),
        "met": float(np.mean([not take.report.missed for take in takes])),
    }


def show(name: str, row: dict[str, float]) -> None:
    print(f"{name[:24]:24}" + "".join(f"{row[column]:9.3f}" for column in COLUMNS), flush=True)


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder that holds corpus/")
    parser.add_argument("--engine", help="default, rules, onnx, numpy or torch")
    parser.add_argument("--model", help="an installed model")
    parser.add_argument("--genres", default=",".join(GENRES))
    parser.add_argument("--briefs", type=int, default=3, help="how many Briefs in words")
    parser.add_argument("--takes", type=int, default=4)
    parser.add_argument("--bars", type=int, default=16)
    parser.add_argument("--candidates", type=int)
    parser.add_argument("--without", help="a stage that is left out")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    print(f"{'':24}" + "".join(f"{name:>9}" for name in COLUMNS))
    rows: dict[str, dict[str, float]] = {}
    asked = [(name.replace("_", " "), name) for name in options.genres.split(",") if name]
    for text, genre in [*asked, *((text, None) for text in BRIEFS[: options.briefs])]:
        rows[text] = row_of(takes_of(text, options.without, options), genre)
        show(text, rows[text])
    mean = {column: float(np.nanmean([row[column] for row in rows.values()])) for column in COLUMNS}
    show("mean", mean)
    result: dict[str, Any] = {"takes": options.takes * len(rows), "mean": mean, "briefs": rows}
    if options.data:
        result["people"] = show_people(options.data, options.seed)
    print(json.dumps(result))
    return result


if __name__ == "__main__":
    main()
