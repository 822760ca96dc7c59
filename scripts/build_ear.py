"""Fit the ear (src/bandmate/data/ear.json): windows of the training pieces against the shipped model's free takes.

    python scripts/build_ear.py --data DIR [--frames 110] [--keep FOLDER]

DIR holds corpus/<source>/. People's windows are those of full-band pieces of the training split; the takes stand on
the frames of windows drawn from them, as many candidates on each as a free take has. Nothing held out is read, so the
two-sample test stays a test. How many regressions the ear has is chosen by how well the takes that it draws are told
from people's windows, by works that the ear did not hear. --keep writes what was measured, and a second run goes on
from there.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bandmate.evaluation.ear import Ear, drawn_by, fit_ear
from bandmate.evaluation.excerpt import Excerpt, windows
from bandmate.evaluation.frames import frame_of
from bandmate.evaluation.measured import Measured, measured, together
from bandmate.evaluation.twosample import two_sample_auc
from bandmate.evaluation.yardstick import is_full_band
from bandmate.generation.free import fill_frames
from bandmate.io.atomic import write_text_atomic
from bandmate.models.checkpoint import Weights, load_weights
from bandmate.training.corpora import read_corpus
from bandmate.workflows.free_takes import CANDIDATES, WARMTHS
from bandmate.workflows.models import SHIPPED, find_model

TABLE = Path(__file__).parent.parent / "src" / "bandmate" / "data" / "ear.json"
BANDS = ("freedoom", "simutrans", "easyrpg_rtp", "lmms_projects", "blasphemer")
A_CHUNK = 10  # frames between two savings
STEPS = (1, 2, 4, 7)
HALVINGS = 3


def heard_in_training(corpus: Path) -> Iterator[tuple[str, str, Excerpt]]:
    """Windows of full-band training pieces: source, work, excerpt."""
    for name in BANDS:
        for found in read_corpus(corpus, name):
            if found.origin.split == "train" and is_full_band(found.score):
                yield from ((name, f"{name}/{found.origin.group}", each) for each in windows(found.score))


def takes_on(found: list[tuple[str, str, Excerpt]], frames: int, weights: Weights, kept: Path | None) -> Measured:
    """The candidates of free takes on so many frames, measured; goes on from what is kept. The source names the frame.

    A candidate that is silent has no window and is left out.
    """
    order = np.resize(np.random.default_rng(0).permutation(len(found)), frames)
    parts = [Measured.load(kept)] if kept and kept.is_file() else []
    done = max(map(int, parts[0].sources)) + 1 if parts else 0
    for start in range(done, frames, A_CHUNK):
        for number, index in enumerate(order[start : start + A_CHUNK].tolist(), start):
            _, work, excerpt = found[index]
            scores = fill_frames([frame_of(excerpt)] * CANDIDATES, number, weights, warmths=WARMTHS)
            parts.append(measured([(str(number), work, score) for score in scores], strict=False))
        if kept:
            together(parts).save(kept)
        print(f"{min(frames, start + A_CHUNK)} of {frames} frames", flush=True)
    return together(parts)


def drawn(takes: Measured, ear: Ear, seed: int) -> Measured:
    """The take that the ear draws on each frame."""
    odds, frame = ear.score(takes.values), takes.sources
    own = [np.flatnonzero(frame == each) for each in np.unique(frame)]
    return takes.where(np.array([each[drawn_by(odds[each], seed + n)] for n, each in enumerate(own)]))


def told_apart(people: Measured, takes: Measured, steps: int) -> float:
    """AUC between people's windows and the takes drawn by an ear that heard neither; halves of works in turn."""
    works = np.unique(np.concatenate([people.works, takes.works]))
    found = []
    for seed in range(HALVINGS):
        half = np.random.default_rng(seed).permutation(works)[::2]
        sides = [(people.where(np.isin(people.works, half) == side), takes.where(np.isin(takes.works, half) == side))
                 for side in (True, False)]  # fmt: skip
        for (heard, candidates), (others, judged) in (sides, sides[::-1]):
            ear = fit_ear(heard.values, candidates.values, candidates.sources.astype(int), steps)
            found.append(two_sample_auc(others, drawn(judged, ear, seed), seed=seed))
    return float(np.nanmean(found))


def main() -> None:
    """Measure, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds corpus/")
    parser.add_argument("--frames", type=int, default=110)
    parser.add_argument("--keep", type=Path, help="folder for what was measured")
    options = parser.parse_args()
    weights = load_weights(find_model(SHIPPED).weights)
    found = list(heard_in_training(options.data / "corpus"))
    people = measured((source, work, each.score) for source, work, each in found)
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    takes = takes_on(found, options.frames, weights, options.keep and options.keep / "candidates.npz")
    judged = {steps: told_apart(people, takes, steps) for steps in STEPS}
    print("told apart by", {steps: round(auc, 3) for steps, auc in judged.items()}, "steps; AUC")
    steps = min(judged, key=lambda each: judged[each])
    ear = fit_ear(people.values, takes.values, takes.sources.astype(int), steps)
    meta = {
        "weights_sha256": weights.digest,
        "people": len(people),
        "takes": len(takes),
        "auc": round(judged[steps], 3),
    }
    write_text_atomic(TABLE, json.dumps({"_meta": meta} | ear.to_json()) + "\n")
    print(f"{len(people)} windows, {len(takes)} candidates on {options.frames} frames; {steps} steps")


if __name__ == "__main__":
    main()
