"""What each stage gives: the same Briefs composed with each stage left out in turn.

    python benchmarks/stages.py [--data DIR] [--engine default] [--takes 4] [--bars 16] [--stages groove,repair]

Printed are means over the takes: the share of the card's lines inside what people do, quality (what takes are ranked
by), Briefs whose stated demands are all met, melody notes on strong beats in the chord, basses on the root at chord
changes, processor seconds a take without sound, and how unlike the takes of one Brief are (0 = the same, 1 = nothing in
common; mean and least pair). With --data the same difference between two held-out pieces of people: two full-band
pieces of one source, and two drum performances of one style.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from bandmate.evaluation.card import NAMES, measure_piece
from bandmate.evaluation.difference import difference
from bandmate.evaluation.excerpt import Excerpt, windows
from bandmate.settings import Settings
from bandmate.workflows.candidates import Written, write_down
from bandmate.workflows.compose import ComposeOptions, plan_request, understand
from bandmate.workflows.jobs import Job
from bandmate.workflows.making import choose_engine
from bandmate.workflows.request import STAGES

BRIEFS = (
    "funky house beat at 120 BPM with a slap bass line",
    "boom bap at 88 BPM in D minor with piano and upright bass",
    "rock in E minor, drums, bass, distorted guitar and lead",
    "bossa nova in F major, nylon guitar, bass, drums and flute",
    "sad synthwave in A minor with a lead",
    "pop in C major, piano, bass, drums and melody",
)
LINES = {"strong": "chord_tones_strong", "roots": "bass_on_root"}
PAIRS = 400
WHOLE = "all stages"


def takes_of(text: str, stage: str | None, options: argparse.Namespace) -> list[Written]:
    """The takes of one Brief, with or without a stage."""
    chosen = ComposeOptions(
        bars=options.bars, takes=options.takes, seed=options.seed, engine=options.engine, model=options.model,
        without=(stage,) if stage else (), candidates=options.candidates,
    )  # fmt: skip
    request = plan_request(understand(text, chosen, Settings()), chosen, Settings())
    return list(write_down(request, choose_engine(request.options), Job()))


def row_of(stage: str | None, options: argparse.Namespace) -> dict[str, float]:
    """The figures of one stage left out."""
    started = time.process_time()
    found = [takes_of(text, stage, options) for text in BRIEFS[: options.briefs]]
    seconds = time.process_time() - started
    takes = [take for group in found for take in group]
    lines = np.concatenate([measure_piece(take.score) for take in takes])
    apart = [[difference(a.score, b.score) for a, b in combinations(group, 2)] for group in found if len(group) > 1]
    return {
        "inside": float(np.mean([take.card["inside"] / max(1, take.card["lines"]) for take in takes])),
        "quality": float(np.mean([take.quality for take in takes])),
        "met": float(np.mean([not take.report.missed for take in takes])),
        **{name: float(np.nanmean(lines[:, NAMES.index(line)])) for name, line in LINES.items()},
        "seconds": seconds / len(takes),
        "apart": float(np.mean([np.mean(pairs) for pairs in apart])) if apart else float("nan"),
        "nearest": float(np.mean([min(pairs) for pairs in apart])) if apart else float("nan"),
    }


def people(data: Path) -> Iterator[tuple[str, list[tuple[str, Excerpt]]]]:
    """Kinds of held-out music by people: name, and windows with their works."""
    from bandmate.evaluation.yardstick import is_full_band
    from bandmate.training.corpora import read_corpus

    kinds: dict[str, list[tuple[str, Excerpt]]] = {}
    for source in ("freedoom", "simutrans", "easyrpg_rtp", "lmms_projects", "blasphemer", "groove_midi"):
        for found in read_corpus(data / "corpus", source):
            drums = source == "groove_midi"
            if found.origin.split == "train" or not (drums or is_full_band(found.score)):
                continue
            style = str((found.tags.get("genre") or ["other"])[0]).split("/")[0]
            name = f"drums, {style}" if drums else f"band, {source}"
            kinds.setdefault(name, []).extend((found.origin.group, window) for window in windows(found.score))
    yield from kinds.items()


def pairs_of(found: list[tuple[str, Excerpt]], draw: np.random.Generator) -> list[float]:
    """Differences of random pairs of windows of two works in one meter."""
    pairs = [(a[1], b[1]) for a, b in combinations(found, 2) if a[0] != b[0] and a[1].meter == b[1].meter]
    some = draw.permutation(len(pairs))[:PAIRS]
    return [difference(*pairs[int(at)]) for at in some]


def show_people(data: Path, seed: int) -> dict[str, dict[str, float]]:
    """Differences within kinds of people's music."""
    draw, result = np.random.default_rng(seed), {}
    print(f"\n{'two pieces by people':28}{'pairs':>7}{'10 %':>8}{'median':>8}{'mean':>8}")
    for name, found in people(data):
        values = np.array(pairs_of(found, draw))
        values = values[~np.isnan(values)]
        if len(values) >= 10:
            low, middle = np.percentile(values, (10, 50))
            result[name] = {"pairs": len(values), "p10": low, "median": middle, "mean": values.mean()}
            print(f"{name:28}{len(values):7d}{low:8.3f}{middle:8.3f}{values.mean():8.3f}")
    return {name: {key: round(float(value), 4) for key, value in row.items()} for name, row in result.items()}


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder that holds corpus/")
    parser.add_argument("--engine", help="default, rules, onnx, numpy or torch")
    parser.add_argument("--model", help="an installed model")
    parser.add_argument("--takes", type=int, default=4)
    parser.add_argument("--bars", type=int, default=16)
    parser.add_argument("--briefs", type=int, default=len(BRIEFS))
    parser.add_argument("--candidates", type=int)
    parser.add_argument("--stages", default=",".join(STAGES))
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    table: dict[str, Any] = {}
    for stage in (None, *options.stages.split(",")):
        row = row_of(stage, options)
        if not table:
            print(f"{'':22}" + "".join(f"{name:>9}" for name in row))
        table[stage or WHOLE] = {name: round(value, 4) for name, value in row.items()}
        name = f"without {stage}" if stage else WHOLE
        print(f"{name:22}" + "".join(f"{value:9.3f}" for value in row.values()), flush=True)
    result = {"takes": options.takes * options.briefs, "stages": table}
    if options.data:
        result["people"] = show_people(options.data, options.seed)
    print(json.dumps(result))
    return result


if __name__ == "__main__":
    main()
